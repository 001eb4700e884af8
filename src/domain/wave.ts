/** A wave: the mailboxes that switch together, its window, and its life as a table. */

import { type FaultCode, faults } from './fault.ts';
import type { Mark, Stage } from './journey.ts';
import type { WaveState } from './release.ts';
import type { Selector, UnknownName } from './selector.ts';
import type { DayWindow, Window } from './window.ts';

export type WaveStep = 'start' | 'pause' | 'resume' | 'cancel' | 'finish';
/** Those that people take. */
export type WaveOrderStep = Exclude<WaveStep, 'finish'>;

export interface WaveOrder {
  readonly name: string;
  readonly window: DayWindow;
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

/** A wave as it is shown to people. */
export interface WaveOutlined extends Wave {
  /** Sentences, each of which somebody may want to do something about (`wave-outlook.ts`). */
  readonly remarks: readonly string[];
}

export type WaveCreated =
  /** `notThatDay`: who is meant besides and was left out, since their dates do not allow the day. */
  | {
      readonly kind: 'created';
      readonly wave: WaveOutlined;
      readonly mailboxes: number;
      readonly notThatDay: number;
    }
  | { readonly kind: 'name-taken' }
  /** Nobody is meant, or everyone who is has a wave already, is held back, has left, or may not move on that day. */
  | { readonly kind: 'nobody'; readonly notThatDay: number }
  /** Its window is over before it could begin. */
  | { readonly kind: 'window-closed' }
  | UnknownName;

export type WaveMoved =
  | { readonly kind: 'moved'; readonly wave: WaveOutlined }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
  /** A wave in this state takes no such step. */
  | { readonly kind: 'refused'; readonly state: WaveState }
  /** It cannot begin, since its window, or the one that it was to be given, is over. */
  | { readonly kind: 'window-closed' };

/** What became of an order to all who have settled in a wave. */
export type WaveSettledOrdered =
  | {
      readonly kind: 'ordered';
      readonly mailboxes: number;
      /** Those who have settled and were left where they are, by their mark. */
      readonly leftOut: Readonly<Partial<Record<Mark, number>>>;
      /** Those who were switching at that moment. */
      readonly switching: number;
      /** Of those: whose way home was not kept up; and messages that home had not taken. */
      readonly late: number;
      readonly notTaken: number;
    }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
  | { readonly kind: 'refused'; readonly state: WaveState };

/** Whether a wave may be given another window. */
export function mayBeRescheduled(state: WaveState): boolean {
  return state === 'planned' || state === 'running' || state === 'paused';
}

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

/** Where a mailbox without a mark is on its way, so that its wave is not over. */
export const stagesOnTheWay = [
  'planned',
  'copying',
  'following',
  'switching',
  'returning',
] as const satisfies readonly Stage[];

/** How a wave stands. */
export interface WaveCounts {
  /** Mailboxes whose copying has begun, whatever became of them. */
  readonly begun: number;
  /** Mailboxes that are on the way and have no mark: whoever is blocked, held or excluded keeps no wave from its end. */
  readonly onTheWay: number;
  /** Mailboxes that failed since it was started or resumed: they are blocked, or their switch was withdrawn. */
  readonly failed: number;
}

/** What the leader does with a running wave of its own accord; null: nothing. `now`: the database's, as its window. */
export function careFor(
  { window, errorBudget }: Pick<Wave, 'window' | 'errorBudget'>,
  { begun, onTheWay, failed }: WaveCounts,
  now: number,
): 'pause' | 'finish' | null {
  if (window.closesAt <= now && onTheWay === 0) return 'finish';
  return isOverBudget(failed, begun, errorBudget) ? 'pause' : null;
}

/** Why a wave has paused by itself, for people. `most`: the codes of its faults, the most frequent first. */
export function whyPaused({ begun, failed }: WaveCounts, errorBudget: number, most: readonly string[]): string {
  const share = (part: number): string => `${Number((part * 100).toFixed(1))} %`;
  const codes = most.length === 0 ? '' : ` (${most.slice(0, 3).join(', ')})`;
  return `${failed} of the ${begun} that have begun have failed${codes}: ${share(failed / begun)}, more than its error budget of ${share(errorBudget)}`;
}

/**
 * Codes that do not count as failures of a wave: the weather of a platform, of the network or of the database, and people at
 * work, though a switch that met them five times was withdrawn; and what waits for a person's word, and for nothing else.
 */
export const countsForNothing: readonly string[] = [
  'switch.exceptions' satisfies FaultCode,
  'switch.unquiet' satisfies FaultCode,
  'switch.braked' satisfies FaultCode,
  'door.lost' satisfies FaultCode,
  'door.slow' satisfies FaultCode,
  ...Object.entries(faults)
    .filter(([code, { retry }]) => /^(imap|oauth|database)\./.test(code) && (retry === 'soon' || retry === 'paced'))
    .map(([code]) => code),
];

/** Whether a wave has failed so often that it has to pause: never for the first few, which say nothing of the rest. */
export function isOverBudget(failed: number, begun: number, errorBudget: number): boolean {
  return failed >= failuresAtLeast && failed > begun * errorBudget;
}

/** So many failures are no accident. */
export const failuresAtLeast = 5;
