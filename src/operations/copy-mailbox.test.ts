import { describe, expect, test } from 'vitest';
import type { Uid } from '#domain/item.ts';
import type { MemoryFaults } from '#connectors/memory/faults.ts';
import { likeCyrus } from '#connectors/memory/manners.ts';
import { memorySource, memoryTarget } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Ledger, LedgerStore } from '#ports/ledger.ts';
import { aMove, contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';

describe('a first copy', () => {
  test('brings every message with its bytes, date and flags into the same folders, empty ones too', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 250);
    fill(move.source.create(['Work', 'Projects']), 251, 300);
    move.source.create(['Empty']);
    const report = await move.run();
    expect(report.fault).toBeNull();
    expect(contents(move.target)).toEqual(contents(move.source));
    expect(move.target.folder('Empty')).toBeDefined();
    expect(report).toMatchObject({ copied: 300, alreadyThere: 0, refused: [], differences: [], folders: [] });
  });

  test('run again, sends nothing and counts all as already there', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 50);
    await move.run();
    const writes: string[] = [];
    const before = contents(move.target);
    const faults = {
      before: (operation: { kind: string }) => {
        if (['append', 'store', 'prepare', 'expunge'].includes(operation.kind)) writes.push(operation.kind);
        return null;
      },
    };
    const again = aMove({ target: { faults }, ledger: move.ledger }, move);
    const report = await again.run();
    expect(writes).toEqual([]);
    expect(report).toMatchObject({ copied: 0, alreadyThere: 50, fault: null });
    expect(contents(move.target)).toEqual(before);
  });

  test('carries only what came, what was flagged, and lists what left the source', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    fill(inbox, 21, 25);
    const [first] = inbox.messages;
    if (!first) throw new Error('no message');
    inbox.setFlags(first, ['\\Seen', '\\Answered']);
    inbox.expunge([[3 as Uid, 3 as Uid]]);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 5, alreadyThere: 19, flagsChanged: 1, removed: 0, fault: null });
    expect(report.kept).toEqual([{ folder: 'INBOX', uid: 3, reason: expect.stringContaining('left the source') }]);
    expect(contents(move.target).filter((line) => !contents(move.source).includes(line))).toHaveLength(1);
  });

  test('with --delete removes what left the source, but never what was on the target before', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    move.target.create(['INBOX']).add({ bytes: letter(2), flags: [], internalDate: noon });
    await move.run();
    inbox.expunge([[1 as Uid, 2 as Uid]]);
    const report = await move.run({ delete: true });
    expect(report).toMatchObject({ removed: 1, fault: null });
    expect(report.kept).toEqual([{ folder: 'INBOX', uid: 2, reason: expect.stringContaining('before Godwit') }]);
    expect(move.target.folder('INBOX')?.messages).toHaveLength(9);
  });

  test('a server that cannot tell what changed is listed and compared, and a second run still sends nothing', async () => {
    const traits = { changes: 'none' as const };
    const move = aMove({ source: { traits }, target: { traits } });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    const [first] = inbox.messages;
    if (!first) throw new Error('no message');
    inbox.setFlags(first, ['\\Seen']);
    fill(inbox, 21, 22);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 2, flagsChanged: 1, alreadyThere: 20, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('a server without UIDPLUS and MULTIAPPEND gets the same mail, once', async () => {
    const move = aMove({ target: { traits: { tellsUids: false, batches: 'one-by-one' } } });
    fill(move.source.create(['INBOX']), 1, 30);
    await move.run();
    fill(move.source.create(['INBOX']), 31, 33);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 3, alreadyThere: 30, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });
});

describe('mail that is on the target already', () => {
  test('is adopted with its multiplicity and never doubled; what is foreign is left alone', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 10);
    inbox.add({ bytes: letter(1), flags: [], internalDate: noon });
    const there = move.target.create(['INBOX']);
    there.add({ bytes: letter(1), flags: ['\\Seen'], internalDate: noon });
    there.add({ bytes: letter(99), flags: [], internalDate: noon });
    const report = await move.run();
    expect(report).toMatchObject({ copied: 10, alreadyThere: 1, fault: null });
    expect(there.messages).toHaveLength(12);
  });

  test('a copy whose ledger was lost is recognised by content', async () => {
    const first = aMove();
    fill(first.source.create(['INBOX']), 1, 40);
    await first.run();
    const second = aMove({}, first);
    const report = await second.run();
    expect(report).toMatchObject({ copied: 0, alreadyThere: 40, fault: null });
    expect(contents(first.target)).toEqual(contents(first.source));
  });

  test('when the source renumbers its messages, they are matched by content and not sent again', async () => {
    const move = aMove();
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 40);
    await move.run();
    inbox.renumber(100);
    fill(inbox, 41, 42);
    const report = await move.run();
    expect(report).toMatchObject({ copied: 2, alreadyThere: 40, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });
});

describe('what a server does with a message', () => {
  test('one refused message is named and the other 199 of its batch arrive', async () => {
    const target = new MemoryMailbox({ manners: likeCyrus });
    const asked: string[] = [];
    const faults: MemoryFaults = {
      before: ({ kind }) => {
        asked.push(kind);
        return null;
      },
    };
    const move = aMove({ source: { faults } }, { target });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 120);
    inbox.add({ bytes: Buffer.from('Message-ID: <nul@x>\r\n\r\na\0b\r\n'), flags: [], internalDate: noon });
    fill(inbox, 121, 199);
    const report = await move.run();
    expect(report.fault).toBeNull();
    expect(report.copied).toBe(199);
    expect(report.refused).toEqual([
      expect.objectContaining({
        folder: 'INBOX',
        uid: 121,
        code: 'message',
        messageId: '<nul@x>',
        reason: expect.stringContaining('NUL'),
      }),
    ]);
    // Its name costs no second reading of the message.
    expect(asked.lastIndexOf('headers')).toBeGreaterThan(asked.lastIndexOf('read'));
    const again = await move.run();
    expect(again).toMatchObject({ copied: 0, alreadyThere: 199 });
    expect(again.refused).toHaveLength(1);
  });

  test('octets changed behind our back at the same length are found and named', async () => {
    const target = new MemoryMailbox({ manners: likeCyrus });
    const move = aMove({}, { target });
    const inbox = move.source.create(['INBOX']);
    inbox.add({ bytes: Buffer.from('Subject: Gr\xfc\xdfe\r\n\r\nx\r\n', 'latin1'), flags: [], internalDate: noon });
    const report = await move.run();
    expect(report).toMatchObject({
      copied: 1,
      differences: [{ folder: 'INBOX', uid: 1, class: 'header8bit' }],
      fault: null,
    });
  });
});

test('a dry run says what would be done and writes nothing', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 12);
  fill(move.source.create(['New']), 13, 15);
  const report = await move.run({ dryRun: true });
  expect(report).toMatchObject({ copied: 15, dryRun: true, fault: null });
  expect(contents(move.target)).toEqual([]);
  expect(move.target.folder('New')).toBeUndefined();
  expect(await move.ledger.peek({ source: 'imaps://ada@old.example', target: 'imaps://ada@new.example' })).toBeNull();
});

test('a ledger that cannot be read after both ends were dialled leaves no connection open', async () => {
  const away = fault('database.away', { name: 'estate', text: 'gone' });
  const move = aMove();
  const unreadable: LedgerStore = {
    ...move.ledger,
    peek: (of) => move.ledger.peek(of),
    claim: async (of) => {
      const ledger = await move.ledger.claim(of);
      return Object.assign(Object.create(ledger) as Ledger, {
        exceptions: () => Promise.reject(away),
        [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
      });
    },
  };
  let open = 0;
  const counted =
    <End extends AsyncDisposable>(opener: (signal: AbortSignal) => Promise<End>) =>
    async (signal: AbortSignal): Promise<End> => {
      const end = await opener(signal);
      open++;
      return Object.assign(Object.create(end) as End, {
        [Symbol.asyncDispose]: async () => {
          open--;
        },
      });
    };
  const [openSource, openTarget] = [memorySource(move.source), memoryTarget(move.target)];
  const ends = { openSource: counted(openSource), openTarget: counted(openTarget), ledger: unreadable };
  expect(await move.run({}, ends)).toMatchObject({ fault: { code: 'database.away' } });
  expect(open).toBe(0);
});
