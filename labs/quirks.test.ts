/**
 * What docs/quirks.md promises about odd servers, each played by the server of ours: a whole copy with the real client,
 * engine and ledger logic, and a look at both mailboxes afterwards. What Dovecot and Cyrus do is shown on the real ones.
 */

import { describe, expect, test } from 'vitest';
import type { Instant } from '#domain/item.ts';
import { likeCyrus, likeDovecot } from '#connectors/memory/manners.ts';
import { aCopy, atFirst, type Copy, contents, type End, fill, noon, toMessage } from './quirks.test-kit.ts';
import { type Quirks, type ServerFaults, weather } from './sim/faults.ts';
import { bareCapabilities, everyCapability } from './sim/server.ts';

const quirky = (quirks: Partial<Quirks>): End => ({ server: { quirks } });
const faulty = (faults: ServerFaults): End => ({ server: { faults } });
const lacking = (...words: readonly string[]): End => ({
  server: { capabilities: everyCapability.filter((word) => !words.includes(word)) },
});

/** Copies some mail and looks: all of it there, once, and a second run writes nothing. */
async function arrivesWhole(copy: Copy): Promise<void> {
  fill(copy.source, ['INBOX'], 20);
  fill(copy.source, ['Work', 'Projects & Pläne'], 5);
  copy.source.create(['Empty']);
  const report = await copy.run();
  expect(report).toMatchObject({ copied: 25, refused: [], differences: [], fault: null });
  expect(contents(copy.target)).toEqual(contents(copy.source));
  expect(copy.target.folder('Empty')).toBeDefined();
  const writes = () => ['APPEND', 'UID STORE', 'CREATE'].map((word) => copy.targetServer.counts.get(word) ?? 0);
  const before = writes();
  expect(await copy.run()).toMatchObject({ copied: 0, alreadyThere: 25, flagsChanged: 0, fault: null });
  expect(writes()).toEqual(before);
  expect(copy.sourceServer.violations).toEqual([]);
  expect(copy.targetServer.violations).toEqual([]);
}

describe('a server with odd manners, at either end', () => {
  test.each<[string, End]>([
    ['tells sizes that are estimates', quirky({ sizeOff: 7 })],
    ['keeps the UIDs of APPEND to itself although it announces UIDPLUS', quirky({ keepsUidsToItself: true })],
    ['gives no codes, only words', quirky({ withoutCodes: true })],
    ['spells names as literals', quirky({ names: 'literal' })],
    ['spells names as bare words', quirky({ names: 'atom' })],
    ['answers BAD to the RETURN options of LIST that it announces', quirky({ refusesListReturn: true })],
    ['enables in silence', quirky({ enablesInSilence: true })],
    ['answers BAD to NAMESPACE', quirky({ namespace: 'bad' })],
    ['hangs up at NAMESPACE', quirky({ namespace: 'drops' })],
    ['counts messages wrongly in STATUS', quirky({ messagesOff: 3 })],
    ['says things that nobody asked for', quirky({ chatty: true })],
    ['puts NULs in front of its answers', quirky({ leadingNuls: 3 })],
    ['tells of flags under the number 0', quirky({ fetchZero: true, chatty: true })],
    ['tells UIDNEXT as 0', quirky({ uidNextZero: true })],
    ['takes no command longer than 1,000 octets', quirky({ maxLineOctets: 1_000 })],
    ['answers FETCH from the last message to the first', quirky({ backwards: true })],
    ['puts the UID behind the body', quirky({ uidBehindBody: true })],
    ['sends three octets at a time', quirky({ pieces: 3 })],
    ['knows RFC 3501 and nothing else', { server: { capabilities: bareCapabilities } }],
    ['has no CONDSTORE and no QRESYNC', lacking('CONDSTORE', 'QRESYNC')],
    ['has no MULTIAPPEND', lacking('MULTIAPPEND')],
    ['has no UIDPLUS', lacking('UIDPLUS')],
    ['has no LITERAL+', lacking('LITERAL+')],
    ['has no LIST-STATUS', lacking('LIST-STATUS')],
    ['has no SASL-IR', lacking('SASL-IR')],
    ['has no AUTH=PLAIN, so that LOGIN must do', lacking('AUTH=PLAIN', 'AUTH=LOGIN')],
    ['greets with words of its own', { server: { greeting: 'IMAPrev1' } }],
  ])('that %s loses and doubles nothing', async (_, end) => {
    {
      await using copy = await aCopy(end, {});
      await arrivesWhole(copy);
    }
    await using copy = await aCopy({}, end);
    await arrivesWhole(copy);
  });
});

describe('a source that', () => {
  test('withholds a message is asked again, and the message is named in the end', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1_000, { kind: 'withheld' }) }));
    fill(copy.source, ['INBOX'], 10);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 9, fault: null });
    expect(report.refused).toMatchObject([{ folder: 'INBOX', uid: 3 }]);
  });

  test('withholds a message once serves it when asked for it alone', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1, { kind: 'withheld' }) }));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ copied: 10, refused: [], fault: null });
  });

  test('answers without the body has not answered', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1, { kind: 'bodiless' }) }));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ copied: 10, refused: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('answers for a message twice has it copied once', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1, { kind: 'twice' }) }));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ copied: 10, fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('serves a literal that is short, with an empty line behind it, does not upset the others', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1_000, { kind: 'short', by: 2 }) }));
    fill(copy.source, ['INBOX'], 10);
    const report = await copy.run();
    expect(report.fault).toBeNull();
    const rest = (lines: readonly string[]) => lines.filter((line) => !line.includes(` ${noon + 180} `));
    expect(rest(contents(copy.target))).toEqual(rest(contents(copy.source)));
  });

  test('breaks off inside a message never has half of it on the target', async () => {
    await using copy = await aCopy(faulty({ outgoing: toMessage(3, 1, { kind: 'cut-inside', afterBytes: 20 }) }));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ copied: 10, refused: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('tells another UIDVALIDITY at each EXAMINE is copied once all the same', async () => {
    await using copy = await aCopy(quirky({ uidValidityUnstableUnderExamine: true }));
    fill(copy.source, ['INBOX'], 10);
    // One whose date no server keeps wants a second look at a folder that was read already.
    const old = { bytes: Buffer.from('Subject: old\r\n\r\nA letter.'), flags: [], internalDate: -86_400 as Instant };
    copy.source.folder('INBOX')?.add(old);
    expect(await copy.run()).toMatchObject({ copied: 11, refused: [], fault: null });
    expect(copy.target.folder('INBOX')?.messages).toHaveLength(11);
    expect(await copy.run()).toMatchObject({ copied: 0, alreadyThere: 11, refused: [], fault: null });
    expect(copy.target.folder('INBOX')?.messages).toHaveLength(11);
  });

  test('renumbers a folder between two runs has it matched by content, not sent again', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['INBOX'], 10);
    await copy.run();
    copy.source.folder('INBOX')?.renumber(100);
    fill(copy.source, ['INBOX'], 2);
    expect(await copy.run()).toMatchObject({ copied: 2, alreadyThere: 10, fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('cannot be trusted with SEARCH is never asked to search, with --since as without', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['INBOX'], 10);
    const report = await copy.run({}, { since: (noon + 5 * 60) as Instant });
    expect(report).toMatchObject({ copied: 6, fault: null });
    for (const word of ['SEARCH', 'UID SEARCH', 'FETCH', 'MOVE', 'UID MOVE', 'SELECT']) {
      expect(copy.sourceServer.counts.get(word) ?? 0).toBe(0);
    }
  });

  test('shows all mail once more in a virtual folder has that left out, by name', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['INBOX'], 4);
    copy.source.create(['All Mail'], true, ['\\All']);
    fill(copy.source, ['All Mail'], 4);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 4, fault: null });
    expect(report.folders).toMatchObject([{ source: 'All Mail', target: null }]);
    expect(copy.target.folder('All Mail')).toBeUndefined();
  });

  test('has a folder called NIL keeps it', async () => {
    for (const names of ['quoted', 'literal', 'atom'] as const) {
      await using copy = await aCopy(quirky({ names }));
      fill(copy.source, ['NIL'], 2);
      expect(await copy.run()).toMatchObject({ copied: 2, fault: null });
      expect(contents(copy.target)).toEqual(contents(copy.source));
    }
  });
});

describe('a server that asks for patience', () => {
  const waiting: readonly [string, ServerFaults, number | null][] = [
    ['Exchange names a time', { before: atFirst(1, 'UID FETCH', weather.exchangeBackoff(12_345)) }, 12_345],
    ['Gmail throttles', { before: atFirst(1, 'UID FETCH', weather.gmailThrottled) }, null],
    ['Gmail ends the session for its bandwidth', { before: atFirst(1, 'UID FETCH', weather.gmailBandwidth) }, null],
    ['a rate limit is told', { before: atFirst(1, 'UID FETCH', weather.limit) }, null],
    ['a folder is in use', { before: atFirst(1, 'UID FETCH', weather.inUse) }, null],
    ['it is shutting down', { before: atFirst(1, 'UID FETCH', weather.shuttingDown) }, null],
  ];
  test.each(waiting)('is waited for: %s', async (_, faults, waitMs) => {
    await using copy = await aCopy(faulty(faults));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ copied: 10, refused: [], fault: null });
    if (waitMs !== null) expect(copy.waits).toContain(waitMs);
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test.each([
    ['Too many simultaneous connections', weather.gmailConnections],
    ['User is authenticated but not connected', weather.exchangeNotConnected],
    ['[UNAVAILABLE]', weather.unavailable],
  ] as const)('at sign-in (%s) is tried again, spaced, a few times', async (_, mishap) => {
    await using copy = await aCopy(faulty({ before: atFirst(2, 'LOGIN', mishap) }));
    fill(copy.source, ['INBOX'], 3);
    expect(await copy.run()).toMatchObject({ copied: 3, fault: null });
    expect(copy.waits.filter((ms) => ms > 0).length).toBeGreaterThanOrEqual(1);
  });

  test.each(['[UNAVAILABLE] Temporary trouble with the storage', '[INUSE] Somebody else is at it'])(
    'gives messages at another time only (%s) is asked again, and none of them is listed',
    async (text) => {
      let fetches = 0;
      // Those in which messages are read, were they not asked for again at once: all of them twice, then the first alone.
      const isRefused = (command: string): boolean => command === 'UID FETCH' && [1, 3, 5].includes(++fetches);
      const before: ServerFaults['before'] = ({ command }) =>
        isRefused(command) ? { kind: 'answer', status: 'NO', text } : null;
      await using copy = await aCopy(faulty({ before }));
      fill(copy.source, ['INBOX'], 10);
      expect(await copy.run()).toMatchObject({ copied: 10, refused: [], fault: null });
      expect(contents(copy.target)).toEqual(contents(copy.source));
    },
  );

  test('and speaks only mechanisms that we do not is told so, with what it offers', async () => {
    await using copy = await aCopy({ server: { capabilities: ['AUTH=GSSAPI', 'AUTH=NTLM', 'LOGINDISABLED'] } });
    const report = await copy.run();
    expect(report.fault).toMatchObject({
      code: 'imap.sign-in.no-mechanism',
      message: expect.stringContaining('GSSAPI'),
    });
  });

  test('is not hammered with a wrong password: one try, and the mailbox ends', async () => {
    let tries = 0;
    const signIn = () => {
      tries++;
      return { refused: '[AUTHENTICATIONFAILED] Authentication failed.' };
    };
    await using copy = await aCopy({ server: { signIn } });
    const report = await copy.run();
    expect(report.fault?.code).toBe('imap.sign-in.refused');
    expect(tries).toBe(1);
  });
});

describe('a target that', () => {
  test.each<[string, ServerFaults]>([
    ['stores and loses the reply', { after: atFirst(1, 'APPEND', { kind: 'cut' }) }],
    ['stores and answers NO [UNAVAILABLE]', { after: atFirst(1, 'APPEND', weather.unavailable) }],
    ['stores and answers NO [SERVERBUG]', { after: atFirst(1, 'APPEND', weather.serverBug) }],
    ['ends the session in mid-stream', { before: atFirst(1, 'APPEND', weather.exchangeBye) }],
    ['is unavailable for a while', { before: atFirst(3, 'APPEND', weather.exchangeUnavailable) }],
  ])('%s gets every message once', async (_, faults) => {
    await using copy = await aCopy({}, faulty(faults));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ refused: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('is cut inside our literal gets every message once', async () => {
    let left = 1;
    const incoming = () => (left-- > 0 ? { afterBytes: 12 } : null);
    await using copy = await aCopy({}, faulty({ incoming }));
    fill(copy.source, ['INBOX'], 10);
    expect(await copy.run()).toMatchObject({ refused: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('says OK and stores nothing is found out, and gets them in the end', async () => {
    let left = 1;
    await using copy = await aCopy({}, faulty({ storing: () => (left-- > 0 ? 'nothing-stored' : null) }));
    fill(copy.source, ['INBOX'], 10);
    const report = await copy.run();
    const missing = 10 - (copy.target.folder('INBOX')?.messages.length ?? 0);
    // What was confirmed and is gone may have been removed by someone: then it is named, not sent again.
    expect(report.refused).toHaveLength(missing);
    expect(new Set(contents(copy.target)).size).toBe(10 - missing);
  });

  test('says OK and stores half a message is found out, and the message named', async () => {
    let left = 1;
    await using copy = await aCopy({}, faulty({ storing: () => (left-- > 0 ? 'last-truncated' : null) }));
    fill(copy.source, ['INBOX'], 10);
    const report = await copy.run();
    expect(report.fault).toBeNull();
    expect([...report.differences, ...report.refused]).toMatchObject([{ folder: 'INBOX', uid: 10 }]);
  });

  test('forgets the flags of APPEND gets them by STORE', async () => {
    await using copy = await aCopy({}, quirky({ forgetsFlagsOfAppend: true }));
    fill(copy.source, ['INBOX'], 12);
    expect(await copy.run()).toMatchObject({ copied: 12, differences: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test.each(['[UNAVAILABLE] Try again', '[INUSE] Locked', '[THROTTLED] Slow down'])(
    'sets no flags for a moment (%s) is asked again, and has them in the end',
    async (text) => {
      await using copy = await aCopy(
        {},
        faulty({ before: atFirst(1, 'UID STORE', { kind: 'answer', status: 'NO', text }) }),
      );
      fill(copy.source, ['INBOX'], 12);
      await copy.run();
      const inbox = copy.source.folder('INBOX');
      for (const message of inbox?.messages ?? []) inbox?.setFlags(message, ['\\Answered']);
      expect(await copy.run()).toMatchObject({ differences: [], fault: null });
      expect(contents(copy.target)).toEqual(contents(copy.source));
    },
  );

  test('takes only small messages is not sent a large one, and it is named', async () => {
    await using copy = await aCopy({}, { server: { appendLimitBytes: 500 } });
    fill(copy.source, ['INBOX'], 3);
    const large = { bytes: Buffer.alloc(2_000, 'x'), flags: [], internalDate: noon };
    copy.source.folder('INBOX')?.add(large);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 3, fault: null });
    expect(report.refused).toMatchObject([{ uid: 4, code: 'too-big' }]);
  });

  test('refuses a keyword gets the message without it, and the keyword is named', async () => {
    await using copy = await aCopy({}, { mailbox: { manners: likeDovecot } });
    copy.source
      .folder('INBOX')
      ?.add({ bytes: Buffer.from('A: b\r\n\r\nc'), flags: ['\\Seen', 'k'.repeat(60)], internalDate: noon });
    fill(copy.source, ['INBOX'], 5);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 6, refused: [], fault: null });
    expect(report.differences).toMatchObject([{ uid: 1, class: 'keywords' }]);
    expect(copy.target.folder('INBOX')?.messages.some(({ flags }) => flags.join() === '\\Seen')).toBe(true);
  });

  test('takes no keyword at all gets the messages, and each keyword is named', async () => {
    await using copy = await aCopy({}, { mailbox: { takesKeyword: () => false } });
    fill(copy.source, ['INBOX'], 8);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 8, refused: [], fault: null });
    expect(report.differences.map((difference) => difference.class)).toEqual(['keywords', 'keywords']);
  });

  test('refuses one message of a batch gets the rest, and that one is named', async () => {
    await using copy = await aCopy({}, { mailbox: { manners: likeCyrus } });
    fill(copy.source, ['INBOX'], 30);
    copy.source.folder('INBOX')?.add({ bytes: Buffer.from('A: b\r\n\r\n\0'), flags: [], internalDate: noon });
    fill(copy.source, ['INBOX'], 30);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 60, fault: null });
    expect(report.refused).toMatchObject([{ uid: 31, code: 'message' }]);
  });

  test.each([
    ['with MULTIAPPEND', everyCapability],
    ['without', everyCapability.filter((word) => word !== 'MULTIAPPEND')],
  ])('hangs up at one message gets the rest, and that one is named (%s)', async (_, capabilities) => {
    const fatal = Buffer.from(`A: b\r\n\r\n${'fatal '.repeat(700)}`);
    const incoming: NonNullable<ServerFaults['incoming']> = (_moment, sizeBytes) =>
      sizeBytes === fatal.length ? { afterBytes: 100 } : null;
    await using copy = await aCopy({}, { server: { capabilities, faults: { incoming } } });
    fill(copy.source, ['INBOX'], 30);
    copy.source.folder('INBOX')?.add({ bytes: fatal, flags: [], internalDate: noon });
    fill(copy.source, ['INBOX'], 30);
    const report = await copy.run();
    expect(report).toMatchObject({ fault: null });
    expect(report.refused).toMatchObject([{ uid: 31, code: 'breaks-connection' }]);
    expect(copy.target.folder('INBOX')?.messages).toHaveLength(60);
  });

  test.each(['APPEND', 'UID FETCH', 'LIST'])(
    'falls silent at %s is left after the deadline, and asked anew',
    async (command) => {
      await using copy = await aCopy(
        {},
        { ...faulty({ before: atFirst(1, command, { kind: 'silence' }) }), deadlineMs: 250 },
      );
      fill(copy.source, ['INBOX'], 10);
      expect(await copy.run()).toMatchObject({ refused: [], fault: null });
      expect(contents(copy.target)).toEqual(contents(copy.source));
    },
  );

  test('would put 1970, earlier and 2040 into the present gets a date it keeps, and the message is named', async () => {
    await using copy = await aCopy({}, { mailbox: { manners: likeCyrus } });
    const dated = (internalDate: number, date: string) =>
      copy.source.folder('INBOX')?.add({
        bytes: Buffer.from(`Date: ${date}\r\n\r\nx\r\n`),
        flags: [],
        internalDate: internalDate as Instant,
      });
    dated(0, 'Thu, 01 Jan 2015 00:00:00 +0000');
    dated(-315_619_200, 'nonsense');
    dated(2_208_988_800, 'Thu, 01 Jan 2015 00:00:01 +0000');
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 3, refused: [], fault: null });
    expect(report.differences.map((difference) => [difference.uid, difference.class])).toEqual([
      [1, 'date'],
      [2, 'date'],
      [3, 'date'],
    ]);
    expect(copy.target.folder('INBOX')?.messages.map((message) => message.internalDate)).toEqual([
      1_420_070_400, 1, 1_420_070_401,
    ]);
  });

  test('gives the old message back for one it has already (Gmail) has the second of two equal ones named, and nothing lost in silence', async () => {
    await using copy = await aCopy({}, lacking('MULTIAPPEND'));
    const { target } = copy;
    const arrive = target.arrive.bind(target);
    target.arrive = (folder, messages) => {
      const twin = folder.messages.find(({ bytes }) =>
        Buffer.from(bytes).equals(messages[0]?.bytes ?? Buffer.alloc(0)),
      );
      return twin && messages.length === 1 ? { kind: 'stored', uids: [twin.uid] } : arrive(folder, messages);
    };
    const same = { bytes: Buffer.from('A: b\r\n\r\nsame'), flags: [], internalDate: noon };
    for (let n = 0; n < 2; n++) copy.source.folder('INBOX')?.add(same);
    fill(copy.source, ['INBOX'], 3);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 4, fault: null });
    expect(report.refused).toMatchObject([{ uid: 2, code: 'outcome-unknown' }]);
  });

  test('is full ends the mailbox with its own fault, and names every message that did not arrive', async () => {
    await using copy = await aCopy({}, { mailbox: { quotaBytes: 700 } });
    fill(copy.source, ['INBOX'], 30);
    const report = await copy.run();
    expect(report.fault?.code).toBe('target.quota');
    const there = copy.target.folder('INBOX')?.messages.length ?? 0;
    expect(report.copied).toBe(there);
    expect(report.refused.map(({ code }) => code)).toEqual(Array(30 - there).fill('quota'));
  });

  test('is renumbered between two runs is matched by content', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['INBOX'], 10);
    await copy.run();
    copy.target.folder('INBOX')?.renumber(500);
    expect(await copy.run()).toMatchObject({ copied: 0, alreadyThere: 10, fault: null });
    expect(copy.target.folder('INBOX')?.messages).toHaveLength(10);
  });

  test('tidies names never has two folders of the source in one', async () => {
    await using copy = await aCopy({ mailbox: { separator: '.' } }, quirky({ tidiesNames: true }));
    fill(copy.source, ['a/b'], 2);
    fill(copy.source, ['a', 'b'], 3);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 5, fault: null });
    const counts = copy.target.folders.map(({ messages }) => messages.length).filter((count) => count > 0);
    expect(counts.toSorted((a, b) => a - b)).toEqual([2, 3]);
    expect(report.folders.length).toBeGreaterThan(0);
  });
});
