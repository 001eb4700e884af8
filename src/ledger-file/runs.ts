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
  return ask.of('runs').all(mailbox, folder) as unknown as UidRun[];
}

/** Adds runs in any order; a source UID that is mapped already is mapped anew. */
export function addRuns(ask: Statements, key: FolderKey, added: readonly UidRun[]): void {
  let last = ask.of('last-run').get(key.mailbox, key.folder) as unknown as UidRun | undefined;
  for (const run of added) {
    if (!last || run.source >= end(last)) {
      const joined: UidRun = last && continues(last, run) ? { ...last, count: last.count + run.count } : run;
      put(ask, key, joined);
      last = joined;
    } else {
      dropUids(ask, key, [[run.source, (end(run) - 1) as Uid]]);
      const before = ask.of('run-before').get(key.mailbox, key.folder, run.source) as unknown as UidRun | undefined;
      const after = ask.of('run-at').get(key.mailbox, key.folder, end(run)) as unknown as UidRun | undefined;
      let joined = before && continues(before, run) ? { ...before, count: before.count + run.count } : run;
      if (after && continues(joined, after)) {
        ask.of('drop-runs').run(key.mailbox, key.folder, after.source, after.source);
        joined = { ...joined, count: joined.count + after.count };
      }
      put(ask, key, joined);
      last = ask.of('last-run').get(key.mailbox, key.folder) as unknown as UidRun;
    }
  }
}

/** Forgets source UIDs; a run that reaches over an edge keeps what is outside. */
export function dropUids(ask: Statements, key: FolderKey, uids: UidSet): void {
  for (const [first, last] of uids) {
    const before = ask.of('run-before').get(key.mailbox, key.folder, first) as unknown as UidRun | undefined;
    const touched = ask.of('runs-within').all(key.mailbox, key.folder, first, last) as unknown as UidRun[];
    if (before && end(before) > first) touched.unshift(before);
    ask.of('drop-runs').run(key.mailbox, key.folder, first, last);
    for (const run of touched) {
      if (run.source < first) put(ask, key, { ...run, count: first - run.source });
      const skipped = last + 1 - run.source;
      if (skipped < run.count) {
        put(ask, key, { source: (last + 1) as Uid, target: (run.target + skipped) as Uid, count: run.count - skipped });
      }
    }
  }
}

function put(ask: Statements, key: FolderKey, run: UidRun): void {
  ask.of('put-run').run(key.mailbox, key.folder, run.source, run.target, run.count);
}

function end(run: UidRun): number {
  return run.source + run.count;
}

function continues(run: UidRun, next: UidRun): boolean {
  return end(run) === next.source && run.target + run.count === next.target;
}
