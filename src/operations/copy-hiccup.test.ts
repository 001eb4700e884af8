/** A hiccup of the source must never empty the target: what seems to have left is asked for again before it is removed. */

import { describe, expect, test } from 'vitest';
import { memoryTarget } from '#connectors/memory/open.ts';
import { fault } from '#domain/fault.ts';
import type { FolderId, FolderTree, Uid } from '#domain/item.ts';
import type { Traits } from '#ports/mailbox.ts';
import { aMove, contents, fill, type Move } from './copy-mailbox.test-kit.ts';
import { cutShort, hiccuping } from './hiccups.test-kit.ts';

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

  test('a source that tells of more removals than its count bears out is asked what it holds', async () => {
    const move = await copied({});
    const lying = hiccuping(move, { told: (delta) => ({ ...delta, vanished: [[1 as Uid, 20 as Uid]] }) });
    expect(await move.run({ delete: true }, lying)).toMatchObject({ removed: 1, kept: [], fault: null });
    expect(inTarget(move, 'INBOX')).toBe(19);
  });

  test('a source that tells of removals which never were, and counts by them, is not believed', async () => {
    const move = await copied({});
    const vanished = [[1 as Uid, 20 as Uid]] as const;
    const lying = hiccuping(move, {
      told: (delta) => ({ ...delta, vanished, state: { ...delta.state, messages: 0 } }),
    });
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

  test('a folder that is listed no more and is busy when it is opened is left for another run, and the rest is done', async () => {
    const move = await copied({});
    let asked = 0;
    const busy = hiccuping(move, {
      tree: (tree) => without(tree, 'Work'),
      refused: (folder) => {
        if (folder !== 'Work') return null;
        asked++;
        return fault('folder.busy', { host: 'old', folder, text: '[SERVERBUG] Internal error' });
      },
    });
    const report = await move.run({ delete: true }, busy);
    expect(report).toMatchObject({ removed: 1, kept: [], fault: { code: 'folder.in-doubt' } });
    expect(report.fault?.message).toContain('[SERVERBUG] Internal error');
    expect([asked, inTarget(move, 'Work')]).toEqual([1, 20]);
  });

  test('a folder of others, which the user may only have lost the right to see, is never taken for gone', async () => {
    const move = await copied({});
    move.source.delete('Work');
    const others = hiccuping(move, { owner: (folder) => (folder === 'Work' ? 'shared' : 'personal') });
    for (let run = 0; run < 3; run++) {
      const report = await move.run({ delete: true }, others);
      expect(report).toMatchObject({ removed: run === 0 ? 1 : 0, kept: [], fault: { code: 'folder.in-doubt' } });
    }
    expect(inTarget(move, 'Work')).toBe(20);
    expect(await move.run({ delete: true, dryRun: true }, others)).toMatchObject({ removed: 0, kept: [] });
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
