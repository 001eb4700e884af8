/** What is kept of the mailboxes of a wave, for reports: read in pages, since a wave may have as many as an estate. */

import type { Accepted, WhichExceptions } from '#domain/acceptance.ts';
import type { Wave } from '#domain/wave.ts';
import type { Interruptions } from '#domain/interruption.ts';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';

export type WaveFound =
  | { readonly kind: 'found'; readonly wave: Wave }
  /** `nearest`: the wave that may have been meant. */
  | { readonly kind: 'unknown'; readonly nearest: string | null };

export interface WaveAccounts {
  find(name: string): Promise<WaveFound>;
  /** Its mailboxes, by their ids, in the order of their addresses. */
  members(wave: number): Promise<readonly number[]>;
  /** In the order of `mailboxes`. */
  accounts(mailboxes: readonly number[]): Promise<readonly MailboxAccount[]>;
  /** What is listed of them by name, mailbox after mailbox, in pages. */
  exceptions(mailboxes: readonly number[]): AsyncIterable<readonly ListedException[]>;
  interruptions(wave: number): Promise<Interruptions | null>;
}

export interface Acceptances {
  /** With its record. `address` is compared without case. */
  accept(address: string, which: WhichExceptions, who: string, why: string): Promise<Accepted>;
}
