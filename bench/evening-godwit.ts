/**
 * Godwit as an operator runs it for an evening: `./godwit serve` as a process, and the verbs of its command line. Whatever the
 * bench knows of how far it is, `godwit status -o json` has said.
 */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration } from '#cli/quantities.ts';
import type { EstateNow } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { CpuCounter } from './cpu.ts';
import type { EveningMeasured } from './evening-rehearsed.ts';
import { mover, type Sides } from './evening-servers.ts';
import { launcher } from './peers/godwit.ts';

export interface EveningGodwit {
  readonly folder: string;
  /** Environment of every process: the secrets that godwit.yaml refers to. */
  readonly environment: NodeJS.ProcessEnv;
}

/** As many as a mailbox has use for. */
const connectionsPerMailbox = 3;

export interface Settings {
  readonly atOnce: number;
  readonly connections: number;
  readonly followEvery: string;
}

/** Writes godwit.yaml. */
export function prepared(folder: string, sides: Sides, settings: Settings): EveningGodwit {
  const platform = (side: 'source' | 'target'): readonly string[] => [
    `${side}:`,
    `  url: imap+plain://127.0.0.1:${sides[side].port}`,
    `  admin: ${mover.name}`,
    '  secret: env:EVENING_SECRET',
    '  budget:',
    `    connections: ${settings.connections}`,
    `    connections-per-mailbox: ${connectionsPerMailbox}`,
  ];
  const lines = [
    ...platform('source'),
    ...platform('target'),
    'workers:',
    `  at-once: ${settings.atOnce}`,
    `follow-every: ${settings.followEvery}`,
    'delete: true',
    'listen: "off"',
  ];
  writeFileSync(join(folder, 'godwit.yaml'), `${lines.join('\n')}\n`);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|GODWIT_)/.test(name));
  return { folder, environment: { ...Object.fromEntries(inherited), EVENING_SECRET: mover.password } };
}

function estateFlags(folder: string): readonly string[] {
  return ['--config', join(folder, 'godwit.yaml'), '--state', join(folder, 'state')];
}

/** What a rehearsal of it has to know. `sizes`: of the mailboxes, as they were imported. */
export async function measuredOf(
  godwit: EveningGodwit,
  { atOnce, connections, followEvery }: Settings,
  sizes: EveningMeasured['sizes'],
): Promise<EveningMeasured> {
  const { rates } = await verb<Pick<EveningMeasured, 'rates'>>(godwit, ['forecast'], [0, 3]);
  const followEverySeconds = parseDuration(followEvery) ?? Number.NaN;
  return { atOnce, connections, connectionsPerMailbox, followEverySeconds, rates, sizes };
}

/** Runs a verb to its end and reads its document. Throws with what it said where there is none, or its code is another. */
export async function verb<Document>(
  { folder, environment }: EveningGodwit,
  words: readonly string[],
  codes: readonly number[] = [0],
): Promise<Document> {
  const child = spawn(launcher, [...words, ...estateFlags(folder), '-o', 'json'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === null || !codes.includes(code))
    throw new Error(`godwit ${words.join(' ')} ended with ${code}: ${complained}${said}`.slice(0, 2_000));
  return JSON.parse(said) as Document;
}

/** How many mailboxes of the estate stand where. */
export class Stand {
  readonly now: EstateNow;

  constructor(now: EstateNow) {
    this.now = now;
  }

  in(...stages: readonly Stage[]): number {
    return this.#count(({ stage, mark }) => mark === null && stages.includes(stage));
  }

  marked(mark: Mark): number {
    return this.#count((each) => each.mark === mark);
  }

  #count(of: (each: EstateNow['standings'][number]) => boolean): number {
    return this.now.standings.filter(of).reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  }
}

/** What `godwit status` says; its exit code tells of blocked mailboxes too. */
export async function standNow(godwit: EveningGodwit): Promise<Stand> {
  return new Stand(await verb<EstateNow>(godwit, ['status'], [0, 3, 4]));
}

export interface Serving {
  readonly pid: number;
  /** Octets that it has in memory, now and at most (VmRSS, VmHWM). */
  memory(): { readonly now: number; readonly peak: number };
  /** Asks it to end (SIGTERM), and answers with its exit code. */
  stop(): Promise<number>;
}

/** `nodeOptions`: for looking inside (`--cpu-prof`); empty for a figure that counts. */
export async function startServing(
  { folder, environment }: EveningGodwit,
  counter: CpuCounter,
  nodeOptions: string,
): Promise<Serving> {
  const logFile = join(folder, 'serve.log');
  const log = openSync(logFile, 'w');
  // It must not outlive a bench that was killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', launcher, 'serve', ...estateFlags(folder)], {
    env: { ...environment, ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
  const said = (): string => readFileSync(logFile, 'utf8');
  while (!said().includes('at work')) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`godwit serve ended: ${said().slice(-2_000)}`);
    await sleep(100);
  }
  const pid = child.pid as number;
  counter.enrol('client', pid);
  let peak = 0;
  return {
    pid,
    memory() {
      const status = child.exitCode === null ? readFileSync(`/proc/${pid}/status`, 'latin1') : '';
      const octets = (name: string): number =>
        Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1_024;
      peak = Math.max(peak, octets('VmHWM'));
      return { now: octets('VmRSS'), peak };
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
