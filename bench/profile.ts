/** Where Godwit's CPU goes: one copy under V8's sampling profiler, summed up by function and by part of the program. */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openCpuCounter } from './cpu.ts';
import { cycle } from './cycle.ts';
import type { Wire } from './musts.ts';
import { godwit, godwitObserved } from './peers/godwit.ts';
import { withServers } from './servers.ts';
import { addressesFor } from './wires.ts';
import { workload, type Workload } from './workload.ts';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Leaves `*.cpuprofile` in `out` (Chromium's DevTools open it) and prints what it says. */
export async function runProfile(
  id: Workload['id'],
  wire: Wire,
  atOnce: number,
  out: string,
  say: (line: string) => void,
): Promise<void> {
  using counter = openCpuCounter();
  const folder = resolve(out);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await withServers('mdbox', counter, async (ends) => {
    await using addresses = await addressesFor(ends, wire);
    const options = { made: workload(id), ...addresses, phases: new Set<never>(), atOnce, timeoutMs: 600_000 };
    // Once without, so that the profile does not show the filling of the compile cache.
    for (const [name, peer] of [
      ['warm', godwit],
      ['profiled', godwitObserved({ NODE_OPTIONS: `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder}` })],
    ] as const) {
      const [first] = await cycle(ends, counter, peer, name, options);
      if (first === undefined || first.worthless !== null)
        throw new Error(`the copy does not count: ${first?.worthless ?? 'it was not made'}`);
      const { wallSeconds, clientCpu, sourceCpu, targetCpu } = first.cost;
      say(
        `${name}: ${wallSeconds.toFixed(2)} s, CPU ${clientCpu.toFixed(2)}/${sourceCpu.toFixed(2)}/${targetCpu.toFixed(2)}`,
      );
    }
  });
  for (const file of readdirSync(folder)) {
    say(`\n${join(folder, file)}`);
    summarise(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile, say);
  }
}

function summarise(profile: CpuProfile, say: (line: string) => void): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const places = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, i) => {
    const frame = nodes.get(id);
    const ms = (profile.timeDeltas[i] ?? 0) / 1_000;
    if (frame === undefined || frame.functionName === '(idle)') return;
    busy += ms;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || '(anonymous)'} ${place}:${frame.lineNumber + 1}`;
    functions.set(name, (functions.get(name) ?? 0) + ms);
    const part = place.startsWith('src/') ? place : (place.split('/')[0] ?? '');
    const group = frame.functionName.startsWith('(') ? frame.functionName : part;
    places.set(group, (places.get(group) ?? 0) + ms);
  });
  for (const [title, map, count] of [
    ['by place', places, 25],
    ['by function', functions, 40],
  ] as const) {
    say(`\n${title} (self time, of ${busy.toFixed(0)} ms busy)`);
    for (const [name, ms] of [...map].sort((a, b) => b[1] - a[1]).slice(0, count)) {
      say(`${ms.toFixed(1).padStart(8)} ms ${((ms / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
    }
  }
}

/** `src/sync/copy.ts`, `node:internal/…`, or the engine itself. */
function placeOf(url: string): string {
  if (url === '') return 'native';
  const at = url.search(/\/(src|node_modules)\//);
  return at < 0 ? url : url.slice(at + 1);
}
