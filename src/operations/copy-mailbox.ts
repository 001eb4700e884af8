/** Moves one mailbox, or brings an earlier move of it up to date: what `godwit copy` does for each line of its list. */

import type { MailboxReport } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import type { Log } from '#lib/log.ts';
import type { LedgerStore, MailboxPair } from '#ports/ledger.ts';
import type { OpenSource, OpenTarget } from '#ports/mailbox.ts';

export interface CopyRequest {
  readonly pair: MailboxPair;
  readonly openSource: OpenSource;
  readonly openTarget: OpenTarget;
  readonly ledger: LedgerStore;
  readonly choices: CopyChoices;
  readonly watcher: CopyWatcher;
  readonly log: Log;
  /** Slows the bytes down to what the operator allows; null for no limit. */
  readonly pace: Pace | null;
}

export interface CopyChoices {
  readonly selection: Selection;
  /** Mirror removals on the target, only of messages that Godwit itself put there. */
  readonly delete: boolean;
  /** How much is read back by content: nothing, what is suspicious and a sample, or all. */
  readonly prove: 'none' | 'sample' | 'all';
  /** Say what would be done; write nothing, the ledger included. */
  readonly dryRun: boolean;
  /** Go on carrying changes, looking again after so many seconds; null to end after one pass. */
  readonly followSeconds: number | null;
  /** Try again what a target refused in an earlier run. */
  readonly retryRefused: boolean;
}

/** Told how it goes, often; must return at once. */
export interface CopyWatcher {
  /** So much is to be done in all, as far as known; may be told again with better numbers. */
  planned(messages: number, bytes: number | null): void;
  /** So much more has arrived. */
  progress(messages: number, bytes: number): void;
  /** The folder at hand, by its path. */
  folder(path: string): void;
  /** A pass of `--follow` has ended; the target is as far as the source was then. */
  caughtUp(report: MailboxReport): void;
}

export interface Pace {
  /** Asks for room for `bytes` that have just gone: null to go on, else a promise for when to. */
  take(bytes: number): Promise<void> | null;
}

export type { MailboxReport };
