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

  /** The source UID of a target UID, or null. Two sources may share a target (Gmail stores equal messages once): any of them. */
  sourceOf(target: number): Uid | null {
    this.#byTarget ??= targetsOf(this.runs);
    const run = runAt(this.#byTarget, target, 'target');
    return run ? ((run.source + target - run.target) as Uid) : null;
  }

  /** This map with further pairs, given as runs in any order; a source UID that is mapped already is mapped anew. */
  with(added: readonly UidRun[]): UidMap {
    if (added.length === 0) return this;
    const inOrder = added.every((run, i) => i === 0 || run.source >= end(added[i - 1] as UidRun));
    const runs = inOrder ? added : settled(added);
    const last = this.runs.at(-1);
    // The everyday case: what is appended comes after all that is there.
    if (!last || (runs[0] as UidRun).source >= end(last)) return new UidMap(joined([...this.runs, ...runs]));
    const kept = this.withoutAll(runs.map((run) => [run.source, end(run) - 1]));
    return new UidMap(joined([...kept.runs, ...runs].sort((a, b) => a.source - b.source)));
  }

  /** This map without the source UIDs `first` to `last`. */
  without(first: number, last: number): UidMap {
    return this.withoutAll([[first, last]]);
  }

  /** This map without the source UIDs of `ranges`, which are ascending and disjoint, as in a `UidSet`. */
  withoutAll(ranges: readonly (readonly [first: number, last: number])[]): UidMap {
    const kept: UidRun[] = [];
    let next = 0;
    for (const run of this.runs) {
      // What of this run is still to be looked at starts at `from`.
      let from: number = run.source;
      while (next < ranges.length && (ranges[next] as readonly [number, number])[1] < from) next++;
      for (let i = next; i < ranges.length; i++) {
        const [first, last] = ranges[i] as readonly [number, number];
        if (first >= end(run)) break;
        if (first > from) kept.push(part(run, from, first));
        from = Math.max(from, last + 1);
      }
      if (from < end(run)) kept.push(part(run, from, end(run)));
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
  const collected = new RunCollector(adopted);
  for (const [source, target] of pairs) collected.add(source, target);
  return collected.runs();
}

/** Pairs as they come, held as runs: half a million that go up together are one. */
export class RunCollector {
  readonly #adopted: boolean;
  readonly #runs: { readonly source: Uid; readonly target: Uid; count: number; readonly adopted: boolean }[] = [];
  #inOrder = true;

  constructor(adopted: boolean) {
    this.#adopted = adopted;
  }

  add(source: number, target: number): void {
    const last = this.#runs.at(-1);
    if (last && end(last) === source && last.target + last.count === target) {
      last.count++;
      return;
    }
    if (last && source < last.source) this.#inOrder = false;
    this.#runs.push({ source: source as Uid, target: target as Uid, count: 1, adopted: this.#adopted });
  }

  /** Ascending by source. */
  runs(): readonly UidRun[] {
    if (!this.#inOrder) this.#runs.sort((a, b) => a.source - b.source);
    return joined(this.#runs);
  }
}

function end(run: UidRun): number {
  return run.source + run.count;
}

/** The pairs of `run` whose source UIDs are in [from, to). */
function part(run: UidRun, from: number, to: number): UidRun {
  if (from === run.source && to === end(run)) return run;
  return { ...run, source: from as Uid, target: (run.target + from - run.source) as Uid, count: to - from };
}

/** Runs in any order as ascending ones that do not overlap; of two that do, the later one counts. */
function settled(added: readonly UidRun[]): readonly UidRun[] {
  const sorted = added.toSorted((a, b) => a.source - b.source);
  if (sorted.every((run, i) => i === 0 || run.source >= end(sorted[i - 1] as UidRun))) return sorted;
  return added.reduce((map, run) => map.with([run]), UidMap.empty).runs;
}

/** The runs ascending by target and without overlap there, so that they can be searched. */
function targetsOf(runs: readonly UidRun[]): readonly UidRun[] {
  const out: UidRun[] = [];
  let covered = 0;
  for (const run of runs.toSorted((a, b) => a.target - b.target)) {
    const hidden = Math.max(0, covered - run.target);
    if (hidden >= run.count) continue;
    out.push(part(run, run.source + hidden, end(run)));
    covered = run.target + run.count;
  }
  return out;
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
