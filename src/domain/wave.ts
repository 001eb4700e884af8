/** A wave: the mailboxes that switch together, its window, and its life as a table. */

import type { WaveState } from './release.ts';
import type { Selector } from './selector.ts';
import type { Window } from './window.ts';

export type WaveStep = 'start' | 'pause' | 'resume' | 'cancel' | 'finish';
/** Those that people take. */
export type WaveOrderStep = Exclude<WaveStep, 'finish'>;

export interface WaveOrder {
  readonly name: string;
  readonly window: Window;
  readonly selector: Selector;
  /** At most so many, in the order of their addresses; null for all that are meant. */
  readonly limit: number | null;
  readonly isPilot: boolean;
  /** The share of its mailboxes, from 0 to 1, that may fail before the wave pauses by itself. */
  readonly errorBudget: number;
}

export interface Wave {
  readonly id: number;
  readonly name: string;
  readonly state: WaveState;
  readonly window: Window;
  readonly isPilot: boolean;
  readonly errorBudget: number;
  readonly pausedWhy: string | null;
}

export type WaveCreated =
  | { readonly kind: 'created'; readonly wave: Wave; readonly mailboxes: number }
  | { readonly kind: 'name-taken' }
  /** Nobody is meant, or everyone who is has a wave already, is held back or has left. */
  | { readonly kind: 'nobody' };

export type WaveMoved =
  | { readonly kind: 'moved'; readonly wave: Wave }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
  /** A wave in this state takes no such step. */
  | { readonly kind: 'refused'; readonly state: WaveState };

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
