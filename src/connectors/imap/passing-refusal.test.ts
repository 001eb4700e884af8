import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FolderId, Uid } from '#domain/item.ts';
import type { MessageSink } from '#ports/mailbox.ts';
import { imapSource } from './index.ts';
import { KeptSession } from './kept-session.ts';
import { ServerMemory } from './server-memory.ts';
import { noted, password, spoken, type Talk } from './spoken.test-kit.ts';

/** A server that cannot give any message at the moment. */
async function unavailable(talk: Talk): Promise<void> {
  talk.say('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  for (;;) {
    const { tag, verb } = await talk.command();
    if (verb === 'CAPABILITY') talk.say('* CAPABILITY IMAP4rev1\r\n');
    if (verb === 'EXAMINE') talk.say('* 1 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 2] .\r\n');
    talk.say(verb === 'UID' ? `${tag} NO [UNAVAILABLE] later\r\n` : `${tag} OK done\r\n`);
  }
}

const nobody: MessageSink = { begin() {}, data() {}, end() {}, broken() {}, returned: () => null };

test('whoever waits for a message that cannot be given at the moment stops when the mailbox is left, and lets its session be', async () => {
  await using server = await spoken(unavailable);
  using kept = new KeptSession();
  const refused = Promise.withResolvers<void>();
  const source = await imapSource({
    endpoint: { host: '127.0.0.1', port: server.port, security: 'clear', ca: null, verify: true },
    credentials: { current: async () => password('ann', 'secret') },
    log: noted().log,
    servers: new ServerMemory(),
    name: 'imap://ann@127.0.0.1',
    kept,
    watcher: { signedIn() {}, troubled: () => refused.resolve() },
  })(new AbortController().signal);
  const asked = (): number => server.heard.filter((line) => / UID FETCH /i.test(line)).length;
  const reading = source.read('INBOX' as FolderId, [[1 as Uid, 1 as Uid]], nobody);
  reading.catch(() => undefined);
  await refused.promise;
  // The session is handed on, since nothing is under way on it.
  await setImmediate();
  await source[Symbol.asyncDispose]();
  await expect(reading).rejects.toMatchObject({ code: 'imap.connection.lost' });
  expect(kept.take()?.isIdle).toBe(true);
  expect(asked()).toBe(1);
});
