/** What the Dovecot of the labs gives on request beside IMAP. */

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type DoveadmHttp, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
skipAloud("Dovecot's LMTP and its doveadm by HTTP", dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };

describe.runIf(dovecot.ok)('Dovecot', () => {
  test('a message that is handed in by LMTP lies in the INBOX', async () => {
    await using server = await startDovecot({ users: [anna], lmtp: true });
    const said = await lmtp(server.lmtpPort as number, [
      'LHLO client.lab.example',
      'MAIL FROM:<sender@elsewhere.example>',
      `RCPT TO:<${anna.name}>`,
      'DATA',
      'Subject: by hand\r\n\r\na letter\r\n.',
      'QUIT',
    ]);
    expect(said).toContain(`250 2.0.0 <${anna.name}>`);
    await using wire = await Wire.signedIn(server.port, anna);
    await expect(wire.ok('STATUS INBOX (MESSAGES)')).resolves.toMatchObject({
      untagged: [['STATUS', 'INBOX', ['MESSAGES', '1']]],
    });
  });

  test('who is signed in is told by HTTP, and can be sent away; nobody is told without the key', async () => {
    await using server = await startDovecot({ users: [anna], doveadmHttp: true });
    const api = server.doveadmHttp as DoveadmHttp;
    await using wire = await Wire.signedIn(server.port, anna);
    expect(await doveadm(api, 'who', {})).toMatchObject([
      ['doveadmResponse', [{ username: anna.name, service: 'imap' }], 'q'],
    ]);
    await doveadm(api, 'kick', { mask: [anna.name] });
    await expect(wire.ok('NOOP')).rejects.toThrow(/closed the connection|ECONNRESET|EPIPE/);
    await expect.poll(() => doveadm(api, 'who', {})).toEqual([['doveadmResponse', [], 'q']]);
    await expect(doveadm({ ...api, key: 'a guess' }, 'who', {})).rejects.toThrow('401');
  });
});

/** One command of the doveadm HTTP API. */
async function doveadm({ url, key }: DoveadmHttp, name: string, parameters: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `X-Dovecot-API ${Buffer.from(key).toString('base64')}` },
    body: JSON.stringify([[name, parameters, 'q']]),
  });
  if (!response.ok) throw new Error(`doveadm ${name}: HTTP ${response.status}`);
  return response.json();
}

/** Speaks each line when the server has answered the one before; all that the server said. */
async function lmtp(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const left = [...lines];
  let said = '';
  for await (const chunk of socket) {
    said += String(chunk);
    // The last line of an answer has a space behind its code (RFC 5321 §4.2.1).
    if (/^\d{3} .*\r\n$/m.test(said.slice(said.lastIndexOf('\n', said.length - 2) + 1)) && left.length > 0)
      socket.write(`${left.shift()}\r\n`);
  }
  return said;
}
