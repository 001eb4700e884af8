/** What is to be sent into one folder, and how far that has come. The transfer's working paper for a folder. */

import type { Instant, Listing, Uid, UidValidity } from '#domain/item.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import type { Intent, SentMessage } from '#ports/ledger.ts';
import type { AppendOutcome, Batch } from '#ports/mailbox.ts';
import type { Content } from './content.ts';
import type { FolderWork, Suspects } from './engine.ts';
import type { Strangers } from './strangers.ts';
import type { Survey } from './survey.ts';
import type { Unlisted } from './unlisted.ts';

/** Why a message is sent with other words than the source's. */
export interface Override {
  readonly flags?: readonly string[];
  readonly internalDate?: Instant;
}

/** Why nothing more is sent into a folder, as a code of docs/report.md and in the target's words. */
export interface Stop {
  readonly code: string;
  readonly text: string;
}

/** The outcome of a message that was refused. */
export type Refused = AppendOutcome & { readonly kind: 'refused' };

/** Messages of one batch that were refused as a whole. */
export interface RefusedTogether {
  readonly job: Job;
  readonly items: readonly Item[];
  readonly outcome: Refused;
}

export interface SendPlan {
  readonly work: FolderWork;
  readonly listing: Listing;
  /** Row numbers of `listing` that are to be sent, ascending by UID. */
  readonly toSend: readonly number[];
  /** Those that have to be dealt with once more. */
  rows: number[];
  /** The target's UIDNEXT before anything of this plan was sent. */
  readonly uidNext: Uid;
  /** Nothing that is yet to be sent can have a smaller UID: it follows what has been read back. */
  uidFloor: Uid;
  readonly overrides: Map<Uid, Override>;
  /** Messages of the target that nothing is mapped to: what may be one of them is compared before it is sent. */
  readonly foreign: Strangers;
  /** Rows that wait to become jobs. */
  rowsUncut: number;
  /** Jobs made and not yet read to their end. */
  jobsUnread: number;
  /** Everything sent and not yet proven, in the order sent. */
  unproven: Part[];
  provenBefore: boolean;
  /** Confirmed by the target and not yet read back. */
  readonly confirmed: Map<Uid, Item>;
  /** What the target refused as a whole; looked into when the folder is quiet. */
  refused: RefusedTogether[];
  /** Set when the folder takes nothing more; what is left is listed with these words. */
  stopped: Stop | null;
}

/** What is to be sent of a folder that was looked at: its `rows`. */
export function sendPlan(
  { work, listing, rows }: Survey,
  uidNext: Uid,
  overrides: SendPlan['overrides'],
  foreign: SendPlan['foreign'],
): SendPlan {
  return {
    work,
    listing,
    toSend: rows,
    rows: [],
    uidNext,
    uidFloor: uidNext,
    overrides,
    foreign,
    rowsUncut: 0,
    jobsUnread: 0,
    unproven: [],
    provenBefore: false,
    confirmed: new Map(),
    refused: [],
    stopped: null,
  };
}

/** Messages read by one FETCH, under one durable intent. */
export interface Job {
  readonly plan: SendPlan;
  readonly rows: readonly number[];
  /** Read also where nothing more is sent: its messages may be on the target already. */
  readonly isToCompare: boolean;
  /** Where the messages were not listed before: they get their rows as they come. */
  readonly unlisted: Unlisted | null;
  intent: Intent;
  /** What of it was begun on the target. */
  readonly parts: Part[];
  /** Rows whose fate is not yet settled, and one more while rows may come; the intent ends with the last. */
  open: number;
}

/** One APPEND command: some messages of a job. */
export interface Part {
  readonly job: Job;
  readonly batch: Batch;
  readonly items: Item[];
  bytes: number;
  /** Resolves when the target's answer has been dealt with; set by finishing the part. */
  settled: Promise<void> | null;
}

/** One message that was sent. */
export interface Item {
  readonly row: number;
  readonly uid: Uid;
  readonly content: Content;
  readonly element: Uint8Array;
  readonly flags: readonly string[];
  readonly internalDate: Instant | null;
  targetUid: Uid | null;
  stored: boolean;
}

/** The flags and date that a row is sent with. */
export function wordsFor(plan: SendPlan, row: number): { flags: readonly string[]; internalDate: Instant | null } {
  const override = plan.overrides.get(plan.listing.uid(row));
  return {
    flags: override?.flags ?? plan.listing.flags(row),
    internalDate: override?.internalDate ?? plan.listing.internalDate(row),
  };
}

/** Rows that wait to become jobs: as many messages together as each of them may have for company. */
export class Cuttings {
  readonly plan: SendPlan;
  readonly isToCompare: boolean;
  readonly #rows: readonly number[];
  #at = 0;

  constructor(plan: SendPlan, rows: readonly number[], isToCompare: boolean) {
    this.plan = plan;
    this.isToCompare = isToCompare;
    // Searched by halves, for each message that comes (`rowOf`); only what a source told out of order is not in order.
    const uidAt = (i: number): Uid => plan.listing.uid(rows[i] as number);
    const isAscending = rows.every((_, i) => i === 0 || uidAt(i - 1) < uidAt(i));
    this.#rows = isAscending ? rows : rows.toSorted((a, b) => plan.listing.uid(a) - plan.listing.uid(b));
    plan.rowsUncut += rows.length;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#rows.length;
  }

  /** The next job. A folder of a million messages has some thousands, so they are made one by one. */
  next(suspects: Suspects, nextIntent: () => number, targetUidValidity: UidValidity): Job {
    const { plan } = this;
    const from = this.#at;
    let room = Number.POSITIVE_INFINITY;
    for (; this.#at < this.#rows.length; this.#at++) {
      const company = suspects.companyMax(plan.work.source.id, plan.listing.uid(this.#rows[this.#at] as number));
      room = Math.min(room, company);
      if (this.#at > from && this.#at - from >= room) break;
    }
    const rows = this.#rows.slice(from, this.#at);
    plan.rowsUncut -= rows.length;
    plan.jobsUnread++;
    const uids = uidSet(rows.map((row) => plan.listing.uid(row)));
    const intent = intentOf(plan, uids, nextIntent(), targetUidValidity);
    return { plan, rows, isToCompare: this.isToCompare, unlisted: null, intent, parts: [], open: rows.length };
  }
}

/** The job of a folder that was not listed: every message up to its UIDNEXT. */
export function jobOfUnlisted(unlisted: Unlisted, nextIntent: () => number, targetUidValidity: UidValidity): Job {
  const { plan } = unlisted;
  plan.jobsUnread++;
  const uids: UidSet = [[1 as Uid, (plan.listing.state.uidNext - 1) as Uid]];
  const intent = intentOf(plan, uids, nextIntent(), targetUidValidity);
  return { plan, rows: [], isToCompare: false, unlisted, intent, parts: [], open: 1 };
}

function intentOf(plan: SendPlan, uids: UidSet, id: number, targetUidValidity: UidValidity): Intent {
  return {
    id,
    source: plan.work.source.id,
    target: plan.work.target.id,
    sourceUidValidity: plan.listing.state.uidValidity,
    targetUidValidity,
    targetUidNext: plan.uidFloor,
    uids,
    sent: [],
  };
}

/** What the ledger keeps of an item while its batch is under way. */
export function sentMessage(item: Item): SentMessage {
  return {
    uid: item.uid,
    sizeBytes: item.content.sizeBytes,
    internalDate: item.internalDate,
    element: item.element,
  };
}

/** The row of `uid` among ascending rows, or -1. */
export function rowOf(plan: SendPlan, rows: readonly number[], uid: Uid): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as number;
    const at = plan.listing.uid(row);
    if (at === uid) return row;
    if (at < uid) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
