/**
 * The waves of a rehearsal, one for each window: their lives, by the table of waves, and who is in them. The real `careFor` says
 * when one pauses by itself and when it is finished.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import type { WaveNow } from '#domain/release.ts';
import { careFor, type WaveStep, waveAfter } from '#domain/wave.ts';
import type { Cast } from './cast.ts';

export class Waves {
  /** As the choice of what is worked on wants it; the number of a wave is that of its window. */
  readonly now: ReadonlyMap<number, WaveNow>;
  /** Of the last in which somebody is. */
  lastClosesAt = Number.NEGATIVE_INFINITY;
  readonly #now: Map<number, WaveNow>;
  readonly #members: number[][];
  readonly #errorBudget: number;
  readonly #cast: Cast;
  readonly #windows: readonly PlanWindow[];
  /** Blocked, and not seen to yet, since the wave was started or resumed. */
  readonly #failed: Int32Array;
  /** How often each was resumed: whoever resumes has seen what failed until then. */
  readonly #resumed: Int32Array;
  /** Of each mailbox the wave in which it was blocked and how often that had been resumed; -1 for none. */
  readonly #blockedIn: Int32Array;
  readonly #blockedAfter: Int32Array;

  constructor(windows: readonly PlanWindow[], cast: Cast, errorBudget: number) {
    this.#cast = cast;
    this.#windows = windows;
    this.#errorBudget = errorBudget;
    this.#now = new Map(
      windows.map(({ opensAt, closesAt, isPilot }, id) => [
        id,
        { id, state: 'planned', opensAt, closesAt, pilot: isPilot },
      ]),
    );
    this.now = this.#now;
    this.#members = windows.map(() => []);
    this.#failed = new Int32Array(windows.length);
    this.#resumed = new Int32Array(windows.length);
    this.#blockedIn = new Int32Array(cast.most).fill(-1);
    this.#blockedAfter = new Int32Array(cast.most);
  }

  of(wave: number): WaveNow {
    const found = this.#now.get(wave);
    if (!found) throw new Error(`there is no wave ${wave}`);
    return found;
  }

  isOpen(wave: number, at: number): boolean {
    const { state, opensAt, closesAt } = this.of(wave);
    return state === 'running' && opensAt <= at && at < closesAt;
  }

  /** Whether the dates of a mailbox allow the day on which a wave's window opens. */
  allows(wave: number, mailbox: number): boolean {
    const { notBefore, notAfter } = this.#cast;
    const day = this.#windows[wave]?.dayNumber ?? 0;
    return (notBefore[mailbox] as number) <= day && day <= (notAfter[mailbox] as number);
  }

  /** Also those who were in it once: whose `wave` is another is not in it any more. */
  members(wave: number): readonly number[] {
    return this.#members[wave] as readonly number[];
  }

  add(wave: number, mailbox: number): void {
    this.lastClosesAt = Math.max(this.lastClosesAt, this.of(wave).closesAt);
    this.#members[wave]?.push(mailbox);
    this.#cast.putInto(mailbox, wave);
  }

  move(wave: number, step: WaveStep): void {
    const now = this.of(wave);
    const state = waveAfter(now.state, step);
    if (state === null) throw new Error(`wave ${wave} is ${now.state} and cannot ${step}`);
    this.#now.set(wave, { ...now, state });
    if (step !== 'resume') return;
    this.#failed[wave] = 0;
    this.#resumed[wave] = (this.#resumed[wave] as number) + 1;
  }

  blocked(mailbox: number): void {
    const wave = this.#cast.wave[mailbox] as number;
    this.#blockedIn[mailbox] = wave;
    this.#blockedAfter[mailbox] = this.#resumed[wave] as number;
    this.#failed[wave] = (this.#failed[wave] as number) + 1;
  }

  mended(mailbox: number): void {
    const wave = this.#blockedIn[mailbox] as number;
    this.#blockedIn[mailbox] = -1;
    if (wave < 0 || this.#blockedAfter[mailbox] !== this.#resumed[wave]) return;
    this.#failed[wave] = (this.#failed[wave] as number) - 1;
  }

  /** What its leader does with a wave of its own accord: done here, and told. */
  care(wave: number, at: number): 'pause' | 'finish' | null {
    const window = this.of(wave);
    if (window.state !== 'running') return null;
    const failed = this.#failed[wave] as number;
    const counts = this.#cast.countsOf(wave, failed);
    // Whoever failed had begun, though it may have been before anything was copied.
    const begun = Math.max(counts.begun, failed);
    const does = careFor({ window, errorBudget: this.#errorBudget }, { ...counts, begun }, at);
    if (does !== null) this.move(wave, does);
    return does;
  }
}
