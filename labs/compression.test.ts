/** COMPRESS=DEFLATE (RFC 4978) against servers: both directions, many kinds of octets, and an orderly end. */

import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { awkwardMessages } from '#connectors/conformance-messages.ts';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import * as imap from '#protocols/imap/index.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';
import { simPassword, startServer } from './sim/server.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('compression on Dovecot', dovecot);
const ada = { name: 'ada', password: simPassword };

async function roundTrip(
  port: number,
  user = ada.name,
  security: 'clear' | 'starttls' | 'tls' = 'clear',
): Promise<void> {
  const session = await imap.Session.open(
    {
      host: '127.0.0.1',
      port,
      tls: security === 'tls',
      ca: null,
      verify: security === 'clear',
      connectMs: 5_000,
      deadlineMs: 20_000,
      isReadOnly: false,
      trace: null,
    },
    null,
  );
  await session.greeting;
  if (security === 'starttls') await session.startTls();
  await imap.login(session, user, ada.password);
  expect(await session.compress()).toBe(true);
  const large = Buffer.alloc(3_000_000, 'compressible words, compressible words\r\n');
  // What does not shrink fills the inflater, so that reading stops and goes on.
  const dense = Buffer.from(`a: b\r\n\r\n${randomBytes(2_000_000).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`);
  const messages = [...awkwardMessages().map(({ bytes }) => Buffer.from(bytes)), large, dense];
  const stream = new imap.AppendStream(session, 'INBOX', true);
  for (const bytes of messages) {
    stream.begin({ flags: ['\\Seen'], date: null, octets: bytes.length });
    stream.data(bytes);
    stream.end();
    await stream.returned();
  }
  expect(await stream.finish()).toMatchObject([{ messages: messages.length, answer: { status: 'OK' } }]);
  const sums: string[] = [];
  let hash = createHash('sha256');
  let pending = 0;
  const all = [[1, messages.length]] as const;
  await imap.fetchBodies(
    session,
    { mailbox: 'INBOX', mode: 'examine' },
    imap.writeNumberSet(all),
    all,
    new imap.NumberGatherer(),
    {
      begin: () => void (hash = createHash('sha256')),
      data: (octets) => void hash.update(octets),
      end: () => void sums.push(hash.digest('hex')),
      broken() {},
      // Every other stretch is held back for a while, as a slow target would.
      returned: () => (pending++ % 2 === 0 ? null : new Promise((resolve) => setImmediate(resolve))),
    },
  );
  expect(sums).toEqual(messages.map((bytes) => createHash('sha256').update(bytes).digest('hex')));
  await imap.noop(session);
  expect(session.line.octets).toBeLessThan(large.length + 2 * dense.length);
  session.leave();
  expect(session.isAlive).toBe(false);
}

describe('a compressed connection carries every octet', () => {
  test('with the simulated server', async () => {
    const platform = new MemoryPlatform();
    platform.add(ada.name);
    await using server = await startServer({ platform });
    await roundTrip(server.port);
  });

  test.runIf(dovecot.ok)('with Dovecot, in the clear, after STARTTLS and within TLS', async () => {
    const extra = 'protocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}\n';
    const users = (['clear', 'starttls', 'tls'] as const).map((name) => ({ name, password: ada.password }));
    await using server = await startDovecot({ users, extra, tls: true });
    for (const { name } of users)
      await roundTrip(name === 'tls' ? (server.tlsPort as number) : server.port, name, name);
  });
});
