/**
 * The circuit breaker of a platform: when the sign-ins of many mailboxes fail in a row and in the same way, it is not the
 * mailboxes. Then nobody signs in for a while, so that a hiccup of a directory does not become two million failed sign-ins,
 * locked accounts and people called for nothing; after that one mailbox tries, and if it gets in, all go on.
 */

import type { SignInFailure } from './sighting.ts';

/** Times are milliseconds since 1970, by the clock of the database. */
export type Breaker =
  /** `mailboxes`: whose sign-ins have failed in a row, each in the way `how`. */
  | { readonly kind: 'closed'; readonly run: FailedRun | null }
  | (Broken & { readonly kind: 'open' })
  /** `mailbox` is trying; if nothing is heard of it until then, its worker is gone, and another tries. */
  | (Broken & { readonly kind: 'probing'; readonly mailbox: number });

export interface FailedRun {
  readonly how: SignInFailure;
  readonly mailboxes: readonly number[];
}

interface Broken {
  readonly how: SignInFailure;
  /** What the platform said. */
  readonly text: string;
  readonly since: number;
  readonly until: number;
  /** How long it was opened for, which grows with each try that fails. */
  readonly waitMs: number;
}

export interface SignInSeen {
  readonly mailbox: number;
  /** Null: it got in. */
  readonly failed: { readonly how: SignInFailure; readonly text: string } | null;
}

export interface Broke {
  readonly breaker: Breaker;
  /** Mailboxes that turn out not to be to blame. */
  readonly acquitted: readonly number[];
}

export const closed: Breaker = { kind: 'closed', run: null };

/** More than a handful of forgotten passwords, fewer than would lock a directory. */
export const runMax = 8;
export const firstWaitMs = 30_000;
const longestWaitMs = 10 * 60_000;
/** A sign-in takes seconds; whoever says nothing for so long says nothing any more. */
export const probeMs = 60_000;

/** What follows from one sign-in. */
export function afterSignIn(breaker: Breaker, { mailbox, failed }: SignInSeen, now: number): Broke {
  // Whoever gets in proves that one can, also a straggler that had begun before.
  if (!failed) return { breaker: closed, acquitted: [] };
  switch (breaker.kind) {
    case 'closed':
      return lengthen(breaker.run, mailbox, failed, now);
    case 'open':
      return { breaker, acquitted: [mailbox] };
    case 'probing': {
      if (breaker.mailbox !== mailbox) return { breaker, acquitted: [mailbox] };
      // Another failure than before may be this mailbox's own: the next tries sooner.
      const waitMs = failed.how === breaker.how ? Math.min(breaker.waitMs * 2, longestWaitMs) : firstWaitMs;
      return { breaker: opened(failed, breaker.since, now, waitMs), acquitted: [mailbox] };
    }
  }
}

function lengthen(
  run: FailedRun | null,
  mailbox: number,
  failed: { readonly how: SignInFailure; readonly text: string },
  now: number,
): Broke {
  const before = run?.how === failed.how ? run.mailboxes : [];
  const mailboxes = before.includes(mailbox) ? before : [...before, mailbox];
  if (mailboxes.length < runMax)
    return { breaker: { kind: 'closed', run: { how: failed.how, mailboxes } }, acquitted: [] };
  return { breaker: opened(failed, now, now, firstWaitMs), acquitted: mailboxes };
}

function opened(
  { how, text }: { readonly how: SignInFailure; readonly text: string },
  since: number,
  now: number,
  waitMs: number,
): Breaker {
  return { kind: 'open', how, text, since, until: now + waitMs, waitMs };
}

export type Entry =
  | { readonly kind: 'enter' }
  /** It is the one that tries; the breaker is to be kept as it is now. */
  | { readonly kind: 'probe'; readonly breaker: Breaker }
  | { readonly kind: 'wait'; readonly waitMs: number };

/** Whether `mailbox` may sign in now. */
export function entryOf(breaker: Breaker, mailbox: number, now: number): Entry {
  if (breaker.kind === 'closed') return { kind: 'enter' };
  if (now < breaker.until) return { kind: 'wait', waitMs: breaker.until - now };
  return { kind: 'probe', breaker: { ...breaker, kind: 'probing', mailbox, until: now + probeMs } };
}

const ways = {
  refused: 'were refused',
  unavailable: 'found the sign-in unavailable',
  unreachable: 'did not reach it',
  lost: 'were cut off',
} as const satisfies Record<SignInFailure, string>;

/** In words; null where nothing is to be said. */
export function breakerWords(breaker: Breaker): string | null {
  if (breaker.kind === 'closed') return null;
  const said = breaker.text === '' ? '' : ` (“${breaker.text}”)`;
  const next =
    breaker.kind === 'open' ? 'Nobody signs in; after a while one tries' : 'One is trying now, all others wait';
  return `${runMax} mailboxes in a row ${ways[breaker.how]}${said}. ${next}.`;
}
