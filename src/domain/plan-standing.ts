/**
 * What a plan may still say of a mailbox whose programme is under way: that nothing stands yet, that its evening has been
 * decided, that it has moved, or that it rests. The database tells the same of two million at once
 * (`store/plan-standing.ts`), and a test shows that the two never disagree.
 */

import type { Mark, Stage } from './journey.ts';
import type { WaveState } from './release.ts';

/**
 * `free`: a plan says when, also for whoever failed and whose evening has gone by. `begun`: in a wave that was started, and whose
 * window is not over. `moved`: switched, or between the two sides. `resting`: held, excluded, or on the way back.
 */
export const planStandings = ['free', 'begun', 'moved', 'resting'] as const;
export type PlanStanding = (typeof planStandings)[number];

/** A wave that is there. Times are milliseconds since 1970, by the clock of the database. */
export interface StandingWave {
  readonly id: number;
  readonly name: string;
  readonly state: WaveState;
  readonly opensAt: number;
  readonly closesAt: number;
  /** The day on which it opens, where people live. */
  readonly day: string;
}

/** `now`: by the clock of the wave's window. Whoever has left is nobody's concern, and is not asked about. */
export function planStanding(
  stage: Stage,
  mark: Exclude<Mark, 'left'> | '',
  wave: { readonly state: WaveState; readonly closesAt: number } | null,
  now: number,
): PlanStanding {
  switch (stage) {
    case 'switching':
    case 'settled':
    case 'released':
      return 'moved';
    case 'returning':
      return 'resting';
    case 'known':
    case 'planned':
    case 'copying':
    case 'following':
      if (mark === 'held' || mark === 'excluded') return 'resting';
      // What was blocked may have its evening behind it before somebody comes, so it is planned for like all that failed.
      return mark === '' && wave !== null && isDecided(wave, now) ? 'begun' : 'free';
  }
}

/** Whether the evening of a wave stands: it was started, and can still come. */
export function isDecided(
  { state, closesAt }: { readonly state: WaveState; readonly closesAt: number },
  now: number,
): boolean {
  return (state === 'running' || state === 'paused') && closesAt > now;
}

/** Whether a wave can still come as it was planned: whoever is in it has a place there. */
export function isToCome({ state, opensAt }: Pick<StandingWave, 'state' | 'opensAt'>, now: number): boolean {
  return (state === 'planned' || state === 'running' || state === 'paused') && opensAt > now;
}
