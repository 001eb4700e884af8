/**
 * What our workers see of a platform (`Sighting`), and what it is asked at the moment in consequence (`PlatformNow`). The
 * governor makes the one of the other, within the budget that the platform's people agreed to (`Budget` in `platform.ts`).
 */

import { type Fault, type FaultCode, faults, isFault } from './fault.ts';
import type { SideName } from './platform.ts';

/** How a sign-in failed. `unreachable`: it did not come to one. */
export type SignInFailure = 'refused' | 'unavailable' | 'unreachable' | 'lost';

/**
 * What one worker saw of a platform. `text`: its words, bounded and cleaned. `waitMs`: how long it asked us to wait; null
 * where it did not say. `mailbox`: of whom it spoke; null where it spoke of itself, or did not know yet who we are.
 */
export type Sighting =
  | { readonly kind: 'signed-in'; readonly mailbox: number }
  | { readonly kind: 'sign-in-failed'; readonly mailbox: number; readonly how: SignInFailure; readonly text: string }
  /** `[THROTTLED]`, `Suggested Backoff Time`, `Retry-After`. */
  | Asked<'throttled'>
  /** What it gives in a day is used up. */
  | Asked<'quota-used'>
  /** `[UNAVAILABLE]`, `[SERVERBUG]`, a `BYE` out of nothing. */
  | { readonly kind: 'unavailable'; readonly mailbox: number; readonly text: string }
  /** `[LIMIT]`, `Too many connections`. */
  | { readonly kind: 'too-many-connections'; readonly mailbox: number | null; readonly text: string }
  /** `[INUSE]`: somebody else has this mailbox open. */
  | { readonly kind: 'in-use'; readonly mailbox: number; readonly text: string };

interface Asked<Kind> {
  readonly kind: Kind;
  readonly mailbox: number | null;
  readonly waitMs: number | null;
  readonly text: string;
}

/** Gmail ("Too many simultaneous connections"), Dovecot ("Maximum number of connections from user+IP exceeded"). */
const tooMany =
  /(?:too many|max(?:imum|\.)?(?: number of)?)[\w +,()-]{0,40}(?:connections|sessions)|(?:connection|session) limit/i;
const ofOneUser = /\buser|mailbox|account|user\+ip/i;
/** Gmail: "Account exceeded command or bandwidth limits". */
const quotaOfTheDay = /bandwidth limit|daily|per day/i;

/**
 * What a fault of a platform says about that platform; null where it says nothing. `signingIn`: the fault came before the
 * mailbox was open.
 */
export function sightingOf(error: Fault, mailbox: number, signingIn: boolean): Sighting | null {
  const { code, message } = error;
  const text = 'text' in error.about && typeof error.about.text === 'string' ? error.about.text : message;
  if (isFault(error, 'imap.server.throttled')) {
    // Of which mailbox it speaks it knows only when it knows who we are.
    const whose = signingIn && !ofOneUser.test(text) ? null : mailbox;
    if (tooMany.test(text)) return { kind: 'too-many-connections', mailbox: whose, text };
    const kind = quotaOfTheDay.test(text) ? 'quota-used' : 'throttled';
    return { kind, mailbox: whose, waitMs: error.about.waitMs, text };
  }
  if (code === 'imap.sign-in.unavailable' && tooMany.test(text))
    return { kind: 'too-many-connections', mailbox: ofOneUser.test(text) ? mailbox : null, text };
  if (/\[INUSE\]/i.test(text)) return { kind: 'in-use', mailbox, text };
  const failure = signingIn ? failureOf(code) : null;
  if (failure) return { kind: 'sign-in-failed', mailbox, how: failure, text };
  if (code === 'imap.server.bye' || /\[(?:UNAVAILABLE|SERVERBUG)\]/i.test(text))
    return { kind: 'unavailable', mailbox, text };
  return null;
}

/** How a sign-in failed that ended with this fault; null for a fault that says nothing about that. */
function failureOf(code: FaultCode): SignInFailure | null {
  if (code === 'imap.sign-in.refused' || code === 'oauth.token.refused') return 'refused';
  if (code === 'imap.sign-in.unavailable' || code === 'oauth.issuer.unreachable') return 'unavailable';
  if (/^imap\.(?:host|connect|tls|starttls|preauth)\./.test(code)) return 'unreachable';
  return /^imap\.(?:connection\.|server\.bye)/.test(code) ? 'lost' : null;
}

/** What may have been held against a mailbox that could not sign in. */
export const signInFaults: readonly FaultCode[] = (Object.keys(faults) as FaultCode[]).filter(
  (code) => failureOf(code) !== null,
);

/** What a platform is asked at the moment, and why: as an operator sees it and as a worker keeps to it. */
export interface PlatformNow {
  readonly side: SideName;
  /** Of all workers together. */
  readonly connections: number;
  readonly connectionsPerMailbox: number;
  readonly connectionsInUse: number;
  /** Of all workers together; null without limit. */
  readonly commandsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /**
   * `open`: goes on. `resting`: the platform asked us to wait. `shut`: the breaker is open, nobody signs in. `probing`: one
   * mailbox is trying whether it is well again.
   */
  readonly state: 'open' | 'resting' | 'shut' | 'probing';
  /** Until when, in milliseconds since 1970 by the clock of the database; null when open. */
  readonly until: number | null;
  /** In words, for a person: what is being held back and what the platform said. */
  readonly why: string;
}
