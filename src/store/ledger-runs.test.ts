/** A folder's map in pieces is the map of the domain, and a batch rewrites little of it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Uid } from '#domain/item.ts';
import { UidMap, type UidRun } from '#domain/uid-map.ts';
import { uidSet } from '#domain/uid-set.ts';
import { FolderRuns, type MapPiece, type PieceChanges } from './ledger-runs.ts';

function run(source: number, target: number, count: number, adopted = false): UidRun {
  return { source: source as Uid, target: target as Uid, count, adopted };
}

/** As many runs as messages: every second one of the source is missing. */
function scattered(from: number, count: number): UidRun[] {
  return Array.from({ length: count }, (_, i) => run(from + i * 2, from + i, 1));
}

/** The rows of a folder, as the database would have them. */
class Rows {
  readonly pieces = new Map<number, MapPiece>();

  change({ put, gone }: PieceChanges): void {
    for (const first of gone) if (!this.pieces.delete(first)) throw new Error(`there was no row ${first}`);
    for (const piece of put) this.pieces.set(piece.first, piece);
  }

  /** What a later run makes of the page and these rows. */
  readAgain(runs: FolderRuns): FolderRuns {
    const again = new FolderRuns(runs.inPage);
    if (again.isUnread) again.read([...this.pieces.values()].toSorted((a, b) => a.first - b.first));
    return again;
  }
}

const many = fc
  .tuple(fc.integer({ min: 1, max: 4_000 }), fc.integer({ min: 50, max: 900 }))
  .map((of) => scattered(...of));
const few = fc.array(
  fc
    .tuple(
      fc.integer({ min: 1, max: 6_000 }),
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: 50 }),
      fc.boolean(),
    )
    .map((of) => run(...of)),
  { minLength: 1, maxLength: 5 },
);
const step = fc.oneof(
  { weight: 2, arbitrary: many.map((runs) => ({ put: runs })) },
  { weight: 3, arbitrary: few.map((runs) => ({ put: runs })) },
  {
    weight: 2,
    arbitrary: fc.array(fc.integer({ min: 1, max: 6_000 }), { maxLength: 40 }).map((uids) => ({ drop: uidSet(uids) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 6_000 }), fc.nat({ max: 5_000 }))
      .map(([first, length]) => ({ drop: [[first as Uid, (first + length) as Uid] as const] })),
  },
  { weight: 1, arbitrary: fc.constant('written' as const) },
  { weight: 1, arbitrary: fc.constant('read again' as const) },
);

describe('the map of a folder', () => {
  test('is that of the domain, whatever happens to it, however it is cut and written', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const rows = new Rows();
        let runs = new FolderRuns(new Uint8Array());
        let map = UidMap.empty;
        for (const each of steps) {
          if (each === 'written') rows.change(runs.takeRows());
          else if (each === 'read again') {
            rows.change(runs.takeRows());
            runs = rows.readAgain(runs);
          } else if ('put' in each) {
            runs.put(each.put);
            map = map.with(each.put);
          } else {
            runs.drop(each.drop);
            map = map.withoutAll(each.drop);
          }
          expect(runs.map().runs).toEqual(map.runs);
        }
        rows.change(runs.takeRows());
        expect(rows.readAgain(runs).map().runs).toEqual(map.runs);
        if (runs.inPage !== null) expect(rows.pieces.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('lies in its page while it has few runs, goes into rows of its own, and comes back', () => {
    const runs = new FolderRuns(new Uint8Array());
    runs.put([run(1, 1, 5_000), run(5_002, 5_001, 9), run(5_020, 5_010, 4)]);
    expect(runs.inPage).toHaveLength(10);
    runs.put(scattered(10_000, 100));
    expect(runs.inPage).toBeNull();
    expect(runs.takeRows().put).toHaveLength(1);
    runs.drop([[10_000 as Uid, 10_199 as Uid]]);
    expect(runs.takeRows()).toEqual({ put: [], gone: [1] });
    expect(runs.inPage).toHaveLength(10);
  });

  test('of 100,000 runs is not rewritten with every batch: a kilobyte at its end, two in its middle', () => {
    const runs = new FolderRuns(new Uint8Array());
    runs.put(scattered(1, 100_000));
    expect(runs.takeRows().put.length).toBeGreaterThan(250);
    const octets = ({ put }: PieceChanges): number => put.reduce((sum, { packed }) => sum + packed.length, 0);
    for (let batch = 0; batch < 20; batch++) {
      runs.put(scattered(300_000 + batch * 100, 20));
      expect(octets(runs.takeRows())).toBeLessThan(1_200);
    }
    runs.put([run(50_002, 400_000, 1)]);
    expect(octets(runs.takeRows())).toBeLessThan(2_500);
    runs.drop([[70_001 as Uid, 70_001 as Uid]]);
    expect(octets(runs.takeRows())).toBeLessThan(2_500);
    expect(runs.map().size).toBe(100_400);
  });

  test('whose gaps are filled is one run again, wherever it had been cut', () => {
    const runs = new FolderRuns(new Uint8Array());
    const odd = Array.from({ length: 2_000 }, (_, i) => run(i * 2 + 1, i * 2 + 1, 1));
    runs.put(odd);
    expect(runs.takeRows().put.length).toBeGreaterThan(5);
    for (const { source } of odd) runs.put([run(source + 1, source + 1, 1)]);
    expect(runs.map().runs).toEqual([run(1, 1, 4_000)]);
    expect(runs.inPage).not.toBeNull();
  });

  test('that lies in rows is changed only after these were read', () => {
    const runs = new FolderRuns(null);
    expect(() => runs.put([run(1, 1, 1)])).toThrow('before it was read');
  });
});
