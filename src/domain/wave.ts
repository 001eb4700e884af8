/** The life of a wave, as a table. */

import type { WaveState } from './release.ts';

export type WaveStep = 'start' | 'pause' | 'resume' | 'cancel' | 'finish';

const life = {
  planned: { start: 'running', cancel: 'cancelled' },
  running: { pause: 'paused', cancel: 'cancelled', finish: 'finished' },
  paused: { resume: 'running', cancel: 'cancelled' },
  cancelled: {},
  finished: {},
} as const satisfies Record<WaveState, Partial<Record<WaveStep, WaveState>>>;

/** Where a step leads; null where a wave in this state takes none such. */
export function waveAfter(state: WaveState, step: WaveStep): WaveState | null {
  const steps: Partial<Record<WaveStep, WaveState>> = life[state];
  return steps[step] ?? null;
}

/** Whether a wave has failed so often that it has to pause: never for the first few, which say nothing of the rest. */
export function isOverBudget(failed: number, begun: number, errorBudget: number): boolean {
  return failed >= failuresAtLeast && failed > begun * errorBudget;
}

/** So many failures are no accident. */
export const failuresAtLeast = 5;
