/**
 * Sessions of a Dovecot, by its doveadm HTTP API (Dovecot manual, "Doveadm HTTP API"): `who` and `kick` at a server, `proxyList` and
 * `proxyKick` at a proxy. One request each, with the key in a header; nothing of what it answers is shown but in short.
 */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Reach } from '#ports/reach.ts';
import type { Sessions } from '#ports/sessions.ts';

export interface DoveadmOptions {
  /** `http://127.0.0.1:8080/doveadm/v1`, or https. */
  readonly url: string;
  /** The `doveadm_api_key`, asked for each time. */
  readonly key: () => Promise<string>;
  readonly kind: 'server' | 'proxy';
  /** Authorities to trust besides those of the machine, PEM. */
  readonly ca?: string | null;
  /** Judges where a connection leads before it is made; without it any will do. */
  readonly reach?: Reach;
}

const answerMaxMs = 4_000;
const answerMaxOctets = 4_000_000;

export function doveadmSessions({ url, key, kind, ca = null, reach }: DoveadmOptions): Sessions {
  const ask = async (
    command: string,
    parameters: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> => {
    const body = JSON.stringify([[command, parameters, 'godwit']]);
    const text = await posted({ url, ca, reach: reach ?? null }, await key(), body, signal).catch((error: unknown) => {
      if (error instanceof Fault) throw error;
      throw unusable(url, error instanceof Error ? error.message : String(error));
    });
    return answerOf(url, command, text);
  };
  const [listing, kicking] = kind === 'proxy' ? ['proxyList', 'proxyKick'] : ['who', 'kick'];
  const count = async (user: string, signal: AbortSignal): Promise<number> => {
    const rows = await ask(listing, kind === 'proxy' ? {} : { mask: [user] }, signal);
    return rows.filter((row) => isOf(row, user)).length;
  };
  return {
    count,
    async end(user, signal) {
      // Dovecot calls it an error where nobody was there to be ended.
      if ((await count(user, signal)) === 0) return;
      const whose = kind === 'proxy' ? { user: [user] } : { mask: [user] };
      await ask(kicking, whose, signal).catch(async (error: unknown) => {
        if ((await count(user, signal)) > 0) throw error;
      });
    },
  };
}

function isOf(row: unknown, user: string): boolean {
  if (typeof row !== 'object' || row === null) return false;
  const { username } = row as { readonly username?: unknown };
  return typeof username === 'string' && username.toLowerCase() === user.toLowerCase();
}

/** `[["doveadmResponse", […], tag]]`, or `[["error", {type, exitCode}, tag]]`. */
function answerOf(url: string, command: string, text: string): readonly unknown[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw unusable(url, `${command} was answered with no JSON`);
  }
  const [first] = listOf(read);
  const [kind, answer] = listOf(first);
  if (kind === 'doveadmResponse' && Array.isArray(answer)) return answer;
  const why = typeof answer === 'object' && answer !== null ? JSON.stringify(answer) : 'an answer of a strange form';
  throw unusable(url, `${command}: ${why}`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function unusable(url: string, text: string): Error {
  return fault('sessions.unusable', { url: cleanText(url, 200), text: cleanText(text, 200) });
}

interface Place {
  readonly url: string;
  readonly ca: string | null;
  readonly reach: Reach | null;
}

/** Where it is sent on to elsewhere, that is an answer like any other that is not 200: the key goes nowhere else. */
async function posted({ url, ca, reach }: Place, key: string, body: string, signal: AbortSignal): Promise<string> {
  const to = new URL(url);
  const host = to.hostname.replace(/^\[(.*)\]$/, '$1');
  const way = reach?.to({ host, port: Number(to.port) || (to.protocol === 'https:' ? 443 : 80) }) ?? null;
  const send = to.protocol === 'https:' ? httpsRequest : httpRequest;
  const authorization = `X-Dovecot-API ${Buffer.from(key).toString('base64')}`;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization };
  const bound = AbortSignal.any([signal, AbortSignal.timeout(answerMaxMs)]);
  const trust = ca === null ? {} : { ca };
  const lookup = way ? { lookup: way.lookup } : {};
  return new Promise((resolve, reject) => {
    const asked = send(to, { method: 'POST', headers, signal: bound, ...trust, ...lookup }, (response) => {
      const parts: Buffer[] = [];
      let octets = 0;
      response.on('data', (part: Buffer) => {
        octets += part.length;
        if (octets > answerMaxOctets) asked.destroy(new Error('it answers with too much'));
        else parts.push(part);
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(parts).toString());
        else reject(new Error(`it answers with status ${response.statusCode}`));
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
