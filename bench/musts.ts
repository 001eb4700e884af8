/**
 * What the figures are held against: what must be met before a copy may be called fast (`must`), and what we reach for.
 * All are ratios within one round of one run on one machine, so that a slow or busy machine is slow for everyone.
 */

import type { Phase } from './cycle.ts';
import type { PeerName } from './peers/peer.ts';
import type { Workload } from './workload.ts';

export type Wire = 'plain' | 'distance' | 'tls';

/** What is measured together: a workload over a wire in one of the three runs. */
export interface Cell {
  readonly workload: Workload['id'];
  readonly wire: Wire;
  readonly phase: Phase;
}

interface Aim extends Cell {
  readonly must: number | null;
  readonly reach: number | null;
}

/** Wall time of the peer over ours: at least so much. */
export interface Faster extends Aim {
  readonly kind: 'faster-than';
  readonly peer: PeerName;
}

/** Our wall time over that of MULTIAPPEND from memory, or our client CPU over mbsync's: at most so much. */
export interface Within extends Aim {
  readonly kind: 'wall-within-append' | 'cpu-within-mbsync';
}

export type Expectation = Faster | Within;

type Pair = readonly [must: number | null, reach: number | null];

export const expectations: readonly Expectation[] = [
  ...faster('w1', 'plain', 'initial', {
    mbsync: [2.0, 2.3],
    dsync: [2.2, 2.4],
    interimap: [1.6, 1.7],
    imapflow: [5, 5.5],
  }),
  { kind: 'wall-within-append', workload: 'w1', wire: 'plain', phase: 'initial', must: 1.7, reach: 1.35 },
  { kind: 'cpu-within-mbsync', workload: 'w1', wire: 'plain', phase: 'initial', must: 1.15, reach: 1.0 },
  ...faster('w2', 'plain', 'initial', {
    mbsync: [1.5, 2.0],
    dsync: [1.35, 1.5],
    interimap: [5.5, 6],
    imapflow: [3, 3.5],
  }),
  ...faster('w2', 'plain', 'nochange', {
    mbsync: [1.8, 2.5],
    dsync: [3.5, 4],
    interimap: [null, 20],
    imapflow: [null, 3],
  }),
  ...faster('w2', 'plain', 'delta', {
    mbsync: [1.8, 2.5],
    dsync: [2.5, 2.5],
    interimap: [null, 12],
    imapflow: [null, 4],
  }),
  ...faster('w1', 'distance', 'initial', { mbsync: [8, 9], interimap: [7, 8], dsync: [null, 80] }),
  ...faster('w1', 'tls', 'initial', {
    mbsync: [2.0, 2.2],
    dsync: [1.9, 2.1],
    interimap: [null, 1.6],
    imapflow: [null, 4.5],
  }),
  { kind: 'cpu-within-mbsync', workload: 'w1', wire: 'tls', phase: 'initial', must: 1.0, reach: 0.9 },
  ...faster('w2', 'tls', 'initial', {
    mbsync: [null, 2.5],
    dsync: [null, 1.4],
    interimap: [null, 4],
    imapflow: [null, 2.7],
  }),
  ...faster('w2', 'tls', 'nochange', {
    mbsync: [null, 4],
    dsync: [null, 3.5],
    interimap: [null, 6],
    imapflow: [null, 1.8],
  }),
];

function faster(
  workload: Workload['id'],
  wire: Wire,
  phase: Phase,
  peers: Partial<Record<PeerName, Pair>>,
): Expectation[] {
  return Object.entries(peers).map(([peer, [must, reach]]) => ({
    kind: 'faster-than',
    workload,
    wire,
    phase,
    peer: peer as PeerName,
    must,
    reach,
  }));
}

/** `PASS`, `reached` or `short by so much`, in words for a table. */
export function verdictOf(expectation: Expectation, measured: number): string {
  const { must, reach, kind } = expectation;
  const meets = (aim: number): boolean => (kind === 'faster-than' ? measured >= aim : measured <= aim);
  if (must !== null && !meets(must)) return `short (${percentOff(must, measured)})`;
  if (reach !== null && meets(reach)) return must === null ? 'reached' : 'PASS, reached';
  return must === null ? 'not reached' : 'PASS';
}

function percentOff(aim: number, measured: number): string {
  return `${Math.round(Math.abs(measured / aim - 1) * 100)} % off`;
}
