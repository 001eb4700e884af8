/**
 * An operation that tells of itself while it works, as lines that are read elsewhere: how far it is, now and then; what it
 * finds, all of it and no faster than it is read; and at last what came of it.
 */

export interface Teller<Line> {
  /** How far it is. Of two that are said before anybody reads, the first is left out. */
  isAt(line: Line): void;
  /** What has to be told. Returns when it was read. */
  tell(lines: readonly Line[]): Promise<void>;
}

type Ending<Line> = { readonly last: readonly Line[] } | { readonly error: unknown };

/** How far it is is told no more often. */
const usualEveryMs = 250;

/**
 * Runs it and tells its lines; those that it returns come last. Who reads no more has it stopped by its signal, and waits until it has. What is
 * thrown before the first line is thrown as if nothing had been begun.
 */
export async function* toldLines<Line>(
  run: (teller: Teller<Line>, signal: AbortSignal) => Promise<readonly Line[]>,
  signal: AbortSignal,
  everyMs = usualEveryMs,
): AsyncGenerator<readonly Line[]> {
  const ended = new AbortController();
  const desk = new Lines<Line>();
  const running = run(desk, AbortSignal.any([signal, ended.signal]));
  const end: { came: Ending<Line> | null } = { came: null };
  const watched = running.then(
    (last) => {
      end.came = { last };
      desk.wake();
    },
    (error: unknown) => {
      end.came = { error };
      desk.wake();
    },
  );
  let toldAt = performance.now() - everyMs;
  try {
    for (;;) {
      const sinceMs = performance.now() - toldAt;
      const lines = desk.next(sinceMs >= everyMs);
      if (lines !== null) {
        toldAt = performance.now();
        yield lines;
      } else if (end.came !== null) {
        if ('error' in end.came) throw end.came.error;
        yield end.came.last;
        return;
      } else await desk.news(everyMs - sinceMs);
    }
  } finally {
    ended.abort();
    desk.close();
    await watched;
  }
}

/** Lines that wait to be read. */
class Lines<Line> implements Teller<Line> {
  #at: Line | null = null;
  #waiting: { readonly lines: readonly Line[]; readonly read: () => void }[] = [];
  #taken: (() => void) | null = null;
  #isClosed = false;
  #woken = Promise.withResolvers<void>();

  isAt(line: Line): void {
    this.#at = line;
    this.wake();
  }

  async tell(lines: readonly Line[]): Promise<void> {
    if (this.#isClosed || lines.length === 0) return;
    // It is further now.
    this.#at = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ lines, read: resolve });
    this.wake();
    await promise;
  }

  /** What is to be told now; null: nothing. To ask says that what was given before has been read. */
  next(isDue: boolean): readonly Line[] | null {
    this.#taken?.();
    this.#taken = null;
    const first = this.#waiting.shift();
    if (first) {
      this.#taken = first.read;
      return first.lines;
    }
    if (this.#at === null || !isDue) return null;
    const at = this.#at;
    this.#at = null;
    return [at];
  }

  /** Until there is something new; where it was not due to be told, at most so long. */
  async news(ms: number): Promise<void> {
    const timer = this.#at === null ? undefined : setTimeout(() => this.wake(), ms);
    await this.#woken.promise;
    clearTimeout(timer);
    this.#woken = Promise.withResolvers();
  }

  wake(): void {
    this.#woken.resolve();
  }

  /** Nobody reads any more, and nobody waits for that. */
  close(): void {
    this.#isClosed = true;
    this.#taken?.();
    for (const { read } of this.#waiting.splice(0)) read();
  }
}
