/**
 * Where those meet who change sides together: before anybody is held, and again before they turn. Whoever is at a meeting is there by
 * the lease of its worker and goes with it, so that nobody waits for the dead.
 */

import type { Stage } from '#domain/journey.ts';
import type { Met } from '#domain/parties.ts';

/** Between the sides, one way or the other. */
export type Crossing = Extract<Stage, 'switching' | 'returning'>;

export type Came =
  /** It belongs with nobody. */
  | { readonly kind: 'alone' }
  /** It has kept others waiting who were held, and goes by itself. */
  | { readonly kind: 'apart'; readonly met: Met }
  | { readonly kind: 'there' };

export type Gathered =
  | { readonly kind: 'met'; readonly met: Met }
  /** `isFirst`: of all parties that wait, it has waited longest, so that others give their places up for it. */
  | { readonly kind: 'waits'; readonly isFirst: boolean };

/** The meetings as one worker goes to them. */
export interface Meetings {
  /** Comes to the meeting of its party, before anybody is held. */
  come(mailbox: number, stage: Crossing): Promise<Came>;
  /**
   * Whether it is met: everybody of its party is there who may change sides now. With `mayGoWithout` it is met by those who are there, if
   * one of them has waited for `apartAfterMs` in all. All who are there are met at one moment, or none is.
   */
  gather(mailbox: number, mayGoWithout: boolean): Promise<Gathered>;
  /** Goes away, provided that it was not met meanwhile, or where it is met, that it was not agreed meanwhile that all turn. */
  giveUp(mailbox: number, isMet: boolean): Promise<boolean>;
  /** Says that it is ready to turn. */
  ready(mailbox: number): Promise<void>;
  /** `turns`: all whom it met are ready, and each of them is told so. `stays`: one of them has gone, so that nobody turns. */
  agreed(mailbox: number): Promise<'turns' | 'stays' | 'waits'>;
  /** Whoever is not ready yet has kept the others waiting for too long. The next time they go without it. */
  tooLate(mailbox: number): Promise<void>;
  /** Goes away, whatever comes of it: who waits for it stays, unless it is agreed that they turn. */
  leave(mailbox: number): Promise<void>;
}

/** A party of whom some have waited for so long is met by those who are there. */
export const apartAfterMs = 60_000;
