/** The ways in of those who are to switch, as they are held at this moment, and a person's word for those that are not. */

import type { WaveWays, WayIn, WaysAccepted, WaysPromised } from '#domain/ways-in.ts';

export interface WaysIn {
  /** Of those of a wave who have still to switch, by organisation. */
  ofWave(wave: number, promised: WaysPromised): Promise<WaveWays>;
  /** Takes a person's word for all that is not held at this moment, for this wave. With its record. */
  accept(wave: string, promised: WaysPromised, who: string, why: string): Promise<WaysAccepted>;
}

/** Whoever is about to take a mailbox to the other side. */
export interface WaysInGate {
  /** The ways in of it that nobody holds now, and nobody has given their word for; none: it may go. */
  lacking(mailbox: number): Promise<readonly WayIn[]>;
}
