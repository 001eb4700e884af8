/**
 * Who is at work: the processes that carry mail, on however many machines, and the one control plane among them that leads.
 * A process says every `heartbeatMs` that it is alive, and in the same breath renews everything that it holds. One that does
 * not for `leaseSeconds` is gone: what it held is given to others, and when it comes back it holds nothing.
 */

import type { SideName } from '#domain/platform.ts';
import type { ConnectionLease } from './budget.ts';

/** A UUID, new for each start of a process. */
export type WorkerId = string & { readonly brand: 'WorkerId' };

export interface WorkerIdentity {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly role: 'serve' | 'worker';
  /** Names of secrets that it cannot resolve: it takes no work that needs them. */
  readonly lacks: readonly string[];
}

/** A mailbox that only this worker works on. `token` grows with each taking; what is written under an older one is refused. */
export interface MailboxLease {
  readonly mailbox: number;
  readonly token: number;
}

/** What a worker believes that it holds. */
export interface Held {
  readonly connections: readonly ConnectionLease[];
  readonly mailboxes: readonly MailboxLease[];
}

/** This worker's part of what all of them together may ask of a platform; null without limit. */
export interface Share {
  readonly side: SideName;
  readonly bytesPerSecond: number | null;
  readonly commandsPerSecond: number | null;
}

export type Heartbeat =
  | {
      readonly kind: 'alive';
      /** What was held and is not any more: its connections are to be destroyed before anything else is done. */
      readonly lost: Held;
      /** Finish what is in hand, take nothing more, and go. */
      readonly isDraining: boolean;
      /** For the local buckets (`#lib/pace.ts`). */
      readonly shares: readonly Share[];
      /** Milliseconds since 1970 by the clock of the database, when it was heard. */
      readonly heardAt: number;
    }
  /** We were counted as gone. Everything that was held is lost; only `register` makes a worker of us again. */
  | { readonly kind: 'gone' };

/** A line of `godwit status`. */
export interface WorkerNow extends WorkerIdentity {
  readonly id: WorkerId;
  readonly startedAt: Date;
  /** Milliseconds since it was heard of. */
  readonly silentMs: number;
  readonly isDraining: boolean;
  readonly connections: number;
  readonly mailboxes: number;
}

/** One worker's place in the workforce. Ended by `await using`: whatever it still holds is given back. */
export interface Membership extends AsyncDisposable {
  readonly worker: WorkerId;

  /**
   * Says that we are alive and renews what we hold, in one statement. The renewed leases last `leaseSeconds` from a moment
   * after the call was made: count them from before it (`Lease` in `worker/lease.ts` does). Throws `database.*`, after which
   * nothing is known of whether it was heard.
   */
  heartbeat(held: Held): Promise<Heartbeat>;
}

export interface Workforce {
  /** Joins, under a new id. */
  register(identity: WorkerIdentity): Promise<Membership>;
  /** Everyone who is at work, the longest at it first. */
  workersNow(): Promise<readonly WorkerNow[]>;
  /** Asks workers to finish what they have in hand and to go; they hear of it at their next heartbeat. False: not there. */
  drain(worker: WorkerId): Promise<boolean>;
  /** Strikes out those that have not been heard of, with what they held, and says who they were. For the leader. */
  reapVanished(): Promise<readonly WorkerNow[]>;
}

/**
 * One control plane leads: releases, supervises the queue, seals the audit log, reaps. All others wait for it to end.
 * While it lasts, `lost` has not fired; it fires when the database may have given the lead to another, and what only a
 * leader may do has to stop at once.
 */
export interface Lead extends AsyncDisposable {
  readonly lost: AbortSignal;
}

export interface Election {
  /**
   * Waits until we lead, through restarts of the database, however long that takes. Rejects only with the reason of
   * `signal`. `waiting` is called once if another leads at first.
   */
  lead(signal: AbortSignal, waiting?: () => void): Promise<Lead>;
}

/** Between two heartbeats. One may be missed before a lease lapses. */
export const heartbeatMs = 5_000;
/** Whatever a worker holds lapses so long after it was renewed last, by the clock of the database. */
export const leaseSeconds = 12;
/** So much earlier the worker itself, by its monotonic clock, counts a lease as lapsed: time to destroy its connections. */
export const leaseMarginSeconds = 2;
