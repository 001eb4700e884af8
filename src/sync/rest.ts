/**
 * The time between two looks of `--follow`. It ends by the clock, and before that when the source says that something has
 * changed, where it can. What a source says is a hint: every look is at everything, and whoever cannot watch loses nothing
 * but time.
 */

import { Fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Source } from '#ports/mailbox.ts';

/** News seldom comes alone: one look for all that comes in a second. */
const gatherMs = 1_000;
/** So many failures in a row, and a source is not watched any more. */
const failuresMax = 3;

export class Rest {
  readonly #clock: Clock;
  readonly #log: Log;
  #failures = 0;
  #hadNews = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Rests for `ms` at most. `didFind`: whether the look before carried anything. False when the source failed while it was
   * watched and should be opened again. Rejects with the signal's reason.
   */
  async between(source: Source, ms: number, didFind: boolean, signal: AbortSignal): Promise<boolean> {
    // News of nothing that is wanted must not make one look follow another.
    const wasInVain = this.#hadNews && !didFind;
    this.#hadNews = false;
    if (!source.watch || wasInVain || this.#failures >= failuresMax) {
      await this.#clock.sleep(ms, signal);
      return true;
    }
    const over = new AbortController();
    const rest = AbortSignal.any([signal, over.signal]);
    let error: unknown = null;
    const watching = source.watch(rest).then(
      () => {
        this.#hadNews = !rest.aborted;
        this.#failures = 0;
        over.abort();
      },
      (why: unknown) => {
        error = why;
        this.#failures++;
        if (!signal.aborted) this.#log.info('watching failed, going by the clock', wordsOf(why));
      },
    );
    await this.#clock.sleep(ms, rest).catch(() => undefined); // an abort ends the rest
    over.abort();
    await watching;
    signal.throwIfAborted();
    if (this.#hadNews) await this.#clock.sleep(Math.min(gatherMs, ms), signal);
    return error === null;
  }
}

function wordsOf(error: unknown): { readonly why: string; readonly text: string } {
  return { why: error instanceof Fault ? error.code : 'unknown', text: error instanceof Error ? error.message : '' };
}
