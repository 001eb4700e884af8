/** All that is told of one mailbox or one wave: the documents of `godwit describe`. */

import type { MailboxKind } from './estate.ts';
import type { Reach, Retry } from './fault.ts';
import type { Graded } from './grade.ts';
import type { Interruption } from './interruption.ts';
import type { Mark, Stage } from './journey.ts';
import type { SideName } from './platform.ts';
import type { TailLine, TailPlan } from './tail.ts';
import type { ListedException, MailboxAccount } from './wave-report.ts';
import type { WaveOutlined } from './wave.ts';
import type { WayHomeLate } from './way-home-kept.ts';
import type { WaveLine } from './estate-lists.ts';

/** A record of the audit log. */
export interface Recorded {
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly stageBefore: Stage | null;
  readonly stageAfter: Stage | null;
  readonly why: string | null;
  readonly about: Readonly<Record<string, unknown>> | null;
}

/** A mark that a mailbox bears, and by whom and when it was set, as far as the log knows. */
export interface MarkBorne {
  readonly mark: Mark;
  readonly why: string | null;
  readonly who: string | null;
  readonly at: Date | null;
}

/** A fault that a mailbox met, with what the catalogue says of its kind; null where this version does not know it. */
export interface FaultMetThere {
  readonly code: string;
  readonly message: string;
  readonly at: Date | null;
  readonly reach: Reach | null;
  readonly retry: Retry | null;
  readonly remedy: string | null;
  /** Whether it is what keeps the mailbox where it is, or one that was met on the way and is over or tried again. */
  readonly isBlocking: boolean;
}

export interface MailboxDescription {
  readonly address: string;
  readonly kind: MailboxKind;
  readonly displayName: string | null;
  readonly aliases: readonly string[];
  readonly sourceUser: string | null;
  readonly targetUser: string | null;
  readonly timezone: string | null;
  readonly language: string | null;
  /** `above`: codes of the organisations above it, the nearest first. */
  readonly organisation: { readonly code: string; readonly name: string; readonly above: readonly string[] };
  readonly sizeBytes: number | null;
  readonly items: number | null;
  /** Days, `2026-12-01`. */
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  readonly stage: Stage;
  readonly stageSince: Date;
  /** The gravest first. */
  readonly marks: readonly MarkBorne[];
  readonly wave: WaveOutlined | null;
  /** Addresses of those with whom it is to change sides at one moment. */
  readonly belongsWith: readonly string[];
  /** Where its mail belongs, and since when; null for ever. */
  readonly side: SideName;
  readonly turnedAt: Date | null;
  /** What is left to be done: when it is looked at next, since when a job waits for a worker, and who has it in hand. */
  readonly dueAt: Date | null;
  readonly queuedAt: Date | null;
  readonly inHandOf: { readonly worker: string; readonly host: string; readonly pid: number } | null;
  /** Passes that failed one after the other. */
  readonly failures: number;
  readonly fault: FaultMetThere | null;
  /** What keeps one that has settled from being carried home; null while nothing does. */
  readonly wayHomeLate: WayHomeLate | null;
  readonly account: MailboxAccount;
  /** What each of its switches took, the latest first. */
  readonly switches: readonly Interruption[];
  /** Messages that are listed by name: the first of them, by folder. `account` knows how many there are. */
  readonly exceptions: readonly ListedException[];
  /** What the readiness check and the last comparison found. */
  readonly readiness: { readonly at: Date; readonly found: unknown } | null;
  readonly verification: { readonly at: Date; readonly found: unknown } | null;
  /** How people sign in to it, the latest first, and what is planned where it is a program that does. */
  readonly tail: readonly TailLine[];
  readonly plan: TailPlan | null;
  /** The newest first. */
  readonly log: readonly Recorded[];
}

/** Mailboxes of a wave that are blocked for the same reason. */
export interface FaultCount {
  readonly code: string;
  readonly mailboxes: number;
  /** One of them. */
  readonly example: string;
  readonly reach: Reach | null;
  readonly retry: Retry | null;
  readonly remedy: string | null;
}

export interface WaveDescription extends WaveLine {
  /** The most frequent first. */
  readonly faults: readonly FaultCount[];
  /** The newest first. */
  readonly log: readonly Recorded[];
  /** Its latest certificate; null before there is one, and for whoever sees a part of it: it is about everybody. */
  readonly certified: WaveCertified | null;
}

export interface WaveCertified {
  /** ISO 8601. */
  readonly at: string;
  /** How many its root covers. */
  readonly mailboxes: number;
  readonly grade: Graded;
  readonly root: string;
}

export type MailboxFound =
  | { readonly kind: 'found'; readonly mailbox: MailboxDescription }
  /** `nearest`: the address that may have been meant. */
  | { readonly kind: 'unknown'; readonly nearest: string | null };

export type WaveFound =
  | { readonly kind: 'found'; readonly wave: WaveDescription }
  | { readonly kind: 'unknown'; readonly nearest: string | null };
