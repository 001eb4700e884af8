/**
 * What is to be looked at once a folder is quiet: batches that were refused as a whole, messages that are tried with other
 * words, those that were compared with mail that was there and are not the same, and what is not sent because of a stop.
 */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Engine } from './engine.ts';
import { adoptionChanges } from './exceptions.ts';
import { lookOnTarget } from './look.ts';
import type { OpenJobs } from './open-jobs.ts';
import type { Item, RefusedTogether, SendPlan } from './send-plan.ts';
import { codeOf, type Stops, wordsOf } from './stops.ts';
import type { UnderWay } from './under-way.ts';
import { nameUnsent } from './unsent.ts';

/** Makes jobs of rows and puts them into the queue; `isToCompare`: they are read although nothing more is sent. */
export type Enqueue = (plan: SendPlan, rows: readonly number[], isToCompare: boolean) => void;

type IsMapped = (targetUid: Uid) => boolean;

export class SecondThoughts {
  readonly #engine: Engine;
  readonly #underWay: UnderWay;
  readonly #jobs: OpenJobs;
  readonly #stops: Stops;
  readonly #enqueue: Enqueue;

  constructor(engine: Engine, underWay: UnderWay, jobs: OpenJobs, stops: Stops, enqueue: Enqueue) {
    this.#engine = engine;
    this.#underWay = underWay;
    this.#jobs = jobs;
    this.#stops = stops;
    this.#enqueue = enqueue;
  }

  /** Deals with one folder in which nothing is under way. `isMapped`: whether a UID of the target is spoken for. */
  async on(plan: SendPlan, isMapped: IsMapped): Promise<void> {
    for (const refused of plan.refused.splice(0)) await this.#lookInto(plan, isMapped, refused);
    if (plan.rows.length === 0) return;
    const rows = plan.rows.splice(0).sort((a, b) => a - b);
    const stop = this.#stops.of(plan);
    if (!stop) return this.#enqueue(plan, rows, false);
    const toCompare = await this.#underWay.or(nameUnsent(this.#engine, plan, rows, stop));
    this.#enqueue(plan, toCompare, true);
  }

  /**
   * A batch that was refused as a whole: nothing of it should be there, but a promise is not a proof (RFC 3502), so the
   * target is read before it is sent again in smaller parts.
   */
  async #lookInto(plan: SendPlan, isMapped: IsMapped, refused: RefusedTogether): Promise<void> {
    const { job, items, outcome } = refused;
    const left = await this.#notThere(plan, isMapped, items);
    const stop = this.#stops.of(plan);
    if (stop === null) {
      // In eighths, not in halves: 200 come down to one in three rounds instead of eight, and a batch with several bad
      // messages, of which there are some in any old mailbox, is sent twice or three times over instead of five.
      const share = Math.ceil(left.length / 8);
      const rows = left.map(({ row }) => row);
      for (let from = 0; from < rows.length; from += share) this.#enqueue(plan, rows.slice(from, from + share), false);
    } else if (stop.code === codeOf(outcome)) {
      for (const { uid, content } of left) this.#jobs.refuse(job, uid, stop.code, wordsOf(outcome), content.sizeBytes);
    } else plan.rows.push(...left.map(({ row }) => row));
    const isNamed = stop !== null && stop.code === codeOf(outcome);
    this.#jobs.close(job, isNamed ? items.length - left.length : items.length);
  }

  /** What of a refused batch is not on the target; what is there all the same is adopted. */
  async #notThere(plan: SendPlan, isMapped: IsMapped, items: readonly Item[]): Promise<readonly Item[]> {
    const dates = new Map(items.map((item) => [item.uid, item.internalDate] as const));
    const sighting = await this.#underWay.or(
      lookOnTarget(
        this.#engine,
        plan.work,
        uidSet(items.map(({ uid }) => uid)),
        [],
        plan.uidNext,
        isMapped,
        (uid) => dates.get(uid) ?? null,
      ),
    );
    if (sighting.found.length > 0)
      await this.#underWay.or(this.#engine.ledger.note(adoptionChanges(this.#engine, plan, sighting.found)));
    const left = new Set([...sighting.notThere, ...sighting.doubtful]);
    return items.filter(({ uid }) => left.has(uid));
  }
}
