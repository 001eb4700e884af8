/**
 * Small folders on a first pass are not listed before they are read: flags and dates come with the messages, which spares
 * both ends a round of questions per folder, and half of what a small folder costs. What turns out not to be so simple (a
 * message that did not come, a date that no server keeps) is left for the listing that follows.
 */

import type { FolderId, FolderState, Uid } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import type { Intent } from '#ports/ledger.ts';
import type { MessageWords } from '#ports/mailbox.ts';
import { isToBeMended } from './dates.ts';
import { batchMessagesMax, type Engine, type FolderWork } from './engine.ts';
import { type Job, type SendPlan, sendPlan } from './send-plan.ts';
import { Strangers } from './strangers.ts';
import { hasFilter, type Survey } from './survey.ts';

/** An intent names every UID up to UIDNEXT, and after a kill each of them is looked for. */
const uidNextMax = 20_000;

/** A folder that is read without having been listed, and what has become of it. */
export interface Unlisted {
  readonly survey: Survey;
  readonly plan: SendPlan;
  readonly listing: ListingBuilder;
  /** Something was left over: the folder is listed after all. */
  isIncomplete: boolean;
  /** A message came without flags and date in front of it. */
  isWordless: boolean;
}

/**
 * Of `works` those in which a first pass can only find messages to be sent: nothing is known of them, nothing was begun,
 * nothing is on the target, and no message is to be left out.
 */
export function readUnlisted(
  engine: Engine,
  works: readonly FolderWork[],
  intoTarget: ReadonlyMap<FolderId, readonly FolderWork[]>,
  intentsOf: ReadonlyMap<FolderId, readonly Intent[]>,
): Unlisted[] {
  if (hasFilter(engine) || engine.choices.dryRun || engine.suspects.size > 0) return [];
  return works.flatMap((work): Unlisted[] => {
    const folder = work.source.id;
    const { state } = work.source;
    const there = work.target.state;
    const isUntouched =
      work.record.sourceState === null &&
      work.record.messages === 0 &&
      work.map.size === 0 &&
      !intentsOf.has(folder) &&
      !engine.exceptions.has(folder) &&
      there?.messages === 0 &&
      intoTarget.get(work.target.id)?.length === 1;
    const isSmall = state !== null && state.messages <= batchMessagesMax && state.uidNext <= uidNextMax;
    // A server may count messages where there have never been any.
    const mayHoldAny = state !== null && state.messages > 0 && state.uidNext > 1;
    // Without mod-sequences the flags that were carried are remembered, and that wants a listing.
    if (!isUntouched || !isSmall || !mayHoldAny || state.highestModSeq === null) return [];
    return [unlisted(work, state, there.uidNext)];
  });
}

function unlisted(work: FolderWork, state: FolderState, targetUidNext: Uid): Unlisted {
  const listing = new ListingBuilder(state);
  const none = { rows: [], flags: [], compared: null, recovered: new Set<Uid>(), gone: [], hasLeft: () => false };
  const survey: Survey = { work, state, listing, ...none };
  return {
    survey,
    listing,
    plan: sendPlan(survey, targetUidNext, new Map(), new Strangers([])),
    isIncomplete: false,
    isWordless: false,
  };
}

/** The row that a message gets as it comes; -1 where it is better listed first. */
export function rowAsItComes(job: Job, of: Unlisted, uid: Uid, sizeBytes: number, words: MessageWords | null): number {
  if (words === null || isToBeMended(words.internalDate)) {
    of.isIncomplete = true;
    of.isWordless ||= words === null;
    return -1;
  }
  of.listing.add(uid, words.flags, words.internalDate, sizeBytes);
  job.open++;
  return of.listing.length - 1;
}
