/** Waves: which mailboxes switch together, and when. */

import type {
  WaveCreated,
  WaveMoved,
  WaveOrder,
  WaveOrderStep,
  WaveOutlined,
  WaveSettledOrdered,
} from '#domain/wave.ts';
import type { DayWindow } from '#domain/window.ts';

export interface Waves {
  /** Makes a wave of mailboxes that are known and have none. With a record for each. */
  create(order: WaveOrder, who: string): Promise<WaveCreated>;
  /**
   * `start`: its mailboxes are copied from now on, and switch in its window. `pause`: nothing more switches, and the targets
   * stay close. `resume`: what failed until now does not count against its error budget any more. `cancel`: its mailboxes go
   * back to being planned for nothing; what has switched stays switched.
   */
  move(name: string, step: WaveOrderStep, who: string, why: string | null): Promise<WaveMoved>;
  /** Gives it another window; one that runs goes on in that. */
  reschedule(name: string, window: DayWindow, who: string, why: string | null): Promise<WaveMoved>;
  /**
   * Brings home whoever of it has settled, also those who are blocked or held there, and nobody who is excluded or has left.
   * One that runs is paused first. Nobody who came home is switched again before a person releases them.
   */
  goBack(name: string, who: string, why: string): Promise<WaveSettledOrdered>;
  /**
   * Ends the way back of those who have settled in it and have no mark: nothing is carried home any more, and what was kept
   * to know how is forgotten. Refused while it runs. `isDryRun`: only answers with whom it would be.
   */
  release(name: string, isDryRun: boolean, who: string, why: string): Promise<WaveSettledOrdered>;
  /** All, the next to open first. */
  list(): Promise<readonly WaveOutlined[]>;
}
