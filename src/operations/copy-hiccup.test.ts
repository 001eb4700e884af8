/** A hiccup of the source must never empty the target: what seems to have left is asked for again before it is removed. */

import { describe, expect, test } from 'vitest';
import type { MemoryFaults } from '#connectors/memory/faults.ts';
import { memorySource, memoryTarget } from '#connectors/memory/open.ts';
import type { MemoryFolder, MemoryMessage } from '#connectors/memory/platform.ts';
import { type Fault, fault } from '#domain/fault.ts';
import type { FolderId, FolderTree, Listing, Uid } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { Delta, OpenSource, Source, Traits } from '#ports/mailbox.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, contents, fill, letter, type Move, pair } from './copy-mailbox.test-kit.ts';

interface Hiccups {
  listed?(listing: Listing, isWhole: boolean): Listing;
  told?(delta: Delta): Delta;
  tree?(tree: FolderTree): FolderTree;
  /** Why this folder is not opened; null where it is. */
  refused?(folder: FolderId): Fault | null;
}

/** The move's source, whose answers go through `hiccups` on their way. */
function hiccuping(move: Move, hiccups: Hiccups, traits: Partial<Traits> = {}): { readonly openSource: OpenSource } {
  const { listed = (listing) => listing, told = (delta) => delta, tree = (folders) => folders } = hiccups;
  const { refused = () => null } = hiccups;
  const open = memorySource(move.source, { traits });
  return {
    openSource: async (signal): Promise<Source> => {
      const source = await open(signal);
      return {
        name: source.name,
        traits: source.traits,
        folders: async () => tree(await source.folders()),
        list: async (folder, uids, withSizes) => {
          const why = refused(folder);
          if (why) throw why;
          return listed(await source.list(folder, uids, withSizes), uids === 'all');
        },
        changes: async (folder, since) => {
          const delta = await source.changes(folder, since);
          return delta && told(delta);
        },
        read: (folder, uids, sink, withWords) => source.read(folder, uids, sink, withWords),
        headers: (folder, uids, fields, heard) => source.headers(folder, uids, fields, heard),
        [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
      };
    },
  };
}

/** Without the messages beyond the first `kept`. */
function cutShort(listing: Listing, kept: number, messages = listing.state.messages): Listing {
  const short = new ListingBuilder({ ...listing.state, messages });
  for (let row = 0; row < Math.min(kept, listing.length); row++)
    short.add(listing.uid(row), listing.flags(row), listing.internalDate(row), listing.sizeBytes(row));
  return short;
}

/** Two folders, copied; then the owner removes one message of INBOX, so that there is something to mirror. */
async function copied(traits: Partial<Traits>): Promise<Move> {
  const move = aMove({ source: { traits } });
  fill(move.source.create(['INBOX']), 1, 20);
  fill(move.source.create(['Work']), 21, 40);
  await move.run();
  move.source.folder('INBOX')?.expunge([[20 as Uid, 20 as Uid]]);
  return move;
}

const inTarget = (move: Move, folder: string): number => move.target.folder(folder)?.messages.length ?? 0;

describe('with --delete', () => {
  const plain = { changes: 'none' } as const;

  test('a listing that is shorter than the folder is asked for again, and the second answer counts', async () => {
    const move = await copied(plain);
    let times = 0;
    const once = hiccuping(
      move,
      { listed: (list, whole) => (whole && ++times === 1 ? cutShort(list, 3) : list) },
      plain,
    );
    expect(await move.run({ delete: true }, once)).toMatchObject({ removed: 1, fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('one that stays short removes nothing and is named, and the rest of the mailbox is done', async () => {
    const move = await copied(plain);
    fill(move.source.create(['Later']), 41, 50);
    const short = hiccuping(
      move,
      { listed: (list, whole) => (whole && list.length === 19 ? cutShort(list, 3) : list) },
      plain,
    );
    const report = await move.run({ delete: true }, short);
    expect(report).toMatchObject({ copied: 10, removed: 0, fault: { code: 'folder.in-doubt' } });
    expect(report.fault?.message).toContain('"INBOX"');
    expect(inTarget(move, 'INBOX')).toBe(20);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 1, kept: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('messages that a short answer left out, its count as well, are asked for by name before they go', async () => {
    const move = await copied(plain);
    const emptied = hiccuping(move, { listed: (list, whole) => (whole ? cutShort(list, 0, 0) : list) }, plain);
    const report = await move.run({ delete: true }, emptied);
    expect(report).toMatchObject({ removed: 0, fault: { code: 'folder.in-doubt' } });
    expect(inTarget(move, 'INBOX') + inTarget(move, 'Work')).toBe(40);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 1, fault: null });
  });

  test('a source that tells of removals which never were is not believed', async () => {
    const move = await copied({});
    const lying = hiccuping(move, { told: (delta) => ({ ...delta, vanished: [[1 as Uid, 20 as Uid]] }) });
    expect(await move.run({ delete: true }, lying)).toMatchObject({ removed: 0, fault: { code: 'folder.in-doubt' } });
    expect(inTarget(move, 'INBOX')).toBe(20);
  });

  test('what a run without it took for gone and is there after all stays, and is listed no more', async () => {
    const move = await copied(plain);
    const emptied = hiccuping(move, { listed: (list, whole) => (whole ? cutShort(list, 0, 0) : list) }, plain);
    expect((await move.run({}, emptied)).kept).toHaveLength(40);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 1, kept: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  const without = (tree: FolderTree, name: string): FolderTree => ({
    ...tree,
    folders: tree.folders.filter(({ id }) => id !== (name as FolderId)),
  });

  test('a folder that one answer left out loses nothing, and is carried as ever', async () => {
    const move = await copied({});
    let times = 0;
    const once = hiccuping(move, { tree: (tree) => (++times === 1 ? without(tree, 'Work') : tree) });
    expect(await move.run({ delete: true }, once)).toMatchObject({ removed: 1, kept: [], fault: null });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('a folder that is listed no more and can be opened loses nothing, and is named', async () => {
    const move = await copied({});
    const hidden = hiccuping(move, { tree: (tree) => without(tree, 'Work') });
    const report = await move.run({ delete: true }, hidden);
    expect(report).toMatchObject({ removed: 1, fault: { code: 'folder.in-doubt' } });
    expect(inTarget(move, 'Work')).toBe(20);
  });

  test.each(['[NOPERM] Permission denied', '[CORRUPTION] Index damaged', '[CONTACTADMIN] No', 'Cannot be opened'])(
    'a folder that is listed no more, and of which the source says “%s”, loses nothing, and is named',
    async (text) => {
      const move = await copied({});
      const closed = hiccuping(move, {
        tree: (tree) => without(tree, 'Work'),
        refused: (folder) => (folder === 'Work' ? fault('folder.unreadable', { host: 'old', folder, text }) : null),
      });
      const report = await move.run({ delete: true }, closed);
      expect(report).toMatchObject({ removed: 1, kept: [], fault: { code: 'folder.in-doubt' } });
      expect(report.fault?.message).toContain(text);
      expect(inTarget(move, 'Work')).toBe(20);
      expect(await move.run({ delete: true })).toMatchObject({ removed: 0, kept: [], fault: null });
    },
  );

  test('a folder that is gone indeed takes its messages with it', async () => {
    const move = await copied({});
    move.source.delete('Work');
    expect(await move.run({ delete: true })).toMatchObject({ removed: 21, fault: null });
    expect(inTarget(move, 'Work')).toBe(0);
  });
});

test('without --delete a listing that stays short is noted, nothing is listed as gone, and the next run brings the rest', async () => {
  const traits = { changes: 'none' } as const;
  const move = aMove({ source: { traits } });
  fill(move.source.create(['INBOX']), 1, 20);
  const short = hiccuping(move, { listed: (list, whole) => (whole ? cutShort(list, 15) : list) }, traits);
  const report = await move.run({}, short);
  expect(report).toMatchObject({ copied: 15, kept: [], fault: null });
  expect(report.folders).toEqual([expect.objectContaining({ reason: expect.stringContaining('lists 15') })]);
  expect(await move.run()).toMatchObject({ copied: 5, fault: null });
});

test('mail that comes while a folder is listed does not make its listing a short one', async () => {
  const traits = { changes: 'none' } as const;
  const move = aMove({ source: { traits } });
  fill(move.source.create(['INBOX']), 1, 20);
  await move.run();
  let more = 0;
  const growing = hiccuping(
    move,
    { listed: (list, whole) => (whole ? cutShort(list, 20 + more, 20 + ++more) : list) },
    traits,
  );
  fill(move.source.create(['INBOX']), 21, 23);
  const report = await move.run({ delete: true }, growing);
  expect(report).toMatchObject({ copied: 1, removed: 0, folders: [], fault: null });
});

test('a source that does not tell a folder’s numbers for once has not renumbered it: what we had sent is still ours', async () => {
  const move = aMove();
  fill(move.source.create(['Work']), 1, 250);
  let asked = 0;
  const { openSource } = hiccuping(move, {
    tree: (tree) =>
      ++asked === 2 ? { ...tree, folders: tree.folders.map((folder) => ({ ...folder, state: null })) } : tree,
  });
  let appends = 0;
  const openTarget = memoryTarget(move.target, {
    faults: { after: ({ kind }) => (kind === 'append' && ++appends === 1 ? { kind: 'cut' } : null) },
  });
  expect(await move.run({}, { openSource, openTarget })).toMatchObject({ copied: 250, alreadyThere: 0, fault: null });
  expect(contents(move.target)).toEqual(contents(move.source));
});

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
      for (let uid = 1; uid < 20; uid++) inbox.setFlags(inbox.message(uid) as MemoryMessage, ['\\Answered']);
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
