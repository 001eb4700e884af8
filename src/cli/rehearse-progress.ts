/** The progress of a rehearsal, and with `--speed` the programme itself, as if one sat before it. */

import type { Over, RehearseWatcher } from '#operations/rehearse.ts';
import type { Stand } from '#rehearsal/outcome.ts';
import { momentText } from '#rehearsal/words.ts';
import type { Screen } from './screen.ts';
import { count, duration, table } from './shown.ts';
import type { RehearsalReading } from './world.ts';

/** How often the picture is renewed. */
const redrawMs = 200;
const barWide = 50;

export class RehearsalProgress implements RehearseWatcher, RehearsalReading, Disposable {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedMs: number;
  readonly #runs: number;
  /** Whether somebody wants to watch it. */
  readonly #isLive: boolean;
  #timezone = 'UTC';
  #step = 'looking at what there is';
  #run = 0;
  #stand: Stand | null = null;
  #over: Over | null = null;
  #timer: NodeJS.Timeout | null = null;
  #drawnMs = 0;

  constructor(screen: Screen, now: () => number, runs: number, isLive: boolean) {
    [this.#screen, this.#now, this.#runs, this.#isLive] = [screen, now, runs, isLive];
    this.#startedMs = now();
    if (!screen.moves) return;
    this.#timer = setInterval(() => this.draw(), redrawMs);
    this.#timer.unref();
  }

  reads(what: string): void {
    this.#step = `reading ${what}`;
  }

  clocks(timezone: string): void {
    this.#timezone = timezone;
  }

  begins(run: number): void {
    this.#run = run;
    this.#stand = null;
  }

  stands(stand: Stand, over: Over): void {
    [this.#stand, this.#over] = [stand, over];
    // Much is reckoned between two moments of rest, and a timer would come late.
    if (this.#screen.moves && this.#now() - this.#drawnMs >= redrawMs) this.draw();
  }

  lines(): readonly string[] {
    const soFar = `${duration(this.#now() - this.#startedMs)} so far`;
    const [stand, over] = [this.#stand, this.#over];
    if (stand === null || over === null) return [`${this.#step} · ${soFar}`];
    const share = Math.min(1, (stand.at - over.begins) / (over.ends - over.begins));
    const run = this.#runs > 1 ? `run ${this.#run + 1} of ${this.#runs}, ` : '';
    const line = `rehearsing, ${run}${momentText(stand.at, this.#timezone)}: ${count(stand.settled + stand.released)} of ${count(stand.mailboxes)} switched · ${soFar}`;
    return this.#isLive && this.#run === 0 ? [line, bar(share), ...places(stand)] : [line];
  }

  draw(): void {
    this.#drawnMs = this.#now();
    this.#screen.draw(this.lines());
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#screen.clear();
  }
}

function bar(share: number): string {
  const full = Math.round(share * barWide);
  return `[${'█'.repeat(full)}${'·'.repeat(barWide - full)}] ${Math.floor(share * 100)} % of the calendar`;
}

function places(stand: Stand): readonly string[] {
  const rows: readonly (readonly [string, number])[] = [
    ['waiting', stand.planned + stand.unplaced],
    ['being copied', stand.copying],
    ['copied and followed', stand.following],
    ['switching', stand.switching + stand.returning],
    ['switched', stand.settled],
    ['released', stand.released],
    ['held', stand.held],
    ['blocked', stand.blocked],
    ['taken out or left', stand.excluded + stand.left],
  ];
  return table(
    rows.map(([what, mailboxes]) => [
      `  ${what}`,
      count(mailboxes),
      '█'.repeat(Math.round((mailboxes / Math.max(1, stand.mailboxes)) * barWide)),
    ]),
    new Set([1]),
  );
}
