/** What commands that look at the mailboxes of a wave have in common. */

import { fault } from '#domain/fault.ts';
import { exitCodes, gravest } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import type { Session } from './session.ts';
import { count } from './shown.ts';
import type { EstateInspection } from './world.ts';

/** The estate that the flags and settings of this run mean, with the way to both platforms. */
export async function openInspectionFor(
  session: Session,
  flags: Omit<StatusFlags, 'output'>,
): Promise<EstateInspection> {
  const { world } = session;
  const { config, stateDir, keys } = world.settings();
  const settings = await world.readEstate(flags.config ?? config);
  return await world.openInspection({
    settings,
    database: settings.database,
    stateDir: flags.state ?? stateDir,
    keys,
    log: session.log(flags),
    signal: world.interruption,
  });
}

/** Where a signal came in between: what was looked at was told, and the rest is said to be missing. */
export function stoppedShort(session: Session, signal: AbortSignal, looked: number, all: number): void {
  if (!signal.aborted || looked === all) return;
  const { code, message, remedy } = fault('interrupted', { by: 'a signal' });
  session.exitCode = gravest([session.exitCode, exitCodes.interrupted]);
  session.screen.say(`godwit: ${message} ${count(looked)} of ${count(all)} mailboxes were looked at. ${remedy}`);
  if (session.json) session.longDocument().value('error', { code, message, remedy, problems: [] });
}
