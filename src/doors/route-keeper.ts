/**
 * Keeps the book of routes that the doors answer by, and follows the database with it: reads all of the estate once, then asks for what
 * has changed, at least once in three quarters of a second and whenever it is told of news.
 *
 * What it acknowledges it has done: the table answers by it, it is kept on disk, and whoever wants to know of holds (to close sessions)
 * has heard of it. Then only does a switch go on.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '#domain/fault.ts';
import type { Named } from '#domain/platform.ts';
import { heedMostMs, type Route, type RouteFound } from '#domain/route.ts';
import type { Log } from '#lib/log.ts';
import { steadyClock } from '#lib/steady-clock.ts';
import type {
  DoorAtWork,
  DoorIdentity,
  HeedHold,
  RouteBook,
  RouteChange,
  RoutesAt,
  RouteSource,
} from '#ports/routes.ts';
import { KeptBook } from './route-keeper-book.ts';
import { HoldsToHeed } from './route-keeper-holds.ts';
import { DoorLease } from './route-keeper-lease.ts';
import { RouteReading } from './route-keeper-reading.ts';
import type { RouteSnapshot } from './route-snapshot.ts';
import type { RouteTable } from './route-table.ts';

export interface RouteKeeperOptions {
  readonly source: RouteSource;
  readonly door: Omit<DoorIdentity, 'id'>;
  /** Null: a restart without the database knows nothing. */
  readonly snapshot: RouteSnapshot | null;
  readonly log: Log;
  /** Milliseconds from any beginning, never set. */
  readonly steady?: () => number;
  /** How long one who heeds a hold may take. */
  readonly heedMostMs?: number;
}

export interface RouteKeeperState {
  /** Before that everybody is told "later". */
  readonly isAnswering: boolean;
  /** Whether the lease is alive. */
  readonly isSure: boolean;
  /** Whether who is not in it is unknown. */
  readonly isWhole: boolean;
  readonly mailboxes: number;
  readonly names: number;
  /** All changes up to this one are answered by, and acknowledged. */
  readonly revision: number;
}

/** Less than a second, so that a change that nobody was told of is known within one. */
const renewEveryMs = 750;
const tryAgainMs = 500;
/** So long the database may take to tell what has changed before it is answered by what was kept on disk. */
const graceMs = 500;
/** Between two looks whether the lease is over, which comes about by nothing but time: less than `spareMs` of the lease. */
const leaseLookMs = 100;

export class RouteKeeper implements RouteBook, AsyncDisposable {
  readonly #options: RouteKeeperOptions;
  readonly #steady: () => number;
  readonly #lease = new DoorLease();
  readonly #book: KeptBook;
  readonly #holds: HoldsToHeed;
  readonly #reading: RouteReading;
  readonly #ended = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();
  /** Whether there is nothing yet, or nothing any more, from which one could go on by changes. */
  #mustRead = true;
  /** Until then it may be answered by what was kept on disk; for as long as we live, once the database was followed. */
  #aloneUntil = Number.NEGATIVE_INFINITY;
  #wasSure = false;
  #work: DoorAtWork | null = null;
  /** By which the database is to know us; null before it is chosen. */
  #id: string | null = null;
  /** By which it may have known us before we were killed. */
  #before: readonly string[] = [];
  /** Up to where the table answers, up to where that was acknowledged to the database, and up to where it was told so. */
  #applied = 0;
  #acknowledged = 0;
  #told = 0;
  #acknowledging: Promise<unknown> = Promise.resolve();
  /** Another one begins when all is read anew; what was under way before is not acknowledged any more. */
  #era = 0;
  /** Ends the wait for news. */
  #nap = new AbortController();
  /** What went wrong last, to say it once. */
  #trouble: string | null = null;

  constructor(options: RouteKeeperOptions) {
    this.#options = options;
    this.#steady = options.steady ?? steadyClock();
    this.#book = new KeptBook(this.#lease, this.#steady);
    this.#holds = new HoldsToHeed(this.#book, options.heedMostMs ?? heedMostMs, options.log);
    this.#reading = new RouteReading(options.source, this.#ended.signal);
  }

  find(name: string): RouteFound {
    return this.#book.find(name);
  }

  route(mailbox: number): { readonly route: Route; readonly named: Named } | null {
    return this.#book.route(mailbox);
  }

  whenOpen(mailbox: number, mostMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#book.whenOpen(mailbox, mostMs, signal);
  }

  onHold(heed: HeedHold): void {
    this.#book.onHold(heed);
  }

  /** To be called once, when all who heed holds are there. */
  start(): void {
    this.#life = this.#live();
  }

  /** Resolves when it answers for the first time; until then it says "later", which doors may say as well. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  state(): RouteKeeperState {
    const table = this.#book.table;
    return {
      isAnswering: this.#book.isAnswering,
      isSure: this.#lease.isSure(this.#steady()),
      isWhole: this.#book.isWhole,
      mailboxes: table?.mailboxes ?? 0,
      names: table?.names ?? 0,
      revision: this.#acknowledged,
    };
  }

  /** Leaves the doors: to be called when nobody asks any more. Whoever still does is told "later". */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#book.answer(false);
    this.#ended.abort();
    this.#ready.resolve();
    await this.#life;
    await this.#reading.ended();
    try {
      await this.#options.snapshot?.end();
    } finally {
      // After that, or what is kept would be believed though nobody waits for it.
      await this.#leave();
    }
  }

  async #live(): Promise<void> {
    await this.#recall();
    const grace = setTimeout(() => this.#answerByWhatWasKept(), graceMs);
    const looking = setInterval(() => {
      this.#lookAtLease();
      if (this.#steady() >= this.#aloneUntil) this.#book.answer(false);
    }, leaseLookMs);
    while (!this.#ended.signal.aborted) {
      try {
        if (this.#mustRead) await this.#readAll();
        this.#work ??= await this.#register();
        await this.#renew(this.#work);
        await this.#rest();
      } catch (error) {
        if (this.#ended.signal.aborted) break;
        this.#tell(error);
        this.#answerByWhatWasKept();
        await sleep(tryAgainMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
      }
    }
    clearTimeout(grace);
    clearInterval(looking);
  }

  /** Once it is over nobody waits for what has begun here: that is broken off, as at a hold, before somebody holds what we do not know of. */
  #lookAtLease(): void {
    const isSure = this.#lease.isSure(this.#steady());
    if (this.#wasSure && !isSure) void this.#holds.heed(this.#book.table?.moving() ?? [], false);
    this.#wasSure = isSure;
  }

  /** Begins with what was kept on disk, if anything was. */
  async #recall(): Promise<void> {
    const kept = await this.#options.snapshot?.read();
    if (!kept) return;
    this.#book.put(kept.table, null);
    this.#applied = this.#acknowledged = kept.at.revision;
    this.#before = kept.doors;
    this.#mustRead = false;
    this.#aloneUntil = this.#steady() + kept.aloneMs;
  }

  /** Waits until all has been read from the database, and begins anew with it. */
  async #readAll(): Promise<void> {
    await this.#reading.ended();
    let written: Promise<void> | undefined;
    await this.#reading.read((table, at) => {
      this.#applied = this.#acknowledged = at.revision;
      this.#mustRead = false;
      written = this.#take(table, at);
    });
    // Before it joins, so that it is known after a kill which door this was.
    await written;
  }

  async #register(): Promise<DoorAtWork> {
    const table = this.#book.table as RouteTable;
    // What was held meanwhile, or when we were killed, perhaps before everybody had heard of it.
    await this.#holds.heed(table.held());
    const { source, door, snapshot } = this.#options;
    if (this.#id === null) {
      const id = randomUUID();
      // Kept first: whoever is killed in between knows by which names it may be waited for.
      await snapshot?.name(id);
      this.#id = id;
    }
    const sent = this.#steady();
    const work = await source.register({ ...door, id: this.#id }, this.#acknowledged, this.#before);
    this.#lease.lost();
    this.#lease.renewed(sent, this.#steady());
    return work;
  }

  async #renew(work: DoorAtWork): Promise<void> {
    const sent = this.#steady();
    this.#told = this.#acknowledged;
    const answer = await work.renew(this.#told);
    if (answer === 'gone' || answer.at.revision < this.#acknowledged) return await this.#beginAnew();
    const fresh = answer.changes.filter(({ revision }) => revision > this.#applied);
    for (const change of fresh) {
      this.#book.turn(change);
      this.#reading.alsoChanged(change);
    }
    this.#book.heard(answer.at.estate);
    this.#lease.renewed(sent, this.#steady());
    this.#lookAtLease();
    if (answer.at.revision > this.#applied) this.#acknowledge(fresh, answer.at);
    if (!this.#book.isWhole) this.#readBeside();
    if (!this.#lease.isSure(this.#steady())) return;
    if (this.#trouble !== null) this.#options.log.info('routes are followed again', { revision: answer.at.revision });
    this.#trouble = null;
    this.#aloneUntil = Number.POSITIVE_INFINITY;
    this.#answer();
    this.#book.wake();
  }

  /** Once all of it is done. */
  #acknowledge(fresh: readonly RouteChange[], at: RoutesAt): void {
    this.#applied = at.revision;
    const era = this.#era;
    const held = fresh.filter(({ standing }) => standing === 'held').map(({ mailbox }) => mailbox);
    const done = Promise.all([this.#acknowledging, this.#keep(fresh, at), this.#holds.heed(held)]);
    this.#acknowledging = done.then(([, isKept]) => {
      if (era !== this.#era || !isKept) return;
      this.#acknowledged = at.revision;
      this.#nap.abort();
    });
  }

  /** On disk, so that whoever is killed and has no database then says "later" where it has to; false when we end before that. */
  async #keep(fresh: readonly RouteChange[], at: RoutesAt): Promise<boolean> {
    const { snapshot, log } = this.#options;
    if (snapshot === null) return true;
    while (!this.#ended.signal.aborted) {
      try {
        await snapshot.append(fresh, at.revision);
        return true;
      } catch (error) {
        log.error('changes of routes cannot be kept, and are not acknowledged', saidOf(error));
        await sleep(tryAgainMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
      }
    }
    return false;
  }

  /** The database does not know us any more, or knows less than we do. It is answered by what we know, as without a lease. */
  async #beginAnew(): Promise<void> {
    this.#options.log.warn(
      'all routes are read anew: the database does not know this door any more, or too much has changed',
    );
    this.#era++;
    this.#acknowledging = Promise.resolve();
    this.#mustRead = true;
    this.#lease.lost();
    this.#lookAtLease();
    this.#book.forgetEstate();
    await this.#leave();
    this.#id = null;
  }

  /** Reads who there is while it is answered by what was. */
  #readBeside(): void {
    if (this.#reading.isUnderWay) return;
    const era = this.#era;
    const read = this.#reading.read((table, at) => {
      if (era === this.#era && !this.#ended.signal.aborted) void this.#take(table, at);
    });
    void read.catch((error: unknown) => {
      if (!this.#ended.signal.aborted) this.#tell(error);
    });
  }

  /** From here on it is answered by this table; resolves when it is kept. */
  async #take(table: RouteTable, at: RoutesAt): Promise<void> {
    this.#book.put(table, at.estate);
    const { mailboxes, names } = table;
    this.#options.log.info('who there is was read', { mailboxes, names, revision: at.revision });
    // What was not acknowledged yet may be in the table, and is heard of once more after a restart.
    await this.#options.snapshot?.write(table, { revision: this.#acknowledged, estate: at.estate });
  }

  /** Until there is something to ask for or to tell. */
  async #rest(): Promise<void> {
    if (!this.#lease.isSure(this.#steady()) || this.#acknowledged > this.#told) return;
    this.#nap = new AbortController();
    const signal = AbortSignal.any([this.#ended.signal, this.#nap.signal]);
    if (signal.aborted) return;
    try {
      await this.#options.source.changed(renewEveryMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #leave(): Promise<void> {
    const work = this.#work;
    this.#work = null;
    try {
      await work?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.log.warn('the database could not be told that this door is closed', saidOf(error));
    }
  }

  /** All that is to be had for now: a switch waits for a door that was killed, or for a person who says that it is gone. */
  #answerByWhatWasKept(): void {
    if (this.#steady() < this.#aloneUntil) this.#answer();
  }

  #answer(): void {
    if (this.#book.isAnswering || this.#ended.signal.aborted) return;
    this.#book.answer(true);
    this.#ready.resolve();
  }

  #tell(error: unknown): void {
    const { code } = saidOf(error);
    if (code === this.#trouble) return;
    this.#trouble = code;
    this.#options.log.warn('routes cannot be followed at the moment', saidOf(error));
  }
}

function saidOf(error: unknown): { readonly code: string; readonly says: string } {
  const says = error instanceof Error ? error.message : String(error);
  return { code: error instanceof Fault ? error.code : 'unexpected', says };
}
