/** How an estate stands, for people: what `godwit status` and later the console show; and what people order of mailboxes. */

import type { Mark, Stage } from './journey.ts';
import type { PlatformNow } from './sighting.ts';
import type { Wave } from './wave.ts';

/** So many mailboxes of a wave (null: of none) stand in a stage, under a mark or none. */
export interface Standing {
  readonly wave: string | null;
  readonly stage: Stage;
  readonly mark: Mark | null;
  readonly mailboxes: number;
  readonly bytes: number;
}

export interface WorkerState {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly role: 'serve' | 'worker' | 'onlooker';
  readonly startedAt: Date;
  /** Milliseconds since it was heard of. */
  readonly silentMs: number;
  readonly isDraining: boolean;
  /** Names of secrets that it cannot resolve: it takes nothing before it can. */
  readonly lacks: readonly string[];
  readonly connections: number;
  readonly mailboxes: number;
}

export interface EstateNow {
  readonly standings: readonly Standing[];
  readonly waves: readonly Wave[];
  readonly workers: readonly WorkerState[];
  readonly platforms: readonly PlatformNow[];
}

/** What a person may order of a mailbox, by its address. */
export type MailboxOrder = 'hold' | 'release' | 'retry' | 'exclude' | 'go-back';

export type MailboxOrdered =
  | { readonly kind: 'done' }
  | { readonly kind: 'unknown' }
  /** It stands where this cannot be. */
  | { readonly kind: 'refused'; readonly stage: Stage; readonly mark: Mark | null };
