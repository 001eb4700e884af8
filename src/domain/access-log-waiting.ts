/** What one line has told and another may complete, by the name that both bear: few, not for long, and forgotten in order. */

import type { TailSighting } from './tail-sighting.ts';

/** So many at a time: a busy server has some hundred sessions between two of their lines. */
const waitingMost = 4_096;
/** No name of a session or of a message in a queue is longer. */
const keyMost = 128;

export class Waiting<Value extends { readonly at: number }> {
  readonly #all = new Map<string, Value>();
  readonly #longestMs: number;

  /** Whoever waits longer than that, by the times of the lines, waits in vain. */
  constructor(longestMs: number, kept: unknown, read: (value: unknown) => Value | null) {
    this.#longestMs = longestMs;
    if (!Array.isArray(kept)) return;
    for (const each of kept.slice(0, waitingMost)) {
      const [key, value] = Array.isArray(each) ? (each as readonly unknown[]) : [];
      const one = read(value);
      if (typeof key === 'string' && one !== null) this.#all.set(key.slice(0, keyMost), one);
    }
  }

  put(key: string, value: Value): void {
    const short = key.slice(0, keyMost);
    this.#all.delete(short);
    this.#all.set(short, value);
  }

  take(key: string): Value | null {
    const short = key.slice(0, keyMost);
    const value = this.#all.get(short) ?? null;
    if (value !== null) this.#all.delete(short);
    return value;
  }

  /** Those that have waited long enough at `now`, and the first of those that are too many. */
  *overdue(now: number): Generator<Value> {
    for (const [key, value] of this.#all) {
      if (this.#all.size <= waitingMost && now - value.at < this.#longestMs) return;
      this.#all.delete(key);
      yield value;
    }
  }

  *rest(): Generator<Value> {
    const all = [...this.#all.values()];
    this.#all.clear();
    yield* all;
  }

  entries(): readonly (readonly [string, Value])[] {
    return [...this.#all];
  }
}

/** Reads back a sighting that `entries` gave, which has been in a database meanwhile; null where it is none any more. */
export function sightingIn(value: unknown): TailSighting | null {
  const { at, name, client, ip, host } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const areTexts = [client, ip, host].every((each) => each === null || typeof each === 'string');
  return Number.isSafeInteger(at) && typeof name === 'string' && areTexts ? (value as TailSighting) : null;
}
