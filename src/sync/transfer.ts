/**
 * The stream: messages go from the source's read buffer to the target's socket as they come, several folders in one
 * flow, without a round trip per message, batch or folder.
 *
 * Exactly once (ARCHITECTURE.md): an intent is durable before the first byte of its messages is sent; what has been learnt of
 * them is noted before the command's last octet; the map is written when the target has answered; the intent ends when
 * what the target did has been read back. Whatever breaks in between throws `LookAgain` or the connection's fault, and the
 * next attempt looks at the target before it sends (`recover.ts`).
 */

import type { Instant, Uid } from '#domain/item.ts';
import { fault } from '#domain/fault.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { AppendOutcome, Batch, ReadOutcome } from '#ports/mailbox.ts';
import type { Content } from './content.ts';
import { batchBytesMax, batchMessagesMax, type Engine, pathOf } from './engine.ts';
import { adoptionChanges, flagDifference, refusalOf } from './exceptions.ts';
import { type Hands, sinkFor } from './job-sink.ts';
import { prove } from './prove.ts';
import { LookAgain } from './look-again.ts';
import { lookOnTarget } from './look.ts';
import { isMappedIn, recordStored, unrecord } from './record.ts';
import { type Item, type Job, jobsOf, type Part, type SendPlan, rowOf, sentMessage } from './send-plan.ts';

/** FETCH commands on the wire ahead of the one being answered, so that the source never waits for us. */
const readsAhead = 4;
/** Intents made durable together: one write to the disk for so many batches. */
const jobsPerIntentWrite = 12;
/** Jobs (of up to 200 messages) on their way or waiting for proof: a target slower than the source must not fill our memory. */
const jobsUnsettledMax = 32;
/** Messages sent into a folder before they are read back in one listing. */
const proofEvery = 2000;

export class Transfer {
  readonly #engine: Engine;
  readonly #plans: readonly SendPlan[];
  #queue: Job[] = [];
  readonly #reads = new Set<Promise<void>>();
  readonly #background = new Set<Promise<void>>();
  #part: Part | null = null;
  /** Jobs begun whose fate is not settled. */
  #unsettled = 0;
  #failure: { readonly error: unknown } | null = null;
  readonly #failed = Promise.withResolvers<never>();

  constructor(engine: Engine, plans: readonly SendPlan[]) {
    this.#engine = engine;
    this.#plans = plans;
    this.#failed.promise.catch(() => undefined); // whoever awaits it is told; nobody need await it
  }

  /** Sends everything that the plans hold. Throws at the first thing that needs another attempt or a person. */
  async run(): Promise<void> {
    for (const plan of this.#plans) this.#enqueue(plan, plan.rows.splice(0));
    do {
      while (this.#queue.length > 0) await this.#sendSome();
      await this.#allOf(this.#reads);
      this.#finishPart();
      await this.#allOf(this.#background);
      for (const plan of this.#plans) await this.#quieten(plan);
    } while (this.#queue.length > 0);
  }

  /** Waits until nothing of ours is under way, after a failure and once the connections are closed. */
  async drain(): Promise<void> {
    this.#fail(new LookAgain('stopped', false));
    while (this.#reads.size + this.#background.size > 0) {
      await Promise.allSettled([...this.#reads, ...this.#background]);
    }
  }

  #enqueue(plan: SendPlan, rows: readonly number[]): void {
    const validity = plan.work.target.state?.uidValidity;
    if (validity === undefined) throw fault('internal', { detail: 'a folder without a state was to be sent to' });
    const { suspects, nextIntent } = this.#engine;
    const jobs = jobsOf(plan, rows, suspects, nextIntent, validity);
    plan.jobsUnread += jobs.length;
    this.#queue.push(...jobs);
  }

  async #sendSome(): Promise<void> {
    const jobs = this.#queue.splice(0, jobsPerIntentWrite);
    await this.#or(this.#engine.ledger.write(jobs.map(({ intent }) => ({ kind: 'intent', intent }))));
    this.#engine.at('intent.durable');
    for (const job of jobs) {
      while (this.#reads.size >= readsAhead) await this.#or(Promise.race(this.#reads));
      while (this.#unsettled >= jobsUnsettledMax) await this.#someSettled();
      this.#unsettled++;
      this.#start(this.#reads, this.#read(job));
    }
  }

  async #read(job: Job): Promise<void> {
    const { plan } = job;
    const outcome = await this.#engine.source.read(
      plan.work.source.id,
      job.intent.uids,
      sinkFor(this.#engine, job, this.#hands),
    );
    if (this.#part?.job === job) this.#finishPart();
    if (outcome.missing.length > 0) await this.#askAfter(job, outcome);
    plan.jobsUnread--;
    const sent = plan.unproven.reduce((count, part) => count + part.items.length, 0);
    if (plan.jobsUnread === 0 || sent >= proofEvery) this.#startProof(plan);
  }

  /** Waits for the target to catch up: what has been sent and not proven is held in memory. */
  async #someSettled(): Promise<void> {
    if (this.#reads.size + this.#background.size === 0) {
      // Nothing moves by itself any more: what was sent waits for company before it is read back. What is open even then was
      // refused and waits for `quieten`; that is little.
      this.#finishPart();
      for (const plan of this.#plans) this.#startProof(plan);
      if (this.#background.size === 0) this.#unsettled = 0;
    }
    if (this.#unsettled > 0) await this.#or(Promise.race([...this.#reads, ...this.#background]));
  }

  #startProof(plan: SendPlan): void {
    const parts = plan.unproven.splice(0);
    if (parts.length === 0) return;
    this.#start(
      this.#background,
      prove(this.#engine, plan, parts, (part, items) => this.#proven(part, items)),
    );
  }

  #proven(part: Part, items: readonly Item[]): void {
    for (const { uid } of items) part.job.plan.confirmed.delete(uid);
    this.#close(part.job, items.length);
  }

  // ── what the source's bytes run into (`job-sink.ts`) ──

  readonly #hands: Hands = {
    hasFailed: () => this.#failure !== null,
    part: () => this.#part,
    partFor: (job, sizeBytes) => this.#partFor(job, sizeBytes),
    compare: (job, row, read) => this.#compare(job, row, read),
    refuse: (job, uid, code, text, sizeBytes) => this.#refuse(job, uid, code, text, sizeBytes),
    guard: (step) => this.#guard(step),
    returned: () => this.#returned(),
  };

  #returned(): Promise<void> | null {
    const taken = both(this.#leaving?.returned() ?? null, this.#part?.batch.returned() ?? null);
    const bytes = this.#gone;
    this.#gone = 0;
    if (bytes === 0) return taken;
    // Octets are told as they go, messages when the target has them.
    this.#engine.watcher.progress(0, bytes);
    const paced = this.#engine.pace?.take(bytes) ?? null;
    return both(taken, paced);
  }
  /** The batch that was finished last: until its octets have left, no more are read. */
  #leaving: Batch | null = null;
  /** Octets of messages begun since the reader last asked. */
  #gone = 0;

  /** The part that the next message of `job` goes into; finishes the one before it when it is full or another job's. */
  #partFor(job: Job, sizeBytes: number): Part {
    const open = this.#part;
    const fits =
      open?.job === job &&
      open.items.length < batchMessagesMax &&
      (open.items.length === 0 || open.bytes + sizeBytes <= batchBytesMax);
    if (open && !fits) this.#finishPart();
    if (!this.#part) {
      this.#engine.watcher.folder(pathOf(job.plan.work.source));
      const batch = this.#engine.target.append(job.plan.work.target.id);
      this.#part = { job, batch, items: [], bytes: 0, settled: null };
      job.plan.unproven.push(this.#part);
    }
    this.#part.bytes += sizeBytes;
    this.#gone += sizeBytes;
    return this.#part;
  }

  #finishPart(): void {
    const part = this.#part;
    if (!part) return;
    this.#part = null;
    const { engine } = { engine: this.#engine };
    this.#start(
      this.#background,
      engine.ledger.note([{ kind: 'sent', intent: part.job.intent.id, messages: part.items.map(sentMessage) }]),
    );
    engine.at('batch.sent-noted');
    const answered = part.batch.finish();
    this.#leaving = part.batch;
    engine.at('batch.finished');
    part.settled = answered.then((outcomes) => this.#settle(part, outcomes));
    this.#start(this.#background, part.settled);
  }

  /** The message is like one that was on the target before: is it the same? Then it is adopted, else sent after all. */
  #compare(job: Job, row: number, read: Content & { readonly levelled: string }): void {
    const { plan } = job;
    const uid = plan.listing.uid(row);
    const twin = plan.foreign.take(uid, read.sha256, read.levelled);
    if (!twin) {
      plan.rows.push(row);
      return this.#close(job, 1);
    }
    const element = this.#engine.elements.element(read.sha256, read.sizeBytes, plan.listing.internalDate(row));
    const match = { uid, targetUid: twin.uid, sizeBytes: read.sizeBytes, element, servedAs: twin.servedAs };
    const { extra } = flagDifference(plan.listing.flags(row), twin.flags);
    const changes = adoptionChanges(this.#engine, plan, [{ ...match, sentByUs: false }], () => extra);
    this.#start(this.#background, this.#engine.ledger.note(changes));
    this.#close(job, 1);
  }

  // ── what the target answers ──

  async #settle(part: Part, outcomes: readonly AppendOutcome[]): Promise<void> {
    const { job, items } = part;
    const { plan } = job;
    this.#engine.at('target.appended');
    const stored: Item[] = [];
    let vague: string | null = null;
    let later: string | null = null;
    for (const [i, item] of items.entries()) {
      const outcome = outcomes[i] ?? { kind: 'unknown' as const, text: 'no answer' };
      if (outcome.kind === 'stored') {
        item.stored = true;
        item.targetUid = outcome.uid;
        stored.push(item);
      } else if (outcome.kind === 'unknown') {
        vague = outcome.text;
        this.#suspect(part, item, outcome.answered === true ? outcome.text : null);
      } else if (outcome.because === 'later') later = outcome.text;
      else if (outcome.because === 'quota')
        throw fault('target.quota', { host: this.#engine.target.name, text: outcome.text });
      else if (!outcome.together || items.length === 1) this.#answerRefusal(job, item, outcome);
    }
    // UIDs are given once; a set that names one twice says nothing, and the messages are found by looking.
    if (new Set(stored.map(({ targetUid }) => targetUid)).size < stored.length) {
      for (const item of stored) item.targetUid = null;
    }
    const placed = stored.filter(({ targetUid }) => targetUid !== null);
    // Nothing is awaited between this look at the map and the entry in it: answers come several in a turn.
    const claimed = claimedBefore(plan, placed);
    if (claimed.length > 0) {
      await this.#engine.ledger.note(unrecord(this.#engine, plan.work, claimed));
      throw new LookAgain('the target gave the same UIDs to two batches', true);
    }
    if (placed.length > 0) this.#start(this.#background, recordStored(this.#engine, plan, placed));
    if (later !== null) throw new LookAgain(later, true);
    if (vague !== null) throw new LookAgain(vague, true);
    const whole = outcomes[0];
    if (items.length > 1 && whole?.kind === 'refused' && whole.together) plan.refused.push({ part, outcome: whole });
  }

  /**
   * Answers come in the order of the commands, so what broke the connection is in the first part that was left without one;
   * those behind it were only on the same wire. Where messages are stored one by one it is the first of that part.
   */
  #suspect(part: Part, item: Item, words: string | null): void {
    this.#firstUnanswered ??= { part, item };
    const first = this.#firstUnanswered;
    const isMeant = this.#engine.target.traits.batches === 'together' ? first.part === part : first.item === item;
    if (isMeant) this.#engine.suspects.add(part.job.plan.work.source.id, item.uid, words);
  }
  #firstUnanswered: { readonly part: Part; readonly item: Item } | null = null;

  /** One message was refused, by itself: try it with other words if those were the reason, else name it. */
  #answerRefusal(job: Job, item: Item, outcome: AppendOutcome & { kind: 'refused' }): void {
    const { plan } = job;
    const override = plan.overrides.get(item.uid);
    const again = (words: { flags?: readonly string[]; internalDate?: Instant }): void => {
      plan.overrides.set(item.uid, { ...override, ...words });
      plan.rows.push(item.row);
      this.#close(job, 1);
    };
    switch (outcome.because) {
      case 'flags': {
        // The message is never dropped for a flag (docs/quirks.md).
        const system = item.flags.filter((flag) => flag.startsWith('\\'));
        if (system.length < item.flags.length) return again({ flags: system });
        if (item.flags.length > 0) return again({ flags: [] });
        break;
      }
      case 'date':
        if (override?.internalDate === undefined) return again({ internalDate: 1 as Instant });
        break;
      case 'folder':
      case 'read-only':
        plan.stopped = { code: `folder-${outcome.because === 'folder' ? 'gone' : 'read-only'}`, text: outcome.text };
        break;
      case 'unclear': {
        // A vague word may be a passing mood: once more, alone, and then it is named.
        const { suspects } = this.#engine;
        const tried = suspects.companyMax(plan.work.source.id, item.uid) === 1;
        if (!tried) {
          while (suspects.companyMax(plan.work.source.id, item.uid) > 1) suspects.add(plan.work.source.id, item.uid);
          return again({});
        }
        break;
      }
      default:
        break;
    }
    const code = plan.stopped?.code ?? (outcome.because === 'unclear' ? 'refused' : outcome.because);
    const words = outcome.code ? `[${outcome.code}] ${outcome.text}` : outcome.text;
    this.#refuse(job, item.uid, code, words, item.content.sizeBytes);
  }

  /**
   * Batches that were refused as a whole: nothing of them should be there, but a promise is not a proof (RFC 3502), so the
   * target is read before they are sent again in smaller parts.
   */
  async #quieten(plan: SendPlan): Promise<void> {
    for (const { part, outcome } of plan.refused.splice(0)) {
      const uids = uidSet(part.items.map(({ uid }) => uid));
      const dates = new Map(part.items.map((item) => [item.uid, item.internalDate] as const));
      const sighting = await this.#or(
        lookOnTarget(
          this.#engine,
          plan.work,
          uids,
          [],
          plan.uidNext,
          isMappedIn(plan, this.#plans),
          (uid) => dates.get(uid) ?? null,
        ),
      );
      if (sighting.found.length > 0)
        await this.#or(this.#engine.ledger.note(adoptionChanges(this.#engine, plan, sighting.found)));
      const left = new Set([...sighting.notThere, ...sighting.doubtful]);
      const rows = part.items.filter(({ uid }) => left.has(uid)).map(({ row }) => row);
      if (outcome.because === 'folder' || outcome.because === 'read-only') {
        plan.stopped = { code: `folder-${outcome.because === 'folder' ? 'gone' : 'read-only'}`, text: outcome.text };
      }
      // In eighths, not in halves: 200 come down to one in three rounds instead of eight, and a batch with several bad
      // messages, of which there are some in any old mailbox, is sent twice or three times over instead of five.
      const share = Math.ceil(rows.length / 8);
      for (let from = 0; from < rows.length; from += share) this.#enqueue(plan, rows.slice(from, from + share));
      this.#close(part.job, part.items.length);
    }
    if (plan.rows.length > 0) {
      // What was compared with mail that was there and is not the same, and what is tried with other words.
      const rows = plan.rows.splice(0).sort((a, b) => a - b);
      this.#enqueue(plan, rows);
    }
  }

  // ── what the source did not answer ──

  async #askAfter(job: Job, outcome: ReadOutcome): Promise<void> {
    const { plan } = job;
    const { source, suspects } = this.#engine;
    const folder = plan.work.source.id;
    const still = await source.list(folder, uidSet(outcome.missing), false);
    const listed = new Set<Uid>();
    for (let row = 0; row < still.length; row++) listed.add(still.uid(row));
    for (const uid of outcome.missing) {
      if (!listed.has(uid)) {
        // It left the source between the listing and the reading; the next run would not see it either.
        this.#close(job, 1);
        continue;
      }
      if (job.rows.length > 1) {
        while (suspects.companyMax(folder, uid) > 1) suspects.add(folder, uid);
        plan.rows.push(rowOf(plan, job.rows, uid));
        this.#close(job, 1);
        continue;
      }
      const words = outcome.refused
        ? `${outcome.refused.code ? `[${outcome.refused.code}] ` : ''}${outcome.refused.text}`
        : 'the source lists it and returns nothing for it';
      this.#refuse(job, uid, outcome.refused ? 'unreadable' : 'withheld', words, null);
    }
  }

  // ── bookkeeping ──

  #refuse(job: Job, uid: Uid, code: string, text: string, sizeBytes: number | null): void {
    const exception = refusalOf(job.plan, uid, code, text, sizeBytes);
    this.#start(this.#background, this.#engine.ledger.note([this.#engine.exceptions.add(exception)]));
    this.#close(job, 1);
  }

  /** So many rows of a job have found their end; with the last one the intent is settled. */
  #close(job: Job, rows: number): void {
    job.open -= rows;
    if (job.open > 0) return;
    this.#unsettled--;
    this.#start(
      this.#background,
      this.#engine.ledger
        .note([{ kind: 'settled', intent: job.intent.id }])
        .then(() => this.#engine.at('intent.settled')),
    );
  }

  #start(set: Set<Promise<void>>, work: Promise<void>): void {
    const tracked: Promise<void> = work.then(
      () => void set.delete(tracked),
      (error: unknown) => {
        set.delete(tracked);
        this.#fail(error);
      },
    );
    set.add(tracked);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#part?.batch.abandon();
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#failed.reject(error);
  }

  async #or<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed.promise]);
  }

  async #allOf(set: ReadonlySet<Promise<void>>): Promise<void> {
    while (set.size > 0) await this.#or(Promise.all(set));
    if (this.#failure) throw this.#failure.error;
  }
}

/** For when both have happened. */
function both(one: Promise<void> | null, other: Promise<void> | null): Promise<void> | null {
  return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
}

/** Those that were given one of these UIDs before: one of the two answers is not true, so neither is believed. */
function claimedBefore(plan: SendPlan, placed: readonly Item[]): readonly Item[] {
  return placed
    .map(({ targetUid }) => plan.work.map.sourceOf(targetUid as Uid))
    .map((uid) => (uid === null ? undefined : plan.confirmed.get(uid)))
    .filter((item) => item !== undefined);
}
