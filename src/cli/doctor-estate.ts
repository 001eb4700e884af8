/** `godwit doctor`: everything that is wrong, with what to do, the most urgent first. */

import type { Diagnosis, Verdict } from '#domain/diagnosis.ts';
import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { problemLine, UsageError } from './usage.ts';
import type { ServerOptions } from './world.ts';

/** Exit code 3 where something is wrong; settings that cannot be read are among that. */
export async function doctorEstate(this: Session, flags: StatusFlags): Promise<void> {
  const { world } = this;
  const server = await serverOf(this, flags);
  if (!flags.quiet && world.canDraw) this.screen.say('godwit: looking at everything ...');
  const found = server === null ? await examinedHere(this, flags) : await examinedThere(this, server);
  const count = (state: Verdict): number => found.filter((each) => each.state === state).length;
  const [wrong, toLookAt, notTried] = [count('wrong'), count('look'), count('not tried')];
  this.exitCode = wrong > 0 ? exitCodes.withExceptions : exitCodes.allThere;
  this.conclude({ wrong, look: toLookAt, notTried, findings: found }, () => [
    ...found.filter(({ state }) => !flags.quiet || state === 'wrong').flatMap(lines),
    '',
    wrong === 0
      ? `Nothing is wrong${toLookAt === 0 ? '' : `; ${counted(toLookAt, 'thing')} to look at`}${notTried === 0 ? '' : `; ${notTried} could not be tried`}.`
      : `${counted(wrong, 'thing is', 'things are')} wrong.`,
  ]);
}

async function examinedHere(session: Session, flags: StatusFlags): Promise<readonly Diagnosis[]> {
  const { world } = session;
  const { stateDir, config, keys } = world.settings();
  const read = await world.readEstate(flags.config ?? config).then(
    (settings) => ({ settings, problems: [] }),
    (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      return { settings: null, problems: error.problems.map(problemLine) };
    },
  );
  return world.doctorEstate(
    { ...read, stateDir: flags.state ?? stateDir, keys, log: session.log(flags), version: world.version },
    world.interruption,
  );
}

/** From where the server is: its machine, its settings and its keys. */
async function examinedThere({ world }: Session, server: ServerOptions): Promise<readonly Diagnosis[]> {
  await using doctor = (await world.openDesksThere(server)).doctor();
  return await doctor.examine();
}

function lines({ check, about, reach, state, says, remedy }: Diagnosis): readonly string[] {
  const what = about === '' ? check : `${check}, ${shown(about, 160)}`;
  const how = state === 'wrong' || state === 'look' ? ` (${reaches[reach]})` : '';
  const line = `${states[state]}  ${what}: ${shown(says, 600)}${how}`;
  return remedy === null ? [line] : [line, `           ${shown(remedy, 400)}`];
}

const states: Readonly<Record<Verdict, string>> = {
  ok: 'ok       ',
  wrong: 'WRONG    ',
  look: 'look     ',
  'not tried': 'not tried',
};

/** How far it reaches, in words. */
const reaches: Readonly<Record<Diagnosis['reach'], string>> = {
  estate: 'the whole estate',
  platform: 'one platform',
  machine: 'this machine',
  mailbox: 'some mailboxes',
  folder: 'one folder',
  item: 'one message',
};
