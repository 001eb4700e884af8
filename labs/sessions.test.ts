/** People's sessions at a real Dovecot: seen, ended, and a wrong key or a server that is away are told. */

import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { doveadmSessions } from '../src/connectors/doveadm/sessions.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('sessions', dovecot);

const [ann, bob] = [
  { name: 'ann@corp.example', password: 'one' },
  { name: 'bob@corp.example', password: 'two' },
] as const;

const never = new AbortController().signal;

/** A mail program that has signed in and waits. */
async function signedIn({ port }: DovecotServer, { name, password }: typeof ann | typeof bob): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('data', (text) => {
      said += text.toString('latin1');
      if (said.includes('a OK')) resolve();
    });
    socket.write(`a LOGIN ${name} ${password}\r\n`);
  });
  return socket;
}

describe.runIf(dovecot.ok)('sessions at a Dovecot', () => {
  test('are counted by user, and end when they are ended, those of others not', async () => {
    await using server = await startDovecot({ users: [ann, bob], doveadmHttp: true });
    const { url, key } = server.doveadmHttp ?? { url: '', key: '' };
    const sessions = doveadmSessions({ url, key: async () => key, kind: 'server' });
    expect(await sessions.count(ann.name, never)).toBe(0);
    // Nobody to be ended is no fault.
    await sessions.end(ann.name, never);
    const programs = [await signedIn(server, ann), await signedIn(server, ann), await signedIn(server, bob)];
    const closed = programs.slice(0, 2).map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    expect(await sessions.count(ann.name, never)).toBeGreaterThan(0);
    await sessions.end(ann.name, never);
    await Promise.all(closed);
    while ((await sessions.count(ann.name, never)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await sessions.count(bob.name, never)).toBe(1);
    for (const socket of programs) socket.destroy();
  }, 60_000);

  test('that cannot be asked for are told with where and why, and never with the key', async () => {
    await using server = await startDovecot({ users: [ann], doveadmHttp: true });
    const url = server.doveadmHttp?.url ?? '';
    const wrong = doveadmSessions({ url, key: async () => 'no-such-key-canary', kind: 'server' });
    const refused = await wrong.count(ann.name, never).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'sessions.unusable' });
    expect((refused as Error).message).toContain(url);
    expect(JSON.stringify(refused) + ((refused as Error).stack ?? '')).not.toContain('canary');
    const away = doveadmSessions({ url: 'http://127.0.0.1:9/doveadm/v1', key: async () => 'k', kind: 'server' });
    await expect(away.end(ann.name, never)).rejects.toMatchObject({ code: 'sessions.unusable' });
  }, 60_000);
});
