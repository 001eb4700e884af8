/** Runs the floor: the same FETCH into the void, the same MULTIAPPEND from memory, with the CPU of the server beside it. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CpuCounter } from './cpu.ts';
import type { FloorOrder } from './floor-client.ts';
import type { Cost } from './measure.ts';
import { clear, door, type Ends, lay, password } from './servers.ts';
import type { Workload } from './workload.ts';

const client = join(import.meta.dirname, 'floor-client.ts');

export async function floor(
  ends: Ends,
  counter: CpuCounter,
  role: FloorOrder['role'],
  id: Workload['id'],
  tls: boolean,
  runName: string,
): Promise<Cost> {
  if (role === 'fetch') await lay(ends, id, runName);
  const order: FloorOrder = {
    role,
    workload: id,
    door: door(role === 'fetch' ? ends.source : ends.target, tls),
    runName,
    password,
  };
  const file = join(ends.folder, `${runName}.json`);
  writeFileSync(file, JSON.stringify(order));
  const child = spawn(process.execPath, [client, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.value !== 'ready') throw new Error(`the floor's client ended before it was ready`);
    const before = counter.read();
    child.stdin.write('go\n');
    const said = await lines.next();
    if (said.done === true) throw new Error("the floor's client said nothing");
    const after = counter.read();
    const { wallSeconds, clientCpu } = JSON.parse(said.value) as { wallSeconds: number; clientCpu: number };
    const { source, target } = { source: after.source - before.source, target: after.target - before.target };
    return { wallSeconds, clientCpu, sourceCpu: source, targetCpu: target, peakRssBytes: 0 };
  } finally {
    child.kill();
    clear(ends, runName);
  }
}
