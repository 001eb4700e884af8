/**
 * The terminal's stderr, shared by what stays (log lines, warnings) and what moves (the progress display below them). In a
 * pipe there is no display, and lines are just lines.
 */

import type { OutStream } from './world.ts';
import { fit, harmless } from './shown.ts';

/**
 * Whether a terminal is one to draw on. Who sets NO_COLOR means the colours, and we have none; but they want no control sequence in what
 * they keep or have read aloud, and the display would be nothing else. In CI nobody watches.
 */
export function isToDrawOn(isTerminal: boolean, environment: (name: string) => string | undefined): boolean {
  return isTerminal && environment('TERM') !== 'dumb' && !environment('NO_COLOR') && !environment('CI');
}

export class Screen {
  readonly #out: OutStream;
  /** True when a display can be drawn: `isToDrawOn`. */
  readonly moves: boolean;
  #drawn = 0;
  #lines: readonly string[] = [];

  constructor(out: OutStream, moves: boolean) {
    this.#out = out;
    this.moves = moves && out.isTTY === true;
  }

  /** Writes lines that stay, above the display if there is one. `text` ends without a line break. */
  say(text: string): void {
    const line = `${harmless(text)}\n`;
    if (this.#drawn === 0) {
      this.#out.write(line);
      return;
    }
    this.#out.write(`${this.#erased()}${line}`);
    this.#drawn = 0;
    this.draw(this.#lines);
  }

  /** Replaces the display. Lines are cut to the width of the terminal and to two thirds of its height. */
  draw(lines: readonly string[]): void {
    if (!this.moves) return;
    // A terminal that was told no size says 0.
    const columns = Math.max(20, (this.#out.columns || 80) - 1);
    const room = Math.max(1, Math.floor((this.#out.rows || 24) * 0.67));
    const erased = this.#erased();
    this.#lines = lines;
    const shownLines = lines.slice(0, room).map((line) => fit(harmless(line), columns));
    this.#drawn = shownLines.length;
    // One write for the whole picture, so that it does not flicker.
    this.#out.write(erased + shownLines.map((line) => `${line}\n`).join(''));
  }

  /** Takes the display away. */
  clear(): void {
    if (this.#drawn > 0) this.#out.write(this.#erased());
    this.#drawn = 0;
    this.#lines = [];
  }

  /** The control sequence that removes what is drawn (ECMA-48: CPL, ED). */
  #erased(): string {
    return this.#drawn > 0 ? `\x1b[${this.#drawn}F\x1b[J` : '';
  }
}
