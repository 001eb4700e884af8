/**
 * Machines that are network namespaces: each has one cable to us, and reaches what listens on our end of the first. Made by root
 * with `ip`; where that cannot be, it says why.
 */

import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import type { LabAvailable } from './namespace.ts';
import { lastLine } from './packages.ts';

const run = promisify(execFile);

export interface Machine {
  /** To be put before a command that is to run there. */
  readonly within: readonly string[];
  /** Pulls the cable: nothing passes any more, and nobody is told. */
  unplug(): Promise<void>;
}

export interface Machines extends AsyncDisposable {
  /** Ours, that all of them reach. */
  readonly address: string;
  readonly all: readonly Machine[];
}

/** Makes some. What of them was made is taken away when it does not come to its end. */
export async function startMachines(count: number): Promise<Machines> {
  await using undo = new AsyncDisposableStack();
  const tag = `gw${randomBytes(3).toString('hex')}`;
  // A net of our own for each run; nothing is routed out of it.
  const net = `10.231.${randomInt(256)}`;
  const address = `${net}.1`;
  const all: Machine[] = [];
  for (let i = 0; i < count; i++) {
    const [name, here, there] = [`${tag}${i}`, `${tag}h${i}`, `${tag}n${i}`];
    const [ours, theirs] = [`${net}.${i * 4 + 1}`, `${net}.${i * 4 + 2}`];
    await ip('netns', 'add', name);
    // The cable goes with the namespace that holds its other end.
    undo.defer(() => ip('netns', 'del', name).catch(() => undefined));
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
    await ip('addr', 'add', `${ours}/30`, 'dev', here);
    await ip('link', 'set', here, 'up');
    await ip('-n', name, 'addr', 'add', `${theirs}/30`, 'dev', there);
    await ip('-n', name, 'link', 'set', there, 'up');
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    await ip('-n', name, 'route', 'add', 'default', 'via', ours);
    all.push({
      within: ['nsenter', `--net=/run/netns/${name}`],
      unplug: () => ip('link', 'set', here, 'down'),
    });
  }
  const kept = undo.move();
  return { address, all, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Whether such machines can be made here. */
export async function machinesAvailable(): Promise<LabAvailable> {
  try {
    await using machines = await startMachines(1);
    const [machine] = machines.all;
    const [file, ...args] = machine?.within ?? [];
    if (file) await run(file, [...args, 'true']);
    return { ok: true };
  } catch (cause) {
    return { ok: false, why: `network namespaces cannot be made here: ${lastLine(cause)}` };
  }
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', args);
}
