/** Places outside that keep heads of the audit log: a file that only grows, and whoever takes a POST. */

import { open } from 'node:fs/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import type { Reach } from '#ports/reach.ts';

const answerMaxMs = 20_000;

/** Adds a line and waits until it is on the disk. The file is made where it is not there, for its owner and group to read. */
export async function appendLine(path: string, line: string): Promise<void> {
  await using file = await open(path, 'a', 0o640);
  await file.appendFile(`${line}\n`);
  await file.datasync();
}

/**
 * Posts a line of JSON. Rejects unless it is answered with 2xx; a redirect is no such answer and is not followed. Nothing of the
 * answer is kept.
 */
export function postLine(url: string, line: string, reach: Reach, signal: AbortSignal): Promise<void> {
  const to = new URL(url);
  const host = to.hostname.replace(/^\[(.*)\]$/, '$1');
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerMaxMs)]);
  const body = Buffer.from(`${line}\n`);
  return new Promise((resolve, reject) => {
    const { lookup, port } = reach.to({ host, port: Number(to.port) || 443 });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const path = `${to.pathname}${to.search}`;
    const name = isIP(host) === 0 ? { servername: host } : {};
    const asked = request({ host, port, lookup, path, method: 'POST', headers, signal: within, ...name }, (answer) => {
      const { statusCode: status = 0 } = answer;
      answer.destroy();
      if (status >= 200 && status < 300) resolve();
      else reject(new Error(`it answers with status ${status}`));
    });
    asked.on('error', (error) => reject(within.aborted && !signal.aborted ? new Error('it does not answer') : error));
    asked.end(body);
  });
}
