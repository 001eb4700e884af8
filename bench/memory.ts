/**
 * Peak resident memory of Godwit where it might grow: many mailboxes, a mailbox of half a million messages, one huge message;
 * copied, with nothing changed, and with everything on the target already and no ledger.
 */

import { openCpuCounter } from './cpu.ts';
import { cycle } from './cycle.ts';
import { godwit } from './peers/godwit.ts';
import { withServers } from './servers.ts';
import { addressesFor } from './wires.ts';
import { workload, type Workload } from './workload.ts';

export interface MemoryResult {
  readonly workload: Workload['id'];
  readonly run: 'initial' | 'nochange' | 'adopted';
  readonly peakRssBytes: number;
  readonly wallSeconds: number;
  readonly worthless: string | null;
}

const limitBytes = 150e6;

export async function runMemory(
  ids: readonly Workload['id'][],
  atOnce: number,
  say: (line: string) => void,
): Promise<readonly MemoryResult[]> {
  using counter = openCpuCounter();
  const results: MemoryResult[] = [];
  await withServers('mdbox', counter, async (ends) => {
    await using addresses = await addressesFor(ends, 'plain');
    for (const id of ids) {
      const made = workload(id);
      const phases = new Set(['nochange', 'adopted'] as const);
      for (const each of await cycle(ends, counter, godwit, `memory-${id}`, {
        made,
        ...addresses,
        phases,
        atOnce,
        timeoutMs: 1_800_000,
      })) {
        if (each.phase === 'delta') continue;
        const { peakRssBytes, wallSeconds } = each.cost;
        results.push({ workload: id, run: each.phase, peakRssBytes, wallSeconds, worthless: each.worthless });
        const verdict =
          each.worthless ?? (peakRssBytes <= limitBytes ? 'PASS' : `short: the limit is ${limitBytes / 1e6} MB`);
        say(
          `${made.says}, ${each.phase}: peak RSS ${(peakRssBytes / 1e6).toFixed(0)} MB in ${wallSeconds.toFixed(1)} s: ${verdict}`,
        );
      }
    }
  });
  return results;
}
