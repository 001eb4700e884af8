/**
 * A worker: takes jobs, as many as it does at a time, carries mailboxes, and says every few seconds that it is alive. Whatever
 * it holds is leased; when it cannot renew that in time it stops before anybody else begins.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { nextJobMs } from '#domain/hands.ts';
import { Fault } from '#domain/fault.ts';
import type { Work } from '#domain/release.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { withoutSecrets } from '#lib/redaction.ts';
import type { Journeys, Stumbled } from '#ports/journeys.ts';
import type { Job, JobQueue } from '#ports/queue.ts';
import { type Heartbeat, heartbeatMs, leaseSeconds, type MailboxLease, type Membership } from '#ports/workforce.ts';
import type { Lease } from './lease.ts';
import type { Vitals } from './vitals.ts';

export interface WorkerParts {
  readonly membership: Membership;
  readonly lease: Lease;
  readonly queue: JobQueue;
  readonly journeys: Pick<Journeys, 'putBack'>;
  /** Writes down what broke a job off that is none of the catalogue, and ends the job; `OwnFaults.stumbled`. */
  readonly stumbled: (job: Job, detail: string) => Promise<Stumbled>;
  /**
   * Does one job on a mailbox that is ours alone, and ends it with what it writes down. `over` fires when it has to stop at
   * once, and `notBegun` also when it is better not begun any more: a switch that has begun is seen through while a worker
   * goes, and a pass is broken off.
   */
  readonly travel: (job: Job, mailbox: MailboxLease, over: AbortSignal, notBegun: AbortSignal) => Promise<void>;
  /** Jobs at a time; 0 for who takes none, and only says that it is there. */
  readonly atOnce: number;
  /** What each heartbeat answered. */
  readonly heard: (answer: Heard) => void;
  /** How long it sees switches through when it is to go, in milliseconds; a test has its own. */
  readonly seenThroughMs?: number;
  /** Fires when this worker is to end in good order so that it can begin anew: what it goes by is out of date. */
  readonly outdated: AbortSignal;
  readonly vitals: Vitals;
  readonly log: Log;
}

export type Heard = Extract<Heartbeat, { kind: 'alive' }>;

/** How a worker's time ended: it was asked to go, is to begin anew, or what it held may be in other hands. */
export type WorkerEnd = 'drained' | 'stopped' | 'outdated' | 'lapsed';

/** Work that people wait for while it is under way. */
const seenThrough: ReadonlySet<Work> = new Set(['switch', 'return']);
/** A second or two is usual. What waits for a server in trouble is broken off, before who asked us to go loses patience. */
const usualSeenThroughMs = 15_000;

const busyRetryMs = 1_000;
const unheardRetryMs = 1_000;

/**
 * Works until `stop` fires, or it is told to go by the database or `outdated`: then passes are broken off where they stand,
 * which loses nothing, and switches are seen through, or broken off as well where that takes long.
 */
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
  /** Fires when it goes, for whichever reason. */
  readonly #going: AbortSignal;
  readonly #drained = new AbortController();
  readonly #inHand = new Map<string, InHand>();
  /** Fires when what was to be seen through has had its time. */
  readonly #tooLong = new AbortController();
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;

  constructor(parts: WorkerParts, stop: AbortSignal) {
    this.#parts = parts;
    this.#going = AbortSignal.any([stop, parts.outdated, this.#drained.signal]);
    this.#beating = this.#beat();
  }

  async untilTheEnd(): Promise<WorkerEnd> {
    const { lease, queue, atOnce, log, vitals, outdated } = this.#parts;
    while (!this.#going.aborted && !lease.lapsed.aborted) {
      const room = atOnce - this.#inHand.size;
      const jobs = room > 0 ? await this.#whileTheDatabaseIsAway(() => queue.fetch(room)) : [];
      for (const job of jobs) this.#begin(job);
      if (jobs.length < room || room === 0) await this.#aMoment(nextJobMs);
    }
    if (!lease.lapsed.aborted) {
      vitals.goes();
      log.info('draining: passes are broken off, switches are seen through', { mailboxes: this.#inHand.size });
    }
    const { seenThroughMs = usualSeenThroughMs } = this.#parts;
    const tooLong = setTimeout(() => this.#tooLong.abort(new Error('this worker goes')), seenThroughMs);
    await Promise.all([...this.#inHand.values()].map(({ done }) => done));
    clearTimeout(tooLong);
    if (lease.lapsed.aborted) return 'lapsed';
    if (this.#drained.signal.aborted) return 'drained';
    return outdated.aborted ? 'outdated' : 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#beating;
  }

  #begin(job: Job): void {
    const lost = new AbortController();
    const mustStop = AbortSignal.any([lost.signal, this.#parts.lease.lapsed, this.#tooLong.signal]);
    const notBegun = AbortSignal.any([mustStop, this.#going]);
    const over = seenThrough.has(job.work) ? mustStop : notBegun;
    const done = this.#do(job, over, notBegun).finally(() => this.#inHand.delete(job.id));
    this.#inHand.set(job.id, { job, lost, done });
  }

  /** Never rejects: whatever goes wrong is the news of this job alone. */
  async #do(job: Job, over: AbortSignal, notBegun: AbortSignal): Promise<void> {
    const { membership, journeys, travel, log } = this.#parts;
    try {
      const mailbox = await this.#take(job, notBegun);
      if (!mailbox) return;
      try {
        await travel(job, mailbox, over, notBegun);
      } catch (error) {
        if (notBegun.aborted || !isOurs(error)) throw error;
        await this.#stumbled(job, error);
      } finally {
        await membership.releaseMailbox(mailbox);
      }
    } catch (error) {
      const about = { mailbox: job.mailbox, work: job.work };
      if (notBegun.aborted) log.info('broken off; it goes on elsewhere, or later', about);
      else log.warn('a job was not done', { ...about, text: said(error) });
      // It is to be done by whoever comes next. Where even that cannot be said, our heartbeat stops for it.
      await journeys.putBack(job).catch(() => undefined);
    }
  }

  /** Counted, and tried again after a wait: what is put back is tried again at once, and nobody would see it. */
  async #stumbled(job: Job, error: unknown): Promise<void> {
    const { log, stumbled } = this.#parts;
    const about = { mailbox: job.mailbox, work: job.work };
    const became = await stumbled(job, said(error));
    // That it is not ours is what it stumbled over, then.
    if (became === 'not-ours') return log.info('broken off; it goes on elsewhere, or later', about);
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    log.error('a fault of ours', { ...about, fault: 'internal', became, text: said(error), stack });
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
        this.#parts.vitals.heard();
        if (heard.isDraining) this.#drained.abort();
        this.#parts.heard(heard);
        const gone = await queue.touch([...this.#inHand.values()].map(({ job }) => job));
        for (const { id } of gone)
          this.#inHand.get(id)?.lost.abort(new Error('the job was given to another, or called off'));
      } catch (error) {
        // The database is away: what we hold lasts until the lease has run out, and perhaps it is back by then.
        this.#parts.vitals.unheard();
        this.#parts.log.debug('not heard', { text: said(error) });
        waitMs = unheardRetryMs;
      }
      await sleep(waitMs, undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #whileTheDatabaseIsAway(fetch: () => Promise<readonly Job[]>): Promise<readonly Job[]> {
    try {
      return await fetch();
    } catch (error) {
      this.#parts.log.debug('no jobs at the moment', { text: said(error) });
      return [];
    }
  }

  async #aMoment(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#going, this.#parts.lease.lapsed, this.#ended.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Whatever else a job throws is in the catalogue: a database that is away, a ledger that others hold. */
function isOurs(error: unknown): boolean {
  return !(error instanceof Fault) || error.code === 'internal';
}

function said(error: unknown): string {
  return cleanText(withoutSecrets(error instanceof Error ? error.message : String(error)), 200);
}
