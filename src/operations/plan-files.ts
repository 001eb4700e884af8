/**
 * The files of a plan. All of them are written beside the places where they are to lie, and put there together when the last is
 * whole: whoever is interrupted, or finds the disk full, keeps the plan that was there before.
 */

import { closeSync, existsSync, fdatasyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fault } from '#domain/fault.ts';

/** `plan.csv` itself and what lies beside it: `plan.splits.csv`. */
export type PlanFile = 'plan' | 'splits' | 'unplaced' | 'unknown' | 'wishes' | 'summary';

export type PlanFilePaths = Readonly<Record<PlanFile, string>>;

export function planFilePaths(plan: string): PlanFilePaths {
  const stem = join(dirname(plan), basename(plan, extname(plan) === '.csv' ? '.csv' : ''));
  return {
    plan,
    splits: `${stem}.splits.csv`,
    unplaced: `${stem}.unplaced.csv`,
    unknown: `${stem}.unknown.csv`,
    wishes: `${stem}.wishes.csv`,
    summary: `${stem}.summary.txt`,
  };
}

/** Handed to the disk by so much. */
const chunkLength = 256 * 1024;

export class PlanDrafts implements Disposable {
  readonly #paths: PlanFilePaths;
  readonly #begun = new Map<PlanFile, Draft>();
  readonly #retired = new Map<PlanFile, string>();

  constructor(plan: string) {
    this.#paths = planFilePaths(plan);
  }

  /** A file, begun if it was not before. Throws `plan.file.unwritable`. */
  begin(file: PlanFile): Draft {
    const begun = this.#begun.get(file);
    if (begun) return begun;
    const draft = new Draft(this.#paths[file]);
    this.#begun.set(file, draft);
    return draft;
  }

  /** A file that somebody else writes, as a whole, to the place that is given. Throws `plan.file.unwritable` where nobody could. */
  reserve(file: PlanFile): string {
    const draft = this.begin(file);
    draft.end();
    return draft.draft;
  }

  /**
   * Unless this plan begins such a file, one that an earlier plan left there is taken away when this is settled, lest it seem to belong to it.
   * What does not begin with `header` is none of ours.
   */
  retire(file: PlanFile, header: string): void {
    this.#retired.set(file, header);
  }

  /** Puts every file in its place, the plan last, since whoever sees it expects the others beside it. */
  settle(): readonly string[] {
    const settled = [...this.#begun.entries()].toSorted(([a], [b]) => Number(a === 'plan') - Number(b === 'plan'));
    for (const [, draft] of settled) draft.end();
    for (const [file, header] of this.#retired) if (!this.#begun.has(file)) removeStale(this.#paths[file], header);
    for (const [, draft] of settled) draft.settle();
    this.#begun.clear();
    return settled.map(([, { path }]) => path).toReversed();
  }

  /** Takes away what was not settled. It may be called at any moment, and waits for nothing. */
  [Symbol.dispose](): void {
    for (const draft of this.#begun.values()) draft.remove();
    this.#begun.clear();
  }
}

/** One file on its way to the disk. */
export class Draft {
  readonly path: string;
  /** Where it stands until it is settled. */
  readonly draft: string;
  #file: number | null;
  #pending = '';
  isEmpty = true;

  constructor(path: string) {
    this.path = path;
    this.draft = draftPath(path);
    this.#file = guarded(path, () => openSync(this.draft, 'w', 0o644));
  }

  write(text: string): void {
    this.isEmpty = false;
    this.#pending += text;
    if (this.#pending.length >= chunkLength) this.#flush();
  }

  end(): void {
    if (this.#file === null) return;
    this.#flush();
    const file = this.#file;
    guarded(this.path, () => fdatasyncSync(file));
    closeSync(file);
    this.#file = null;
  }

  settle(): void {
    guarded(this.path, () => renameSync(this.draft, this.path));
  }

  remove(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    rmSync(this.draft, { force: true });
  }

  #flush(): void {
    const octets = Buffer.from(this.#pending);
    this.#pending = '';
    guarded(this.path, () => {
      for (let at = 0; at < octets.length; ) at += writeSync(this.#file as number, octets, at);
    });
  }
}

function removeStale(path: string, header: string): void {
  guarded(path, () => {
    if (existsSync(path) && beginning(path, header.length) === header) rmSync(path);
  });
}

function beginning(path: string, octets: number): string {
  const file = openSync(path, 'r');
  try {
    const read = Buffer.alloc(octets);
    return read.toString('utf8', 0, readSync(file, read));
  } finally {
    closeSync(file);
  }
}

/** In the same folder, so that it can be put in place in one step; of one process, so that two do not disturb each other. */
function draftPath(path: string): string {
  return `${path}.${process.pid}.draft`;
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw fault('plan.file.unwritable', { file: path, text: cause.message }, { cause });
  }
}
