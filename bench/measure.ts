/** Runs a client to its end and says what it took: time, CPU of all three parties, peak memory of all its processes together. */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type CpuCounter, family } from './cpu.ts';

/** One process (and what it starts), run beside the other lanes of the same client. */
export interface Lane {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its stdout and stderr go here: reading them through pipes would cost the bench CPU that others need. */
  readonly logFile: string;
}

export interface Cost {
  readonly wallSeconds: number;
  readonly clientCpu: number;
  readonly sourceCpu: number;
  readonly targetCpu: number;
  /** The highest sum, over the lanes' processes alive at one time, of resident memory. */
  readonly peakRssBytes: number;
}

export interface Ran {
  readonly cost: Cost;
  readonly exits: readonly number[];
  /** The end of what the first failing lane said, for the person who looks why; empty when all ended with 0. */
  readonly complaint: string;
}

/** Looked at so often; the kernel's own high-water mark of each process (VmHWM) fills in what lies between. */
const rssPollMs = 20;

export async function measure(counter: CpuCounter, lanes: readonly Lane[], timeoutMs: number): Promise<Ran> {
  const before = counter.read();
  const started = performance.now();
  const running = lanes.map((lane) => start(counter, lane));
  const watch = new MemoryWatch(running.map((each) => each.pid));
  const timer = setInterval(() => watch.look(), rssPollMs);
  const late = setTimeout(() => {
    for (const each of running) each.kill();
  }, timeoutMs);
  const exits = await Promise.all(running.map((each) => each.ended));
  const wallSeconds = (performance.now() - started) / 1_000;
  clearInterval(timer);
  clearTimeout(late);
  const after = counter.read();
  const failed = exits.findIndex((code) => code !== 0);
  return {
    cost: {
      wallSeconds,
      clientCpu: after.client - before.client,
      sourceCpu: after.source - before.source,
      targetCpu: after.target - before.target,
      peakRssBytes: watch.peakBytes,
    },
    exits,
    complaint:
      failed < 0 ? '' : `exit ${exits[failed]}: ${readFileSync(lanes[failed]?.logFile ?? '', 'latin1').slice(-600)}`,
  };
}

/** Process groups under way. A bench that is stopped stops them: they would go on, and go on retrying, without it. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) endGroup(pid);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

interface Running {
  readonly pid: number;
  readonly ended: Promise<number>;
  kill(): void;
}

function start(counter: CpuCounter, lane: Lane): Running {
  const [file = 'false', ...args] = [...counter.clientPrefix, ...lane.argv];
  const log = openSync(lane.logFile, 'w');
  // A group of its own, so that a lane that starts processes can be ended with them.
  const child = spawn(file, args, {
    stdio: ['ignore', log, log],
    env: { ...plainEnvironment(), ...lane.env },
    detached: true,
  });
  closeSync(log);
  const pid = child.pid ?? -1;
  if (pid > 1) groups.add(pid);
  return {
    pid,
    ended: new Promise((resolve) => {
      child.once('error', () => resolve(127));
      child.once('exit', (code) => {
        groups.delete(pid);
        resolve(code ?? 128);
      });
    }),
    kill: () => {
      if (groups.has(pid)) endGroup(pid);
    },
  };
}

/** Ours without what would make Node start faster or behave otherwise than it does for a user. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|GODWIT_)/.test(name)));
}

/** The peak of memory over a set of processes and their children. */
export class MemoryWatch {
  peakBytes = 0;
  readonly #roots: readonly number[];

  constructor(roots: readonly number[]) {
    this.#roots = roots;
  }

  look(): void {
    let now = 0;
    for (const root of this.#roots) for (const pid of family(root)) now += highWater(pid);
    this.peakBytes = Math.max(this.peakBytes, now);
  }
}

/** `VmHWM` of a process, 0 when it has ended. */
function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
