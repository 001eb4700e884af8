/** Waves: which mailboxes switch together, and when. */

import type { Wave, WaveCreated, WaveMoved, WaveOrder, WaveOrderStep } from '#domain/wave.ts';

export interface Waves {
  /** Makes a wave of mailboxes that are known and have none. With a record for each. */
  create(order: WaveOrder, who: string): Promise<WaveCreated>;
  /**
   * `start`: its mailboxes are copied from now on, and switch in its window. `pause`: nothing more switches, and the targets
   * stay close. `cancel`: its mailboxes go back to being planned for nothing; what has switched stays switched.
   */
  move(name: string, step: WaveOrderStep, who: string, why: string | null): Promise<WaveMoved>;
  /** All, the next to open first. */
  list(): Promise<readonly Wave[]>;
}
