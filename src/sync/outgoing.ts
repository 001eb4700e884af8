/**
 * The append that is being filled: messages run into it one after the other until it is full or another job's, then its
 * last octet goes out and the next begins behind it, without waiting for the answer.
 */

import type { AppendOutcome, Batch } from '#ports/mailbox.ts';
import { batchBytesMax, batchMessagesMax, type Engine, pathOf } from './engine.ts';
import { type Job, type Part, sentMessage } from './send-plan.ts';
import type { UnderWay } from './under-way.ts';

export class Outgoing {
  readonly #engine: Engine;
  readonly #underWay: UnderWay;
  readonly #answered: (part: Part, outcomes: readonly AppendOutcome[]) => Promise<void>;
  #part: Part | null = null;
  /** The batch that was finished last: until its octets have left, no more are read. */
  #leaving: Batch | null = null;
  /** Octets of messages begun since the reader last asked. */
  #gone = 0;

  /** `answered` is called with what the target says to each part. */
  constructor(
    engine: Engine,
    underWay: UnderWay,
    answered: (part: Part, outcomes: readonly AppendOutcome[]) => Promise<void>,
  ) {
    this.#engine = engine;
    this.#underWay = underWay;
    this.#answered = answered;
  }

  /** The part that is being filled, of whichever job. */
  get part(): Part | null {
    return this.#part;
  }

  /** The part that the next message of `job` goes into; finishes the one before it when it is full or another job's. */
  partFor(job: Job, sizeBytes: number): Part {
    const open = this.#part;
    const fits =
      open?.job === job &&
      open.items.length < batchMessagesMax &&
      (open.items.length === 0 || open.bytes + sizeBytes <= batchBytesMax);
    if (open && !fits) this.finish();
    if (!this.#part) {
      this.#engine.watcher.folder(pathOf(job.plan.work.source));
      const folder = job.plan.work.target.id;
      this.#engine.targetStates.touch(folder);
      const batch = this.#engine.target.append(folder);
      this.#part = { job, batch, items: [], bytes: 0, settled: null };
      job.parts.push(this.#part);
      job.plan.unproven.push(this.#part);
    }
    this.#part.bytes += sizeBytes;
    this.#gone += sizeBytes;
    return this.#part;
  }

  /** Sends the last octet of what is being filled, if anything is. */
  finish(): void {
    const part = this.#part;
    if (!part) return;
    this.#part = null;
    const engine = this.#engine;
    const { background } = this.#underWay;
    // What was learnt of the messages helps a later look to know them as ours. Nobody waits for it, and nothing rests on it.
    const sent = { kind: 'sent', intent: part.job.intent.id, messages: part.items.map(sentMessage) } as const;
    this.#underWay.start(background, engine.ledger.note([sent]));
    engine.at('batch.sent-noted');
    const answers = part.batch.finish();
    this.#leaving = part.batch;
    engine.at('batch.finished');
    part.settled = answers.then((outcomes) => this.#answered(part, outcomes));
    this.#underWay.start(background, part.settled);
  }

  /** As `MessageSink.returned`: null, or when what was lent has left and the pace allows more. */
  returned(): Promise<void> | null {
    const taken = both(this.#leaving?.returned() ?? null, this.#part?.batch.returned() ?? null);
    const bytes = this.#gone;
    this.#gone = 0;
    if (bytes === 0) return taken;
    // Octets are told as they go, messages when the target has them.
    this.#engine.watcher.progress(0, bytes);
    const paced = this.#engine.pace?.take(bytes) ?? null;
    return both(taken, paced);
  }

  /** Makes sure that what is being filled is never whole on the target. */
  abandon(): void {
    this.#part?.batch.abandon();
  }
}

/** For when both have happened. */
function both(one: Promise<void> | null, other: Promise<void> | null): Promise<void> | null {
  return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
}
