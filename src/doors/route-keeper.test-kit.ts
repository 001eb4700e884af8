/** A database of routes made by hand, for tests of who follows it: it is turned, held, lost and found as a test wants. */

import { doorLeaseMs, type Standing } from '#domain/route.ts';
import { fault } from '#domain/fault.ts';
import type { SideName } from '#domain/platform.ts';
import type { DoorAtWork, DoorIdentity, RouteChange, RouteRow, RoutesAt, RouteSource } from '#ports/routes.ts';

export interface MadeUpDoor {
  readonly id: string;
  readonly before: readonly string[];
  revision: number;
  leaseUntil: number;
}

export const someDoor: Omit<DoorIdentity, 'id'> = {
  host: 'mx1',
  pid: 4711,
  version: '0.1.0',
  serves: ['socketmap 127.0.0.1:10031'],
};

export class MadeUpRoutes implements RouteSource {
  readonly rows = new Map<number, RouteRow>();
  readonly changes = new Map<number, RouteChange>();
  readonly doors = new Map<string, MadeUpDoor>();
  at: RoutesAt = { revision: 0, estate: 1 };
  /** Milliseconds, of this machine and the database alike. */
  now = 0;
  isAway = false;
  /** Whoever reads all of it waits for this, when it has begun. */
  beforeTheEnd: Promise<void> = Promise.resolve();
  /** Every answer to a renewal, that has been found already, waits for this. */
  beforeAnAnswer: () => Promise<void> = async () => undefined;
  readings = 0;
  #news = Promise.withResolvers<void>();

  /** Somebody who is in the list of the estate from the next import on. */
  join(address: string, more: Partial<RouteRow> = {}): number {
    const mailbox = more.mailbox ?? this.rows.size + 1;
    const named = more.named ?? { address, sourceUser: null, targetUser: null };
    this.rows.set(mailbox, { mailbox, named, aliases: [], side: 'source', standing: 'open', ...more });
    return mailbox;
  }

  import(): void {
    this.at = { ...this.at, estate: this.at.estate + 1 };
    this.tell();
  }

  /** It stands so from now on; the revision in which it does. */
  set(mailbox: number, standing: Standing, side?: SideName): number {
    const row = this.rows.get(mailbox);
    if (row === undefined) throw new Error('nobody has joined under this number');
    this.at = { ...this.at, revision: this.at.revision + 1 };
    const { revision } = this.at;
    this.rows.set(mailbox, { ...row, standing, side: side ?? row.side });
    this.changes.set(mailbox, { mailbox, standing, side: side ?? row.side, revision });
    this.tell();
    return revision;
  }

  tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Whether a switch would wait for nobody: all whose lease is alive have acknowledged it. */
  isKnown(revision: number): boolean {
    return [...this.doors.values()].every((door) => door.revision >= revision || door.leaseUntil <= this.now);
  }

  async readAll(take: (row: RouteRow) => void): Promise<RoutesAt> {
    this.#see();
    this.readings++;
    const [at, rows] = [this.at, [...this.rows.values()]];
    for (const row of rows) take(row);
    await this.beforeTheEnd;
    this.#see();
    return at;
  }

  async register({ id }: DoorIdentity, known: number, before: readonly string[]): Promise<DoorAtWork> {
    this.#see();
    const door: MadeUpDoor = { id, before, revision: known, leaseUntil: this.now + doorLeaseMs };
    this.doors.set(door.id, door);
    return {
      renew: async (revision) => {
        this.#see();
        if (!this.doors.has(door.id)) return 'gone';
        door.revision = revision;
        door.leaseUntil = this.now + doorLeaseMs;
        const changes = [...this.changes.values()].filter((change) => change.revision > revision);
        const answer = { at: this.at, changes: changes.toSorted((a, b) => a.revision - b.revision) };
        await this.beforeAnAnswer();
        return answer;
      },
      [Symbol.asyncDispose]: async () => {
        this.#see();
        this.doors.delete(door.id);
      },
    };
  }

  async changed(mostMs: number, signal: AbortSignal): Promise<void> {
    const end = Promise.withResolvers<void>();
    const timer = setTimeout(end.resolve, mostMs);
    signal.addEventListener('abort', () => end.resolve(), { once: true });
    await Promise.race([this.#news.promise, end.promise]);
    clearTimeout(timer);
  }

  #see(): void {
    if (this.isAway) throw fault('database.away', { name: 'made up', text: 'it was taken away' });
  }
}
