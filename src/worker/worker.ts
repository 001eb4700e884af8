/**
 * A worker: takes jobs, as many as it does at a time, carries mailboxes, and says every few seconds that it is alive. Whatever
 * it holds is leased; when it cannot renew that in time it stops before anybody else begins.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys } from '#ports/journeys.ts';
import type { Job, JobQueue } from '#ports/queue.ts';
import { heartbeatMs, leaseSeconds, type MailboxLease, type Membership } from '#ports/workforce.ts';
import type { Lease } from './lease.ts';

export interface WorkerParts {
  readonly membership: Membership;
  readonly lease: Lease;
  readonly queue: JobQueue;
  readonly journeys: Pick<Journeys, 'putBack'>;
  /** Does one job on a mailbox that is ours alone. `over` fires when it has to stop at once. */
  readonly travel: (job: Job, mailbox: MailboxLease, over: AbortSignal) => Promise<void>;
  readonly atOnce: number;
  readonly log: Log;
}

/** How a worker's time ended: it was asked to go, or what it held may be in other hands. */
export type WorkerEnd = 'drained' | 'stopped' | 'lapsed';

const idleMs = 250;
const busyRetryMs = 1_000;
const unheardRetryMs = 1_000;

/** Works until `stop` fires, then finishes nothing more than has to be: passes are broken off, switches seen through. */
export async function work(parts: WorkerParts, stop: AbortSignal): Promise<WorkerEnd> {
  await using worker = new Worker(parts, stop);
  // Awaited here: what it works with is let go of at the end of this scope.
  return await worker.untilTheEnd();
}

interface InHand {
  readonly job: Job;
  readonly lost: AbortController;
  readonly done: Promise<void>;
}

class Worker implements AsyncDisposable {
  readonly #parts: WorkerParts;
  readonly #stop: AbortSignal;
  readonly #inHand = new Map<string, InHand>();
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;
  #isDraining = false;

  constructor(parts: WorkerParts, stop: AbortSignal) {
    this.#parts = parts;
    this.#stop = stop;
    this.#beating = this.#beat();
  }

  async untilTheEnd(): Promise<WorkerEnd> {
    const { lease, queue, atOnce, log } = this.#parts;
    while (!this.#stop.aborted && !lease.lapsed.aborted && !this.#isDraining) {
      const room = atOnce - this.#inHand.size;
      const jobs = room > 0 ? await this.#whileTheDatabaseIsAway(() => queue.fetch(room)) : [];
      for (const job of jobs) this.#begin(job);
      if (jobs.length < room || room === 0) await this.#aMoment(idleMs);
    }
    if (this.#isDraining) log.info('draining', { mailboxes: this.#inHand.size });
    await Promise.all([...this.#inHand.values()].map(({ done }) => done));
    return lease.lapsed.aborted ? 'lapsed' : this.#isDraining ? 'drained' : 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#beating;
  }

  #begin(job: Job): void {
    const lost = new AbortController();
    const { lease } = this.#parts;
    const over = AbortSignal.any([lost.signal, lease.lapsed, this.#stop]);
    const done = this.#do(job, over).finally(() => this.#inHand.delete(job.id));
    this.#inHand.set(job.id, { job, lost, done });
  }

  /** Never rejects: whatever goes wrong is the news of this job alone. */
  async #do(job: Job, over: AbortSignal): Promise<void> {
    const { membership, queue, journeys, travel, log } = this.#parts;
    try {
      const mailbox = await this.#take(job, over);
      if (!mailbox) return;
      try {
        await travel(job, mailbox, over);
      } finally {
        await membership.releaseMailbox(mailbox);
      }
      await queue.complete(job);
    } catch (error) {
      log.warn('a job was not done', {
        mailbox: job.mailbox,
        work: job.work,
        text: cleanText(error instanceof Error ? error.message : String(error), 200),
      });
      // It is to be done by whoever comes next. Where even that cannot be said, our heartbeat stops for it.
      await journeys
        .putBack(job.mailbox)
        .then(() => queue.complete(job))
        .catch(() => undefined);
    }
  }

  /** The mailbox for us alone; waits for one whose last holder has just vanished. */
  async #take(job: Job, over: AbortSignal): Promise<MailboxLease | null> {
    const { membership, lease } = this.#parts;
    for (const since = lease.now(); lease.now() - since < 2 * leaseSeconds * 1000; ) {
      over.throwIfAborted();
      const taken = await membership.takeMailbox(job.mailbox);
      if (taken.kind === 'taken') return taken.lease;
      if (taken.kind === 'gone') {
        lease.lapse();
        return null;
      }
      await sleep(busyRetryMs, undefined, { signal: over });
    }
    throw new Error('another worker does not let go of the mailbox');
  }

  /** Says that we are alive, until the end; and hears what is not ours any more. */
  async #beat(): Promise<void> {
    const { lease, membership, queue } = this.#parts;
    const over = AbortSignal.any([this.#ended.signal, lease.lapsed]);
    while (!over.aborted && lease.msLeft() > 0) {
      const askedAt = lease.now();
      let waitMs = heartbeatMs;
      try {
        const heard = await membership.heartbeat();
        if (heard.kind === 'gone') return lease.lapse();
        lease.renew(askedAt);
        this.#isDraining ||= heard.isDraining;
        const gone = await queue.touch([...this.#inHand.values()].map(({ job }) => job));
        for (const { id } of gone)
          this.#inHand.get(id)?.lost.abort(new Error('the job was given to another, or called off'));
      } catch (error) {
        // The database is away: what we hold lasts until the lease has run out, and perhaps it is back by then.
        this.#parts.log.debug('not heard', { text: cleanText(String(error), 200) });
        waitMs = unheardRetryMs;
      }
      await sleep(waitMs, undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #whileTheDatabaseIsAway(fetch: () => Promise<readonly Job[]>): Promise<readonly Job[]> {
    try {
      return await fetch();
    } catch (error) {
      this.#parts.log.debug('no jobs at the moment', { text: cleanText(String(error), 200) });
      return [];
    }
  }

  async #aMoment(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#stop, this.#parts.lease.lapsed, this.#ended.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
