/** What the planners came to, for people, and how it stands to what is asked of `godwit plan`. */

import type { Judgement } from '../../labs/plan/judge.ts';

export const plannerNames = ['godwit', 'alphabetical', 'organisation by organisation', 'whole components'] as const;
export type PlannerName = (typeof plannerNames)[number];

/** One estate, planned by all. */
export interface PlanSample {
  readonly mailboxes: number;
  readonly seed: number;
  readonly effort: string;
  /** Processes that wanted the processors in the minute before: with as many as there are processors, time says little. */
  readonly loadBefore: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly judged: Readonly<Record<PlannerName, Judgement>>;
}

/** Asked of an estate of some size: the ratio of weighted grant-days to organisation by organisation, time, and memory. */
interface Asked {
  readonly ratio: number;
  readonly seconds: number | null;
  readonly bytes: number | null;
}

interface Aims {
  readonly must: Asked;
  readonly reach: Asked | null;
}

/** By mailboxes; of other sizes nothing is asked. */
const atDefault: Readonly<Record<number, Aims>> = {
  10_000: { must: { ratio: 0.16, seconds: 5, bytes: null }, reach: { ratio: 0.1, seconds: 5, bytes: null } },
  200_000: { must: { ratio: 0.18, seconds: 15, bytes: null }, reach: { ratio: 0.13, seconds: 15, bytes: null } },
  2_100_000: { must: { ratio: 0.3, seconds: 60, bytes: 3e9 }, reach: { ratio: 0.25, seconds: 10, bytes: 2e9 } },
};
const atFiveMinutes: Readonly<Record<number, Aims>> = {
  10_000: { must: { ratio: 0.1, seconds: null, bytes: null }, reach: null },
  200_000: { must: { ratio: 0.13, seconds: null, bytes: null }, reach: null },
  2_100_000: { must: { ratio: 0.25, seconds: null, bytes: null }, reach: null },
};
const aimsFor: Readonly<Record<string, Readonly<Record<number, Aims>>>> = { default: atDefault, '5m': atFiveMinutes };

const yardstick: PlannerName = 'organisation by organisation';

/** One estate: a line for each planner, and whatever rule one of them broke. */
export function sampleLines(sample: PlanSample): readonly string[] {
  const { mailboxes, seed, effort, loadBefore, wallSeconds, cpuSeconds, peakRssBytes, judged } = sample;
  return [
    '',
    `${mailboxes.toLocaleString('en')} mailboxes, seed ${seed}, effort ${effort}: ${wallSeconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s, ${gigabytes(peakRssBytes)}; load before ${loadBefore.toFixed(1)}`,
    `${''.padEnd(30)}grant-days   of ours  kinds last     dated  split grants  unplaced  last window       windows  to an organisation`,
    ...plannerNames.map((name) => termsLine(name, sample)),
    ...plannerNames.flatMap((name) =>
      judged[name].violations.flatMap(({ rule, count, examples }) => [
        `WRONG: ${name} breaks ${count} times: ${rule}`,
        ...examples.map((example) => `  ${example}`),
      ]),
    ),
  ];
}

function termsLine(name: PlannerName, sample: PlanSample): string {
  const { terms } = sample.judged[name];
  const number = (value: number, width: number): string => value.toLocaleString('en').padStart(width);
  return [
    name.padEnd(28),
    number(terms.grantDays, 12),
    percent(ratioOf(sample, name)).padStart(10),
    percent(terms.grantDaysOfKindsLast / Math.max(1, terms.grantDays)).padStart(12),
    percent(terms.grantDaysOfDated / Math.max(1, terms.grantDays)).padStart(10),
    number(terms.splitGrants, 14),
    number(terms.unplaced, 10),
    `  ${terms.finish ?? 'none'.padEnd(16)}`,
    number(terms.windowsUsed, 9),
    terms.windowsPerOrganisation.toFixed(2).padStart(20),
  ].join('');
}

/** Its grant-days to those of the yardstick. */
function ratioOf({ judged }: PlanSample, name: PlannerName = 'godwit'): number {
  return judged[name].terms.grantDays / Math.max(1, judged[yardstick].terms.grantDays);
}

/** Means over the seeds, size by size, against what is asked. */
export function verdictLines(samples: readonly PlanSample[]): readonly string[] {
  return ['', ...groupsOf(samples).flatMap((group) => groupLines(group))];
}

/** Every rule is kept, by the plain planners too, and everything that is asked is met. */
export function isWell(samples: readonly PlanSample[]): boolean {
  return (
    samples.every(({ judged }) => Object.values(judged).every(({ violations }) => violations.length === 0)) &&
    groupsOf(samples).every((group) => marksOf(group).every(({ got, must }) => got <= must))
  );
}

type Group = readonly [PlanSample, ...PlanSample[]];

function groupsOf(samples: readonly PlanSample[]): readonly Group[] {
  const groups = Object.values(Object.groupBy(samples, ({ mailboxes, effort }) => `${mailboxes} ${effort}`));
  return groups.filter((group): group is PlanSample[] & Group => group !== undefined && group.length > 0);
}

interface Mark {
  readonly what: string;
  readonly got: number;
  readonly must: number;
  readonly reach: number | null;
  readonly show: (value: number) => string;
}

function groupLines(group: Group): readonly string[] {
  const [{ mailboxes, effort }] = group;
  const broken = group.filter(({ judged }) => judged.godwit.violations.length > 0).length;
  const unplaced = mean(group, ({ judged }) => judged.godwit.terms.unplaced - judged[yardstick].terms.unplaced);
  const name = `${mailboxes.toLocaleString('en')} mailboxes, effort ${effort}, ${group.length === 1 ? 'one seed' : `mean of ${group.length} seeds`}`;
  return [
    `${name}: every rule kept and nobody left out who would fit: ${broken === 0 ? 'PASS' : `WRONG in ${broken}`}`,
    `${name}: unplaced beyond ${yardstick}: ${unplaced.toFixed(1)}`,
    ...marksOf(group).map(
      ({ what, got, must, reach, show }) =>
        `${name}: ${what} ${show(got)} (at most ${show(must)}): ${got > must ? 'short' : reach !== null && got <= reach ? 'PASS, reached' : 'PASS'}`,
    ),
    ...(aimsFor[effort]?.[mailboxes]
      ? []
      : [
          `${name}: ${percent(mean(group, ratioOf))} of ${yardstick} in ${mean(group, wall).toFixed(1)} s; of this nothing is asked`,
        ]),
  ];
}

function marksOf(group: Group): readonly Mark[] {
  const [{ mailboxes, effort }] = group;
  const aims = aimsFor[effort]?.[mailboxes];
  if (!aims) return [];
  const { must, reach } = aims;
  const mark = (
    what: string,
    asked: keyof Asked,
    figure: (sample: PlanSample) => number,
    show: Mark['show'],
  ): readonly Mark[] => {
    const most = must[asked];
    return most === null ? [] : [{ what, got: mean(group, figure), must: most, reach: reach?.[asked] ?? null, show }];
  };
  return [
    ...mark(`weighted grant-days to ${yardstick}`, 'ratio', (sample) => ratioOf(sample), percent),
    ...mark('wall time', 'seconds', wall, (seconds) => `${seconds.toFixed(1)} s`),
    ...mark('peak RSS', 'bytes', ({ peakRssBytes }) => peakRssBytes, gigabytes),
  ];
}

function wall({ wallSeconds }: PlanSample): number {
  return wallSeconds;
}

function mean(group: Group, figure: (sample: PlanSample) => number): number {
  return group.reduce((sum, sample) => sum + figure(sample), 0) / group.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
