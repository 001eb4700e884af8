/**
 * The rounds: every tool its whole cycle once a round, over every wire and workload asked for, in an order that turns from
 * round to round so that nobody always runs after the same neighbour.
 */

import { loadavg } from 'node:os';
import { openCpuCounter } from './cpu.ts';
import { cycle, type Phase } from './cycle.ts';
import type { Difference } from './compare.ts';
import { floor } from './floor.ts';
import type { Cost } from './measure.ts';
import type { Cell, Wire } from './musts.ts';
import { dsync } from './peers/dsync.ts';
import { godwit } from './peers/godwit.ts';
import { imapflow } from './peers/imapflow.ts';
import { interimap } from './peers/interimap.ts';
import { mbsync } from './peers/mbsync.ts';
import type { Peer, PeerName } from './peers/peer.ts';
import { type Storage, withServers } from './servers.ts';
import { addressesFor } from './wires.ts';
import { type Workload, workload } from './workload.ts';

export type Part = 'a' | 'b' | 'c' | 'd' | 'e' | 'e200' | 'f' | 'f200' | 'floor';

export interface CopyBenchOptions {
  readonly parts: ReadonlySet<Part>;
  readonly peers: ReadonlySet<PeerName>;
  readonly rounds: number;
  readonly storage: Storage;
  /** Mailboxes at once for tools that can; null for 4, and 16 with distance. */
  readonly atOnce: number | null;
  /** Also what takes minutes a run: dsync and imapflow with distance, mbsync and interimap on 200 mailboxes with distance. */
  readonly slow: boolean;
  /** Told of each line as it is known, so that a run that is stopped has still shown something. */
  readonly say: (line: string) => void;
}

export interface Sample extends Cell {
  readonly round: number;
  readonly who: PeerName | 'FETCH' | 'MULTIAPPEND';
  readonly cost: Cost;
  readonly worthless: string | null;
  readonly difference: Difference | null;
}

export interface CopyBenchResult {
  readonly cpuFrom: string;
  readonly storage: Storage;
  readonly samples: readonly Sample[];
}

const allPeers: readonly Peer[] = [godwit, interimap, mbsync, dsync, imapflow];

/** A tool that hangs must not hang the bench. */
const timeoutMs = 600_000;

export async function runCopyBench(options: CopyBenchOptions): Promise<CopyBenchResult> {
  using counter = openCpuCounter();
  const samples: Sample[] = [];
  const peers = await those(options);
  await withServers(options.storage, counter, async (ends) => {
    for (let round = 1; round <= options.rounds; round++) {
      for (const { id, wire, phases } of courses(options.parts)) {
        await using addresses = await addressesFor(ends, wire);
        const note = (sample: Sample): void => {
          samples.push(sample);
          options.say(lineOf(sample));
        };
        if (options.parts.has('floor') && wire !== 'distance') {
          for (const role of ['fetch', 'append'] as const) {
            const cost = await floor(ends, counter, role, id, wire === 'tls', `floor${round}`);
            const who = role === 'fetch' ? 'FETCH' : 'MULTIAPPEND';
            note({ workload: id, wire, phase: 'initial', round, who, cost, worthless: null, difference: null });
          }
        }
        for (const peer of turned(peers, round - 1)) {
          if (!options.slow && isSlow(peer.name, id, wire)) continue;
          const results = await cycle(ends, counter, peer, `r${round}${wire}-${peer.name}`, {
            made: workload(id),
            source: addresses.source,
            target: addresses.target,
            phases,
            atOnce: options.atOnce ?? (wire === 'distance' ? 16 : 4),
            timeoutMs,
          });
          for (const result of results) note({ workload: id, wire, round, who: peer.name, ...result });
        }
      }
    }
  });
  return { cpuFrom: counter.kind, storage: options.storage, samples };
}

async function those(options: CopyBenchOptions): Promise<readonly Peer[]> {
  const found: Peer[] = [];
  for (const peer of allPeers) {
    if (!options.peers.has(peer.name)) continue;
    const missing = await peer.missing();
    if (missing === null) found.push(peer);
    else options.say(`${peer.name} is left out: ${missing}`);
  }
  return found;
}

/** The workloads and wires to go over, and which runs on each. */
function courses(
  parts: ReadonlySet<Part>,
): { readonly id: Workload['id']; readonly wire: Wire; readonly phases: ReadonlySet<Phase> }[] {
  const later: Phase[] = [
    ...(parts.has('c') ? ['nochange' as const] : []),
    ...(parts.has('d') ? ['delta' as const] : []),
  ];
  const all = new Set<Phase>(['nochange', 'delta']);
  const made: ReturnType<typeof courses> = [];
  // (c) and (d) need a first copy to begin from: that of (a) or (b) if one is asked for, else of both.
  const open = later.length > 0 || (parts.has('floor') && parts.size === 1);
  const w1 = parts.has('a') || (open && !parts.has('b'));
  const w2 = parts.has('b') || (open && !parts.has('a'));
  if (w1) made.push({ id: 'w1', wire: 'plain', phases: new Set(later) });
  if (w2) made.push({ id: 'w2', wire: 'plain', phases: new Set(later) });
  if (parts.has('e')) made.push({ id: 'w1', wire: 'distance', phases: all });
  if (parts.has('e200')) made.push({ id: 'w2', wire: 'distance', phases: all });
  if (parts.has('f')) made.push({ id: 'w1', wire: 'tls', phases: all });
  if (parts.has('f200')) made.push({ id: 'w2', wire: 'tls', phases: all });
  return made;
}

/** What waits for a round trip a message, or a few for each of 2,000 folders, takes minutes over 20 ms. */
function isSlow(peer: PeerName, id: Workload['id'], wire: Wire): boolean {
  if (wire !== 'distance' || peer === 'godwit') return false;
  return id === 'w2' || peer === 'dsync' || peer === 'imapflow';
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function lineOf(sample: Sample): string {
  const { cost } = sample;
  const cpu = [cost.clientCpu, cost.sourceCpu, cost.targetCpu].map((seconds) => seconds.toFixed(2)).join('/');
  const memory = cost.peakRssBytes > 0 ? `, ${Math.round(cost.peakRssBytes / 1e6)} MB` : '';
  const place = `round ${sample.round} ${sample.workload} ${sample.wire} ${sample.phase}`.padEnd(34);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${place} ${sample.who.padEnd(12)} ${cost.wallSeconds.toFixed(2)} s, CPU ${cpu}${memory} (load ${load})${
    sample.worthless === null ? '' : ` DOES NOT COUNT: ${sample.worthless}`
  }`;
}
