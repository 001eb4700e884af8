/** How an estate stands, for people: what `godwit status` and later the console show; and what people order of mailboxes. */

import type { Brake } from './brake.ts';
import type { FaultCode } from './fault.ts';
import type { Interruptions } from './interruption.ts';
import type { Mark, Stage } from './journey.ts';
import type { Selector, UnknownName } from './selector.ts';
import type { PlatformNow } from './sighting.ts';
import type { WaveOutlined } from './wave.ts';
import type { WaysHomeLate } from './way-home-kept.ts';

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
  readonly waves: readonly WaveOutlined[];
  readonly workers: readonly WorkerState[];
  readonly platforms: readonly PlatformNow[];
  /** Null where it is off. */
  readonly brake: Brake | null;
  /** Those who have switched and are not carried home any more, by reason. */
  readonly waysHomeLate: readonly WaysHomeLate[];
  /** At the latest switch of everybody who has switched; null where nobody has. */
  readonly interruptions: Interruptions | null;
}

/** What a person may order of a mailbox, by its address. */
export type MailboxOrder = 'hold' | 'release' | 'retry' | 'exclude' | 'go-back' | AccountOrder;
/** What an account is that is not called as it was, of a mailbox that is blocked for that (`mailbox.other-account`). */
export type AccountOrder = 'same-account' | 'other-account';

/** Whom an order is about. */
export type Whom =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'selector'; readonly selector: Selector };

/** One that stands where an order cannot be obeyed. */
export interface RefusedMailbox {
  readonly address: string;
  readonly stage: Stage;
  readonly mark: Mark | null;
  /** Completes a sentence that begins with the address. */
  readonly why: string;
}

export type MailboxesOrdered =
  /** `done`: their addresses. Each has its record. */
  | {
      readonly kind: 'ordered';
      readonly done: readonly string[];
      readonly refused: readonly RefusedMailbox[];
      /** Of those that are to go back: whose way home was not kept up, and messages that home had not taken; lacking where all was well. */
      readonly home?: { readonly late: number; readonly notTaken: number };
      /** Of those that are deferred: whose wave's window is over by that day; lacking where it is nobody's. */
      readonly windowless?: number;
    }
  /** There are no such mailboxes, and nothing was done to the others either. */
  | { readonly kind: 'unknown-mailboxes'; readonly addresses: readonly string[] }
  | UnknownName;

const otherAccount: FaultCode = 'mailbox.other-account';
/** Passes come to these: one can be asked for at once. */
const carried: ReadonlySet<Stage> = new Set(['copying', 'following', 'settled']);

/** Why a mailbox that stands there does not obey; null where it does. `blocked`: the fault that it is blocked for. */
export function whyRefused(
  order: MailboxOrder,
  stage: Stage,
  mark: Mark | null,
  blocked: string | null,
): string | null {
  if (mark === 'left') return 'has left the estate';
  switch (order) {
    // Who is switching is on the other side in seconds, or back; until then nobody is kept between the two.
    case 'hold':
    case 'exclude':
      return stage === 'switching' || stage === 'returning'
        ? `is ${stage}: say it again when it has arrived on one side`
        : null;
    case 'release':
      return mark === 'held' || mark === 'excluded' ? null : 'is neither held nor excluded';
    case 'retry':
      if (mark === 'blocked') return null;
      return mark === null && carried.has(stage) ? null : 'is neither blocked nor being carried';
    case 'same-account':
      return blocked === otherAccount ? null : `is not blocked for ${otherAccount}`;
    case 'other-account':
      if (blocked !== otherAccount) return `is not blocked for ${otherAccount}`;
      return stage === 'settled' || stage === 'returning'
        ? `is ${stage}: what people have done there since the switch would be forgotten`
        : null;
    case 'go-back':
      if (stage === 'released') return 'has no way back any more: it was ended by godwit wave release';
      if (stage !== 'settled') return `is ${stage}: only who has settled on the target can go back`;
      return mark === 'excluded' ? 'is excluded: release it first' : null;
  }
}
