/** The life of one process in a history: how far it comes before it is killed, and who uses the source meanwhile. */

import type { Chance } from '#lib/chance.ts';
import type { CrashPoint } from '#sync/engine.ts';
import type { Side } from './stage.ts';

export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface Fate {
  /** Null for a process that lives to its end. */
  readonly kill: ((where: string) => void) | null;
  /** The owner of the mailbox does something; null when they are away. */
  readonly live: (() => void) | null;
  readonly detail: (line: string) => void;
}

export class Life {
  isOver = false;
  readonly #fate: Fate;
  readonly #chance: Chance;
  /** Steps of one kind are counted, since those of both sides do not come in the same order every time over sockets. */
  readonly #counted: Side | 'engine';
  readonly #busy: number;
  #left: number;
  /** What the owner still does in this life; who adds mail faster than it is read is never done with. */
  #acts = 40;

  constructor(fate: Fate, chance: Chance) {
    this.#fate = fate;
    this.#chance = chance;
    this.#counted = chance.pick(['source', 'target', 'engine']);
    this.#left = chance.once(2) ? chance.below(20) : chance.below(500);
    this.#busy = chance.pick([3, 30, 300]);
  }

  /** Something happens on one side. */
  step(side: Side, where: string): void {
    this.#fate.detail(`${side} ${where}`);
    if (side === 'source' && this.#acts > 0 && this.#chance.once(this.#busy)) {
      this.#acts--;
      this.#fate.live?.();
    }
    if (side === this.#counted) this.#age(`${side} ${where}`);
  }

  /** The engine passes a crash point; a dead one gets no further than this. */
  at(point: CrashPoint): void {
    if (!this.isOver) {
      this.#fate.detail(point);
      if (this.#counted === 'engine') this.#age(point);
    }
    if (this.isOver) throw new Killed(point);
  }

  #age(where: string): void {
    if (!this.#fate.kill || this.#left-- !== 0) return;
    this.isOver = true;
    this.#fate.kill(where);
  }
}
