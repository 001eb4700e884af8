/**
 * Stillness around one mailbox, for the seconds in which it changes sides: the doors have taken note, people's sessions have ended, and
 * nothing is under way on the side that is left. With no doors there is nobody to tell, and nothing is held.
 */

import { fault } from '#domain/fault.ts';
import { doorLeaseMs } from '#domain/route.ts';
import type { Clock } from '#lib/clock.ts';
import type { DoorMissing, RouteHold, RouteHolds } from '#ports/routes.ts';
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
}

/** Between two questions whether all doors know. */
const doorsAgainMs = 10;
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
  await heedBrake(routes);
  if ((await routes.doors()) === 0) return 0;
  const announcedForMs = await routes.announce(mailbox);
  return Math.max(0, announceAheadMs - announcedForMs);
}

/** Throws `switch.braked` where somebody has pulled the brake. */
export async function heedBrake(routes: Pick<RouteHolds, 'brake'>): Promise<void> {
  const brake = await routes.brake();
  if (brake) throw fault('switch.braked', { who: brake.who, why: brake.why });
}

/**
 * Holds it at every door and ends its sessions. `held` is called with the hold before anybody is waited for, so that it can be let go
 * of whatever happens then. Throws `door.slow`, `door.lost`, `sessions.unusable`, `switch.sessions`, `switch.braked`.
 */
export async function holdStill(
  parts: StillnessParts,
  held: (hold: RouteHold) => void,
  signal: AbortSignal,
): Promise<void> {
  const { routes, sessions, mailbox, clock } = parts;
  await heedBrake(routes);
  if ((await routes.doors()) === 0) return;
  const hold = await routes.hold(mailbox);
  held(hold);
  await untilDoorsKnow(parts, hold, signal);
  if (sessions) await untilAlone(parts, sessions, signal);
  else await clock.sleep(finishesMs, signal);
}

async function untilDoorsKnow({ routes, clock }: StillnessParts, hold: RouteHold, signal: AbortSignal): Promise<void> {
  const began = clock.now();
  for (;;) {
    const missing = await routes.missing(hold);
    const lost = missing.find(({ why }) => why === 'lost');
    if (lost) throw fault('door.lost', { door: named(lost), id: lost.id });
    const [slow] = missing;
    if (!slow) return;
    // One that does not come by within its lease has none any more, and is asked no longer.
    if (clock.now() - began > 2 * doorLeaseMs) throw fault('door.slow', { door: named(slow) });
    await clock.sleep(doorsAgainMs, signal);
  }
}

async function untilAlone({ user, clock }: StillnessParts, sessions: Sessions, signal: AbortSignal): Promise<void> {
  const began = clock.now();
  for (;;) {
    await sessions.end(user);
    if ((await sessions.count(user)) === 0) return;
    if (clock.now() - began > sessionsMaxMs) throw fault('switch.sessions', { user });
    await clock.sleep(sessionsAgainMs, signal);
  }
}

function named({ host, pid, serves }: DoorMissing): string {
  return `${host} (process ${pid}${serves.length > 0 ? `: ${serves.join(', ')}` : ''})`;
}
