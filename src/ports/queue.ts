/**
 * Jobs: pieces of work on mailboxes that are to be done now, by whichever worker comes first. What is due later never stands
 * in the queue (the journey knows it); of one mailbox there is at most one job.
 */

import type { Work } from '#domain/release.ts';

export interface NewJob {
  readonly mailbox: number;
  readonly work: Work;
  /** What has more of it is fetched first; as its kind of work is urgent where it is not given. */
  readonly urgency?: number;
}

/** A job in the hands of this worker, until it is completed, given back, or its heartbeat stops. */
export interface Job extends Omit<NewJob, 'urgency'> {
  readonly id: string;
  /** How often it was begun before; with `id` it tells this taking from any other. */
  readonly attempt: number;
}

export interface JobQueue extends AsyncDisposable {
  /** Puts jobs in; those of mailboxes that have one already are left out. Answers with the mailboxes that got one. */
  send(jobs: readonly NewJob[]): Promise<readonly number[]>;
  /** Takes at most `max` jobs. */
  fetch(max: number): Promise<readonly Job[]>;
  /** Says that we are alive. Answers with those jobs that are not ours any more: cancelled, or given to another. */
  touch(jobs: readonly Job[]): Promise<readonly Job[]>;
  /** Done, well or not: the journey says what comes next. False when it was not ours any more. */
  complete(job: Job): Promise<boolean>;
  /** Not done and to be done by somebody else at once: we are going. */
  giveBack(job: Job): Promise<void>;
  /** Ends the jobs of these mailboxes, also those under way: their workers hear of it at their next heartbeat. */
  cancel(mailboxes: readonly number[]): Promise<void>;
  /**
   * For the leader, every `superviseMs`: gives the jobs of workers that were not heard of to others, so that they can be
   * fetched some 14 seconds after a worker was killed at the latest.
   */
  supervise(): Promise<void>;
  /**
   * For the leader: takes out the jobs that are given up, since `attemptsMax` workers vanished over each, and answers with
   * them, once. It may be they that ended their workers: a person has to look at their mailboxes.
   */
  abandoned(): Promise<readonly Job[]>;
  /** How many wait, and how many are under way. */
  depth(): Promise<{ readonly waiting: number; readonly active: number }>;
}

/** A worker that has not been heard of for so long is gone, and its jobs are given to others. */
export const heartbeatSeconds = 10;
/** Between two calls of `supervise`. */
export const superviseMs = 3_000;
/** Workers that may vanish over a job, or give it back, before it is given up. */
export const attemptsMax = 20;
