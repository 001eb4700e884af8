/** The charts of a rehearsal that look at single windows, at why they were missed, and at the end. */

import { offsetAt } from '#domain/window.ts';
import { reasons, reasonWords, type Rehearsal } from './outcome.ts';
import { rangeOf, type Runs } from './runs.ts';
import {
  across,
  brief,
  type Chart,
  escaped,
  type Frame,
  legend,
  n,
  picture,
  type Scale,
  sideAxis,
  steps,
  timeAxis,
  upwards,
  wide,
} from './svg.ts';
import { dayText, grouped, missedOf, momentText, percent, reasonsOf } from './words.ts';

const dayMs = 24 * 3_600_000;

export function windowsChart({ evenings }: Rehearsal, timezone: string): Chart {
  const used = evenings.filter(({ planned, movedIn }) => planned + movedIn > 0);
  const title = 'Each window: planned and done';
  const missed = used.filter((evening) => missedOf(evening) > 0).length;
  const says = `${grouped(used.length)} windows; in ${grouped(missed)} of them somebody did not switch.`;
  const values = steps(Math.max(...used.map(({ planned, movedIn }) => planned + movedIn), 1));
  const x = across(wide, -0.5, used.length - 0.5);
  const y = upwards(wide, values.at(-1) ?? 1);
  const breadth = Math.max(1, Math.min(26, x(1) - x(0) - (used.length > 200 ? 0 : 1.5)));
  const bars = used.map((evening, i) => {
    const { planned, done, movedIn } = evening;
    const left = x(i) - breadth / 2;
    const bar = (from: number, until: number, kind: string): string =>
      until > from
        ? `<rect class="${kind}" x="${n(left)}" y="${n(y(until))}" width="${n(breadth)}" height="${n(y(from) - y(until))}"/>`
        : '';
    const tick = planned === 0 ? '' : `<path class="tick" d="M${n(left)} ${n(y(planned))}h${n(breadth)}"/>`;
    return `${bar(0, done, 'done')}${bar(done, planned + movedIn, 'missed')}${tick}`;
  });
  const every = Math.ceil(used.length / 10);
  const names = used.flatMap(({ window }, i) =>
    i % every === 0
      ? [
          `<text class="axis" x="${n(x(i))}" y="${wide.height - wide.bottom + 19}" text-anchor="middle">${window.day.slice(5)}</text>`,
        ]
      : [],
  );
  const body = [
    sideAxis(wide, y, values),
    bars.join(''),
    names.join(''),
    legend(wide, [
      ['done', 'done'],
      ['missed', 'missed'],
      ['tick', 'planned'],
    ]),
  ].join('');
  return {
    name: 'windows',
    title,
    says,
    svg: picture(wide, 'windows', title, says, body),
    table: {
      head: ['window', 'planned', 'moved in', 'done', 'missed', 'last at', 'most of them because'],
      rows: used.map((evening) => {
        const { window, planned, movedIn, done, lastAt } = evening;
        const [most] = reasonsOf(evening);
        return [
          `${window.start.replace('T', ' ')} ${window.name}`,
          ...[planned, movedIn, done, missedOf(evening)].map(grouped),
          lastAt === null ? '' : momentText(lastAt, timezone),
          most ? reasonWords[most[0]] : '',
        ];
      }),
    },
  };
}

export function reasonsChart(told: Rehearsal): Chart {
  const found = reasonsOf(told);
  const title = 'Why mailboxes missed their window';
  const all = missedOf(told);
  const says = `${grouped(all)} times in all; most often because ${found[0] ? reasonWords[found[0][0]] : ''}.`;
  const frame: Frame = { ...wide, height: 24 + found.length * 34, left: 14, top: 4, bottom: 4 };
  const most = Math.max(...found.map(([, count]) => count));
  const x = across({ ...frame, right: 110 }, 0, most);
  const rows = found.map(([reason, count], i) => {
    const top = 8 + i * 34;
    return `<text class="axis" x="14" y="${top + 10}">${escaped(reasonWords[reason])}</text><rect class="missed" x="14" y="${top + 15}" width="${n(Math.max(1, x(count) - 14))}" height="11"/><text class="strong" x="${n(x(count) + 7)}" y="${top + 25}">${brief(count)}</text>`;
  });
  return {
    name: 'reasons',
    title,
    says,
    svg: picture(frame, 'reasons', title, says, rows.join('')),
    table: {
      head: ['because', 'mailboxes', 'share'],
      rows: reasons
        .filter((reason) => told.missed[reason] > 0)
        .map((reason) => [reasonWords[reason], grouped(told.missed[reason]), percent(told.missed[reason] / all)]),
    },
  };
}

export function finishes({ told, runs }: Runs, timezone: string): Chart {
  const title = 'When it is over';
  const range = rangeOf(runs.map(({ finish }) => finish));
  const says =
    range === null
      ? 'In at least one run nobody switched.'
      : `Planned ${told.plannedFinish === null ? 'never' : dayText(told.plannedFinish, timezone)}; rehearsed from ${dayText(range.earliest, timezone)} to ${dayText(range.latest, timezone)}.`;
  const frame: Frame = { ...wide, height: 76 + runs.length * 18 };
  const moments = [told.plannedFinish, ...runs.flatMap(({ finish, mostDone }) => [finish, mostDone])].filter(
    (each) => each !== null,
  );
  const from = Math.min(...moments) - 3 * dayMs;
  const until = Math.max(...moments) + 3 * dayMs;
  const x: Scale = across(frame, from, until);
  const row = (i: number): number => frame.top + 6 + i * 18;
  const dots = runs.map(({ finish, mostDone, seed }, i) => {
    const label = `<text class="axis" x="4" y="${row(i) + 4}">seed ${seed}</text>`;
    const nine = mostDone === null ? '' : `<circle class="follow" cx="${n(x(mostDone))}" cy="${row(i)}" r="4"/>`;
    const end = finish === null ? '' : `<circle class="done" cx="${n(x(finish))}" cy="${row(i)}" r="5"/>`;
    return `${label}${nine}${end}`;
  });
  const plan =
    told.plannedFinish === null
      ? ''
      : `<path class="plan" d="M${n(x(told.plannedFinish))} ${frame.top}V${frame.height - frame.bottom}"/>`;
  const body = [
    timeAxis(frame, x, from, until, offsetAt(from, timezone)),
    plan,
    dots.join(''),
    legend(frame, [
      ['plan', 'planned end'],
      ['follow', 'nine of ten done'],
      ['done', 'last switch'],
    ]),
  ].join('');
  return {
    name: 'finish',
    title,
    says,
    svg: picture(frame, 'finish', title, says, body),
    table: {
      head: ['seed', 'nine of ten done', 'last switch', 'missed a window', 'not switched in the end'],
      rows: runs.map((run) => [
        String(run.seed),
        run.mostDone === null ? 'never' : momentText(run.mostDone, timezone),
        run.finish === null ? 'never' : momentText(run.finish, timezone),
        grouped(run.everMissed),
        grouped(run.end.mailboxes - run.end.settled - run.end.released),
      ]),
    },
  };
}
