/** The progress of planning: which file is being read, how much of the effort is spent, and what it has come to so far. */

import type { PlanEstateWatcher } from '#operations/plan-estate.ts';
import type { Screen } from './screen.ts';
import { bytes, count, duration } from './shown.ts';

/** How often the picture is renewed. */
const redrawMs = 200;

export class PlanProgress implements PlanEstateWatcher, Disposable {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedMs: number;
  #step = 'looking at the estate';
  #timer: NodeJS.Timeout | null = null;

  constructor(screen: Screen, now: () => number) {
    [this.#screen, this.#now, this.#startedMs] = [screen, now, now()];
    if (!screen.moves) return;
    this.#timer = setInterval(() => this.draw(), redrawMs);
    this.#timer.unref();
  }

  reading({ kind, rows, octetsRead, octetsInAll }: Parameters<PlanEstateWatcher['reading']>[0]): void {
    const of = octetsInAll > 0 ? ` of ${bytes(octetsInAll)}` : '';
    this.#step = `reading ${kind}.csv: ${count(rows)} rows · ${bytes(octetsRead)}${of}`;
  }

  begins(step: 'reading' | 'planning' | 'writing'): void {
    if (step === 'writing') this.#step = 'looking at the plan';
    else this.#step = step === 'planning' ? 'planning' : 'reading the estate';
  }

  progress(step: string, share: number, grantDays: number | null): void {
    const best = grantDays === null ? '' : ` · ${count(grantDays)} grant-days`;
    this.#step = `planning, ${step}: ${Math.floor(100 * share)} %${best}`;
  }

  line(): string {
    return `${this.#step} · ${duration(this.#now() - this.#startedMs)} so far`;
  }

  draw(): void {
    this.#screen.draw([this.line()]);
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#screen.clear();
  }
}
