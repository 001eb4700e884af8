/** What `godwit serve` and `godwit worker` have in common on the command line: where they listen, and how they end. */

import { shownDoorPlace } from '#domain/door-place.ts';
import { type Listen, readListen, shownListen } from '#domain/listen.ts';
import type { ServeFlags } from './flags.ts';
import type { Session } from './session.ts';
import { usageError } from './usage.ts';
import type { DoorOpened } from './world.ts';

/** Where health and metrics are told: as the flag says, else `otherwise`. */
export function listenOf({ listen }: ServeFlags, otherwise: Listen | null): Listen | null {
  if (listen === undefined) return otherwise;
  const read = readListen(listen);
  if (!read) throw usageError('--listen wants a host and a port such as 127.0.0.1:8025, or off.');
  return read.at;
}

export function sayAtWork({ screen }: Session, { quiet }: ServeFlags, at: Listen | null): void {
  if (quiet) return;
  screen.say('godwit: at work. Stop it with Ctrl-C: what is under way goes on next time.');
  if (at) screen.say(`godwit: health and metrics: http://${shownListen(at)}/readyz, /metrics`);
}

/** What is served where, a line each. */
export function sayDoors({ screen }: Session, doors: readonly DoorOpened[]): void {
  for (const { serves, at } of doors) screen.say(`godwit: for ${serves}: ${shownDoorPlace(at)}`);
}

/** Concludes with how it ended. One that is asked to go before it has begun ends well, too. */
export async function untilAskedToGo<End extends string>(
  session: Session,
  work: (signal: AbortSignal) => Promise<End>,
): Promise<End | 'stopped'> {
  const { interruption, onEmergency } = session.world;
  // Whoever has last words hears at the first signal that a second would end it at once.
  onEmergency(() => undefined);
  const ended = await work(interruption).catch((error: unknown) => {
    if (interruption.aborted && error === interruption.reason) return 'stopped' as const;
    throw error;
  });
  session.conclude({ ended }, () => []);
  return ended;
}
