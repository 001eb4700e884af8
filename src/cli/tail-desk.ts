/** The tail of the estate that the flags and settings of a run mean; and what several of its commands read alike. */

import { type TailProtocol, tailProtocols } from '#domain/tail-sighting.ts';
import type { UnknownName } from '#domain/selector.ts';
import { nearest } from '#lib/nearest.ts';
import { serverOf } from './by-server.ts';
import type { StatusFlags } from './flags.ts';
import { settingsOf } from './programme.ts';
import { parseMoment } from './quantities.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';
import type { TailDesk } from './world.ts';

export async function openTailFor(session: Session, flags: Omit<StatusFlags, 'output'>): Promise<TailDesk> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return (await world.openDesksThere(server)).tail();
  const settings = await settingsOf(session, flags);
  return world.openTail({
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? world.settings().stateDir,
    log: session.log(flags),
    signal: world.interruption,
    users: { source: settings?.source.user ?? null, target: settings?.target.user ?? null },
    timezone: settings?.timezone ?? 'UTC',
  });
}

/** Milliseconds since 1970; null where none is given. */
export function sinceIn(session: Session, since: string | undefined): number | null {
  if (since === undefined) return null;
  const at = parseMoment(since, session.world.now());
  if (at === null) throw usageError('--since wants an age or a date, such as 7d, 12h or 2026-11-01.');
  return at * 1000;
}

export function protocolIn(word: string, flag: string): TailProtocol {
  const known = tailProtocols.find((each) => each === word.toLowerCase());
  if (known) return known;
  const near = nearest(word.toLowerCase(), tailProtocols);
  throw usageError(
    `${flag}: there is no protocol ${shown(word, 40)}${near ? `; did you mean ${near}?` : `. There are ${tailProtocols.join(', ')}.`}`,
  );
}

export function noSuchOrganisation({ value, nearest: near }: UnknownName) {
  return usageError(
    `There is no organisation ${shown(value, 80)}${near === null ? '.' : `; did you mean ${shown(near, 80)}?`}`,
  );
}
