/** What the API asks of whoever plans: orders by files that were sent, and what is told of them on the way. */

import type { PlanApplied, PlanWatcher } from '#operations/apply-plan.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import type { Over } from '#operations/rehearse.ts';
import type { Habits } from '#rehearsal/order.ts';
import type { Stand } from '#rehearsal/outcome.ts';
import type { toldFiles } from './contract-plans.ts';
import type { Bounded } from './shapes/plan.ts';
import type { RehearsalTold } from './shapes/rehearsal.ts';

/** A file that was sent before, and what it is called where it lies. */
export interface NamedFile {
  /** Its SHA-256. */
  readonly file: string;
  readonly name: string;
}

export interface PlanAsked {
  readonly calendar: NamedFile;
  readonly wishes: NamedFile | null;
  readonly earlier: NamedFile | null;
  readonly explain: readonly string[];
  readonly seed: number;
  /** Null: as much as is usual for so many. */
  readonly effortSeconds: number | null;
  /** Whether its files are told. */
  readonly files: boolean;
}

export interface PlanListener {
  /** How far it has come. */
  isAt(progress: PlanProgress): void;
  /** A part of a file of the plan; returns when it was read. */
  tell(part: { readonly file: (typeof toldFiles)[number]; readonly text: string }): Promise<void>;
}

export interface PlanProgress {
  readonly step: string;
  /** Of the effort, from 0 to 1. */
  readonly share: number;
  readonly grantDays: number | null;
}

export interface ApplyAsked {
  readonly plan: NamedFile;
  readonly calendar: NamedFile;
  readonly dryRun: boolean;
  readonly errorBudget: number;
  readonly why: string | null;
}

export interface RehearsalAsked {
  readonly plan: NamedFile;
  readonly calendar: NamedFile;
  readonly weather: NamedFile | null;
  readonly rates: NamedFile | null;
  readonly seed: number;
  readonly runs: number;
  /** Null: as fast as it goes. */
  readonly speed: number | null;
  readonly habits: Partial<Habits>;
}

export interface RehearsalListener {
  reads(what: string): void;
  clocks(timezone: string): void;
  stands(stands: RehearsalStands): void;
}

/** Null until it has begun. */
export interface RehearsalStands {
  readonly run: number;
  readonly stand: Stand | null;
  readonly over: Over | null;
}

/**
 * Plans by files that `who` has sent, one at a time: `api.planning.under-way`. Throws `api.not-there` for a file, what
 * `operations/plan-estate.ts` and `apply-plan.ts` throw, and `api.request.unfit` for a calendar that is none.
 */
export interface PlansDesk {
  make(order: PlanAsked, who: string, listener: PlanListener, signal: AbortSignal): Promise<Bounded<PlanReport>>;
  apply(order: ApplyAsked, who: string, watcher: PlanWatcher, signal: AbortSignal): Promise<PlanApplied>;
  rehearse(
    order: RehearsalAsked,
    who: string,
    listener: RehearsalListener,
    signal: AbortSignal,
  ): Promise<Bounded<RehearsalTold>>;
}
