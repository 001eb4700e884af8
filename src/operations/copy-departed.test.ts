/** Folders that left the source: what is ours of them may go with them under --delete, and nothing else ever. */

import { describe, expect, test } from 'vitest';
import { memorySource } from '#connectors/memory/open.ts';
import type { MemoryFolder } from '#connectors/memory/platform.ts';
import { fault } from '#domain/fault.ts';
import type { Uid } from '#domain/item.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { OpenSource } from '#ports/mailbox.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, contents, fill, type Move } from './copy-mailbox.test-kit.ts';
import { hiccuping } from './hiccups.test-kit.ts';

test('with --delete, a folder that left the source and was made anew on the target by its owner keeps all its mail', async () => {
  const move = aMove();
  fill(move.source.create(['INBOX']), 1, 3);
  fill(move.source.create(['Work']), 1, 10);
  await move.run();
  move.target.delete('Work');
  fill(move.target.create(['Work']), 500, 509);
  move.source.delete('Work');
  expect(await move.run({ delete: true })).toMatchObject({ removed: 0, fault: null });
  expect(move.target.folder('Work')?.messages).toHaveLength(10);
});

test('a folder that is deleted while it is looked at does not keep the others waiting', async () => {
  const move: Move = aMove({
    source: {
      faults: {
        before: (operation) => {
          if (operation.kind === 'list' && operation.folder === 'Work') move.source.delete('Work');
          return null;
        },
      },
    },
  });
  fill(move.source.create(['INBOX']), 1, 300);
  fill(move.source.create(['Work']), 301, 600);
  expect(await move.run()).toMatchObject({ copied: 300, fault: null });
  expect(move.target.folder('INBOX')?.messages).toHaveLength(300);
});

describe('a folder that left the source', () => {
  /** INBOX of five and Work of twenty, copied; Work is gone. */
  async function withoutWork(): Promise<Move> {
    const move = aMove();
    fill(move.source.create(['INBOX']), 1, 5);
    fill(move.source.create(['Work']), 6, 25);
    await move.run();
    hide(move);
    return move;
  }
  const hide = (move: Move): void => move.source.delete('Work');
  const left = (move: Move): number => move.target.folder('Work')?.messages.length ?? 0;

  test('keeps its mail in the first run with --delete that finds it gone, which says so; the second removes it', async () => {
    const move = await withoutWork();
    const dry = await move.run({ delete: true, dryRun: true });
    const first = await move.run({ delete: true });
    for (const report of [dry, first]) {
      expect(report).toMatchObject({ removed: 0, fault: null });
      expect(report.kept).toHaveLength(20);
      const reason = expect.stringContaining('the next run with --delete that finds the folder gone again removes it');
      expect(report.kept[0]).toMatchObject({ folder: 'Work', reason });
    }
    expect(left(move)).toBe(20);
    expect(await move.run({ delete: true, dryRun: true })).toMatchObject({ removed: 20, fault: null });
    expect(await move.run({ delete: true })).toMatchObject({ removed: 20, kept: [], fault: null });
    expect(left(move)).toBe(0);
  });

  test('may have been found gone without --delete the first time', async () => {
    const move = await withoutWork();
    expect((await move.run()).kept).toHaveLength(20);
    expect((await move.run()).kept).toHaveLength(20);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 20, kept: [], fault: null });
  });

  test('is found gone once by a run, however often it has to look', async () => {
    const move = await withoutWork();
    let cuts = 0;
    const at = (point: CrashPoint): void => {
      // Behind the finding, at the end of the attempt.
      if (point === 'folder.recorded' && cuts++ < 2)
        throw fault('imap.connection.lost', { host: 'old', text: 'cut by a test' });
    };
    fill(move.source.create(['INBOX']), 30, 31);
    expect(await move.run({ delete: true }, { at })).toMatchObject({ copied: 2, removed: 0, fault: null });
    expect([cuts, left(move)]).toEqual([3, 20]);
  });

  test.each([true, false])('and comes back as it was is listed as gone no more (then --delete: %s)', async (then) => {
    const move = aMove();
    const work = move.source.create(['Work']);
    fill(work, 1, 20);
    await move.run();
    hide(move);
    await move.run({ delete: true });
    bringBack(move.source.create(['Work']), work);
    expect(await move.run({ delete: then })).toMatchObject({ copied: 0, alreadyThere: 20, removed: 0, kept: [] });
    expect(contents(move.target)).toEqual(contents(move.source));
  });

  test('and was back in between loses nothing when it is gone once more', async () => {
    const move = await withoutWork();
    await move.run({ delete: true });
    const work = move.target.folder('Work') as MemoryFolder;
    fill(move.source.create(['Work']), 6, 25);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 0, kept: [], fault: null });
    hide(move);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 0, fault: null });
    expect(work.messages).toHaveLength(20);
  });

  test('and was not called gone by a run in between loses nothing when it is gone once more', async () => {
    const move = await withoutWork();
    await move.run({ delete: true });
    const text = '[NOPERM] Permission denied';
    const refused = (folder: string) =>
      folder === 'Work' ? fault('folder.unreadable', { host: 'old', folder, text }) : null;
    expect(await move.run({ delete: true }, hiccuping(move, { refused }))).toMatchObject({ removed: 0, kept: [] });
    expect(await move.run({ delete: true })).toMatchObject({ removed: 0, fault: null });
    expect(left(move)).toBe(20);
  });

  test('loses with --delete what left it before it went only when it has been found gone twice', async () => {
    const move = aMove();
    fill(move.source.create(['Work']), 1, 20);
    await move.run();
    move.source.folder('Work')?.expunge([[1 as Uid, 20 as Uid]]);
    expect((await move.run()).kept).toHaveLength(20);
    hide(move);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 0, fault: null });
    expect(await move.run({ delete: true })).toMatchObject({ removed: 20, kept: [], fault: null });
  });

  test('keeps for good what was on the target before, and lists it from the first run on', async () => {
    const move = aMove();
    fill(move.target.create(['Work']), 1, 5);
    fill(move.source.create(['Work']), 1, 20);
    expect(await move.run()).toMatchObject({ copied: 15 });
    hide(move);
    expect((await move.run({ delete: true })).kept).toHaveLength(20);
    const report = await move.run({ delete: true });
    expect(report).toMatchObject({ removed: 15, fault: null });
    expect(report.kept).toHaveLength(5);
    for (const { reason } of report.kept) expect(reason).toContain('on the target before Godwit');
  });

  test('is not said to be kept where people have removed it from the target', async () => {
    const move = await withoutWork();
    move.target.folder('Work')?.expunge([[1 as Uid, 19 as Uid]]);
    expect((await move.run({ delete: true })).kept).toMatchObject([{ uid: 20 }]);
    expect(await move.run({ delete: true })).toMatchObject({ removed: 1, kept: [], differences: [], fault: null });
  });

  test('loses its mail under --follow when two looks that are an interval apart have found it gone, and not sooner', async () => {
    const move = await withoutWork();
    const stop = new AbortController();
    let now = 0;
    const seen: number[] = [];
    // Somebody looks sooner than by the clock.
    const rests = [20, 40, 60];
    const clock = { now: () => now, sleep: async () => void (now += (rests[seen.length - 1] ?? 60) * 1000) };
    const caughtUp = (): void => {
      seen.push(left(move));
      if (seen.length === 4) stop.abort();
    };
    const openSource = memorySource(move.source);
    const unwatched: OpenSource = async (signal) => Object.assign(await openSource(signal), { watch: undefined });
    const watcher = { planned() {}, progress() {}, folder() {}, caughtUp };
    await move.run({ delete: true, followSeconds: 60 }, { clock, watcher, openSource: unwatched }, stop.signal);
    expect(seen).toEqual([20, 20, 0, 0]);
  });
});

describe.each([true, false])(
  'killed while the mail of a folder that left was being removed (then --delete: %s)',
  (then) => {
    const places: readonly CrashPoint[] = ['removal.recorded', 'removal.done'];
    test.each(
      places.flatMap((place) =>
        (['none', 'flags', 'flags-and-vanished'] as const).map((changes) => [place, changes] as const),
      ),
    )(
      'at %s (changes: %s), the folder comes back as it was, and its mail is all there again, once',
      async (place, changes) => {
        const ledger = memoryLedger();
        const move = aMove({ ledger, source: { traits: { changes } } });
        fill(move.source.create(['INBOX']), 1, 5);
        const work = move.source.create(['Work']);
        fill(work, 6, 25);
        await move.run();
        move.source.delete('Work');
        const at = (point: CrashPoint): void => {
          if (point === place) throw new Error('killed');
        };
        // A folder is taken for gone when two runs have found it so.
        for (let run = 0; run < 2; run++) await move.run({ delete: true }, { at });
        ledger.crash(ledger.underWay);
        bringBack(move.source.create(['Work']), work);
        const report = await move.run({ delete: then });
        expect(report).toMatchObject({ refused: [], differences: [], kept: [], fault: null });
        expect(report.copied + report.alreadyThere).toBe(25);
        expect(contents(move.target)).toEqual(contents(move.source));
        expect(await move.run({ delete: then })).toMatchObject({ copied: 0, alreadyThere: 25, removed: 0, kept: [] });
      },
    );
  },
);

/** As renaming a folder away and back again does. */
function bringBack(folder: MemoryFolder, as: MemoryFolder): void {
  folder.uidValidity = as.uidValidity;
  for (const message of as.messages) folder.add(message);
  folder.highestModSeq = as.highestModSeq;
}
