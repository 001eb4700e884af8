/** Where a mailbox lives, as mail systems are told, and what they are told while it changes sides. */

import type { Named, SideName } from './platform.ts';

/**
 * `open`: whoever asks is told the side. `announced`: the same, but deliveries go by the door that can park them, and a door that has
 * lost the database answers "later". `held`: sign-ins wait, deliveries are parked.
 */
export const standings = ['open', 'announced', 'held'] as const;
export type Standing = (typeof standings)[number];

export interface Route {
  readonly mailbox: number;
  readonly side: SideName;
  readonly standing: Standing;
}

/** What a door is answered about an address, or a name that somebody signs in with. */
export type RouteFound =
  | { readonly kind: 'home'; readonly route: Route; readonly named: Named }
  /** The whole estate is known here, and nobody of that name is in it. */
  | { readonly kind: 'unknown' }
  /** Not everything is known here at the moment: to be asked again, and never to be taken for unknown. */
  | { readonly kind: 'later' };

/** How long a door may answer by what it knows without having heard from the database, in milliseconds. */
export const doorLeaseMs = 5_000;

/**
 * So long what a door has to do at a hold may keep it from acknowledging it, in milliseconds: more than a message may take that is wholly
 * sent and not answered yet (doors/in-passage.ts). Who waits for the doors waits longer, and withdraws rather than goes on.
 */
export const heedMostMs = 10_500;

/**
 * So long before a mailbox changes sides it is announced: a queue manager that was told another way before remembers it for 30 seconds
 * (Postfix: docs/coexistence.md), and some more for those that ask before they act.
 */
export const announceAheadMs = 40_000;
