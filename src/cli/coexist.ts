/** `godwit coexist`: the doors that mail systems ask, by themselves; which doors there are, and how one that is lost is let go. */

import type { DoorKnown } from '#domain/door-known.ts';
import type { Listen } from '#domain/listen.ts';
import { listenOf, sayAtWork, sayDoors, untilAskedToGo } from './at-work.ts';
import { exitCodes } from './exit-code.ts';
import type { ServeFlags, StatusFlags, WaveFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown, table } from './shown.ts';
import { usageError } from './usage.ts';
import type { DoorOpened } from './world.ts';

export async function coexist(this: Session, flags: ServeFlags): Promise<void> {
  const { world } = this;
  const { stateDir, config, keys } = world.settings();
  const settings = await world.readEstate(flags.config ?? config);
  if (settings.doors === null)
    throw usageError(`${settings.file} has no doors: write "doors" (docs/coexistence.md), and what listens where.`);
  const options = {
    settings: { ...settings, listen: listenOf(flags, settings.listen) },
    stateDir: flags.state ?? stateDir,
    keys,
    log: this.log(flags),
    started: (at: Listen | null, doors: readonly DoorOpened[]) => {
      sayAtWork(this, flags, at);
      if (!flags.quiet) sayDoors(this, doors);
    },
  };
  await untilAskedToGo(this, async (signal) => {
    await world.coexist(options, signal);
    return 'stopped';
  });
}

export async function listDoors(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const doors = await programme.doors.list();
  this.conclude({ doors }, () => doorLines(doors));
  if (doors.some(({ isAlive }) => !isAlive)) this.exitCode = exitCodes.withExceptions;
}

export async function forgetDoor(this: Session, flags: WaveFlags, id: string): Promise<void> {
  if (!flags.why?.trim()) throw usageError('Why is it gone? --why tells those who ask later.');
  await using programme = await openProgrammeFor(this, flags);
  const meant = doorMeant(await programme.doors.list(), id);
  if (meant.isAlive)
    throw usageError(
      `${meant.id} (${shown(meant.host, 80)}, process ${meant.pid}) is there and answers: stop it, and it leaves by itself.`,
    );
  if (!(await programme.doors.forget(meant.id, programme.who, flags.why)))
    throw usageError(`${shown(id)} has just gone.`);
  const { host, pid } = meant;
  this.conclude({ forgotten: { id: meant.id, host, pid } }, () => [
    `${meant.id} (${shown(host, 80)}, process ${pid}) is waited for no more. Be sure that it is stopped: mail systems that still ask it ` +
      'would be told what was true when it was lost.',
  ]);
}

function doorLines(doors: readonly DoorKnown[]): readonly string[] {
  if (doors.length === 0) return ['There are no doors: godwit coexist, or "doors" in the godwit.yaml of godwit serve.'];
  const lost = doors.filter(({ isAlive }) => !isAlive);
  return [
    ...table(
      [
        ['id', 'host', 'process', 'serves', 'lease', 'behind'],
        ...doors.map(({ id, host, pid, serves, isAlive, lostForMs, behind }) => [
          id.slice(0, 8),
          shown(host, 40),
          String(pid),
          serves.join(', '),
          isAlive ? 'alive' : `lost for ${Math.round(lostForMs / 1000)} s`,
          String(behind),
        ]),
      ],
      new Set([2, 5]),
    ),
    ...(lost.length === 0
      ? []
      : [
          '',
          `${counted(lost.length, 'door is', 'doors are')} lost. Switches may wait for that: start it again, or stop it for good and say`,
          `so: godwit coexist forget ${lost[0]?.id.slice(0, 8)} --why …`,
        ]),
  ];
}

/** By its id, or the beginning of one that no other has. */
function doorMeant(doors: readonly DoorKnown[], id: string): DoorKnown {
  const found = doors.filter((door) => door.id.startsWith(id.toLowerCase()));
  const [first, ...others] = found;
  if (first && others.length === 0 && id !== '') return first;
  throw usageError(
    found.length > 1
      ? `${found.length} doors have an id that begins with ${shown(id)}.`
      : `There is no door ${shown(id)}: godwit coexist doors`,
  );
}
