/** A plan in words, as it stands on a screen and in `plan.summary.txt`. */

import type { GrantKind } from '#domain/estate.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import type { SplitSide } from '#planning/split.ts';
import { meanwhile } from '#planning/split-words.ts';
import type { WindowUse } from '#planning/summary.ts';
import { differenceLines } from './plan-difference-text.ts';
import { unplacedLines } from './plan-unplaced-text.ts';
import { bytes, count, counted, shown, table } from './shown.ts';
import { wrapped } from './wrapped.ts';

/** So much is told; the files beside the plan have the rest. */
export interface HowMuch {
  readonly windows: number;
  readonly worst: number;
  readonly meanwhile: boolean;
}

export const onScreen: HowMuch = { windows: 12, worst: 5, meanwhile: false };
export const inFull: HowMuch = { windows: Number.POSITIVE_INFINITY, worst: 20, meanwhile: true };

const allRight = (columns: number): ReadonlySet<number> => new Set(Array.from({ length: columns }, (_, i) => i));

export function planLines(report: PlanReport, much: HowMuch): readonly string[] {
  const parts = [
    headLines(report),
    grantLines(report),
    ...(much.meanwhile ? [meanwhileLines(report)] : []),
    windowLines(report, much.windows),
    spreadLines(report, much.worst),
    splitLines(report, much.worst),
    unplacedLines(report, much.worst),
    wishLines(report, much.worst),
    hintLines(report, much.worst),
    report.difference === null ? [] : differenceLines(report.difference, much.worst),
    report.remarks.map((remark) => `Note: ${shown(remark, 500)}`),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function headLines({ calendar, organisations, summary }: PlanReport): readonly string[] {
  const { mailboxes, grants, first, finish } = summary;
  const placed = [
    `${count(mailboxes.placed)} placed`,
    `${count(mailboxes.unplaced)} unplaced`,
    ...(mailboxes.moved > 0 ? [`${count(mailboxes.moved)} moved already`] : []),
    ...(mailboxes.fixed > 0 ? [`${count(mailboxes.fixed)} fixed in waves that were started`] : []),
    ...(mailboxes.excluded > 0 ? [`${count(mailboxes.excluded)} held or excluded`] : []),
  ];
  const pilot = summary.windows.find(({ window }) => window.isPilot);
  return [
    `${counted(mailboxes.all, 'mailbox', 'mailboxes')} of ${counted(organisations, 'organisation')}, ${counted(grants.all, 'grant')}: ${placed.join(', ')}`,
    `${calendar.from} to ${calendar.until} (${calendar.timezone}): ${counted(calendar.windows, 'window')}, room for ${counted(calendar.mailboxes, 'mailbox', 'mailboxes')}`,
    ...(pilot ? [`Pilot   ${pilot.window.start}, ${counted(pilot.mailboxes, 'mailbox', 'mailboxes')}`] : []),
    ...(first && finish ? [`First   ${first.start} (${first.name})`, `Finish  ${finish.start} (${finish.name})`] : []),
  ];
}

function grantLines({ summary }: PlanReport): readonly string[] {
  const { grants, kinds, grantDays } = summary;
  if (grants.all === 0 && grants.unknown === 0) return ['There are no grants: nobody works in the mailbox of another.'];
  const days = kinds.reduce((sum, each) => sum + each.days, 0);
  const rows = [
    [count(grants.together), 'move together, or on the same day'],
    [
      count(grants.split),
      grants.split === 0 ? 'are split' : `are split, for ${mean(days, grants.split)} days on average`,
    ],
    ...(grants.oneMoves > 0
      ? [[count(grants.oneMoves), 'have one end that moves and one without a window: split with no end']]
      : []),
    ...(grants.neitherMoves > 0 ? [[count(grants.neitherMoves), 'have two ends without a window']] : []),
    ...(grants.unknown > 0 ? [[count(grants.unknown), 'name an address that the estate does not have']] : []),
  ];
  return [
    `Grants: ${count(grantDays)} grant-days, weighed by kind`,
    ...table(rows, new Set([0])).map((line) => `  ${line}`),
    ...(kinds.length === 0 ? [] : ['', ...kindLines(kinds)]),
  ];
}

function kindLines(kinds: PlanReport['summary']['kinds']): readonly string[] {
  const rows = kinds.map(({ kind, first, grants, days, longestDays, grantDays }) => [
    kind,
    sideText(first),
    count(grants),
    mean(days, grants),
    count(longestDays),
    count(grantDays),
  ]);
  const header = ['split', 'moves first', 'grants', 'days', 'longest', 'grant-days'];
  return table([header, ...rows], new Set([2, 3, 4, 5]));
}

function meanwhileLines({ summary }: PlanReport): readonly string[] {
  if (summary.kinds.length === 0) return [];
  return [
    'What does not work between the two days',
    ...summary.kinds.flatMap(({ kind, first }) => meanwhileOf(kind, first)),
  ];
}

function meanwhileOf(kind: GrantKind, first: SplitSide): readonly string[] {
  const { anywhere, hybrid } = meanwhile(kind, first);
  return [
    '',
    `${kind}, ${sideText(first)} first`,
    ...wrapped(anywhere, 2),
    ...wrapped(`Exchange hybrid: ${hybrid}`, 2),
  ];
}

function sideText(side: SplitSide): string {
  return side === 'mailbox' ? 'the mailbox' : 'the grantee';
}

function windowLines({ summary, calendar }: PlanReport, most: number): readonly string[] {
  const { windows } = summary;
  const used = windows.filter(({ mailboxes }) => mailboxes > 0);
  if (used.length === 0) return [];
  const told = used.length <= most ? used : [...used.slice(0, most - 3), null, ...used.slice(-2)];
  const hasBytes = windows.some(({ window }) => Number.isFinite(window.bytes));
  const header = [
    'window',
    '',
    'mailboxes',
    'of',
    'size',
    ...(hasBytes ? ['of'] : []),
    'organisations',
    'splits',
    'heals',
    'split after',
  ];
  const rows = told.map((use) => (use === null ? ['…'] : windowRow(use, hasBytes)));
  const right = allRight(header.length);
  const left = windows.length - used.length;
  return [
    ...table([header, ...rows], new Set([...right].filter((i) => i > 1))),
    ...(used.length > most
      ? [`${count(used.length)} windows are used; plan.summary.txt, written with -o plan.csv, has all of them.`]
      : []),
    ...(left > 0 ? [`${counted(left, 'window')} not needed.`] : []),
    ...unusableLines(calendar.unusable, most),
  ];
}

/** Those that are not used for one reason stand together. */
function unusableLines(unusable: PlanReport['calendar']['unusable'], most: number): readonly string[] {
  return [...Map.groupBy(unusable, ({ why }) => why)].slice(0, most).map(([why, group]) => {
    const starts = group.map(({ start }) => start);
    const which =
      starts.length <= 3 ? starts.join(', ') : `${count(starts.length)} from ${starts[0]} to ${starts.at(-1)}`;
    return `Not used: ${which} (${starts.length === 1 ? why : `each ${why}`})`;
  });
}

function windowRow(
  { window, mailboxes, bytes: size, organisations, begins, ends, standing }: WindowUse,
  hasBytes: boolean,
): string[] {
  return [
    window.start,
    shown(window.name, 20),
    count(mailboxes),
    count(window.mailboxes),
    bytes(size),
    ...(hasBytes ? [Number.isFinite(window.bytes) ? bytes(window.bytes) : ''] : []),
    count(organisations),
    count(begins),
    count(ends),
    count(standing),
  ];
}

function spreadLines({ summary }: PlanReport, most: number): readonly string[] {
  const { spread, worstOrganisations } = summary;
  if (spread.organisations === 0) return [];
  const bands = [
    `${count(spread.inOne)} in one window`,
    `${count(spread.inTwoOrThree)} in two or three`,
    `${count(spread.inFourToTen)} in four to ten`,
    `${count(spread.inMore)} in more (${count(spread.most)} at most)`,
  ];
  const rows = worstOrganisations
    .slice(0, most)
    .map(({ organisation, name, mailboxes, windows, splits, grantDays }) => [
      shown(organisation, 20),
      shown(name, 40),
      count(mailboxes),
      count(windows),
      count(splits),
      count(grantDays),
    ]);
  return [
    `Organisations: ${bands.join(', ')}`,
    ...(rows.length === 0
      ? []
      : table([['most split', '', 'mailboxes', 'windows', 'splits', 'grant-days'], ...rows], new Set([2, 3, 4, 5]))),
  ];
}

function splitLines({ summary }: PlanReport, most: number): readonly string[] {
  const rows = summary.largestSplits
    .slice(0, most)
    .map(({ mailbox, grantee, kind, first, from, until, days }) => [
      shown(mailbox, 50),
      shown(grantee, 50),
      kind,
      sideText(first),
      from,
      until,
      count(days),
    ]);
  if (rows.length === 0) return [];
  return table([['longest split', 'grantee', 'kind', 'moves first', 'from', 'until', 'days'], ...rows], new Set([6]));
}

function wishLines({ wishes }: PlanReport, most: number): readonly string[] {
  if (wishes === null) return [];
  const { granted, inPart, notGranted, first } = wishes;
  return [
    `Wishes: ${count(granted)} granted, ${count(inPart)} in part, ${count(notGranted)} not`,
    ...first
      .slice(0, most)
      .map(
        ({ lines, organisation, kind, granted: is, why }) =>
          `  ${lines.length === 0 ? 'asked for' : `line ${lines.join(', ')}`} (${shown(organisation, 20)}, ${kind}): ${is === 'no' ? 'not granted' : is}. ${shown(why, 300)}`,
      ),
  ];
}

function hintLines({ hints }: PlanReport, most: number): readonly string[] {
  if (hints === null) return [];
  const { granted, notGranted, unknown, first } = hints;
  return [
    `wave_hint: ${count(granted)} granted, ${count(notGranted)} not${unknown > 0 ? `, ${count(unknown)} not understood` : ''}`,
    ...first
      .slice(0, most)
      .map(({ mailbox, hint, why }) => `  ${shown(mailbox, 80)} (${shown(hint, 60)}): not granted, ${why}`),
  ];
}

function mean(sum: number, of: number): string {
  return (sum / of).toFixed(1);
}
