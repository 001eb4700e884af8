/** The charts of a rehearsal: what is left day by day, where everybody stands, and what is copied; those of single windows are beside. */

import { offsetAt } from '#domain/window.ts';
import { finishes, reasonsChart, windowsChart } from './charts-of-windows.ts';
import type { DayOfRehearsal, Rehearsal } from './outcome.ts';
import { type Runs, toSwitch } from './runs.ts';
import { across, type Chart, legend, n, path, picture, sideAxis, steps, timeAxis, upwards, wide } from './svg.ts';
import { dayText, grouped, missedOf, spanText } from './words.ts';

export function chartsOf(runs: Runs, timezone: string): readonly Chart[] {
  const { told } = runs;
  const isOver = told.plannedFinish !== null || told.finish !== null;
  return [
    burnDown(runs, timezone),
    windowsChart(told, timezone),
    standings(told, timezone),
    ...(missedOf(told) > 0 ? [reasonsChart(told)] : []),
    copies(told, timezone),
    ...(isOver ? [finishes(runs, timezone)] : []),
  ];
}

/** What has to be switched, from before the first window to after the last. */
function burnDown({ told, runs }: Runs, timezone: string): Chart {
  const placed = told.mailboxes - told.joined - told.unplacedByPlan;
  const days = daysShown(told);
  const rows = days.map((day) => {
    const at = told.days.indexOf(day);
    const all = runs.map((run) => run.toSwitch[at] ?? run.toSwitch.at(-1) ?? 0);
    return {
      at: day.at,
      plan: placed - day.plannedByThen,
      came: toSwitch(told, day),
      least: Math.min(...all),
      most: Math.max(...all),
    };
  });
  const title = 'Mailboxes still to switch';
  const last = rows.at(-1);
  const says = `From ${grouped(placed)} to ${grouped(last?.came ?? 0)}, beside the plan, which ends at ${grouped(last?.plan ?? 0)}.`;
  const [from, until] = spanOf(days);
  const values = steps(Math.max(placed, ...rows.map(({ most }) => most)));
  const x = across(wide, from, until);
  const y = upwards(wide, values.at(-1) ?? 1);
  const band = [
    ...rows.map(({ at, most }) => [x(at), y(most)] as const),
    ...rows.toReversed().map(({ at, least }) => [x(at), y(least)] as const),
  ];
  const body = [
    sideAxis(wide, y, values),
    timeAxis(wide, x, from, until, offsetAt(from, timezone)),
    runs.length > 1 ? `<path class="band" d="${path(band)}Z"/>` : '',
    `<path class="plan" d="${path(rows.map(({ at, plan }) => [x(at), y(plan)] as const))}"/>`,
    `<path class="line" d="${path(rows.map(({ at, came }) => [x(at), y(came)] as const))}"/>`,
    legend(wide, [
      ['plan', 'as planned'],
      ['line', 'as rehearsed'],
      ...(runs.length > 1 ? [['band', `${runs.length} runs`] as const] : []),
    ]),
  ].join('');
  return {
    name: 'burn-down',
    title,
    says,
    svg: picture(wide, 'burn-down', title, says, body),
    table: {
      head: ['day', 'as planned', 'as rehearsed', 'least of the runs', 'most of the runs'],
      rows: weekly(rows).map(({ at, plan, came, least, most }) => [
        dayText(at, timezone),
        ...[plan, came, least, most].map(grouped),
      ]),
    },
  };
}

/** From the bottom up: what has arrived first. */
const layers = [
  ['done', 'switched', ({ settled, released }) => settled + released],
  ['follow', 'copied and followed', ({ following, switching, returning }) => following + switching + returning],
  ['copy', 'being copied', ({ copying }) => copying],
  ['missed', 'held or blocked', ({ held, blocked }) => held + blocked],
  ['wait', 'waiting', ({ planned, unplaced }) => planned + unplaced],
] as const satisfies readonly (readonly [string, string, (day: DayOfRehearsal) => number])[];

function standings(told: Rehearsal, timezone: string): Chart {
  const days = daysShown(told);
  const title = 'Where everybody stands';
  const says = 'Day by day: who waits, is copied, is followed until their window comes, and has switched.';
  const [from, until] = spanOf(days);
  const values = steps(Math.max(...days.map(({ mailboxes }) => mailboxes)));
  const x = across(wide, from, until);
  const y = upwards(wide, values.at(-1) ?? 1);
  const below = days.map(() => 0);
  const areas = layers.map(([kind, , count]) => {
    const floor = [...below];
    for (const [i, day] of days.entries()) below[i] = (below[i] as number) + count(day);
    const outline = [
      ...days.map(({ at }, i) => [x(at), y(below[i] as number)] as const),
      ...days.map(({ at }, i) => [x(at), y(floor[i] as number)] as const).toReversed(),
    ];
    return `<path class="${kind}" d="${path(outline)}Z"/>`;
  });
  const body = [
    areas.join(''),
    sideAxis(wide, y, values),
    timeAxis(wide, x, from, until, offsetAt(from, timezone)),
    legend(
      wide,
      layers.map(([kind, words]) => [kind, words] as const),
    ),
  ].join('');
  return {
    name: 'standings',
    title,
    says,
    svg: picture(wide, 'standings', title, says, body),
    table: {
      head: ['day', ...layers.map(([, words]) => words), 'taken out or left'],
      rows: weekly(days).map((day) => [
        dayText(day.at, timezone),
        ...layers.map(([, , count]) => grouped(count(day))),
        grouped(day.excluded + day.left),
      ]),
    },
  };
}

const terabyte = 1e12;

function copies(told: Rehearsal, timezone: string): Chart {
  const days = told.days.filter(({ at }) => at <= (told.finish ?? Number.POSITIVE_INFINITY) + dayMs);
  const title = 'First copies, terabytes a day';
  const sum = days.reduce((all, { copiedBytes }) => all + copiedBytes, 0);
  const says = `${Number((sum / terabyte).toPrecision(3))} TB in all, by day.`;
  const [from, until] = spanOf(days);
  const values = steps(Math.max(...days.map(({ copiedBytes }) => copiedBytes / terabyte), 0.001));
  const x = across(wide, from, until);
  const y = upwards(wide, values.at(-1) ?? 1);
  const breadth = Math.max(0.8, x(from + dayMs) - x(from) - 0.6);
  const bars = days.map(
    ({ at, copiedBytes }) =>
      `<rect class="copy" x="${n(x(at) - breadth)}" y="${n(y(copiedBytes / terabyte))}" width="${n(breadth)}" height="${n(y(0) - y(copiedBytes / terabyte))}"/>`,
  );
  const body = [
    sideAxis(wide, y, values),
    timeAxis(wide, x, from, until, offsetAt(from, timezone)),
    bars.join(''),
  ].join('');
  return {
    name: 'copies',
    title,
    says,
    svg: picture(wide, 'copies', title, says, body),
    table: {
      head: ['week from', 'first copies', 'terabytes', 'longest time between two looks'],
      rows: weeks(days).map((week) => [
        dayText(week[0]?.at ?? 0, timezone),
        grouped(week.reduce((all, { copied }) => all + copied, 0)),
        String(Number((week.reduce((all, { copiedBytes }) => all + copiedBytes, 0) / terabyte).toPrecision(3))),
        spanText(Math.max(...week.map(({ lookEveryMs }) => lookEveryMs))),
      ]),
    },
  };
}

const dayMs = 24 * 3_600_000;

/** From the first copy until all is over. */
function daysShown({ days, finish, plannedFinish }: Rehearsal): readonly DayOfRehearsal[] {
  const until = Math.max(finish ?? 0, plannedFinish ?? 0) + 2 * dayMs;
  const shown = days.filter(({ at }) => at <= until);
  return shown.length > 1 ? shown : days;
}

function spanOf(days: readonly { readonly at: number }[]): readonly [number, number] {
  return [days[0]?.at ?? 0, days.at(-1)?.at ?? dayMs];
}

/** One row for each week, and the last. */
function weekly<T>(rows: readonly T[]): readonly T[] {
  if (rows.length <= 14) return rows;
  return rows.filter((_, i) => i % 7 === 0 || i === rows.length - 1);
}

function weeks<T>(rows: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(rows.length / 7) }, (_, i) => rows.slice(i * 7, i * 7 + 7));
}
