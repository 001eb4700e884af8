/**
 * One folder's runs of UIDs, changed in place: what continues the last run, as nearly everything does, costs one row. The
 * result is that of `UidMap.with` and `without` (`domain/uid-map.ts`), which a test holds them to.
 */

import type { Uid } from '#domain/item.ts';
import type { UidRun } from '#domain/uid-map.ts';
import type { UidSet } from '#domain/uid-set.ts';
import type { Statements } from './statements.ts';

/** Which folder of which mailbox, by their numbers. */
export interface FolderKey {
  readonly mailbox: number;
  readonly folder: number;
}

export function readRuns(ask: Statements, { mailbox, folder }: FolderKey): UidRun[] {
  const rows = ask.of('runs').all(mailbox, folder) as unknown as [
    source: Uid,
    target: Uid,
    count: number,
    adopted: 0 | 1,
  ][];
  return rows.map(([source, target, count, adopted]) => ({ source, target, count, adopted: adopted === 1 }));
}

/** Adds runs in any order; a source UID that is mapped already is mapped anew. */
export function addRuns(ask: Statements, key: FolderKey, added: readonly UidRun[]): void {
  let last = one(ask, 'last-run', key);
  for (const run of added) {
    if (!last || run.source >= end(last)) {
      const joined: UidRun = last && continues(last, run) ? { ...last, count: last.count + run.count } : run;
      put(ask, key, joined);
      last = joined;
    } else {
      dropUids(ask, key, [[run.source, (end(run) - 1) as Uid]]);
      const before = one(ask, 'run-before', key, run.source);
      const after = one(ask, 'run-at', key, end(run));
      let joined = before && continues(before, run) ? { ...before, count: before.count + run.count } : run;
      if (after && continues(joined, after)) {
        ask.of('drop-runs').run(key.mailbox, key.folder, after.source, after.source);
        joined = { ...joined, count: joined.count + after.count };
      }
      put(ask, key, joined);
      last = one(ask, 'last-run', key);
    }
  }
}

/** Forgets source UIDs; a run that reaches over an edge keeps what is outside. */
export function dropUids(ask: Statements, key: FolderKey, uids: UidSet): void {
  for (const [first, last] of uids) {
    const before = one(ask, 'run-before', key, first);
    const touched = (ask.of('runs-within').all(key.mailbox, key.folder, first, last) as unknown as RunRow[]).map(runOf);
    if (before && end(before) > first) touched.unshift(before);
    ask.of('drop-runs').run(key.mailbox, key.folder, first, last);
    for (const run of touched) {
      if (run.source < first) put(ask, key, { ...run, count: first - run.source });
      const skipped = last + 1 - run.source;
      if (skipped < run.count) {
        put(ask, key, {
          ...run,
          source: (last + 1) as Uid,
          target: (run.target + skipped) as Uid,
          count: run.count - skipped,
        });
      }
    }
  }
}

interface RunRow {
  source: Uid;
  target: Uid;
  count: number;
  adopted: 0 | 1;
}

function runOf(row: RunRow): UidRun {
  return { source: row.source, target: row.target, count: row.count, adopted: row.adopted === 1 };
}

function one(
  ask: Statements,
  question: 'last-run' | 'run-before' | 'run-at',
  key: FolderKey,
  ...uid: number[]
): UidRun | undefined {
  const row = ask.of(question).get(key.mailbox, key.folder, ...uid) as unknown as RunRow | undefined;
  return row && runOf(row);
}

function put(ask: Statements, key: FolderKey, run: UidRun): void {
  ask.of('put-run').run(key.mailbox, key.folder, run.source, run.target, run.count, run.adopted ? 1 : 0);
}

function end(run: UidRun): number {
  return run.source + run.count;
}

function continues(run: UidRun, next: UidRun): boolean {
  return run.adopted === next.adopted && end(run) === next.source && run.target + run.count === next.target;
}
