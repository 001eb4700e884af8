/**
 * Stillness around one mailbox, for the seconds in which it changes sides: the doors have taken note, people's sessions have ended, and
 * nothing is under way on the side that is left. With no doors there is nobody to tell, and nothing is held.
 */

import { Fault, fault } from '#domain/fault.ts';
import { heedMostMs } from '#domain/route.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { DoorMissing, Outlook, RouteHold, RouteHolds } from '#ports/routes.ts';
import type { Sessions } from '#ports/sessions.ts';

export interface StillnessParts {
  readonly routes: RouteHolds;
  /** Of the side that is left; null where its operator does not let us see them. */
  readonly sessions: Sessions | null;
  /** Who the mailbox is there. */
  readonly user: string;
  readonly mailbox: number;
  readonly clock: Clock;
  /** So long ahead it has to be announced. */
  readonly announceAheadMs: number;
  /** So long a sign-in that a door has answered may be on its way to its server. */
  readonly passageMs: number;
  /** Told when people's sessions are about to be ended. */
  readonly closing?: () => void;
}

/** Between two questions whether all doors know. */
const doorsAgainMs = 10;
/** Longer than a door may take over a hold, with the time in which it comes by to say so. One whose lease is over is asked no longer. */
const doorsMaxMs = heedMostMs + 1_500;
const sessionsAgainMs = 50;
/** A server ends a session when it has done what was asked of it before. */
const sessionsMaxMs = 5_000;
/** Where nobody tells us of sessions: a server that was cut off in the middle had finished by then (docs/coexistence.md). */
const finishesMs = 1_000;

/**
 * For how many milliseconds the switch has to wait before it may begin: until whoever asks the doors has forgotten what they said before.
 * Throws `switch.braked`.
 */
export async function waitBeforeSwitch({ routes, mailbox, announceAheadMs }: StillnessParts): Promise<number> {
  if ((await outlookOn(routes)).doors === 0) return 0;
  const announcedForMs = await routes.announce(mailbox);
  return Math.max(0, announceAheadMs - announcedForMs);
}

/** What a step is to reckon with. Throws `switch.braked` where somebody has pulled the brake. */
export async function outlookOn(routes: Pick<RouteHolds, 'outlook'>): Promise<Outlook> {
  const outlook = await routes.outlook();
  const { brake } = outlook;
  if (brake) throw fault('switch.braked', { who: brake.who, why: brake.why });
  return outlook;
}

/**
 * Holds it at every door and ends its sessions. `held` is called with the hold before anybody is waited for, so that it can be let go
 * of whatever happens then. Answers with the moment from which on no door lets anybody in, null where there is none. Throws `door.slow`,
 * `door.lost`, `sessions.unusable`, `switch.sessions`, `switch.braked`.
 */
export async function holdStill(
  parts: StillnessParts,
  held: (hold: RouteHold) => void,
  signal: AbortSignal,
): Promise<number | null> {
  const { routes, sessions, mailbox, clock } = parts;
  if ((await outlookOn(routes)).doors === 0) return null;
  const hold = await routes.hold(mailbox);
  held(hold);
  await untilDoorsKnow(parts, hold, signal);
  const closedAt = clock.now();
  if (sessions) parts.closing?.();
  if (sessions) await untilAlone(parts, sessions, signal);
  else await clock.sleep(finishesMs, signal);
  return closedAt;
}

/**
 * Who had been answered by a door before it took note comes to the side that is left only now: that is waited for, and ended. To be called
 * before the last look, with what `holdStill` answered.
 */
export async function untilLanded(parts: StillnessParts, closedAt: number | null, signal: AbortSignal): Promise<void> {
  if (closedAt === null) return;
  const { clock, passageMs, sessions } = parts;
  const leftMs = closedAt + passageMs - clock.now();
  if (leftMs > 0) await clock.sleep(leftMs, signal);
  if (sessions) await untilAlone(parts, sessions, signal);
}

async function untilDoorsKnow({ routes, clock }: StillnessParts, hold: RouteHold, signal: AbortSignal): Promise<void> {
  const began = clock.now();
  for (;;) {
    const missing = await routes.missing(hold);
    const lost = missing.find(({ why }) => why === 'lost');
    if (lost) throw fault('door.lost', { door: named(lost), id: lost.id });
    const [slow] = missing;
    if (!slow) return;
    if (clock.now() - began > doorsMaxMs) throw fault('door.slow', { door: named(slow) });
    await clock.sleep(doorsAgainMs, signal);
  }
}

async function untilAlone({ user, clock }: StillnessParts, sessions: Sessions, signal: AbortSignal): Promise<void> {
  const began = clock.now();
  for (;;) {
    await sessions.end(user, signal);
    if ((await sessions.count(user, signal)) === 0) return;
    if (clock.now() - began > sessionsMaxMs) throw fault('switch.sessions', { user });
    await clock.sleep(sessionsAgainMs, signal);
  }
}

/**
 * To be called once the route is turned: a proxy that was told the side before the hold may have come there only after nobody was seen. What
 * such a session does would be undone where people are.
 */
export async function endLate(
  { sessions, user, mailbox }: StillnessParts,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sessions?.end(user, signal);
  } catch (error) {
    // It has turned, and that is true whatever this server answers now.
    log.warn('nobody knows whether somebody came late to the side that was left', { mailbox, ...wordsOf(error) });
  }
}

/** For the log, of what undoes nothing. */
export function wordsOf(error: unknown): { readonly fault: string } | { readonly text: string } {
  if (error instanceof Fault) return { fault: error.code };
  return { text: error instanceof Error ? error.message : String(error) };
}

function named({ host, pid, serves }: DoorMissing): string {
  return `${host} (process ${pid}${serves.length > 0 ? `: ${serves.join(', ')}` : ''})`;
}
