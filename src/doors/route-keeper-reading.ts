/** Reads all of the estate into a table of its own, which takes a while for millions, and mends it by what changes meanwhile. */

import { randomInt } from 'node:crypto';
import type { RouteChange, RoutesAt, RouteSource } from '#ports/routes.ts';
import { RouteTable } from './route-table.ts';

export class RouteReading {
  readonly #source: RouteSource;
  readonly #signal: AbortSignal;
  #underWay: Promise<void> | null = null;
  /** The last change of each mailbox since the reading began. */
  readonly #since = new Map<number, RouteChange>();

  constructor(source: RouteSource, signal: AbortSignal) {
    [this.#source, this.#signal] = [source, signal];
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /** Calls `take` with the table as it has to be in that very moment. */
  async read(take: (table: RouteTable, at: RoutesAt) => void): Promise<void> {
    this.#since.clear();
    const reading = (this.#underWay = this.#read(take));
    try {
      await reading;
    } finally {
      if (this.#underWay === reading) this.#underWay = null;
    }
  }

  /** Resolves when nothing is being read any more, however it ended. */
  async ended(): Promise<void> {
    await this.#underWay?.catch(() => undefined);
  }

  /** A change that the other table was told of. */
  alsoChanged(change: RouteChange): void {
    if (this.isUnderWay) this.#since.set(change.mailbox, change);
  }

  async #read(take: (table: RouteTable, at: RoutesAt) => void): Promise<void> {
    const table = new RouteTable(randomInt(2 ** 32));
    const at = await this.#source.readAll((row) => table.add(row), this.#signal);
    // Nothing is waited for from here on, or a change could pass between.
    for (const { mailbox, side, standing, revision } of this.#since.values())
      if (revision > at.revision) table.turn(mailbox, side, standing);
    take(table, at);
  }
}
