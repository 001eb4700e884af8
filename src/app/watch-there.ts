/**
 * Whether something may have changed in an estate, by the stream of a server: whoever watches looks when something was recorded. A stream
 * that breaks is taken up behind what was had last; as long as there is none, there may be news every two seconds.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '#api/client.ts';
import type { Watching } from '#cli/world.ts';
import { Fault } from '#domain/fault.ts';

/** Without a stream. */
const lookEveryMs = 2_000;
/** With one: windows close without anybody recording it. */
const lookAnywayMs = 30_000;
/** Where the server does not say when to come again. */
const usualRetryMs = 3_000;
const retryMostMs = 30_000;
/** A server that says "at once" and ends each stream is not asked all the time. */
const retryLeastMs = 250;
/** One that was cut is usually taken up at once, and nobody needs to hear of that. */
const failuresSaid = 2;

export function watchThere(client: ApiClient, clock: () => number = () => performance.now()): Watching {
  const stream = new Following(client);
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    hasNews() {
      if (stream.broken !== null) throw stream.broken;
      const since = clock() - lookedAt;
      if (!(stream.isOpen ? stream.hasNews || since >= lookAnywayMs : since >= lookEveryMs)) return false;
      // Before it is looked: what is recorded meanwhile is news again.
      stream.hasNews = false;
      lookedAt = clock();
      return true;
    },
    trouble: () => stream.trouble,
    [Symbol.asyncDispose]: () => stream.end(),
  };
}

class Following {
  hasNews = true;
  isOpen = false;
  trouble: string | null = null;
  /** A fault of ours, for whoever asks next. */
  broken: Error | null = null;
  readonly #client: ApiClient;
  readonly #over = new AbortController();
  readonly #following: Promise<void>;
  #lastId: string | null = null;
  #retryMs = usualRetryMs;
  #failures = 0;

  constructor(client: ApiClient) {
    this.#client = client;
    this.#following = this.#follow().catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.broken = error instanceof Error ? error : new Error(String(error));
    });
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      let why = 'the stream has ended';
      try {
        for await (const told of this.#client.events('follow-changes', this.#lastId, signal)) this.#take(told);
      } catch (error) {
        if (signal.aborted || !(error instanceof Fault)) throw error;
        why = error.message;
      }
      this.isOpen = false;
      this.#failures++;
      if (this.#failures >= failuresSaid) this.trouble = why.replace(/\.$/, '');
      await sleep(Math.min(retryMostMs, this.#retryMs * 2 ** Math.max(0, this.#failures - failuresSaid)), undefined, {
        signal,
      });
    }
  }

  #take({
    id,
    retryMs,
    data,
  }: {
    readonly id: string | null;
    readonly retryMs: number | null;
    readonly data: object | null;
  }): void {
    if (id) this.#lastId = id;
    if (retryMs !== null) this.#retryMs = Math.min(retryMostMs, Math.max(retryLeastMs, retryMs));
    // What was recorded before it began nobody tells.
    if (data !== null || !this.isOpen) this.hasNews = true;
    this.isOpen = true;
    this.trouble = null;
    this.#failures = 0;
  }
}
