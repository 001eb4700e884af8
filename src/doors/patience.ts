/** Waiting until it is certain where somebody lives, for as long as whoever asks can wait. */

import type { RouteFound } from '#domain/route.ts';
import type { RouteBook } from '#ports/routes.ts';

/** Between two looks while not everything is known; whoever waits for a mailbox to open is woken. */
const lookAgainMs = 200;

/**
 * What the book says of `name` once it is neither held nor unsure, or what it says after `mostMs`. Between the answer and its use
 * nothing must be awaited: the next moment it may be held.
 */
export async function settled(
  book: Pick<RouteBook, 'find' | 'whenOpen'>,
  name: string,
  mostMs: number,
  signal: AbortSignal,
): Promise<RouteFound> {
  const end = performance.now() + mostMs;
  for (;;) {
    const found = book.find(name);
    if (!isWaitedFor(found)) return found;
    const leftMs = end - performance.now();
    if (leftMs <= 0 || signal.aborted) return found;
    if (found.kind === 'home') await book.whenOpen(found.route.mailbox, leftMs, signal);
    else await pause(Math.min(lookAgainMs, leftMs), signal);
  }
}

/** Whether there is something to wait for before anybody is led anywhere. */
export function isWaitedFor(found: RouteFound): boolean {
  return found.kind === 'later' || (found.kind === 'home' && found.route.standing === 'held');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
