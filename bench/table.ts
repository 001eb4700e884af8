/** What the samples come to: medians, ratios round by round, and how they stand to what is asked. */

import type { CopyBenchResult, Sample } from './copy-bench.ts';
import type { Cost } from './measure.ts';
import { type Cell, type Expectation, expectations, verdictOf } from './musts.ts';
import { workload, workloadBytes, workloadMessages } from './workload.ts';

export interface Row extends Cell {
  readonly who: Sample['who'];
  readonly runs: number;
  /** Runs that do not count. */
  readonly worthless: number;
  readonly median: Cost;
  readonly minWall: number;
  readonly maxWall: number;
  /** Median over the rounds of this tool's wall time over ours; null without ours in the same round. */
  readonly ratio: number | null;
  readonly known: string;
}

export interface Judged {
  readonly expectation: Expectation;
  /** Null where it was not measured. */
  readonly measured: number | null;
  readonly verdict: string;
}

export function rowsOf({ samples }: CopyBenchResult): readonly Row[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = [sample.wire, sample.workload, sample.phase, sample.who].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].flatMap((all) => {
    const counted = all.filter((sample) => sample.worthless === null);
    const first = all[0];
    if (first === undefined) return [];
    const walls = counted.map((sample) => sample.cost.wallSeconds);
    const { workload: id, wire, phase, who } = first;
    return [
      {
        workload: id,
        wire,
        phase,
        who,
        runs: counted.length,
        worthless: all.length - counted.length,
        median: medianCost(counted.map((sample) => sample.cost)),
        minWall: Math.min(...walls),
        maxWall: Math.max(...walls),
        ratio: ratioOver(samples, first, who, 'godwit', (cost) => cost.wallSeconds),
        known: Object.entries(counted[0]?.difference?.counts ?? {})
          .map(([kind, n]) => `${kind} ${n}`)
          .join(', '),
      },
    ];
  });
}

export function judge({ samples }: CopyBenchResult): readonly Judged[] {
  return expectations.map((expectation) => {
    const wall = (cost: Cost): number => cost.wallSeconds;
    const measured =
      expectation.kind === 'faster-than'
        ? ratioOver(samples, expectation, expectation.peer, 'godwit', wall)
        : expectation.kind === 'wall-within-append'
          ? ratioOver(samples, expectation, 'godwit', 'MULTIAPPEND', wall)
          : ratioOver(samples, expectation, 'godwit', 'mbsync', (cost) => cost.clientCpu);
    return { expectation, measured, verdict: measured === null ? 'not measured' : verdictOf(expectation, measured) };
  });
}

/** The median over the rounds of one's figure over the other's, of runs that count. */
function ratioOver(
  samples: readonly Sample[],
  cell: Cell,
  upper: Sample['who'],
  lower: Sample['who'],
  figure: (cost: Cost) => number,
): number | null {
  const of = (who: Sample['who'], round: number): Sample | undefined =>
    samples.find(
      (s) =>
        s.who === who &&
        s.round === round &&
        s.worthless === null &&
        s.workload === cell.workload &&
        s.wire === cell.wire &&
        s.phase === cell.phase,
    );
  const ratios: number[] = [];
  for (const round of new Set(samples.map((sample) => sample.round))) {
    const above = of(upper, round);
    const below = of(lower, round);
    if (above !== undefined && below !== undefined) ratios.push(figure(above.cost) / figure(below.cost));
  }
  return ratios.length === 0 ? null : median(ratios);
}

export function printTable(result: CopyBenchResult, say: (line: string) => void): void {
  say('');
  say(
    `Servers: Dovecot, ${result.storage} in memory, no fsync. CPU seconds from ${result.cpuFrom}. Medians; ratio = wall / ours, round by round.`,
  );
  say(
    '| wire | work | run | who | runs | wall s (min-max) | ratio | client CPU s | source CPU s | target CPU s | MB/s | msg/s | peak RSS MB | known differences |',
  );
  say('|---|---|---|---|---|---|---|---|---|---|---|---|---|---|');
  for (const row of rowsOf(result)) say(lineOf(row));
  say('');
  say('| wire | work | run | asked | must | reach | measured | |');
  say('|---|---|---|---|---|---|---|---|');
  for (const { expectation: e, measured, verdict } of judge(result)) {
    if (measured === null) continue;
    const asked =
      e.kind === 'faster-than'
        ? `${e.peer} / ours, wall, at least`
        : e.kind === 'wall-within-append'
          ? 'ours / MULTIAPPEND from memory, wall, at most'
          : 'ours / mbsync, client CPU, at most';
    say(
      `| ${e.wire} | ${e.workload} | ${e.phase} | ${asked} | ${e.must ?? '-'} | ${e.reach ?? '-'} | ${measured.toFixed(2)} | ${verdict} |`,
    );
  }
}

function lineOf(row: Row): string {
  const { median: m } = row;
  const made = workload(row.workload);
  const speed =
    row.phase === 'initial' && row.runs > 0
      ? [workloadBytes(made) / 1e6 / m.wallSeconds, workloadMessages(made) / m.wallSeconds].map((n) =>
          Math.round(n).toString(),
        )
      : ['', ''];
  return `| ${[
    row.wire,
    row.workload,
    row.phase,
    row.who,
    row.worthless === 0 ? row.runs : `${row.runs} (+${row.worthless} that do not count)`,
    row.runs === 0 ? '-' : `${m.wallSeconds.toFixed(2)} (${row.minWall.toFixed(2)}-${row.maxWall.toFixed(2)})`,
    row.ratio?.toFixed(2) ?? '',
    m.clientCpu.toFixed(2),
    m.sourceCpu.toFixed(2),
    m.targetCpu.toFixed(2),
    ...speed,
    m.peakRssBytes > 0 ? Math.round(m.peakRssBytes / 1e6) : '',
    row.known,
  ].join(' | ')} |`;
}

function medianCost(costs: readonly Cost[]): Cost {
  const of = (figure: (cost: Cost) => number): number => median(costs.map(figure));
  return {
    wallSeconds: of((cost) => cost.wallSeconds),
    clientCpu: of((cost) => cost.clientCpu),
    sourceCpu: of((cost) => cost.sourceCpu),
    targetCpu: of((cost) => cost.targetCpu),
    peakRssBytes: of((cost) => cost.peakRssBytes),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
