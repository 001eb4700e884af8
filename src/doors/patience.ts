/** Waiting until it is certain where somebody lives, for as long as whoever asks can wait. */

import type { RouteFound } from '#domain/route.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { RouteBook } from '#ports/routes.ts';

/** Between two looks while not everything is known; whoever waits for a mailbox to open is woken. */
const lookAgainMs = 200;

/**
 * Whose mailbox is meant: an administrator who signs in on somebody's behalf names both, as in ann@corp.example*admin. What they may
 * is for the side to say that they are led to.
 */
export function whoseMailbox(book: Pick<RouteBook, 'find'>, user: string): string {
  const at = user.lastIndexOf('*');
  return at > 0 && book.find(user).kind === 'unknown' ? user.slice(0, at) : user;
}

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

/** A sign-in begins: to be told what was found of it once that is certain, for whom it had to wait and how long. */
export function watching(
  book: Pick<RouteBook, 'find'>,
  name: string,
  attempts: AttemptSink | undefined,
): (found: RouteFound) => void {
  const fromMs = performance.now();
  const wasHeld = isWaitedFor(book.find(name));
  return (found) => {
    if (found.kind !== 'home') return;
    const { mailbox } = found.route;
    const isThrough = !isWaitedFor(found);
    attempts?.attempted({ mailbox, kind: 'sign-in', fromMs, untilMs: performance.now(), isThrough, wasHeld });
  };
}

/** Somebody was led on at once: where others were refused before, that is over. */
export function gotIn({ route: { mailbox } }: Extract<RouteFound, { kind: 'home' }>, attempts?: AttemptSink): void {
  const nowMs = performance.now();
  attempts?.attempted({ mailbox, kind: 'sign-in', fromMs: nowMs, untilMs: nowMs, isThrough: true, wasHeld: false });
}

/** Somebody was refused for the number of their sign-ins: wherever they live, they are not in, and may come again. */
export function turnedAway(found: RouteFound, attempts?: AttemptSink): void {
  if (found.kind !== 'home') return;
  const [{ mailbox }, nowMs] = [found.route, performance.now()];
  attempts?.attempted({ mailbox, kind: 'sign-in', fromMs: nowMs, untilMs: nowMs, isThrough: false, wasHeld: false });
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
