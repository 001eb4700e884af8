/**
 * The stream: messages go from the source's read buffer to the target's socket as they come, several folders in one
 * flow, without a round trip per message, batch or folder.
 *
 * Exactly once (ARCHITECTURE.md): an intent is durable before the first byte of its messages is sent (`open-jobs.ts`); the
 * map is written when the target has answered (`answers.ts`); the intent ends when what the target did has been read back
 * (`prove.ts`). Whatever breaks in between throws `LookAgain` or the connection's fault, and the next attempt looks at the
 * target before it sends (`recover.ts`). What has been learnt of messages meanwhile is noted, and nothing rests on that.
 */

import { Fault, fault, isFault } from '#domain/fault.ts';
import type { UidValidity } from '#domain/item.ts';
import { Answers } from './answers.ts';
import { askAfter } from './ask-after.ts';
import type { Content } from './content.ts';
import type { Engine } from './engine.ts';
import { adoptionChanges, flagDifference } from './exceptions.ts';
import { type Hands, sinkFor } from './job-sink.ts';
import { LookAgain } from './look-again.ts';
import { OpenJobs } from './open-jobs.ts';
import { Outgoing } from './outgoing.ts';
import { prove } from './prove.ts';
import { isMappedIn } from './record.ts';
import { SecondThoughts } from './second-thoughts.ts';
import { Cuttings, type Item, type Job, jobOfUnlisted, type Part, type SendPlan } from './send-plan.ts';
import type { Stops } from './stops.ts';
import { UnderWay } from './under-way.ts';
import type { Unlisted } from './unlisted.ts';

/** FETCH commands on the wire ahead of the one being answered, so that the source never waits for us. */
const readsAhead = 4;
/** Intents made durable together: one write to the disk for so many batches. */
const jobsPerIntentWrite = 12;
/** Messages sent into a folder before they are read back in one listing. */
const proofEvery = 2000;

export class Transfer {
  readonly #engine: Engine;
  readonly #plans: readonly SendPlan[];
  readonly #unlisted: readonly Unlisted[];
  readonly #underWay = new UnderWay();
  readonly #stops: Stops;
  readonly #jobs: OpenJobs;
  readonly #outgoing: Outgoing;
  readonly #secondThoughts: SecondThoughts;
  readonly #hands: Hands;
  readonly #unlistedQueue: Unlisted[] = [];
  readonly #queue: Cuttings[] = [];

  /** `unlisted`: folders that are read without having been listed, before the others. */
  constructor(engine: Engine, plans: readonly SendPlan[], unlisted: readonly Unlisted[], stops: Stops) {
    const underWay = this.#underWay;
    this.#stops = stops;
    this.#engine = engine;
    this.#plans = [...unlisted.map(({ plan }) => plan), ...plans];
    this.#unlisted = unlisted;
    this.#jobs = new OpenJobs(engine, underWay);
    const answers = new Answers(engine, underWay, this.#jobs, stops);
    const outgoing = new Outgoing(engine, underWay, (part, outcomes) => answers.settle(part, outcomes));
    this.#outgoing = outgoing;
    this.#secondThoughts = new SecondThoughts(engine, underWay, this.#jobs, stops, (plan, rows, isToCompare) =>
      this.#enqueue(plan, rows, isToCompare),
    );
    this.#hands = {
      hasFailed: () => underWay.failure !== null,
      part: () => outgoing.part,
      partFor: (job, sizeBytes) => outgoing.partFor(job, sizeBytes),
      compare: (job, row, read) => this.#compare(job, row, read),
      stopOf: (plan) => stops.of(plan),
      refuse: (job, uid, code, text, sizeBytes) => this.#jobs.refuse(job, uid, code, text, sizeBytes),
      guard: (step) => this.#guard(step),
      returned: () => outgoing.returned(),
    };
  }

  /**
   * Sends everything that the plans hold. Throws at the first thing that needs another attempt or a person. Where nothing
   * more was sent, `stops` says why, and everything that was not is named.
   */
  async run(): Promise<void> {
    this.#unlistedQueue.push(...this.#unlisted);
    for (const plan of this.#plans) this.#enqueue(plan, plan.toSend, false);
    const { reads, background } = this.#underWay;
    do {
      while (this.#hasMore) await this.#sendSome();
      await this.#underWay.allOf(reads);
      this.#proveAll();
      await this.#underWay.allOf(background);
      await this.#thinkAgain();
    } while (this.#hasMore);
    // Whatever slipped: nobody may take these for dealt with.
    if (!this.#jobs.areSettled) throw new LookAgain('messages were read, and nobody knows what became of them', true);
  }

  /** Waits until nothing of ours is under way, after a failure and once the connections are closed. */
  async drain(): Promise<void> {
    this.#underWay.fail(new LookAgain('stopped', false));
    await this.#underWay.drained();
    const error = this.#underWay.failure?.error;
    // After a fault of our own what is in memory proves nothing.
    if (!(error instanceof Fault || error instanceof LookAgain) || isFault(error, 'internal')) return;
    // A ledger that takes no more is what the attempt ends with already, or what the next one begins with.
    await this.#jobs.narrow().catch(() => undefined);
  }

  #enqueue(plan: SendPlan, rows: readonly number[], isToCompare: boolean): void {
    if (rows.length > 0) this.#queue.push(new Cuttings(plan, rows, isToCompare));
  }

  get #hasMore(): boolean {
    return this.#unlistedQueue.length + this.#queue.length > 0;
  }

  #nextJobs(): readonly Job[] {
    const { suspects, nextIntent } = this.#engine;
    const jobs = this.#unlistedQueue
      .splice(0, jobsPerIntentWrite)
      .map((unlisted) => jobOfUnlisted(unlisted, nextIntent, validityOf(unlisted.plan)));
    while (jobs.length < jobsPerIntentWrite) {
      const [first] = this.#queue;
      if (!first) break;
      jobs.push(first.next(suspects, nextIntent, validityOf(first.plan)));
      if (first.isEmpty) this.#queue.shift();
    }
    return jobs;
  }

  async #sendSome(): Promise<void> {
    const jobs = this.#nextJobs().filter((job) => !this.#isHeldBack(job));
    if (jobs.length === 0) return;
    const { reads } = this.#underWay;
    await this.#jobs.intend(jobs);
    for (const job of jobs) {
      while (reads.size >= readsAhead) await this.#underWay.next(reads);
      while (this.#jobs.isFull) await this.#someSettled();
      if (this.#isHeldBack(job)) {
        this.#jobs.close(job, job.open);
        continue;
      }
      this.#jobs.begin(job);
      this.#underWay.start(reads, this.#read(job));
    }
  }

  /** Where nothing more is sent, messages are not even read: they are named later, all at once. */
  #isHeldBack(job: Job): boolean {
    const { unlisted } = job;
    // A source that tells flags and dates too late would have to send every message twice.
    const isInVain = unlisted !== null && this.#unlisted.some(({ isWordless }) => isWordless);
    if (job.isToCompare || (this.#stops.of(job.plan) === null && !isInVain)) return false;
    job.plan.rows.push(...job.rows);
    if (unlisted) unlisted.isIncomplete = true;
    this.#wasRead(job);
    return true;
  }

  async #read(job: Job): Promise<void> {
    const { source } = this.#engine;
    const sink = sinkFor(this.#engine, job, this.#hands);
    const { unlisted } = job;
    const outcome = await source.read(job.plan.work.source.id, job.intent.uids, sink, unlisted !== null);
    if (this.#outgoing.part?.job === job) this.#outgoing.finish();
    if (unlisted) {
      const { length, state } = unlisted.listing;
      if (length !== state.messages) unlisted.isIncomplete = true;
      // Also where the server puts even the UID behind the body, and not one message could be told apart.
      if (length === 0) unlisted.isWordless = true;
      this.#jobs.close(job, 1);
    } else if (outcome.missing.length > 0) await askAfter(this.#engine, this.#jobs, job, outcome);
    this.#wasRead(job);
  }

  #wasRead({ plan }: Job): void {
    plan.jobsUnread--;
    const sent = plan.unproven.reduce((count, part) => count + part.items.length, 0);
    if (plan.jobsUnread + plan.rowsUncut === 0 || sent >= proofEvery) this.#startProof(plan);
  }

  /** Waits for the target to catch up: what has been sent and not proven is held in memory. */
  async #someSettled(): Promise<void> {
    // Nothing may move by itself any more: what was sent waits for company before it is read back, and what is open even
    // then was refused and waits to be looked into.
    if (this.#underWay.isIdle) this.#proveAll();
    if (this.#underWay.isIdle) await this.#thinkAgain();
    if (!this.#underWay.isIdle) return this.#underWay.next();
    if (this.#jobs.isFull)
      throw fault('internal', { detail: 'messages were sent, and nobody knows what became of them' });
  }

  #proveAll(): void {
    this.#outgoing.finish();
    for (const plan of this.#plans) this.#startProof(plan);
  }

  async #thinkAgain(): Promise<void> {
    for (const plan of this.#plans) {
      if (plan.refused.length + plan.rows.length === 0) continue;
      await this.#secondThoughts.on(plan, isMappedIn(plan, this.#plans));
    }
  }

  #startProof(plan: SendPlan): void {
    // What is still being filled has not been answered, and is proven with the next.
    const open = this.#outgoing.part;
    const parts = plan.unproven.filter((part) => part !== open);
    plan.unproven = plan.unproven.filter((part) => part === open);
    if (parts.length === 0) return;
    const proof = prove(this.#engine, plan, parts, (part, items) => this.#proven(part, items));
    this.#underWay.start(this.#underWay.background, proof);
  }

  #proven({ job }: Part, items: readonly Item[]): void {
    for (const { uid } of items) job.plan.confirmed.delete(uid);
    this.#jobs.close(job, items.length);
  }

  /** The message is like one that was on the target before: is it the same? Then it is adopted, else sent after all. */
  #compare(job: Job, row: number, read: Content & { readonly levelled: string }): void {
    const { plan } = job;
    const uid = plan.listing.uid(row);
    const twin = plan.foreign.take(uid, read.sha256, read.levelled);
    if (!twin) {
      plan.rows.push(row);
      return this.#jobs.close(job, 1);
    }
    const element = this.#engine.elements.element(read.sha256, read.sizeBytes, plan.listing.internalDate(row));
    const match = { uid, targetUid: twin.uid, sizeBytes: read.sizeBytes, element, servedAs: twin.servedAs };
    const { extra } = flagDifference(plan.listing.flags(row), twin.flags);
    const changes = adoptionChanges(this.#engine, plan, [{ ...match, sentByUs: false }], () => extra);
    this.#underWay.start(this.#underWay.background, this.#engine.ledger.note(changes));
    this.#jobs.close(job, 1);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#outgoing.abandon();
      this.#underWay.fail(error);
    }
  }
}

function validityOf({ work }: SendPlan): UidValidity {
  const validity = work.target.state?.uidValidity;
  if (validity === undefined) throw fault('internal', { detail: 'a folder without a state was to be sent to' });
  return validity;
}
