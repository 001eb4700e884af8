/** Messages to people, as they are kept and as they are sent. */

import type { NoticeKind } from '#domain/notice-kinds.ts';
import type { NoticeLot, NoticeWave } from '#domain/notice.ts';
import type { NamedAddress } from '#domain/notice-settings.ts';
import type { NoticeFacts } from '#domain/notice-words.ts';
import type { NoticeLine, NoticeListOrder, NoticeCounts } from '#domain/notice-list.ts';

/** Somebody for whom a message is due, and what it says of them. */
export interface Recipient extends NoticeFacts {
  readonly mailbox: number;
  readonly wave: string;
}

/** Whom of a lot is meant. */
export interface Reach {
  readonly shared: boolean;
  /** Of whoever has none of their own. */
  readonly timezone: string;
  /** Where people are left in peace at this moment. */
  readonly quietZones: readonly string[];
  /** Only who belongs to this wave; null for all. */
  readonly wave: string | null;
}

export type NoticeOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'waiting'; readonly why: string; readonly retryInMs: number };

/** A message that is being sent, by its row. */
export interface BegunNotice {
  readonly id: number;
  readonly attempts: number;
}

export interface Notices {
  /** Waves that may have something to be told, and the time by the clock of the database. */
  waves(): Promise<{ readonly now: number; readonly waves: readonly NoticeWave[] }>;
  /** How many of a lot have not been written to, by their time zone; null for those who have none of their own. */
  zones(lot: NoticeLot, reach: Omit<Reach, 'quietZones'>): Promise<readonly ZoneCount[]>;
  /** Of a lot, who has not been written to, in the order of their mailboxes, behind the mailbox `after`. */
  recipients(lot: NoticeLot, reach: Reach, after: number, most: number): Promise<readonly Recipient[]>;
  /** The facts of one mailbox as a message of that kind would tell them now. */
  facts(address: string, kind: NoticeKind): Promise<FactsFound>;
  /**
   * The right to send, which one process has at a time; null while another has it. What a sender that is gone left in the
   * middle is unknown from then on.
   */
  sender(): Promise<NoticeSender | null>;
  /** Those that were refused, of that wave or of all, may be tried once more; answers with how many they are. */
  again(wave: string | null): Promise<number>;
  list(order: NoticeListOrder): Promise<readonly NoticeLine[]>;
  counts(wave: string | null): Promise<NoticeCounts>;
}

export interface ZoneCount {
  readonly timezone: string | null;
  readonly mailboxes: number;
}

export type FactsFound =
  | { readonly kind: 'found'; readonly facts: Recipient }
  | { readonly kind: 'unknown' }
  /** It has no wave, and so there is nothing to tell of. */
  | { readonly kind: 'no-wave' };

export interface NoticeSender extends AsyncDisposable {
  /** Makes the row; null where it is not due any more, or was made already. */
  begin(lot: NoticeLot, reach: Reach, recipient: Recipient, language: string): Promise<BegunNotice | null>;
  settle(notice: BegunNotice, outcome: NoticeOutcome): Promise<void>;
}

/** A message as it is sent. */
export interface Letter {
  /** With its angle brackets (RFC 5322 §3.6.4). */
  readonly messageId: string;
  readonly from: NamedAddress;
  readonly replyTo: NamedAddress | null;
  readonly to: NamedAddress;
  readonly subject: string;
  readonly text: string;
  readonly language: string;
  readonly date: Date;
}

export type Posted =
  | { readonly kind: 'sent' }
  /** This recipient or this message, for good. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Not taken, this time. `isServer`: nobody else would be taken either. */
  | { readonly kind: 'later'; readonly why: string; readonly isServer: boolean }
  /** It was handed over, and nobody heard what became of it. */
  | { readonly kind: 'unknown'; readonly why: string };

/** A server that takes letters. */
export interface Post extends AsyncDisposable {
  /** Sees that it is there and lets us in. Throws `notice.server.*`. */
  ready(signal: AbortSignal): Promise<void>;
  /** Never throws for what may happen on the way. */
  send(letter: Letter, signal: AbortSignal): Promise<Posted>;
}
