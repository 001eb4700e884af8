/** Days that people ask for, for single mailboxes: not in tonight's window (a deferral), or in one between two days (a wish). */

import type { Day } from './estate.ts';
import { readDay } from './estate-values.ts';
import type { Mark, Stage } from './journey.ts';
import { windowFrom } from './window.ts';

/**
 * `taken`: its window lies within, by a plan that was applied. `declined`: a planner has said no, and why. `withdrawn`: nobody asks for it
 * any more.
 */
export const wishStates = ['open', 'taken', 'declined', 'withdrawn'] as const;
export type WishState = (typeof wishStates)[number];

/** By the day on which a window opens, as the dates of a mailbox itself. */
export interface WishedDays {
  readonly notBefore: Day;
  /** Null: on any later day. */
  readonly notAfter: Day | null;
}

/** What was asked of a mailbox last: whoever asks again takes back what was asked before. */
export interface DateWish {
  readonly address: string;
  /** The code of its organisation. */
  readonly organisation: string;
  readonly state: WishState;
  readonly who: string;
  readonly why: string;
  readonly askedAt: Date;
  /** As `WishedDays`. */
  readonly notBefore: string;
  readonly notAfter: string | null;
  /** The day of the window that it has at present, and the name of that wave; null for none. */
  readonly day: string | null;
  readonly wave: string | null;
  /** What became of it: who said so, when, and why it was declined or withdrawn. */
  readonly answeredBy: string | null;
  readonly answeredAt: Date | null;
  readonly answer: string | null;
}

/** What is open, for whoever plans. */
export interface AskedDays extends WishedDays {
  readonly address: string;
  /** The code of its organisation. */
  readonly organisation: string;
}

export type WishDeclined =
  | { readonly kind: 'declined' }
  | { readonly kind: 'unknown-mailbox' }
  /** Nothing is asked for it, or it was answered before. */
  | { readonly kind: 'not-open' };

/** One as it stands before it is deferred. */
export interface Deferrable {
  readonly stage: Stage;
  readonly mark: Mark | null;
  /** It waits until somebody releases it. */
  readonly isHeldForGood: boolean;
  readonly hasWave: boolean;
}

/** Why a mailbox cannot be taken out of its window until a day; null where it can. Completes a sentence that begins with the address. */
export function whyNotDeferred({ stage, mark, isHeldForGood, hasWave }: Deferrable): string | null {
  if (mark === 'left') return 'has left the estate';
  if (mark === 'excluded') return 'is excluded: it has no window to be taken out of';
  // Who is switching is on the other side in seconds, or back; nobody is kept between the two.
  if (stage === 'switching' || stage === 'returning') return `is ${stage}: it has begun, and goes on`;
  if (stage === 'settled' || stage === 'released') return `is ${stage}: it has switched already`;
  if (!hasWave) return 'has no window to be taken out of: ask for dates';
  return isHeldForGood ? 'is held already, until somebody releases it' : null;
}

/** Why nobody can ask for dates of a mailbox that stands there; null where they can. */
export function whyNotAsked(stage: Stage, mark: Mark | null): string | null {
  if (mark === 'left') return 'has left the estate';
  return stage === 'known' || stage === 'planned' || stage === 'copying' || stage === 'following'
    ? null
    : `is ${stage}: its day has come`;
}

/** Why what is asked of a mailbox cannot be taken back; null where it can. */
export function whyNotWithdrawn(state: WishState | null): string | null {
  switch (state) {
    case 'open':
      return null;
    case null:
      return 'has asked for nothing';
    case 'taken':
      return 'has its window by a plan already: ask for other days';
    case 'declined':
    case 'withdrawn':
      return `has nothing open: it was ${state}`;
  }
}

/** Until when one is deferred: a day to come. `today`: where the estate is. */
export function readDeferral(until: string, today: Day): { readonly value: Day } | { readonly problem: string } {
  const read = readDay(until);
  if ('problem' in read) return read;
  return read.value > today ? read : { problem: `${read.value} is no day to come.` };
}

/** Between which days one is to move. */
export function readWishedDays(
  notBefore: string,
  notAfter: string | null,
  today: Day,
): { readonly value: WishedDays } | { readonly problem: string } {
  const from = readDay(notBefore);
  if ('problem' in from) return from;
  if (from.value < today) return { problem: `${from.value} is over.` };
  if (notAfter === null) return { value: { notBefore: from.value, notAfter: null } };
  const until = readDay(notAfter);
  if ('problem' in until) return until;
  if (until.value < from.value) return { problem: `${until.value} lies before ${from.value}.` };
  return { value: { notBefore: from.value, notAfter: until.value } };
}

/** The day of a moment, by the clocks of a time zone. */
export function dayOfMs(ms: number, timezone: string): Day {
  return windowFrom(ms, ms, timezone).day as Day;
}
