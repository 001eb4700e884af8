/**
 * Decides what of a folder that was looked at is to be sent: what an earlier attempt left open is settled first, what was
 * given up is named, and what is on the target already is adopted.
 */

import type { FolderId, Uid } from '#domain/item.ts';
import type { Intent } from '#ports/ledger.ts';
import { adopt } from './adopt.ts';
import { adoptBrought } from './brought.ts';
import { mendDates } from './dates.ts';
import type { Engine, FolderWork } from './engine.ts';
import { mayHoldStrangers } from './explained.ts';
import { type Renumbering, settleIntents } from './recover.ts';
import { type Override, type SendPlan, sendPlan } from './send-plan.ts';
import { Strangers } from './strangers.ts';
import { forgetGone, nameCulprits, type Survey } from './survey.ts';

export interface AttemptOptions {
  /** Intents with this id or a larger one were made by this run: what they put on the target counts as copied. */
  readonly firstIntentOfRun: number;
  /** Nothing has gone wrong in this run yet. */
  readonly isFirst: boolean;
}

/** What is known of the mailbox as a whole while its folders are decided about. */
export interface Decisions extends AttemptOptions {
  readonly engine: Engine;
  /** The folders of the source by the target folder that they go into. */
  readonly intoTarget: ReadonlyMap<FolderId, readonly FolderWork[]>;
  readonly intentsOf: ReadonlyMap<FolderId, readonly Intent[]>;
  readonly renumbered: ReadonlyMap<FolderWork, Renumbering>;
}

/** What is to be sent; null when that is nothing. `later`: nothing is concluded of this folder before the next pass. */
export async function decide(about: Decisions, plan: Survey): Promise<SendPlan | 'later' | null> {
  const { engine, firstIntentOfRun } = about;
  const { work } = plan;
  const sharing = about.intoTarget.get(work.target.id) ?? [work];
  const isMapped = (uid: Uid): boolean => sharing.some(({ map }) => map.sourceOf(uid) !== null);
  const allIntents = about.intentsOf.get(work.source.id) ?? [];
  // Of intents whose UIDs mean nothing any more the content decides (`adopt`), and they end only after it has.
  const renumbering = about.renumbered.get(work) ?? null;
  const stale = allIntents.filter(
    ({ sourceUidValidity }) => renumbering !== null || sourceUidValidity !== plan.state.uidValidity,
  );
  const intents = allIntents.filter((intent) => !stale.includes(intent));
  await settleIntents(engine, plan, intents, isMapped, ({ id }) => id >= firstIntentOfRun);
  const news = [...nameCulprits(engine, plan), ...forgetGone(engine, plan)];
  if (news.length > 0) await engine.ledger.write(news);
  plan.flags = [...plan.flags, ...(await adoptBrought(engine, plan, sharing))];
  const isFirst = work.record.sourceState === null || engine.choices.retryRefused;
  const mayBeThere = isFirst || (plan.rows.length > 0 && mayHoldStrangers(engine, work, sharing));
  const foreign = mayBeThere ? await adopt(engine, plan, sharing, renumbering, isFirst) : new Strangers([]);
  if (foreign === null) return 'later';
  if (stale.length > 0) await engine.ledger.write(stale.map(({ id }) => ({ kind: 'settled', intent: id })));
  const uidNext = work.target.state?.uidNext;
  if (plan.rows.length === 0 || uidNext === undefined) return null;
  const overrides = engine.choices.dryRun ? new Map<Uid, Override>() : await mendDates(engine, plan);
  return sendPlan(plan, uidNext, overrides, foreign);
}
