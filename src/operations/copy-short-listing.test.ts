/** A listing that leaves messages out says nothing of those; and what was once concluded from such a one is taken back. */

import { describe, expect, test } from 'vitest';
import type { MemoryFaults } from '#connectors/memory/faults.ts';
import type { MemoryFolder, MemoryMessage } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { FolderId, Listing, Uid } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, fill, letter, pair } from './copy-mailbox.test-kit.ts';
import { cutShort, hiccuping, type Hiccups } from './hiccups.test-kit.ts';

describe('a listing that stays short proves nothing of what it leaves out', () => {
  const traits = { changes: 'none' } as const;
  const only = (list: Listing, isIn: (uid: Uid) => boolean): Listing => {
    const short = new ListingBuilder(list.state);
    for (let row = 0; row < list.length; row++)
      if (isIn(list.uid(row))) short.add(list.uid(row), list.flags(row), list.internalDate(row), list.sizeBytes(row));
    return short;
  };
  /** The first and the last message are listed, and none between them. */
  const ends = (list: Listing, whole: boolean): Listing =>
    whole ? only(list, (uid) => uid === 1 || uid === 20) : list;

  test('what the target refused stays listed', async () => {
    const ledger = memoryLedger();
    const faults: MemoryFaults = {
      before: (operation) =>
        operation.kind === 'append-message' && Buffer.from(operation.bytes).equals(letter(9))
          ? { kind: 'refused', refusal: { because: 'message', code: null, text: 'We do not like it' } }
          : null,
    };
    const move = aMove({ ledger, source: { traits }, target: { faults } });
    fill(move.source.create(['INBOX']), 1, 20);
    expect((await move.run()).refused).toMatchObject([{ uid: 9 }]);
    expect((await move.run({}, hiccuping(move, { listed: ends }, traits))).refused).toMatchObject([{ uid: 9 }]);
  });

  test('what may have been sent when we were killed waits for a whole listing, and is then listed, not sent again', async () => {
    const ledger = memoryLedger();
    const move = aMove({ ledger, source: { traits } });
    fill(move.source.create(['INBOX']), 1, 450);
    let finished = 0;
    const at = (point: CrashPoint): void => {
      if (point === 'batch.finished') finished++;
      if (finished >= 2) throw new Error(`killed at ${point}`);
    };
    await move.run({}, { at });
    ledger.crash(0);
    const there = move.target.create(['INBOX']);
    fill(there, there.messages.length + 1, 400);
    there.expunge([
      [5 as Uid, 5 as Uid],
      [300 as Uid, 300 as Uid],
    ]);
    const short = hiccuping(
      move,
      { listed: (list, whole) => (whole ? only(list, (uid) => uid <= 100) : list) },
      traits,
    );
    for (let again = 0; again < 2; again++) {
      expect((await move.run({}, short)).refused).toMatchObject([{ uid: 5, code: 'outcome-unknown' }]);
      expect(there.messages).toHaveLength(398);
    }
    const report = await move.run();
    const unknown = report.refused.filter(({ code }) => code === 'outcome-unknown').map(({ uid }) => uid);
    expect(unknown).toEqual([5, 300, ...Array.from({ length: 50 }, (_, i) => 401 + i)]);
    expect(there.messages).toHaveLength(398);
    expect(await (await ledger.peek(pair))?.intents()).toEqual([]);
  });

  const dress = (folder: MemoryFolder, uid: number, flags: readonly string[]): void =>
    folder.setFlags(folder.message(uid) as MemoryMessage, flags);

  test('flags as they were carried are remembered of it, so that only what people do on the source is carried', async () => {
    const move = aMove({ source: { traits } });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    const there = move.target.folder('INBOX') as MemoryFolder;
    dress(there, 7, ['\\Flagged']);
    dress(there, 1, ['\\Draft']);
    dress(inbox, 8, ['\\Answered']);
    dress(inbox, 20, ['\\Answered']);
    const short = hiccuping(move, { listed: ends }, traits);
    expect(await move.run({}, short)).toMatchObject({ flagsChanged: 1, fault: null });
    dress(there, 20, ['\\Seen']);
    expect(await move.run({}, short)).toMatchObject({ flagsChanged: 0, fault: null });
    expect(await move.run()).toMatchObject({ flagsChanged: 1, fault: null });
    const flags = [1, 7, 8, 20].map((uid) => there.message(uid)?.flags);
    expect(flags).toEqual([['\\Draft'], ['\\Flagged'], ['\\Answered'], ['\\Seen']]);
  });

  test('they are also when such a run is killed between changing flags and remembering them', async () => {
    const move = aMove({ source: { traits } });
    const inbox = move.source.create(['INBOX']);
    fill(inbox, 1, 20);
    await move.run();
    const there = move.target.folder('INBOX') as MemoryFolder;
    dress(there, 7, ['\\Flagged']);
    dress(inbox, 20, ['\\Answered']);
    const at = (point: CrashPoint): void => {
      if (point === 'flags.stored') throw new Error('killed');
    };
    await move.run({}, { ...hiccuping(move, { listed: ends }, traits), at });
    expect(await move.run()).toMatchObject({ flagsChanged: 0, fault: null });
    expect([7, 20].map((uid) => there.message(uid)?.flags)).toEqual([['\\Flagged'], ['\\Answered']]);
  });
});

describe('what a run without --delete took for gone', () => {
  test.each(['none', 'flags', 'flags-and-vanished'] as const)(
    'and the next one finds listed is listed as gone no more (changes: %s)',
    async (changes) => {
      const move = aMove({ source: { traits: { changes } } });
      fill(move.source.create(['INBOX']), 1, 20);
      await move.run();
      const hiccups: Hiccups = {
        tree: (tree) => ({
          ...tree,
          folders: tree.folders.map((folder) => ({ ...folder, state: null })),
        }),
        listed: (list, whole) => (whole ? cutShort(list, 0, 0) : list),
        told: (delta) => ({ ...delta, vanished: delta.vanished && [[1 as Uid, 20 as Uid]] }),
      };
      const emptied = await move.run({}, hiccuping(move, hiccups, { changes }));
      expect(emptied).toMatchObject({ alreadyThere: 0, fault: null });
      expect(emptied.kept).toHaveLength(20);
      const inbox = move.source.folder('INBOX') as MemoryFolder;
      inbox.expunge([[20 as Uid, 20 as Uid]]);
      const report = await move.run();
      expect(report).toMatchObject({ copied: 0, alreadyThere: 19, kept: [{ uid: 20 }], fault: null });
      expect(await move.run()).toMatchObject({ alreadyThere: 19, kept: [{ uid: 20 }], fault: null });
    },
  );

  test('with its folder, and is there again with it as it was, is listed as gone no more', async () => {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 5);
    fill(move.source.create(['Work']), 6, 25);
    await move.run();
    const hidden = hiccuping(move, {
      tree: (tree) => ({ ...tree, folders: tree.folders.filter(({ id }) => id !== ('Work' as FolderId)) }),
      refused: (folder) =>
        folder === 'Work' ? fault('folder.gone', { host: 'old', folder, text: 'Mailbox does not exist' }) : null,
    });
    const departed = await move.run({}, hidden);
    expect(departed).toMatchObject({ fault: null });
    expect(departed.kept).toHaveLength(20);
    expect(await move.run()).toMatchObject({ copied: 0, alreadyThere: 25, kept: [], fault: null });
  });

  test('is only told so by a dry run, which writes nothing', async () => {
    const traits = { changes: 'none' } as const;
    const move = aMove({ source: { traits } });
    fill(move.source.create(['INBOX']), 1, 20);
    await move.run();
    await move.run({}, hiccuping(move, { listed: (list, whole) => (whole ? cutShort(list, 0, 0) : list) }, traits));
    expect(await move.run({ dryRun: true })).toMatchObject({ kept: [] });
    expect(await (await move.ledger.peek(pair))?.exceptions()).toHaveLength(20);
  });
});
