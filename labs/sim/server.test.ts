import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { afterEach, describe, expect, test } from 'vitest';
import type { Instant } from '#domain/item.ts';
import { MemoryPlatform } from '#connectors/memory/platform.ts';
import { likeCyrus } from '#connectors/memory/manners.ts';
import { weather } from './faults.ts';
import { RawClient } from './raw-client.ts';
import {
  bareCapabilities,
  everyCapability,
  simPassword,
  type SimOptions,
  type SimServer,
  startServer,
} from './server.ts';

const date = 1_600_000_000 as Instant;
const servers: SimServer[] = [];

async function server(options: Partial<SimOptions> = {}): Promise<SimServer> {
  const platform = new MemoryPlatform();
  platform.add('ann', { separator: '/' });
  const started = await startServer({ platform, ...options });
  servers.push(started);
  return started;
}

afterEach(async () => {
  for (const started of servers.splice(0)) await started[Symbol.asyncDispose]();
});

function inboxOf(sim: SimServer) {
  const folder = sim.platform.mailboxes.get('ann')?.folder('INBOX');
  if (!folder) throw new Error('no inbox');
  return folder;
}

async function signedIn(sim: SimServer): Promise<RawClient> {
  const client = await RawClient.open(sim.port);
  await client.ask(`LOGIN ann ${simPassword}`);
  return client;
}

describe('the simulated server, asked by imapflow, which we did not write', () => {
  const options = (sim: SimServer): ImapFlowOptions => ({
    host: '127.0.0.1',
    port: sim.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: 'ann', pass: simPassword },
    logger: false,
  });

  for (const [what, capabilities] of [
    ['that can everything', everyCapability.filter((word) => word !== 'STARTTLS')],
    ['that knows RFC 3501 alone', bareCapabilities],
  ] as const) {
    test(`${what}: folders, messages, flags and removals come through`, async () => {
      const sim = await server({ capabilities });
      const client = new ImapFlow(options(sim));
      await client.connect();
      await client.mailboxCreate(['Projects', 'Grüße & Küsse']);
      await client.mailboxSubscribe('Projects/Grüße & Küsse');
      const body = Buffer.from(`Subject: hello\r\n\r\n${'x'.repeat(100_000)}\r\n`);
      for (let i = 0; i < 3; i++) await client.append('INBOX', body, i === 0 ? ['\\Seen'] : [], new Date(date * 1000));
      const names = (await client.list()).map(({ path }) => path);
      expect(names).toEqual(['INBOX', 'Projects', 'Projects/Grüße & Küsse']);
      const lock = await client.getMailboxLock('INBOX');
      try {
        const fetched: unknown[] = [];
        for await (const { uid, flags, source, internalDate } of client.fetch('1:*', {
          uid: true,
          flags: true,
          source: true,
          internalDate: true,
        })) {
          fetched.push([uid, [...(flags ?? [])], source?.equals(body), new Date(internalDate ?? 0).getTime() / 1000]);
        }
        expect(fetched).toEqual([
          [1, ['\\Seen'], true, date],
          [2, [], true, date],
          [3, [], true, date],
        ]);
        await client.messageFlagsAdd('2', ['\\Flagged', '$Work'], { uid: true });
        await client.messageDelete('3', { uid: true });
        expect(await client.search({ flagged: true }, { uid: true })).toEqual([2]);
      } finally {
        lock.release();
      }
      await client.logout();
      expect(inboxOf(sim).messages.map(({ uid, flags }) => [uid, flags])).toEqual([
        [1, ['\\Seen']],
        [2, ['$Work', '\\Flagged']],
      ]);
      expect(sim.violations).toEqual([]);
    });
  }

  test('a wrong password is refused', async () => {
    const sim = await server({ capabilities: bareCapabilities });
    const client = new ImapFlow({ ...options(sim), auth: { user: 'ann', pass: 'wrong' } });
    await expect(client.connect()).rejects.toMatchObject({ authenticationFailed: true });
  });

  test('DEFLATE is spoken when asked for', async () => {
    const sim = await server({ capabilities: [...bareCapabilities, 'COMPRESS=DEFLATE'] });
    inboxOf(sim).add({ bytes: Buffer.from('Subject: a\r\n\r\nb'), flags: [], internalDate: date });
    const client = new ImapFlow(options(sim));
    await client.connect();
    const lock = await client.getMailboxLock('INBOX');
    const message = await client.fetchOne('1', { source: true });
    lock.release();
    await client.logout();
    expect(message && message.source?.toString()).toBe('Subject: a\r\n\r\nb');
    expect(sim.counts.get('COMPRESS')).toBe(1);
  });
});

describe('the simulated server, octet by octet', () => {
  test('says what it is in its greeting and its ID', async () => {
    const sim = await server();
    using client = await RawClient.open(sim.port);
    expect(await client.ask('ID NIL')).toContain('simulated');
  });

  test('several messages in one APPEND are stored together, or not at all', async () => {
    const platform = new MemoryPlatform();
    platform.add('ann', { manners: likeCyrus });
    const sim = await server({ platform });
    using client = await signedIn(sim);
    expect(
      await client.ask(
        'APPEND INBOX (\\Seen) {9+}\r\nA: b\r\n\r\nc "14-Jul-2020 02:40:00 +0000" {9+}\r\nA: d\r\n\r\ne',
      ),
    ).toMatch(/APPENDUID \d+ 1:2\]/);
    expect(await client.ask('APPEND INBOX {9+}\r\nA: b\r\n\r\nc {9+}\r\nA: b\r\n\r\n\0')).toContain(
      't NO Message contains NUL',
    );
    expect(inboxOf(sim).messages.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
      'A: b\r\n\r\nc',
      'A: d\r\n\r\ne',
    ]);
    expect(sim.violations).toEqual([]);
  });

  test('a literal that does not wait is a violation where LITERAL+ is not offered, or too long for LITERAL-', async () => {
    for (const capabilities of [[], ['LITERAL-']]) {
      const sim = await server({ capabilities });
      using client = await signedIn(sim);
      client.send(`a APPEND INBOX {5000+}\r\n${'x'.repeat(5_000)}\r\n`);
      expect(await client.rest()).toContain('* BYE');
      expect(sim.violations).toHaveLength(1);
      expect(inboxOf(sim).messages).toEqual([]);
    }
  });

  test('a waiting literal is refused before it is sent when its folder is missing or it is too large', async () => {
    const sim = await server({ appendLimitBytes: 100 });
    using client = await signedIn(sim);
    expect(await client.ask('APPEND Nowhere {5}')).toContain('t NO [TRYCREATE]');
    expect(await client.ask('APPEND INBOX {101}')).toContain('t NO [TOOBIG]');
    expect(await client.ask('CAPABILITY')).toContain('APPENDLIMIT=100');
  });

  test('QRESYNC tells what left and what changed since a mod-sequence', async () => {
    const sim = await server();
    const inbox = inboxOf(sim);
    for (let i = 0; i < 4; i++) inbox.add({ bytes: Buffer.from('a'), flags: [], internalDate: date });
    const { uidValidity, highestModSeq } = inbox;
    inbox.expunge([[2 as typeof inbox.uidNext, 3 as typeof inbox.uidNext]]);
    const first = inbox.message(1);
    if (first) inbox.setFlags(first, ['\\Seen']);
    using client = await signedIn(sim);
    await client.ask('ENABLE QRESYNC');
    const told = await client.ask(`EXAMINE INBOX (QRESYNC (${uidValidity} ${highestModSeq}))`);
    expect(told).toContain('* VANISHED (EARLIER) 2:3\r\n');
    expect(told).toContain(`* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (${inbox.highestModSeq}))\r\n`);
    expect(told).not.toContain('UID 4');
  });

  test('EXAMINE changes nothing: a body that is read there is not seen', async () => {
    const sim = await server();
    inboxOf(sim).add({ bytes: Buffer.from('a'), flags: [], internalDate: date });
    using client = await signedIn(sim);
    await client.ask('EXAMINE INBOX');
    expect(await client.ask('UID FETCH 1 (BODY[])')).toContain('BODY[] {1}\r\na)');
    expect(await client.ask('UID STORE 1 +FLAGS (\\Seen)')).toContain('t NO');
    expect(inboxOf(sim).message(1)?.flags).toEqual([]);
  });

  test('what others do is told: arrivals, flags, and departures when numbers may change', async () => {
    const sim = await server();
    const inbox = inboxOf(sim);
    for (let i = 0; i < 3; i++) inbox.add({ bytes: Buffer.from('a'), flags: [], internalDate: date });
    using client = await signedIn(sim);
    await client.ask('SELECT INBOX');
    inbox.expunge([[2 as typeof inbox.uidNext, 2 as typeof inbox.uidNext]]);
    inbox.add({ bytes: Buffer.from('b'), flags: [], internalDate: date });
    expect(await client.ask('FETCH 1 (FLAGS)')).not.toContain('EXPUNGE');
    expect(await client.ask('NOOP')).toContain('* 2 EXPUNGE\r\n');
    client.send('i IDLE\r\n');
    await client.until(/\+ idling\r\n/);
    inbox.add({ bytes: Buffer.from('c'), flags: [], internalDate: date });
    expect(await client.until(/EXISTS\r\n/)).toContain('* 4 EXISTS');
    client.send('DONE\r\n');
    await client.until(/^i OK/m);
  });

  test('LIST-EXTENDED and LIST-STATUS tell everything in one answer', async () => {
    const sim = await server();
    const mailbox = sim.platform.mailboxes.get('ann');
    mailbox?.create(['Sent'], true, ['\\Sent']);
    mailbox?.create(['a', 'b']);
    mailbox?.subscriptions.add('Sent').add('Gone');
    using client = await signedIn(sim);
    const told = await client.ask(
      'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))',
    );
    expect(told).toContain('* LIST (\\Subscribed \\Sent) "/" "Sent"\r\n* STATUS "Sent" (MESSAGES 0 UIDNEXT 1');
    expect(told).toContain('* LIST (\\Noselect) "/" "a"\r\n* LIST () "/" "a/b"');
    expect(await client.ask('LIST (SUBSCRIBED) "" "*"')).toContain('(\\NonExistent \\Subscribed) "/" "Gone"');
    expect(await client.ask('LIST "" "%"')).not.toContain('a/b');
  });
});

describe('the simulated server, told to go wrong', () => {
  const message = 'Subject: a\r\n\r\nb';
  const append = `APPEND INBOX {${message.length}+}\r\n${message}`;

  test('cut after storing, before the reply: the message is there and nobody was told', async () => {
    const sim = await server({ faults: { after: ({ command }) => (command === 'APPEND' ? { kind: 'cut' } : null) } });
    using client = await signedIn(sim);
    client.send(`a ${append}\r\n`);
    expect(await client.rest()).not.toContain('a OK');
    expect(inboxOf(sim).messages).toHaveLength(1);
  });

  test('cut inside a literal of the client: nothing is stored', async () => {
    const sim = await server({ faults: { incoming: () => ({ afterBytes: 3 }) } });
    using client = await signedIn(sim);
    client.send(`a ${append}\r\n`);
    await client.rest();
    expect(inboxOf(sim).messages).toHaveLength(0);
  });

  test('cut inside a literal of its own: so many octets and no more', async () => {
    const sim = await server({ faults: { outgoing: () => ({ kind: 'cut-inside', afterBytes: 4 }) } });
    inboxOf(sim).add({ bytes: Buffer.from('0123456789'), flags: [], internalDate: date });
    using client = await signedIn(sim);
    await client.ask('EXAMINE INBOX');
    client.send('a UID FETCH 1 (BODY.PEEK[])\r\n');
    expect(await client.rest()).toMatch(/BODY\[\] \{10\}\r\n0123$/);
  });

  test('OK and not stored, NO though stored, a lost reply', async () => {
    const lying = await server({ faults: { storing: () => 'nothing-stored' } });
    using first = await signedIn(lying);
    expect(await first.ask(append)).toContain('t OK [APPENDUID');
    expect(inboxOf(lying).messages).toHaveLength(0);

    const denying = await server({
      faults: { after: ({ command }) => (command === 'APPEND' ? weather.unavailable : null) },
    });
    using second = await signedIn(denying);
    expect(await second.ask(append)).toContain('t NO [UNAVAILABLE]');
    expect(inboxOf(denying).messages).toHaveLength(1);

    const forgetful = await server({
      faults: { after: ({ command }) => (command === 'APPEND' ? { kind: 'lost-reply' } : null) },
    });
    using third = await signedIn(forgetful);
    third.send(`a ${append}\r\n`);
    expect(await third.ask('NOOP')).not.toContain('a OK');
    expect(inboxOf(forgetful).messages).toHaveLength(1);
  });

  test('messages are withheld, served without their body, twice, short or altered', async () => {
    const kinds = ['withheld', 'bodiless', 'twice', 'short', 'altered'] as const;
    const sim = await server({
      faults: {
        outgoing: (_moment, uid) => {
          const kind = kinds[uid - 1] ?? 'withheld';
          return kind === 'short' ? { kind, by: 2 } : { kind };
        },
      },
    });
    for (let i = 0; i < 5; i++) inboxOf(sim).add({ bytes: Buffer.from('the end'), flags: [], internalDate: date });
    using client = await signedIn(sim);
    await client.ask('EXAMINE INBOX');
    const told = await client.ask('UID FETCH 1:5 (BODY.PEEK[])');
    expect(told.split('* ').slice(1)).toEqual([
      '2 FETCH (UID 2)\r\n',
      '3 FETCH (UID 3 BODY[] {7}\r\nthe end)\r\n',
      '3 FETCH (UID 3 BODY[] {7}\r\nthe end)\r\n',
      '4 FETCH (UID 4 BODY[] {5}\r\nthe e\r\n)\r\n',
      '5 FETCH (UID 5 BODY[] {7}\r\nthE End)\r\nt OK Fetch completed.\r\n',
    ]);
  });

  test('silence keeps the connection and says nothing; endless answers end with the client', async () => {
    const silent = await server({
      faults: { before: ({ command }) => (command === 'NOOP' ? { kind: 'silence' } : null) },
    });
    using first = await signedIn(silent);
    first.send('a NOOP\r\nb CAPABILITY\r\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(first.socket.closed).toBe(false);

    const endless = await server({
      faults: { before: ({ command }) => (command === 'NOOP' ? { kind: 'endless' } : null) },
    });
    using second = await signedIn(endless);
    second.send('a NOOP\r\n');
    for (let i = 0; i < 100; i++) await second.until(/Still here.*\r\n/);
  });

  test('the words of servers that want to be left alone are said as they say them', async () => {
    const said = [weather.exchangeBackoff(1_234), weather.gmailThrottled, weather.exchangeBye];
    const sim = await server({
      faults: { before: ({ command }) => (command === 'NOOP' ? (said.shift() ?? null) : null) },
    });
    using client = await signedIn(sim);
    expect(await client.ask('NOOP')).toBe('t BAD Request is throttled. Suggested Backoff Time: 1234 milliseconds\r\n');
    expect(await client.ask('NOOP')).toContain('t NO [THROTTLED]');
    client.send('a NOOP\r\n');
    expect(await client.rest()).toBe('* BYE Connection closed. 14\r\n');
  });

  test('a folder that is renumbered under a session ends it, or goes on under other numbers', async () => {
    for (const [renumberedMidSession, expected] of [
      ['bye', /^\* BYE/m],
      ['goes-on', /^\* OK \[UIDVALIDITY/m],
    ] as const) {
      const sim = await server({ quirks: { renumberedMidSession } });
      inboxOf(sim).add({ bytes: Buffer.from('a'), flags: [], internalDate: date });
      using client = await signedIn(sim);
      await client.ask('EXAMINE INBOX');
      inboxOf(sim).renumber(100);
      client.send('a NOOP\r\n');
      await client.until(expected);
    }
  });

  test('quirks: sizes that are estimates, no codes, names as literals, NULs in front, small pieces', async () => {
    const sim = await server({
      quirks: { sizeOff: 7, withoutCodes: true, names: 'literal', leadingNuls: 2, pieces: 3 },
    });
    inboxOf(sim).add({ bytes: Buffer.from('abc'), flags: [], internalDate: date });
    using client = await signedIn(sim);
    expect(await client.ask('LIST "" "*"')).toContain('\0\0* LIST (\\HasNoChildren) "/" {5}\r\nINBOX\r\n');
    expect(await client.ask('EXAMINE INBOX')).toContain('t OK Examine completed.');
    expect(await client.ask('FETCH 1 RFC822.SIZE')).toContain('RFC822.SIZE 10');
  });
});
