/** What the Dovecot of the labs gives on request beside IMAP. */

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { doveadmCall, type DoveadmHttp } from './doveadm-http.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
skipAloud("Dovecot's LMTP and its doveadm by HTTP", dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };

const patience = { timeout: 20_000, interval: 20 };

const served = (wire: Wire): Promise<boolean> =>
  wire.ok('NOOP').then(
    () => true,
    () => false,
  );

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
    expect(await doveadmCall(api, 'who')).toMatchObject([{ username: anna.name, service: 'imap' }]);
    await doveadmCall(api, 'kick', { mask: [anna.name] });
    // The answer does not wait until they are gone: a command that is on its way may still be served.
    await expect.poll(() => served(wire), patience).toBe(false);
    await expect.poll(() => doveadmCall(api, 'who'), patience).toEqual([]);
    await expect(doveadmCall({ ...api, key: 'a guess' }, 'who')).rejects.toThrow('401');
  });
});

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
