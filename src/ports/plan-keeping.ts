/**
 * A plan on its way into the waves of an estate: the estate is read, and then all that the plan changes happens at once, or
 * nothing does. Whatever breaks before `keep` has returned leaves everything as it was.
 */

import type { StandingWave } from '#domain/plan-standing.ts';
import type { DayWindow } from '#domain/window.ts';
import type { EstateRosterPort } from './estate-roster.ts';

export interface NewWave {
  readonly name: string;
  readonly window: DayWindow;
  readonly isPilot: boolean;
  /** The share of its mailboxes that may fail before it pauses by itself. */
  readonly errorBudget: number;
}

/** Where a mailbox goes that no plan had begun to move. */
export interface Going {
  /** The id of the mailbox, and of the wave it is in; null for none. */
  readonly mailbox: number;
  readonly from: number | null;
  /** The id of a wave, the position of one in `create`, or nowhere. */
  readonly to: { readonly wave: number } | { readonly created: number } | null;
}

export interface PlanToKeep {
  readonly create: readonly NewWave[];
  readonly reschedule: readonly { readonly wave: number; readonly window: DayWindow }[];
  /** Waves that mailboxes come into or go out of, as they were when the plan was held against them. */
  readonly expects: readonly Pick<StandingWave, 'id' | 'name' | 'state' | 'opensAt' | 'closesAt'>[];
  /** Never started, and empty once all have gone; one that is not empty then stays. */
  readonly remove: readonly number[];
  /** Read once, in the order of the ids of mailboxes. */
  readonly goings: () => Iterable<Going>;
}

/** What it was, for the audit log. */
export interface PlanRecord {
  readonly who: string;
  readonly why: string;
  readonly about: Readonly<Record<string, unknown>>;
}

export interface PlanKeeping extends AsyncDisposable {
  /** The estate as it is now; of the plan that is being applied it knows nothing yet. */
  readonly estate: EstateRosterPort;
  /** Makes the waves be so. It is durable when this returns. Throws `plan.estate-moved` where somebody was faster. */
  keep(plan: PlanToKeep, record: PlanRecord): Promise<void>;
  /** Where it changes nothing: dates that are asked for are taken, as `keep` does too, of those whose window lies within. Durable, too. */
  heed(record: Pick<PlanRecord, 'who' | 'why'>): Promise<void>;
}

/** `dryRun`: nothing will be kept, and nobody is waited for. One at a time else. Throws `plan.apply.under-way`, `database.*`. */
export type OpenPlanKeeping = (options: { readonly dryRun: boolean }, signal: AbortSignal) => Promise<PlanKeeping>;
