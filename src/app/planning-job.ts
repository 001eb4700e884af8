/** What a process that plans is told to do, and what it tells: JSON, one message each. */

import type { PlanProgress, RehearsalStands } from '#api/planning.ts';
import type { Fault } from '#domain/fault.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { UsageProblem } from '#domain/report.ts';
import type { LogFields } from '#lib/log.ts';
import type { applySteps } from '#operations/apply-plan.ts';
import type { SettingsToRehearse } from '#operations/rehearsal-terms.ts';
import type { Habits } from '#rehearsal/order.ts';

/** Where the estate is. */
export interface JobPlace {
  readonly database: EstateSettings['database'];
  readonly stateDir: string;
}

/** All paths are of this machine. */
export type PlanningJob = MakeJob | ApplyJob | RehearseJob;

export interface MakeJob extends JobPlace {
  readonly kind: 'make';
  readonly calendar: string;
  readonly wishes: string | null;
  readonly earlier: string | null;
  /** Null: nothing is written. */
  readonly out: string | null;
  readonly explain: readonly string[];
  readonly seed: number;
  readonly effortSeconds: number | null;
}

export interface ApplyJob extends JobPlace {
  readonly kind: 'apply';
  readonly plan: string;
  /** What it is called where it came from. */
  readonly called: string;
  readonly calendar: string;
  readonly dryRun: boolean;
  readonly errorBudget: number;
  readonly who: string;
  readonly why: string | null;
}

export interface RehearseJob extends JobPlace {
  readonly kind: 'rehearse';
  readonly plan: string;
  readonly calendar: string;
  readonly weather: string | null;
  readonly rates: string | null;
  readonly seed: number;
  readonly runs: number;
  readonly speed: number | null;
  readonly habits: Partial<Habits>;
  readonly settings: SettingsToRehearse;
}

/** `answer` is the last word where all went well; `fault`, `wrong` and `broken` where it did not. */
export type PlanningWord =
  | {
      readonly kind: 'log';
      readonly level: 'error' | 'warn' | 'info';
      readonly phrase: string;
      readonly fields: LogFields;
    }
  | { readonly kind: 'progress'; readonly progress: PlanProgress }
  | { readonly kind: 'reads'; readonly what: string }
  | { readonly kind: 'clocks'; readonly timezone: string }
  | { readonly kind: 'stands'; readonly stands: RehearsalStands }
  | { readonly kind: 'begins'; readonly step: (typeof applySteps)[number] }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'fault'; readonly code: Fault['code']; readonly words: string; readonly about: object }
  /** What is wrong with a file of settings or a calendar. */
  | { readonly kind: 'wrong'; readonly problems: readonly UsageProblem[] }
  /** A fault of ours. */
  | { readonly kind: 'broken'; readonly text: string };

/** What is told on the way. */
export type Telling = Extract<PlanningWord, { kind: 'progress' | 'begins' | 'reads' | 'clocks' | 'stands' }>;
/** What it ends with. */
export type LastWord = Exclude<PlanningWord, { kind: 'log' | Telling['kind'] }>;
