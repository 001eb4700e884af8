/** Routes, from both ends: who turns them, and the doors that answer by them. */

import type { Brake } from '#domain/brake.ts';
import type { Route, RouteFound, Standing } from '#domain/route.ts';
import type { Named, SideName } from '#domain/platform.ts';

/** What a switch asks of the doors. */
export interface RouteHolds {
  /** What a switch looks at before each step that cannot be taken back easily. */
  outlook(): Promise<Outlook>;
  /**
   * Announces that it is to change sides, where that was not done before. Answers for how many milliseconds it has been announced: doors
   * are asked by those who remember what they were told before.
   */
  announce(mailbox: number): Promise<number>;
  /** Holds it, or holds it anew. The answer is wanted by `missing`, `letGo` and the turn. */
  hold(mailbox: number): Promise<RouteHold>;
  /** The doors that have not taken note of it yet, of those that would answer otherwise; none: everybody knows. */
  missing(hold: RouteHold): Promise<readonly DoorMissing[]>;
  /** It is open again where it was, unless another hold has come since. It stays announced for a while. */
  letGo(hold: RouteHold): Promise<void>;
}

export interface Outlook {
  /** How many doors have registered and not left, whether they are heard of or not; with none there is nobody to wait for. */
  readonly doors: number;
  /** Whether somebody has pulled the brake, and who. */
  readonly brake: Brake | null;
}

export interface RouteHold {
  readonly mailbox: number;
  /** Of the route as it was written by this hold. */
  readonly revision: number;
}

export interface DoorMissing {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly serves: readonly string[];
  /**
   * `slow`: it is there, and will know in a moment. `lost`: it has not been heard of for longer than its lease, and was never told of
   * the announcement, so that it may answer by what was: a person has to stop it, or say that it is gone.
   */
  readonly why: 'slow' | 'lost';
}

/** What a door is asked thousands of times a second: answered from memory, without waiting. */
export interface RouteBook {
  /** By an address in any case, or by a name that somebody signs in with on either side. */
  find(name: string): RouteFound;
  /**
   * By the number of a mailbox; null where there is none. One that is announced is told as held while it cannot be said for certain
   * where it is: who holds it as long as that is right in either case.
   */
  route(mailbox: number): { readonly route: Route; readonly named: Named } | null;
  /** Resolves once it is held no more, with true; with false after `mostMs`, or when `signal` fires. */
  whenOpen(mailbox: number, mostMs: number, signal: AbortSignal): Promise<boolean>;
  /** `heed` is called when a mailbox becomes held, and awaited before the hold is acknowledged. */
  onHold(heed: HeedHold): void;
}

/**
 * Sees to it that nothing that has begun comes to this mailbox any more. `hasTime`: a switch waits, so that what is nearly done may end;
 * without, the lease is over, nobody waits for this door, and a hold may have come of which it was not told.
 */
export type HeedHold = (mailbox: number, hasTime: boolean) => Promise<void>;

/** A route as it was changed. */
export interface RouteChange extends Route {
  readonly revision: number;
}

/** The database, as the doors use it. */
export interface RouteSource {
  /**
   * All of the estate, as it is at one moment: calls `take` for each mailbox, in no order, and answers with the revision that this was.
   * Millions of rows in bounded memory.
   */
  readAll(take: (row: RouteRow) => void, signal: AbortSignal): Promise<RoutesAt>;
  /**
   * Joins the doors, with all known up to a revision; its lease begins. `before`: by which the database may have known this door when it
   * was killed: once their leases are over, nobody waits for those any more.
   */
  register(door: DoorIdentity, known: number, before: readonly string[]): Promise<DoorAtWork>;
  /** Resolves when something has changed, or after `mostMs`. */
  changed(mostMs: number, signal: AbortSignal): Promise<void>;
}

export interface RoutesAt {
  readonly revision: number;
  /** Imports so far: with another number who there is has changed. */
  readonly estate: number;
}

export interface RouteRow {
  readonly mailbox: number;
  readonly named: Named;
  readonly aliases: readonly string[];
  readonly side: SideName;
  readonly standing: Standing;
}

export interface DoorIdentity {
  /** A UUID that no other door ever had. Who was not told how a registration ended tries it again with the same. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly serves: readonly string[];
}

export interface DoorAtWork extends AsyncDisposable {
  /**
   * Renews the lease, tells that all up to `known` is answered by, and answers with what has come since, in order. One round trip.
   * `gone`: a person has said that this door is no more, or the database does not remember what it was told: it has to read
   * everything and to register anew.
   */
  renew(known: number): Promise<{ readonly at: RoutesAt; readonly changes: readonly RouteChange[] } | 'gone'>;
}
