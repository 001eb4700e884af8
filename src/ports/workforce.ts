/**
 * Who is at work: the processes that carry mail, on however many machines, and the one control plane among them that leads.
 * A process says every `heartbeatMs` that it is alive, and that renews everything it holds: connections and mailboxes last
 * exactly as long as their worker. One that was not heard of for `leaseSeconds` is gone, what it held is given to others,
 * and when it comes back it holds nothing.
 */

import type { SideName } from '#domain/platform.ts';

/** A UUID, new for each start of a process. */
export type WorkerId = string & { readonly brand: 'WorkerId' };

export interface WorkerIdentity {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** An onlooker takes no jobs: it holds connections for a while (`godwit verify --wave`). */
  readonly role: 'serve' | 'worker' | 'onlooker';
  /** Names of secrets that it cannot resolve: it takes no work that needs them. */
  readonly lacks: readonly string[];
}

/** A mailbox that only this worker works on. `token` grows with each taking; what is written under an older one is refused. */
export interface MailboxLease {
  readonly mailbox: number;
  readonly token: number;
}

/** This worker's part of what all of them together may ask of a platform; null without limit. */
export interface Share {
  readonly side: SideName;
  readonly bytesPerSecond: number | null;
  readonly commandsPerSecond: number | null;
}

export type Heartbeat =
  /** All that is held is renewed. */
  | {
      readonly kind: 'alive';
      /** Break off passes, see switches through, take nothing more, and go. */
      readonly isDraining: boolean;
      /** For the local buckets (`#lib/pace.ts`). */
      readonly shares: readonly Share[];
      /** Milliseconds since 1970 by the clock of the database, when it was heard. */
      readonly heardAt: number;
      /** Of the settings that the control plane published (`ports/programme.ts`); 0 before it has. */
      readonly settingsRevision: number;
    }
  /**
   * We were counted as gone, and everything that was held may be in other hands: destroy its connections before anything
   * else is done. Only `register` makes a worker of us again.
   */
  | { readonly kind: 'gone' };

export type MailboxTaken =
  | { readonly kind: 'taken'; readonly lease: MailboxLease }
  /** Another worker has it, or another job of ours. One that vanished lets go of it within `leaseSeconds`. */
  | { readonly kind: 'busy'; readonly holder: WorkerId }
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
   * Says that we are alive and renews what we hold, in one statement. What is renewed lasts `leaseSeconds` from a moment
   * after the call was made: count from before it (`Lease` in `worker/lease.ts` does). Throws `database.*`, after which
   * nothing is known of whether it was heard.
   */
  heartbeat(): Promise<Heartbeat>;

  /** Takes a mailbox into this worker's hands alone. */
  takeMailbox(mailbox: number): Promise<MailboxTaken>;
  /** Lets go of it; of one that is not ours any more nothing is said. */
  releaseMailbox(lease: MailboxLease): Promise<void>;
}

export interface Workforce {
  /** Joins, under a new id. */
  register(identity: WorkerIdentity): Promise<Membership>;
  /** Everyone who is at work, the longest at it first. */
  workersNow(): Promise<readonly WorkerNow[]>;
  /** Asks a worker to go, with its record; it hears of it at its next heartbeat. False: it is not there. */
  drain(worker: WorkerId, who: string): Promise<boolean>;
  /**
   * For the leader: strikes out those that were not heard of, with what they held, and says who they were. (Whoever takes
   * what a vanished worker held strikes it out too; the audit log tells of each.)
   */
  strikeVanished(): Promise<readonly WorkerNow[]>;
}

/**
 * One control plane leads: releases, supervises the queue, seals the audit log, strikes out the vanished. All others wait
 * for it to end.
 */
export interface Lead extends AsyncDisposable {
  /** Fires when the database may have given the lead to another: what only a leader may do has to stop at once. */
  readonly lost: AbortSignal;
}

export interface Election {
  /**
   * Waits until we lead, through restarts of the database, however long that takes. `waiting` is called once if another
   * leads at first. Rejects with the reason of `signal`, or when the database will not have us, whatever time passes.
   */
  lead(signal: AbortSignal, waiting?: () => void): Promise<Lead>;
}

/** Between two heartbeats. One may be missed before what is held lapses. */
export const heartbeatMs = 5_000;
/** A worker is gone so long after it was heard of last, by the clock of the database. */
export const leaseSeconds = 12;
/** So much earlier the worker itself, by its monotonic clock, counts itself as gone: time to destroy its connections. */
export const leaseMarginSeconds = 2;
