/**
 * The jobs whose intents stand in the ledger: from before the first octet of their messages is sent until the fate of every
 * one of them is known. A job is in the sets below or it is not, so whatever is reported twice is counted once.
 */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { Engine } from './engine.ts';
import { refusalOf } from './exceptions.ts';
import { type Job, sentMessage } from './send-plan.ts';
import type { UnderWay } from './under-way.ts';

/** Jobs (of up to 200 messages) on their way or waiting for proof: a target slower than the source must not fill our memory. */
const begunMax = 32;

export class OpenJobs {
  readonly #engine: Engine;
  readonly #underWay: UnderWay;
  readonly #intended = new Set<Job>();
  /** Those of them that are being read, or were. */
  readonly #begun = new Set<Job>();

  constructor(engine: Engine, underWay: UnderWay) {
    this.#engine = engine;
    this.#underWay = underWay;
  }

  /** So many are on their way that no other may begin. */
  get isFull(): boolean {
    return this.#begun.size >= begunMax;
  }

  /** Whether every job's fate is known. */
  get areSettled(): boolean {
    return this.#intended.size === 0;
  }

  /** Makes the intents of `jobs` durable, with one write to the disk for all. */
  async intend(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      // What was read back has come before anything of this job, so none of it can have a smaller UID (RFC 9051 §2.3.1.1).
      job.intent = { ...job.intent, targetUidNext: job.plan.uidFloor };
      this.#intended.add(job);
    }
    await this.#underWay.or(this.#engine.ledger.write(jobs.map(({ intent }) => ({ kind: 'intent', intent }))));
    this.#engine.at('intent.durable');
  }

  begin(job: Job): void {
    this.#begun.add(job);
  }

  /** So many messages of a job have found their end; with the last of them the intent is settled. */
  close(job: Job, messages: number): void {
    job.open -= messages;
    if (job.open > 0 || !this.#intended.delete(job)) return;
    this.#begun.delete(job);
    const settled = this.#engine.ledger.note([{ kind: 'settled', intent: job.intent.id }]);
    this.#underWay.start(
      this.#underWay.background,
      settled.then(() => this.#engine.at('intent.settled')),
    );
  }

  /** A message of a job does not arrive: it is named, with the reason. */
  refuse(job: Job, uid: Uid, code: string, text: string, sizeBytes: number | null): void {
    const exception = refusalOf(job.plan, uid, code, text, sizeBytes);
    const noted = this.#engine.ledger.note([this.#engine.exceptions.add(exception)]);
    this.#underWay.start(this.#underWay.background, noted);
    this.close(job, 1);
  }

  /**
   * To be called when nothing moves any more. What these jobs can have brought to the target is known then: what was begun
   * there. Their intents are narrowed to that, so that the next attempt has nothing else to be in doubt about.
   */
  async narrow(): Promise<void> {
    const changes = [...this.#intended].flatMap((job): readonly LedgerChange[] => {
      const settled = { kind: 'settled', intent: job.intent.id } as const;
      const items = job.parts.flatMap((part) => part.items);
      if (items.length === 0) return [settled];
      const uids = uidSet(items.map(({ uid }) => uid));
      return [settled, { kind: 'intent', intent: { ...job.intent, uids, sent: items.map(sentMessage) } }];
    });
    if (changes.length > 0) await this.#engine.ledger.note(changes);
  }
}
