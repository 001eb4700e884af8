/** What commands that look at the mailboxes of a wave have in common. */

import { fault } from '#domain/fault.ts';
import type { FaultReport } from '#domain/report.ts';
import { serverOf } from './by-server.ts';
import { exitCodes, gravest } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import type { Session } from './session.ts';
import { count } from './shown.ts';
import { usageError } from './usage.ts';
import type { EstateInspection } from './world.ts';

/** The estate that the flags and settings of this run mean, with the way to both platforms. */
export async function openInspectionFor(
  session: Session,
  flags: Omit<StatusFlags, 'output'>,
): Promise<EstateInspection> {
  const { world } = session;
  const server = await serverOf(session, flags);
  if (server !== null) return (await world.openDesksThere(server)).inspection();
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

/** As many mailboxes at a time as the flag says, or as whoever looks has it. */
export function atOnceOf({ atOnce }: EstateInspection, flag: number | null): number | null {
  if (flag !== null && atOnce === null) throw atOnceElsewhere();
  return flag ?? atOnce;
}

/** For `--at-once` where a server looks. */
export function atOnceElsewhere(): Error {
  return usageError('--at-once does not go by a server: it looks at as many at a time as its own settings say.');
}

/** What was found stands in a whole document, also when a second Ctrl-C ends this at once. */
export function endsWhole(session: Session): void {
  session.world.onEmergency(() => {
    if (session.json) session.longDocument().fail({ ...stopped(), problems: [] });
  });
}

function stopped(): FaultReport {
  const { code, message, remedy } = fault('interrupted', { by: 'a signal' });
  return { code, message, remedy };
}

/** Where a signal came in between: what was looked at was told, and the rest is said to be missing. */
export function stoppedShort(session: Session, signal: AbortSignal, looked: number, all: number): void {
  if (!signal.aborted || looked === all) return;
  const { message, remedy } = stopped();
  session.exitCode = gravest([session.exitCode, exitCodes.interrupted]);
  session.screen.say(`godwit: ${message} ${count(looked)} of ${count(all)} mailboxes were looked at. ${remedy}`);
  if (session.json) session.longDocument().value('error', { ...stopped(), problems: [] });
}
