/** Waves: which mailboxes switch together, and when. */

import type { WaveState } from '#domain/release.ts';
import type { Selector } from '#domain/selector.ts';
import type { Window } from '#domain/window.ts';

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

export type WaveStep = 'start' | 'pause' | 'resume' | 'cancel';

export type WaveMoved =
  | { readonly kind: 'moved'; readonly wave: Wave }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
  /** A wave in this state takes no such step. */
  | { readonly kind: 'refused'; readonly state: WaveState };

export interface Waves {
  /** Makes a wave of mailboxes that are known and have none. With a record for each. */
  create(order: WaveOrder, who: string): Promise<WaveCreated>;
  /**
   * `start`: its mailboxes are copied from now on, and switch in its window. `pause`: nothing more switches, and the targets
   * stay close. `cancel`: its mailboxes go back to being planned for nothing; what has switched stays switched.
   */
  move(name: string, step: WaveStep, who: string, why: string | null): Promise<WaveMoved>;
  /** All, the next to open first. */
  list(): Promise<readonly Wave[]>;
}
