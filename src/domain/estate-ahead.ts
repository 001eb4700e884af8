/** What is left to be done in an estate, in bulk: what a forecast plays. Times are milliseconds since 1970, by the database's clock. */

import type { Rates } from './rates.ts';
import type { WaveState } from './release.ts';
import type { Window } from './window.ts';

/** Mailboxes of about the same size. */
export interface Bulk {
  readonly mailboxes: number;
  readonly items: number;
  readonly bytes: number;
}

/** A wave with what is left to be done in it. Times are milliseconds since 1970, by the clock of the database. */
export interface WaveAhead {
  readonly name: string;
  readonly state: Extract<WaveState, 'planned' | 'running' | 'paused'>;
  readonly window: Window;
  readonly isPilot: boolean;
  /** Whose first copy has not ended, by size. */
  readonly toCopy: readonly Bulk[];
  /** Who has been copied and is followed. */
  readonly following: number;
  /** Who waits for somebody to see to them. */
  readonly blocked: number;
  /** Who was asked to wait, or rests for good: they will not switch. */
  readonly resting: number;
  readonly done: number;
}

export interface EstateAhead {
  readonly now: number;
  readonly rates: Rates;
  readonly waves: readonly WaveAhead[];
  /** Mailboxes that are followed or carried home, and take their share of the work. */
  readonly followers: number;
  readonly followEveryMs: number;
  /** A wave that was not started yet is taken to be started so long before its window, or now. */
  readonly aheadMs: number;
  /** Until then a platform rests, or is not to be reached, and nothing is begun. */
  readonly restsUntil: number;
  /** The octets that both platforms may be asked for until a time; null without limit. */
  readonly bytesUntil: (until: number) => number | null;
  /** Mailboxes without a mark that are in no wave. */
  readonly unplanned: number;
}

/** Who is still to switch, blocked or not. */
export function leftIn({ toCopy, following, blocked }: WaveAhead): number {
  return mailboxesIn(toCopy) + following + blocked;
}

export function mailboxesIn(bulks: readonly Bulk[]): number {
  return bulks.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
}
