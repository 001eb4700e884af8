/** Looks at mailboxes of an estate from outside of their journeys: at both ends, only to be read, and what came of it. */

import type { Acceptance } from '#domain/judged-verification.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { SideName } from '#domain/platform.ts';
import type { ReadinessReport } from '#domain/readiness.ts';
import type { MailboxVerification } from '#domain/wave-verification.ts';
import type { OpenInspected } from './inspection.ts';
import type { Traveller } from './journeys.ts';
import type { LedgerLook, MailboxPair } from './ledger.ts';
import type { OpenSource } from './mailbox.ts';

/** A mailbox at which somebody looks, with connections that the budgets of both platforms have room for. */
export interface InView {
  readonly traveller: Traveller;
  readonly pair: MailboxPair;
  /** One at a time on each side. Whatever is opened has to be closed within the look. */
  open(side: SideName): OpenSource;
  inspect(side: SideName): OpenInspected;
}

/**
 * Waits for connections on both sides, looks, and gives them back. Where a platform turns out to be in trouble that is not the
 * mailbox's own, the look is broken off (its signal fires) and made again when it is the mailbox's turn. Answers with null
 * where there is no such mailbox. Rejects with the signal's reason.
 */
export type LookAt = <Answer>(
  mailbox: number,
  look: (inView: InView, signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
) => Promise<Answer | null>;

export interface KnownReadiness extends ReadinessReport {
  readonly address: string;
}

/** What is kept of looks, and what has to be known for them. */
export interface Looks {
  /** When a pass has ended last, in ISO 8601; null before the first. */
  caughtUpAt(mailbox: number): Promise<string | null>;
  ledger(mailbox: number, direction: Direction): Promise<LedgerLook | null>;
  acceptances(mailbox: number): Promise<readonly Acceptance[]>;
  /** In the place of what the look before found; what was found before its release stays in place of what is found after it. */
  keepVerification(mailbox: number, found: MailboxVerification): Promise<void>;
  keepReadiness(mailbox: number, found: ReadinessReport): Promise<void>;
  /**
   * Mailboxes whose wave opens within `aheadSeconds`, though not so soon that nothing could be mended, and that were not checked
   * since `freshSeconds`; the next to open first.
   */
  toBeChecked(aheadSeconds: number, freshSeconds: number, max: number): Promise<readonly number[]>;
  /** What was found of those of `mailboxes` that were checked no longer than `freshSeconds` ago. */
  readiness(mailboxes: readonly number[], freshSeconds: number): Promise<ReadonlyMap<number, KnownReadiness>>;
}
