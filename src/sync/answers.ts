/** What the target answers to the parts that were sent: each message was stored, refused, or nobody knows. */

import type { Instant, Uid } from '#domain/item.ts';
import type { AppendOutcome } from '#ports/mailbox.ts';
import type { Engine } from './engine.ts';
import { LookAgain } from './look-again.ts';
import type { OpenJobs } from './open-jobs.ts';
import { recordStored, unrecord } from './record.ts';
import type { Item, Job, Part, Refused, SendPlan } from './send-plan.ts';
import { codeOf, type Stops, wordsOf } from './stops.ts';
import type { UnderWay } from './under-way.ts';

export class Answers {
  readonly #engine: Engine;
  readonly #underWay: UnderWay;
  readonly #jobs: OpenJobs;
  readonly #stops: Stops;
  #firstUnanswered: { readonly part: Part; readonly item: Item } | null = null;

  constructor(engine: Engine, underWay: UnderWay, jobs: OpenJobs, stops: Stops) {
    this.#engine = engine;
    this.#underWay = underWay;
    this.#jobs = jobs;
    this.#stops = stops;
  }

  /** Deals with the outcomes of one part. Throws `LookAgain` when one of them is unknown. */
  async settle(part: Part, outcomes: readonly AppendOutcome[]): Promise<void> {
    const { job, items } = part;
    const { plan } = job;
    this.#engine.at('target.appended');
    const stored: Item[] = [];
    const together: Item[] = [];
    let refusal: Refused | null = null;
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
      else if (outcome.together && items.length > 1) {
        together.push(item);
        refusal ??= outcome;
      } else this.#answerRefusal(job, item, outcome);
    }
    if (refusal) this.#stops.heed(plan, refusal);
    await this.#record(plan, stored);
    if (later !== null) throw new LookAgain(later, true);
    if (vague !== null) throw new LookAgain(vague, true);
    if (refusal) plan.refused.push({ job, items: together, outcome: refusal });
  }

  async #record(plan: SendPlan, stored: readonly Item[]): Promise<void> {
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
    if (placed.length > 0) this.#underWay.start(this.#underWay.background, recordStored(this.#engine, plan, placed));
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

  /** One message was refused, by itself: try it with other words if those were the reason, else name it. */
  #answerRefusal(job: Job, item: Item, outcome: Refused): void {
    const { plan } = job;
    const override = plan.overrides.get(item.uid);
    const again = (words: { flags?: readonly string[]; internalDate?: Instant }): void => {
      plan.overrides.set(item.uid, { ...override, ...words });
      plan.rows.push(item.row);
      this.#jobs.close(job, 1);
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
        this.#stops.heed(plan, outcome);
        break;
    }
    this.#jobs.refuse(job, item.uid, codeOf(outcome), wordsOf(outcome), item.content.sizeBytes);
  }
}

/** Those that were given one of these UIDs before: one of the two answers is not true, so neither is believed. */
function claimedBefore(plan: SendPlan, placed: readonly Item[]): readonly Item[] {
  return placed
    .map(({ targetUid }) => plan.work.map.sourceOf(targetUid as Uid))
    .map((uid) => (uid === null ? undefined : plan.confirmed.get(uid)))
    .filter((item) => item !== undefined);
}
