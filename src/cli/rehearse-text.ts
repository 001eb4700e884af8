/** A rehearsal in words, as it stands on a screen. */

import type { Evening } from '#rehearsal/outcome.ts';
import { reasonWords } from '#rehearsal/outcome.ts';
import { inTheirOwn, type RehearsalReport, verdict } from '#rehearsal/report-page.ts';
import { toSwitch } from '#rehearsal/runs.ts';
import {
  brokenEvenings,
  dayText,
  eveningWords,
  finishText,
  leftOver,
  missedOf,
  momentText,
  percent,
  reasonsOf,
  whenText,
  workWords,
} from '#rehearsal/words.ts';
import { count, counted, shown, table } from './shown.ts';

/** So many of the worst windows are told one by one. */
const worstTold = 8;
/** The longest bar of the burn-down. */
const barMost = 40;
const dayMs = 24 * 3_600_000;

export function rehearsalLines(report: RehearsalReport): readonly string[] {
  const parts = [
    headLines(report),
    burnDownLines(report),
    eveningLines(report),
    brokenLines(report),
    workWords(report),
    leftOverLines(report),
    apartLines(report),
    report.remarks.map((remark) => `Note: ${shown(remark, 500)}`),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function headLines(report: RehearsalReport): readonly string[] {
  const { runs, timezone, plan, rates } = report;
  const { told } = runs;
  const windows = told.evenings.filter(({ planned }) => planned > 0).length;
  const origin =
    rates.origin === 'measured' ? `measured on ${counted(rates.samples, 'mailbox', 'mailboxes')}` : 'stated';
  const rows = [
    ['Planned end', told.plannedFinish === null ? 'none' : momentText(told.plannedFinish, timezone)],
    ['Rehearsed end', finishText(runs, timezone)],
    ['Nine of ten done', whenText(runs, timezone, 'mostDone')],
    [
      'In their own window',
      `${percent(inTheirOwn(told))}; ${count(told.everMissed)} missed one, and ${count(told.caughtUp)} of them switched in a later one`,
    ],
    ['Rates', `${origin}, ${count(rates.atOnce)} mailboxes at once`],
  ];
  return [
    `${shown(plan, 200)}: ${counted(told.mailboxes, 'mailbox', 'mailboxes')} in ${counted(windows, 'window')}, seed ${told.seed}`,
    verdict(report),
    '',
    ...table(rows, new Set()),
  ];
}

/** Once a week, and the day on which the last had switched. */
function burnDownLines({ runs: { told }, timezone }: RehearsalReport): readonly string[] {
  const end = Math.max(told.finish ?? 0, told.plannedFinish ?? 0) + dayMs;
  const days = told.days.filter(({ at }, i) => at < end || (told.days[i - 1]?.at ?? 0) < end);
  const weekly = days.length <= 14 ? days : days.filter((_, i) => i % 7 === 0 || i === days.length - 1);
  const placed = told.mailboxes - told.joined - told.unplacedByPlan;
  const most = Math.max(placed, 1);
  const rows = weekly.map((day) => {
    const left = toSwitch(told, day);
    const bar = '█'.repeat(Math.round((left / most) * barMost));
    return [dayText(day.at, timezone), count(placed - day.plannedByThen), count(left), bar];
  });
  return ['Still to switch', ...table([['', 'planned', 'rehearsed', ''], ...rows], new Set([1, 2]))];
}

function eveningLines({ runs: { told }, timezone }: RehearsalReport): readonly string[] {
  const used = told.evenings.filter(({ planned, movedIn }) => planned + movedIn > 0);
  const rows = used.map((evening) => eveningCells(evening, timezone));
  const head = ['window', '', 'planned', 'moved in', 'done', 'missed', 'last at', 'most because'];
  return ['Window by window', ...table([head, ...rows], new Set([2, 3, 4, 5]))];
}

function eveningCells(evening: Evening, timezone: string): readonly string[] {
  const { window, planned, movedIn, done, lastAt } = evening;
  const [most] = reasonsOf(evening);
  return [
    window.start,
    shown(window.name, 16),
    count(planned),
    movedIn === 0 ? '' : count(movedIn),
    count(done),
    missedOf(evening) === 0 ? '' : count(missedOf(evening)),
    lastAt === null ? '' : momentText(lastAt, timezone).slice(5),
    most ? reasonWords[most[0]] : '',
  ];
}

function brokenLines({ runs: { told } }: RehearsalReport): readonly string[] {
  const reasons = reasonsOf(told);
  if (reasons.length === 0) return ['What broke the calendar: nothing. Everybody switched in their window.'];
  const worst = brokenEvenings(told);
  const sums = reasons.map(([reason, missed]) => [`  ${count(missed)}`, reasonWords[reason]]);
  return [
    'What broke the calendar',
    ...table(sums, new Set([0])),
    ...worst
      .slice(0, worstTold)
      .map(
        (evening) =>
          `  ${evening.window.start} ${shown(evening.window.name, 16)}: ${eveningWords(evening, told.evenings)}`,
      ),
    ...(worst.length > worstTold
      ? [`  … and ${counted(worst.length - worstTold, 'more window')} (-o json, --report)`]
      : []),
  ];
}

function leftOverLines({ runs: { told } }: RehearsalReport): readonly string[] {
  const places = leftOver(told);
  if (places.length === 0) return ['Nobody is left over.'];
  return [
    'Left over in the end',
    ...table(
      places.map(([what, left]) => [`  ${count(left)}`, what]),
      new Set([0]),
    ),
  ];
}

function apartLines({ apart }: RehearsalReport): readonly string[] {
  if (apart === null) return [];
  return [
    `People who work together: ${count(apart.rehearsedDays)} grant-days apart, where the plan has ${count(apart.plannedDays)}; ${counted(apart.newlySplit, 'grant')} of ${count(apart.grants)} split that were not to be`,
  ];
}
