/**
 * Whose CPU a copy costs: the client's, the source server's, the target server's, and that of the database where there is one.
 *
 * Where cgroup v1 `cpuacct` is mounted and may be written, each of them is a control group and the kernel counts to
 * the nanosecond, processes that have ended included. Elsewhere `/proc/PID/stat` is summed over the processes below each
 * server and, for clients, over the children that the bench has waited for: ticks of 10 ms, said so in the output.
 */

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Party = 'client' | 'source' | 'target' | 'database';

export interface CpuCounter extends Disposable {
  readonly kind: 'cgroup v1 cpuacct' | '/proc/PID/stat';
  /** From now on `pid` and all that it has started or starts counts for `party`. */
  enrol(party: Party, pid: number): void;
  /** What to put before an argument vector so that it counts as the client. */
  readonly clientPrefix: readonly string[];
  /** CPU seconds so far. */
  read(): Readonly<Record<Party, number>>;
}

const mounted = '/sys/fs/cgroup/cpuacct';
const parties = ['client', 'source', 'target', 'database'] as const;

export function openCpuCounter(): CpuCounter {
  const root = join(mounted, `godwit-bench-${process.pid}`);
  try {
    mkdirSync(root);
    for (const party of parties) mkdirSync(join(root, party));
    readFileSync(join(root, 'client', 'cpuacct.usage'));
  } catch {
    return countByProc();
  }
  return countByGroups(root);
}

function countByGroups(root: string): CpuCounter {
  const members = (party: Party): string => join(root, party, 'cgroup.procs');
  const seconds = (party: Party): number => Number(readFileSync(join(root, party, 'cpuacct.usage'), 'latin1')) / 1e9;
  return {
    kind: 'cgroup v1 cpuacct',
    enrol(party, pid) {
      for (const each of family(pid)) {
        try {
          writeFileSync(members(party), String(each));
        } catch {
          // It has ended between being listed and being moved.
        }
      }
    },
    // Writing 0 moves the writer itself, and exec keeps it there.
    clientPrefix: ['sh', '-c', 'echo 0 >"$0" && exec "$@"', members('client')],
    read: () => ({
      client: seconds('client'),
      source: seconds('source'),
      target: seconds('target'),
      database: seconds('database'),
    }),
    [Symbol.dispose]() {
      for (const party of parties) {
        try {
          rmdirSync(join(root, party));
        } catch {
          // A process of ours still lives in it: the group stays behind, empty of meaning, until the machine restarts.
        }
      }
      try {
        rmdirSync(root);
      } catch {
        // As above.
      }
    },
  };
}

function countByProc(): CpuCounter {
  const servers = new Map<number, Party>();
  return {
    kind: '/proc/PID/stat',
    enrol: (party, pid) => servers.set(pid, party),
    clientPrefix: [],
    read() {
      const used = { client: waitedSeconds(process.pid), source: 0, target: 0, database: 0 };
      for (const [pid, party] of servers) {
        for (const each of family(pid)) used[party] += ownSeconds(each) + waitedSeconds(each);
      }
      return used;
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** `pid` and everything below it that lives now. */
export function family(pid: number): readonly number[] {
  const found = [pid];
  for (let i = 0; i < found.length; i++) found.push(...children(found[i] ?? 0));
  return found;
}

/** Asked of each thread, since that is how the kernel keeps them; looking through all of /proc would cost what we measure. */
function children(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** The fields of `/proc/PID/stat` from the third (state) on; null when the process is gone. */
function stat(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Ticks are a hundredth of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

function ownSeconds(pid: number): number {
  const fields = stat(pid);
  return (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) / ticksPerSecond;
}

function waitedSeconds(pid: number): number {
  const fields = stat(pid);
  return (Number(fields?.[13] ?? 0) + Number(fields?.[14] ?? 0)) / ticksPerSecond;
}
