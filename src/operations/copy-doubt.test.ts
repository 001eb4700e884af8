/**
 * What the ledger cannot know: the process died, or the line broke, after octets had gone out. The next attempt looks at the
 * target; and where somebody has removed mail there before it could look, nothing is sent again on a guess.
 */

import { describe, expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import type { Instant, Uid } from '#domain/item.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, contents, fill, letter, type Move, noon, pair } from './copy-mailbox.test-kit.ts';

/** A process that is killed at the `nth` time it passes `point`: from then on it does nothing more. */
function killAt(point: CrashPoint, nth: number): (at: CrashPoint) => void {
  let passed = 0;
  return (at) => {
    if (at === point) passed++;
    if (passed >= nth) throw new Error(`killed at ${point}`);
  };
}

/** A target has taken what was in its socket when we died: the first `messages` letters. */
function takeIn(move: Move, messages: number): void {
  const there = move.target.create(['INBOX']);
  fill(there, there.messages.length + 1, messages);
}

function countIn(move: Move): number {
  return move.target.folder('INBOX')?.messages.length ?? 0;
}

describe.each(['together', 'one-by-one'] as const)('a target that stores messages %s', (batches) => {
  const traits = { batches };

  test.each([0, 1])(
    'killed when all octets had gone out and %i of two notes of that were on the disk, it is looked for and found',
    async (notes) => {
      const ledger = memoryLedger();
      const move = aMove({ ledger, target: { traits } });
      fill(move.source.create(['INBOX']), 1, 450);
      await move.run({}, { at: killAt('batch.finished', 2) });
      ledger.crash(notes);
      takeIn(move, 400);
      const report = await move.run();
      expect(report).toMatchObject({ refused: [], fault: null });
      expect(report.copied + report.alreadyThere).toBe(450);
      expect(contents(move.target)).toEqual(contents(move.source));
    },
  );

  test.each([0, 1])(
    'killed so, and something removed there before we could look: what is not found is listed, not sent again (%i of two notes)',
    async (notes) => {
      const ledger = memoryLedger();
      const move = aMove({ ledger, target: { traits } });
      fill(move.source.create(['INBOX']), 1, 450);
      await move.run({}, { at: killAt('batch.finished', 2) });
      ledger.crash(notes);
      takeIn(move, 400);
      move.target.folder('INBOX')?.expunge([
        [5 as Uid, 5 as Uid],
        [300 as Uid, 300 as Uid],
      ]);
      const report = await move.run();
      const unknown = report.refused.filter(({ code }) => code === 'outcome-unknown').map(({ uid }) => uid);
      // Those behind the 400 were never sent, which nobody can know any more either.
      expect(unknown).toEqual([5, 300, ...Array.from({ length: 50 }, (_, i) => 401 + i)]);
      expect(countIn(move)).toBe(398);
    },
  );
});

test('a line that breaks leaves in doubt only what had been begun on the target', async () => {
  let appends = 0;
  const ledger = memoryLedger();
  const move = aMove({
    ledger,
    target: {
      faults: {
        after: (operation: MemoryOperation): Mishap | null => {
          if (operation.kind !== 'append' || ++appends !== 2) return null;
          move.target.folder('INBOX')?.expunge([[7 as Uid, 7 as Uid]]);
          return { kind: 'cut' };
        },
      },
    },
  });
  fill(move.source.create(['INBOX']), 1, 5_000);
  const report = await move.run();
  expect(report.fault).toBeNull();
  const unknown = report.refused.filter(({ code }) => code === 'outcome-unknown').map(({ uid }) => uid);
  expect(unknown).toHaveLength(report.refused.length);
  // 400 had been sent whole; the batch behind them was being filled. The intents were of 2,400.
  expect(unknown[0]).toBe(7);
  expect(unknown.every((uid) => uid <= 600)).toBe(true);
  expect(countIn(move)).toBe(5_000 - unknown.length);
  // What nobody can know is not sent again, whatever is retried; what others bring is found then too.
  const inbox = move.target.folder('INBOX');
  for (const n of unknown) inbox?.add({ bytes: letter(n), flags: [], internalDate: (noon + n * 60) as Instant });
  const retried = await move.run({ retryRefused: true });
  expect(retried).toMatchObject({ copied: 0, alreadyThere: 5_000, refused: [], fault: null });
});

test('an attempt that ends in good order leaves no intent of what was never begun', async () => {
  const ledger = memoryLedger();
  const move = aMove({ ledger });
  fill(move.source.create(['INBOX']), 1, 2_400);
  const stop = new AbortController();
  await move.run({}, { at: (point) => point === 'batch.begun' && stop.abort() }, stop.signal);
  const intents = (await (await ledger.peek(pair))?.intents()) ?? [];
  const named = intents.flatMap(({ uids }) => uids.map(([first, last]) => last - first + 1));
  expect(named.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(200);
  await move.run();
  expect(contents(move.target)).toEqual(contents(move.source));
});
