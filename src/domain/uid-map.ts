/**
 * Which source UID became which target UID, as runs: `{source: 1, target: 1, count: 5000}` says that 1…5000 became
 * 1…5000. Messages are appended in ascending order, so a folder is a handful of runs however many messages it holds.
 */

import type { Uid } from './item.ts';

export interface UidRun {
  readonly source: Uid;
  readonly target: Uid;
  readonly count: number;
  /** True where the messages were found on the target by their content: they are never removed by us. */
  readonly adopted: boolean;
}

/** Immutable: every change gives a new map. Runs are ascending by source and never overlap there. */
export class UidMap {
  readonly runs: readonly UidRun[];
  #byTarget: readonly UidRun[] | null = null;

  constructor(runs: readonly UidRun[]) {
    this.runs = runs;
  }

  static readonly empty = new UidMap([]);

  /** How many messages are mapped. */
  get size(): number {
    let count = 0;
    for (const run of this.runs) count += run.count;
    return count;
  }

  /** The target UID of a source UID, or null. */
  targetOf(source: number): Uid | null {
    const run = runAt(this.runs, source, 'source');
    return run ? ((run.target + source - run.source) as Uid) : null;
  }

  /** The source UID of a target UID, or null. */
  sourceOf(target: number): Uid | null {
    this.#byTarget ??= [...this.runs].sort((a, b) => a.target - b.target);
    const run = runAt(this.#byTarget, target, 'target');
    return run ? ((run.source + target - run.target) as Uid) : null;
  }

  /** This map with further pairs, given as runs in any order; a source UID that is mapped already is mapped anew. */
  with(added: readonly UidRun[]): UidMap {
    if (added.length === 0) return this;
    const last = this.runs.at(-1);
    const first = added[0] as UidRun;
    const inOrder = added.every((run, i) => i === 0 || run.source >= end(added[i - 1] as UidRun));
    if (inOrder && (!last || first.source >= end(last))) return new UidMap(joined([...this.runs, ...added]));
    let map: UidMap = this;
    for (const run of added) {
      const kept = map.without(run.source, run.source + run.count - 1);
      map = new UidMap(joined([...kept.runs, run].sort((a, b) => a.source - b.source)));
    }
    return map;
  }

  /** This map without the source UIDs `first` to `last`. */
  without(first: number, last: number): UidMap {
    const kept: UidRun[] = [];
    for (const run of this.runs) {
      const before = Math.min(run.count, Math.max(0, first - run.source));
      const after = Math.min(run.count, Math.max(0, end(run) - 1 - last));
      if (before + after >= run.count) {
        kept.push(run);
        continue;
      }
      if (before > 0) kept.push({ ...run, count: before });
      if (after > 0) {
        const skipped = run.count - after;
        kept.push({ ...run, source: (run.source + skipped) as Uid, target: (run.target + skipped) as Uid, count: after });
      }
    }
    return new UidMap(kept);
  }

  /** Whether the target's copy was found there rather than put there by us. */
  isAdopted(source: number): boolean {
    return runAt(this.runs, source, 'source')?.adopted ?? false;
  }

  /** Every pair, ascending by source UID. */
  *pairs(): Generator<readonly [source: Uid, target: Uid]> {
    for (const run of this.runs) {
      for (let i = 0; i < run.count; i++) yield [(run.source + i) as Uid, (run.target + i) as Uid];
    }
  }
}

/** The runs of pairs given in any order, all adopted or all put there by us. */
export function runsOf(pairs: Iterable<readonly [source: number, target: number]>, adopted = false): readonly UidRun[] {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
  return joined(sorted.map(([source, target]) => ({ source: source as Uid, target: target as Uid, count: 1, adopted })));
}

function end(run: UidRun): number {
  return run.source + run.count;
}

/** Neighbouring runs that continue each other on both sides become one. */
function joined(runs: readonly UidRun[]): readonly UidRun[] {
  const out: UidRun[] = [];
  for (const run of runs) {
    const last = out.at(-1);
    if (last && last.adopted === run.adopted && end(last) === run.source && last.target + last.count === run.target) {
      out[out.length - 1] = { ...last, count: last.count + run.count };
    } else out.push(run);
  }
  return out;
}

function runAt(runs: readonly UidRun[], uid: number, side: 'source' | 'target'): UidRun | null {
  let low = 0;
  let high = runs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const run = runs[middle] as UidRun;
    if (uid < run[side]) high = middle - 1;
    else if (uid >= run[side] + run.count) low = middle + 1;
    else return run;
  }
  return null;
}
