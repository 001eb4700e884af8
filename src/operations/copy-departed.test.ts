/** Folders that left the source: what is ours of them may go with them under --delete, and nothing else ever. */

import { describe, expect, test } from 'vitest';
import type { MemoryFolder } from '#connectors/memory/platform.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { aMove, contents, fill, type Move } from './copy-mailbox.test-kit.ts';

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
