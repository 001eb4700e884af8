import { describe, expect, test } from 'vitest';
import { type Manners, likeCyrus, likeDovecot } from '#connectors/memory/manners.ts';
import type { MemoryFaults, MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { memorySource } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Instant } from '#domain/item.ts';
import { everything, type Selection } from '#domain/selection.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import type { Clock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import { verifyMailbox } from './verify-mailbox.ts';

const day = 86_400;

describe('a move that went well', () => {
  test('is found equal, copies that are the same twice in one folder included', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const mailbox of [source, target]) {
      mailbox.create(['Projects', 'Crane']);
      put(mailbox, 'INBOX', letter('a'), 1 * day, ['\\Seen', 'Work']);
      put(mailbox, 'INBOX', letter('a'), 1 * day, ['\\Seen', 'Work']);
      put(mailbox, 'Projects/Crane', letter('b'), 2 * day, []);
    }
    const report = await verified(source, target);
    expect(report).toMatchObject({
      verdict: 'equal',
      sourceMessages: 3,
      targetMessages: 3,
      equal: 3,
      messagesRead: 6,
      fault: null,
    });
    expect(report.folderNotes).toEqual([]);
  });

  test('reads both sides and marks nothing', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter('a'), day, []);
    const before = [source, target].map((mailbox) =>
      JSON.stringify(
        mailbox.folders.map((folder) => folder.messages),
        bigints,
      ),
    );
    await verified(source, target);
    expect(
      [source, target].map((mailbox) =>
        JSON.stringify(
          mailbox.folders.map((folder) => folder.messages),
          bigints,
        ),
      ),
    ).toEqual(before);
  });

  test('is told from one where people have received mail since', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter('a'), day, []);
    put(target, 'INBOX', letter('new'), 3 * day, []);
    const report = await verified(source, target);
    expect(report.verdict).toBe('more-on-target');
    expect(report.extra).toEqual([
      {
        folder: 'INBOX',
        uid: 2,
        uidValidity: 1001,
        sizeBytes: letter('new').length,
        internalDate: '1970-01-04T00:00:00Z',
        messageId: '<new@example.org>',
      },
    ]);
  });
});

describe('whatever is not the same is named', () => {
  test('a message that is missing, with its Message-ID', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    put(source, 'INBOX', letter('a'), day, []);
    put(source, 'INBOX', letter('b'), day, []);
    put(target, 'INBOX', letter('b'), day, []);
    const report = await verified(source, target);
    expect(report.verdict).toBe('differs');
    expect(report.missing).toMatchObject([{ folder: 'INBOX', uid: 1, messageId: '<a@example.org>' }]);
    expect(report.extra).toEqual([]);
  });

  test('one copy too few of a message that is there twice', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    put(source, 'INBOX', letter('a'), day, []);
    put(source, 'INBOX', letter('a'), day, []);
    put(target, 'INBOX', letter('a'), day, []);
    const report = await verified(source, target);
    expect(report).toMatchObject({ equal: 1, verdict: 'differs' });
    expect(report.missing).toHaveLength(1);
  });

  test('another date, other flags, other keywords, each in its class', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    put(source, 'INBOX', letter('date'), day, []);
    put(target, 'INBOX', letter('date'), 2 * day, []);
    put(source, 'INBOX', letter('flags'), day, ['\\Seen', '\\Flagged', 'work']);
    put(target, 'INBOX', letter('flags'), day, ['\\Flagged', '\\Draft', 'WORK']);
    put(source, 'INBOX', letter('keywords'), day, ['$Forwarded', 'Crane']);
    put(target, 'INBOX', letter('keywords'), day, ['Crane']);
    const report = await verified(source, target);
    expect(report.different.map(({ messageId }) => messageId)[0]).toBe('<date@example.org>');
    expect(report.different.map(({ uid, differences }) => [uid, differences])).toEqual([
      [1, [{ class: 'date', detail: '1970-01-02T00:00:00Z on the source, 1970-01-03T00:00:00Z on the target' }]],
      [2, [{ class: 'flags', detail: 'the target lacks \\Seen, the target has besides \\Draft' }]],
      [3, [{ class: 'keywords', detail: 'the target lacks $Forwarded' }]],
    ]);
    expect(report).toMatchObject({ equal: 0, missing: [], extra: [] });
  });

  test('of several copies, the one with the other flags and no other', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const flags of [[], ['\\Seen'], ['\\Flagged']]) put(source, 'INBOX', letter('a'), day, flags);
    for (const flags of [['\\Flagged'], ['\\Answered'], []]) put(target, 'INBOX', letter('a'), day, flags);
    const report = await verified(source, target);
    expect(report.equal).toBe(2);
    expect(report.different).toMatchObject([{ uid: 2, targetUid: 2, differences: [{ class: 'flags' }] }]);
  });

  test.each<[string, Manners, string, string]>([
    ['lineEnds', likeDovecot, 'Subject: x\nMessage-ID: <l@x>\n\nbare\nline feeds\n', 'Dovecot'],
    ['nul', likeDovecot, 'Subject: x\r\n\r\na\0b\r\n', 'Dovecot'],
    ['header8bit', likeCyrus, 'Subject: Gr\u00fc\u00dfe\r\n\r\nbody \u00e4\r\n', 'Cyrus'],
    ['lineEnds+nul', likeDovecot, 'Subject: x\n\nboth\0\n', 'Dovecot'],
  ])('what a server alters: %s', async (classes, manners, text) => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox({ manners })];
    const bytes = Buffer.from(text, 'latin1');
    put(source, 'INBOX', bytes, day, []);
    const inbox = target.folder('INBOX');
    target.arrive(inbox as NonNullable<typeof inbox>, [{ bytes, flags: [], internalDate: day as Instant }]);
    const report = await verified(source, target);
    expect(report.different[0]?.differences.map((difference) => difference.class).join('+')).toBe(classes);
    expect(report).toMatchObject({ equal: 0, missing: [], extra: [], verdict: 'differs' });
  });

  test('a message altered in a way nobody knows is paired by its Message-ID, and where it differs is said', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    put(source, 'INBOX', letter('a', 'thousand words'), day, []);
    put(target, 'INBOX', letter('a', 'thousand wordz and more'), day, []);
    const report = await verified(source, target);
    expect(report.different).toMatchObject([
      {
        messageId: '<a@example.org>',
        differences: [{ class: 'content', detail: expect.stringContaining('the body differs') }],
      },
    ]);
    expect(report).toMatchObject({ missing: [], extra: [] });
  });

  test('folders that are missing, cannot hold messages or are not subscribed', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    source.create(['Gone']);
    source.create(['Hollow']);
    target.create(['Hollow'], false);
    for (const mailbox of [source, target]) mailbox.create(['Read']);
    source.subscriptions.add('Read');
    source.create(['Sent'], true, ['\\Sent']);
    target.create(['Sent']);
    target.create(['Own']);
    const report = await verified(source, target);
    expect(report.folderNotes.map(({ kind, source: from, target: to }) => [kind, from ?? to])).toEqual([
      ['missing', 'Gone'],
      ['not-selectable', 'Hollow'],
      ['not-subscribed', 'Read'],
      ['no-special-use', 'Sent'],
      ['only-on-target', 'Own'],
    ]);
    expect(report.verdict).toBe('differs');
  });

  test('folders that were merged are compared together', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const name of ['Old', 'New']) source.create([name]);
    put(source, 'Old', letter('a'), day, []);
    put(source, 'Old', letter('lost'), day, []);
    put(source, 'New', letter('a'), day, []);
    target.create(['New']);
    put(target, 'New', letter('a'), day, []);
    put(target, 'New', letter('a'), day, []);
    const map = [{ from: 'Old', to: 'New' }];
    const report = await verified(source, target, { selection: { ...everything, map } });
    expect(report.missing).toMatchObject([{ folder: 'Old', uid: 2 }]);
    expect(report).toMatchObject({ equal: 2, extra: [] });
  });

  test('what the run left out is not missed, and what lies outside it is not extra', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    put(source, 'INBOX', letter('old'), day, []);
    put(source, 'INBOX', letter('young'), 9 * day, []);
    put(source, 'INBOX', letter('big', 'x'.repeat(5000)), 9 * day, []);
    put(target, 'INBOX', letter('young'), 9 * day, []);
    put(target, 'INBOX', letter('older still'), day, []);
    const selection = { ...everything, since: (5 * day) as Instant, maxSizeBytes: 1000 };
    expect(await verified(source, target, { selection })).toMatchObject({
      verdict: 'equal',
      equal: 1,
      sourceMessages: 1,
    });
  });
});

describe('a sample', () => {
  test('reads about its share, and finds every message that is missing or has another size', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (let n = 0; n < 400; n++) {
      put(source, 'INBOX', letter(`m${n}`), n * day, []);
      if (n === 123) continue;
      put(target, 'INBOX', n === 77 ? letter(`m${n}`, 'longer than it was') : letter(`m${n}`), n * day, []);
    }
    const report = await verified(source, target, { sample: 0.1 });
    expect(report.missing).toMatchObject([{ uid: 124, messageId: '<m123@example.org>' }]);
    expect(report.different).toMatchObject([{ uid: 78, differences: [{ class: 'content' }] }]);
    expect(report.equal).toBe(398);
    expect(report.messagesRead).toBeGreaterThan(20);
    expect(report.messagesRead).toBeLessThan(200);
  });

  test('draws the same messages every time', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (let n = 0; n < 50; n++)
      for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter(`m${n}`), n * day, []);
    const [first, second] = [
      await verified(source, target, { sample: 0.3 }),
      await verified(source, target, { sample: 0.3 }),
    ];
    expect(first).toMatchObject({ verdict: 'equal', share: 0.3 });
    expect(second.bytesRead).toBe(first.bytesRead);
  });
});

describe('what happens on the way', () => {
  test('a connection that is lost again and again, also inside a message, changes nothing of what is found', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (let n = 0; n < 30; n++) {
      put(source, 'INBOX', letter(`m${n}`), day, []);
      if (n !== 17) put(target, 'INBOX', letter(`m${n}`), day, []);
    }
    const cutEvery = (nth: number): MemoryFaults => {
      let reads = 0;
      return {
        before: ({ kind }) => (kind === 'read' && ++reads % nth === 0 ? { kind: 'cut-inside', afterBytes: 20 } : null),
      };
    };
    const report = await verified(source, target, { sourceFaults: cutEvery(7), targetFaults: cutEvery(4) });
    expect(report).toMatchObject({ fault: null, equal: 29, extra: [], different: [] });
    expect(report.missing).toMatchObject([{ uid: 18 }]);
  });

  test('a server that breaks off for ever is given up, and what was found until then is told as unfinished', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter('a'), day, []);
    const report = await verified(source, target, {
      sourceFaults: { before: ({ kind }) => (kind === 'read' ? { kind: 'cut' } : null) },
    });
    expect(report).toMatchObject({ verdict: 'unfinished', fault: { code: 'imap.connection.lost' } });
  });

  test('a sign-in that is refused is told at once', async () => {
    const refused = fault('imap.sign-in.refused', { host: 'old.example', user: 'anna', text: 'no' });
    const faults = {
      before: ({ kind }: MemoryOperation): Mishap | null =>
        kind === 'open' ? { kind: 'fault', fault: refused } : null,
    };
    const report = await verified(new MemoryMailbox(), new MemoryMailbox(), { sourceFaults: faults });
    expect(report).toMatchObject({ verdict: 'unfinished', fault: { code: 'imap.sign-in.refused' } });
  });

  test('a message that is listed and never given out is named as unreadable; its neighbours are compared', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (let n = 0; n < 9; n++) for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter(`m${n}`), day, []);
    const withheld = (operation: MemoryOperation): Mishap | null =>
      operation.kind === 'read' && operation.uid === 4 ? { kind: 'withheld' } : null;
    const refused = (operation: MemoryOperation): Mishap | null =>
      operation.kind === 'read' && operation.uid === 6
        ? { kind: 'refused', refusal: { because: 'unclear', code: null, text: 'Server Unavailable. 15' } }
        : null;
    const report = await verified(source, target, {
      sourceFaults: { before: withheld },
      targetFaults: { before: refused },
    });
    expect(report.unreadable).toMatchObject([
      { side: 'source', uid: 4 },
      { side: 'target', uid: 6, reason: 'Server Unavailable. 15' },
    ]);
    expect(report).toMatchObject({ equal: 7, verdict: 'differs' });
  });

  test('a message that leaves while it is read is not missed', async () => {
    const [source, target] = [new MemoryMailbox(), new MemoryMailbox()];
    for (let n = 0; n < 3; n++) for (const mailbox of [source, target]) put(mailbox, 'INBOX', letter(`m${n}`), day, []);
    let left = false;
    const leaving = (operation: MemoryOperation): Mishap | null => {
      if (operation.kind === 'read' && !left) {
        left = true;
        source.folder('INBOX')?.expunge([[3 as never, 3 as never]]);
        target.folder('INBOX')?.expunge([[3 as never, 3 as never]]);
      }
      return null;
    };
    const report = await verified(source, target, { sourceFaults: { before: leaving } });
    expect(report).toMatchObject({ equal: 2, missing: [], unreadable: [], verdict: 'equal' });
  });
});

interface Wishes {
  readonly selection?: Selection;
  readonly sample?: number;
  readonly sourceFaults?: MemoryFaults;
  readonly targetFaults?: MemoryFaults;
}

/** Waits take no time. */
const hurried: Clock = { now: () => 0, sleep: async () => {} };

function verified(source: MemoryMailbox, target: MemoryMailbox, wishes: Wishes = {}): Promise<VerifyReport> {
  return verifyMailbox(
    {
      pair: { source: 'imaps://anna@old.example', target: 'imaps://anna@new.example' },
      openSource: memorySource(source, { faults: wishes.sourceFaults ?? {} }),
      openTarget: memorySource(target, { faults: wishes.targetFaults ?? {} }),
      selection: wishes.selection ?? everything,
      sample: wishes.sample ?? null,
      log: silent,
      watcher: { planned() {}, progress() {}, folder() {} },
      clock: hurried,
    },
    new AbortController().signal,
  );
}

function letter(name: string, body = 'Dear all,'): Uint8Array {
  return Buffer.from(`Message-ID: <${name}@example.org>\r\nSubject: ${name}\r\n\r\n${body}\r\n`);
}

function put(mailbox: MemoryMailbox, folder: string, bytes: Uint8Array, date: number, flags: readonly string[]): void {
  mailbox.folder(folder)?.add({ bytes, flags, internalDate: date as Instant });
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
