/** The longest time for which every socket of the process waits: event-loop stalls and SQLite calls during a first copy of W1. */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCpuCounter } from './cpu.ts';
import { cycle } from './cycle.ts';
import { godwitObserved } from './peers/godwit.ts';
import { withServers } from './servers.ts';
import type { StallLine } from './stall-preload.ts';
import { addressesFor } from './wires.ts';
import { workload, type Workload } from './workload.ts';

export async function runStall(
  id: Workload['id'],
  rounds: number,
  say: (line: string) => void,
): Promise<readonly StallLine[]> {
  using counter = openCpuCounter();
  const found: StallLine[] = [];
  await withServers('mdbox', counter, async (ends) => {
    await using addresses = await addressesFor(ends, 'plain');
    const file = join(ends.folder, 'stall.jsonl');
    const env = { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'stall-preload.ts')}`, BENCH_STALL_FILE: file };
    for (let round = 1; round <= rounds; round++) {
      rmSync(file, { force: true });
      const [first] = await cycle(ends, counter, godwitObserved(env), `stall${round}`, {
        made: workload(id),
        ...addresses,
        phases: new Set(),
        atOnce: 4,
        timeoutMs: 600_000,
      });
      if (first === undefined || first.worthless !== null)
        throw new Error(`the copy does not count: ${first?.worthless ?? 'it was not made'}`);
      const lines = existsSync(file)
        ? readFileSync(file, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as StallLine)
        : [];
      for (const line of lines) {
        found.push(line);
        const { loop, sqlite } = line;
        say(
          `${id} round ${round}, ${line.thread} thread: longest stall ${loop.max.toFixed(1)} ms, 99.9 % under ${loop.p999.toFixed(1)}, ` +
            `99 % under ${loop.p99.toFixed(1)}, half under ${loop.p50.toFixed(1)}; SQLite ${sqlite.calls} calls, ` +
            `${sqlite.totalMs.toFixed(0)} ms in all, longest ${sqlite.maxMs.toFixed(1)} ms, ${sqlite.over5Ms} over 5 ms`,
        );
      }
    }
  });
  return found;
}
