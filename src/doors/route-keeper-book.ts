/** What the doors are answered out of the table, and when it is better to say nothing for certain. */

import type { Named } from '#domain/platform.ts';
import type { Route, RouteFound } from '#domain/route.ts';
import type { HeedHold, RouteBook, RouteChange } from '#ports/routes.ts';
import type { DoorLease } from './route-keeper-lease.ts';
import { Waiters } from './route-keeper-waiters.ts';
import { noName, type RouteTable } from './route-table.ts';

const later: RouteFound = { kind: 'later' };
const unknown: RouteFound = { kind: 'unknown' };

export class KeptBook implements RouteBook {
  readonly #lease: DoorLease;
  readonly #steady: () => number;
  readonly #waiters = new Waiters();
  readonly #heeds: HeedHold[] = [];
  #table: RouteTable | null = null;
  /** The import after which the table was read; null where it was not read from the database, and who joined is not in it. */
  #estate: number | null = null;
  /** The newest import that was heard of. */
  #estateHeard = 0;
  #isAnswering = false;

  constructor(lease: DoorLease, steady: () => number) {
    [this.#lease, this.#steady] = [lease, steady];
  }

  find(name: string): RouteFound {
    const table = this.#table;
    const mailbox = table?.find(name) ?? noName;
    if (table !== null && mailbox === noName) return unknown;
    if (table === null || !this.#isAnswering) return later;
    const route = table.route(mailbox);
    if (route === null) return this.#isStranger(name, table) ? unknown : later;
    if (route.standing !== 'open' && !this.#isSure()) return later;
    return { kind: 'home', route, named: table.named(mailbox) };
  }

  route(mailbox: number): { readonly route: Route; readonly named: Named } | null {
    const table = this.#table;
    const route = table?.route(mailbox) ?? null;
    if (table === null || route === null) return null;
    const isUncertain = route.standing !== 'open' && !(this.#isAnswering && this.#isSure());
    return { route: isUncertain ? { ...route, standing: 'held' } : route, named: table.named(mailbox) };
  }

  async whenOpen(mailbox: number, mostMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#isHeld(mailbox) ? await this.#waiters.wait(mailbox, mostMs, signal) : true;
  }

  onHold(heed: HeedHold): void {
    this.#heeds.push(heed);
  }

  get heeds(): readonly HeedHold[] {
    return this.#heeds;
  }

  get table(): RouteTable | null {
    return this.#table;
  }

  /** Whether anybody is told anything but "later". */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** Whether all is in the table that the database had after the newest import that was heard of. */
  get isWhole(): boolean {
    return this.#estate !== null && this.#estate === this.#estateHeard;
  }

  /** From here on it is answered by this table. */
  put(table: RouteTable, estate: number | null): void {
    this.#table = table;
    this.#estate = estate;
    if (estate !== null) this.heard(estate);
    this.wake();
  }

  heard(estate: number): void {
    this.#estateHeard = Math.max(this.#estateHeard, estate);
  }

  /** What was heard of imports is no longer so: another database, or an older one. */
  forgetEstate(): void {
    this.#estate = null;
    this.#estateHeard = 0;
  }

  answer(isAnswering: boolean): void {
    this.#isAnswering = isAnswering;
    this.wake();
  }

  turn({ mailbox, side, standing }: RouteChange): void {
    // One that joined since is in the table that is read after the import.
    this.#table?.turn(mailbox, side, standing);
  }

  /** To be called after turns, or when the lease is there again. */
  wake(): void {
    for (const mailbox of this.#waiters.mailboxes()) if (!this.#isHeld(mailbox)) this.#waiters.wake(mailbox);
  }

  /** Without the lease somebody may have been imported of whom nothing was heard; mail for all the world goes on meanwhile. */
  #isStranger(name: string, table: RouteTable): boolean {
    return this.isWhole && (this.#isSure() || !table.hasDomainOf(name));
  }

  #isHeld(mailbox: number): boolean {
    const standing = this.#table?.route(mailbox)?.standing ?? 'open';
    return standing === 'held' || (standing === 'announced' && !this.#isSure());
  }

  /** Asks a clock, and is therefore asked of those only that are about to change sides, and of strangers. */
  #isSure(): boolean {
    return this.#lease.isSure(this.#steady());
  }
}
