/**
 * What a door keeps on disk of the routes, so that it can answer after a restart before the database does, or without it. It is written
 * whole when everything was read, and what changes is added before it is acknowledged: a door that is killed comes back with all that
 * it has ever acknowledged, and says "later" where a switch no longer waits for it.
 */

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '#lib/log.ts';
import type { RouteChange, RoutesAt } from '#ports/routes.ts';
import {
  lineText,
  type ReadSnapshot,
  readSnapshot,
  type SnapshotLine,
  UnusableSnapshot,
  writeSnapshot,
} from './route-snapshot-file.ts';
import type { RouteTable } from './route-table.ts';

export interface RouteSnapshot {
  /** What was kept; null where nothing was, or nothing that can be used. */
  read(): Promise<KeptRoutes | null>;
  /** Keeps all of it, in place of what was kept before. Does not fail: what cannot be kept is said in the log. */
  write(table: RouteTable, at: RoutesAt): Promise<void>;
  /**
   * Keeps what has changed since. Where it cannot, what was kept before is removed, since it would be believed; throws where even that
   * is impossible.
   */
  append(changes: readonly RouteChange[], revision: number): Promise<void>;
  /** By which the database will know this door; with the last of those by which it knew it, in case that we are killed before. */
  name(door: string): Promise<void>;
  /** Nothing comes any more. */
  end(): Promise<void>;
}

export interface KeptRoutes {
  readonly table: RouteTable;
  readonly at: RoutesAt;
  /** By which the database may know the door that kept it. */
  readonly doors: readonly string[];
  /** For so long it may be answered by without the database, from when it is read; after that only going on from it is left. */
  readonly aloneMs: number;
}

export interface SnapshotOptions {
  /** One process at a time keeps its routes there. */
  readonly path: string;
  /** Which database they are from, by a name without secrets: those of another are not used. */
  readonly of: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function openRouteSnapshot(options: SnapshotOptions): RouteSnapshot {
  return new SnapshotOnDisk(options);
}

/**
 * Who ended in good order has left the doors, and no switch waits for it. What was open then can have switched only after it had been
 * announced, 40 seconds ahead (domain/route.ts); so far below that it is still as it was. One that was killed is waited for, whenever
 * it comes back.
 */
const endedMostMs = 20_000;
/** Some megabytes of lines: then all is written anew. */
const changesMost = 50_000;
/** So many times it may be killed within seconds before the lease of the first is over. */
const doorsMost = 16;
/** When nothing could be written, that is tried again after so long. */
const tryAgainMs = 60_000;

class SnapshotOnDisk implements RouteSnapshot {
  readonly #options: SnapshotOptions;
  readonly #now: () => number;
  #file: FileHandle | null = null;
  #endsAt = 0;
  /** What happens to the file happens one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  /** Lines since the states of what is being written were copied; null while nothing is. */
  #meanwhile: string[] | null = null;
  /** What is kept, or should be. */
  #table: RouteTable | null = null;
  #at: RoutesAt = { revision: 0, estate: 0 };
  #doors: readonly string[] = [];
  #changes = 0;
  #triedAt = 0;
  #hasEnded = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async read(): Promise<KeptRoutes | null> {
    const { path, log } = this.#options;
    try {
      this.#file = await open(path, 'r+');
      const read = await readSnapshot(this.#file);
      const kept = this.#believe(read);
      // What a kill has left half written.
      await this.#file.truncate(read.endsAt);
      return kept;
    } catch (error) {
      await this.#file?.close();
      this.#file = null;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        log.info('no routes were kept', { path });
        return null;
      }
      const why = error instanceof UnusableSnapshot ? error.message : saidOf(error);
      log.warn('the routes that were kept are not used', { path, why });
      return null;
    }
  }

  write(table: RouteTable, at: RoutesAt): Promise<void> {
    this.#table = table;
    this.#at = at;
    return (this.#writing = this.#writing.then(() => this.#writeWhole()));
  }

  async append(changes: readonly RouteChange[], revision: number): Promise<void> {
    await this.#line({ revision, changes: changes.map(({ mailbox, side, standing }) => [mailbox, side, standing]) });
    this.#at = { ...this.#at, revision };
    this.#changes += changes.length;
    const isDue = this.#file === null ? this.#now() - this.#triedAt > tryAgainMs : this.#changes > changesMost;
    if (isDue && !this.#hasEnded && this.#meanwhile === null && this.#table !== null)
      void this.write(this.#table, this.#at);
  }

  async name(door: string): Promise<void> {
    this.#doors = [...this.#doors, door].slice(-doorsMost);
    await this.#line({ door });
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#writing;
    try {
      await this.#line({ ended: this.#now() });
    } finally {
      await this.#file?.close();
      this.#file = null;
    }
  }

  #believe({ head, table, lines, endsAt }: ReadSnapshot): KeptRoutes {
    if (head.of !== this.#options.of) throw new UnusableSnapshot(`they are of another database, ${head.of}`);
    let { revision } = head;
    let endedAt: number | null = null;
    for (const line of lines) {
      endedAt = 'ended' in line ? line.ended : null;
      if ('door' in line) this.#doors = [...this.#doors, line.door].slice(-doorsMost);
      if (!('changes' in line)) continue;
      for (const [mailbox, side, standing] of line.changes) table.turn(mailbox, side, standing);
      revision = line.revision;
      this.#changes += line.changes.length;
    }
    const aloneMs =
      endedAt === null ? Number.POSITIVE_INFINITY : Math.max(0, endedMostMs - Math.abs(this.#now() - endedAt));
    this.#endsAt = endsAt;
    this.#table = table;
    this.#at = { revision, estate: head.estate };
    return { table, at: this.#at, doors: this.#doors, aloneMs };
  }

  /** Beside the old file, which takes lines in the meantime, and then in its place. */
  async #writeWhole(): Promise<void> {
    const { path, of, log } = this.#options;
    const table = this.#table as RouteTable;
    const started = performance.now();
    this.#triedAt = this.#now();
    this.#meanwhile = this.#doors.map((door) => lineText({ door }));
    let file: FileHandle | null = null;
    try {
      await rm(`${path}.new`, { force: true });
      file = await open(`${path}.new`, 'wx', 0o600);
      const linesAt = await writeSnapshot(file, { of, ...this.#at }, table);
      await file.datasync();
      await this.#inTurn(() => this.#replaceBy(file as FileHandle, linesAt));
      log.info('routes are kept', { path, bytes: this.#endsAt, ms: Math.round(performance.now() - started) });
    } catch (error) {
      await file?.close().catch(() => undefined);
      log.error('the routes cannot be kept: what was kept before is all that a restart without the database has', {
        path,
        why: saidOf(error),
      });
    } finally {
      this.#meanwhile = null;
    }
  }

  async #replaceBy(file: FileHandle, linesAt: number): Promise<void> {
    const { path } = this.#options;
    const lines = Buffer.from((this.#meanwhile ?? []).join(''));
    await file.write(lines, 0, lines.length, linesAt);
    await file.datasync();
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
    await this.#file?.close();
    this.#file = file;
    this.#endsAt = linesAt + lines.length;
    this.#changes = 0;
    this.#meanwhile = null;
  }

  #line(line: SnapshotLine): Promise<void> {
    return this.#inTurn(async () => {
      const text = lineText(line);
      this.#meanwhile?.push(text);
      if (this.#file === null) return;
      try {
        const octets = Buffer.from(text);
        const { bytesWritten } = await this.#file.write(octets, 0, octets.length, this.#endsAt);
        if (bytesWritten < octets.length) throw new Error('there is no room for it');
        await this.#file.datasync();
        this.#endsAt += octets.length;
      } catch (error) {
        await this.#forget(error);
      }
    });
  }

  /** It would say of somebody that nothing is about to change. */
  async #forget(reason: unknown): Promise<void> {
    const { path, log } = this.#options;
    log.error('changes of routes cannot be kept: a restart without the database answers "later"', {
      path,
      why: saidOf(reason),
    });
    await rm(path, { force: true });
    await this.#file?.close().catch(() => undefined);
    this.#file = null;
    this.#triedAt = this.#now();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function saidOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
