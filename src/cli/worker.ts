/** `godwit worker`: more hands for an estate, on this machine or another; and `worker drain`, which sends one home. */

import { existsSync } from 'node:fs';
import type { WorkerState } from '#domain/estate-state.ts';
import { type Listen, readListen, usualListen } from '#domain/listen.ts';
import { listenOf, sayAtWork, untilAskedToGo } from './at-work.ts';
import type { WorkerDrainFlags, WorkerFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

export async function work(this: Session, flags: WorkerFlags): Promise<void> {
  const { world } = this;
  const { stateDir, config, keys, traces } = world.settings();
  const own = flags.config === undefined ? null : await world.readEstate(flags.config);
  // A file that lies here anyway says where the database is; what to do is the estate's to say.
  const here = own ?? (existsSync(config) ? await world.readEstate(config) : null);
  const atOnce = flags.atOnce === undefined ? null : atOnceOf(flags.atOnce);
  const options = {
    settings: own,
    database: here?.database ?? 'embedded',
    listen: listenOf(flags, own ? own.listen : (readListen(usualListen)?.at ?? null)),
    atOnce,
    stateDir: flags.state ?? stateDir,
    keys,
    traces,
    log: this.log(flags),
    started: (at: Listen | null) => sayAtWork(this, flags, at),
  } as const;
  const ended = await untilAskedToGo(this, (signal) => world.work(options, signal));
  if (ended === 'drained' && !flags.quiet) this.screen.say('godwit: drained, as somebody asked.');
}

export async function drainWorker(this: Session, flags: WorkerDrainFlags, id: string): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const { workers } = await programme.view.now();
  const meant = workerMeant(workers, id);
  if (!(await programme.workforce.drain(meant.id, programme.who))) throw usageError(`${shown(id)} has just gone.`);
  const { host, pid, mailboxes, role } = meant;
  this.conclude({ drained: { id: meant.id, host, pid, role, mailboxes } }, () => [
    `${meant.id} (${shown(host, 80)}, process ${pid}) goes once its switches are through; it hears of it within seconds.`,
    ...(role === 'serve' ? ['It is a control plane: it carries nothing more, and leads on until it is stopped.'] : []),
  ]);
}

/** By its id, or the beginning of one that no other has. */
function workerMeant(workers: readonly WorkerState[], id: string): WorkerState {
  const found = workers.filter((worker) => worker.id.startsWith(id.toLowerCase()));
  const [first, ...others] = found;
  if (first && others.length === 0 && id !== '') return first;
  const there = workers.map((worker) => `${worker.id} (${shown(worker.host, 40)}, process ${worker.pid})`).join(', ');
  throw usageError(
    found.length > 1
      ? `${found.length} workers have an id that begins with ${shown(id)}.`
      : `There is no worker ${shown(id)}. ${there === '' ? 'Nobody is at work.' : `At work: ${there}.`}`,
  );
}

function atOnceOf(text: string): number {
  if (!/^[1-9]\d{0,2}$|^1000$/.test(text)) throw usageError('--at-once wants a number from 1 to 1000.');
  return Number(text);
}
