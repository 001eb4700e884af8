/**
 * The report of a rehearsal as one page that needs nothing else: no script, no font, no picture from elsewhere. It is made for a
 * screen by day and by night, for paper, and for who has it read to them: each chart stands again as a table further down.
 */

import type { Apart } from './apart.ts';
import { assumptions, type Assumed } from './assumptions.ts';
import { chartsOf } from './charts.ts';
import type { Rehearsal } from './outcome.ts';
import type { Runs } from './runs.ts';
import { type Chart, chartStyle, escaped, type Table } from './svg.ts';
import {
  brokenEvenings,
  dayText,
  eveningWords,
  grouped,
  lateIn,
  leftOver,
  listed,
  mailboxes,
  neverSwitch,
  percent,
  rangeText,
  spanText,
  workWords,
} from './words.ts';

export interface RehearsalReport extends Assumed {
  /** The file that the plan was read from. */
  readonly plan: string;
  readonly timezone: string;
  readonly runs: Runs;
  /** Null where nobody shares anything. */
  readonly apart: Apart | null;
  readonly remarks: readonly string[];
}

/** So many of the worst windows are told one by one. */
const worstTold = 12;

export function reportPage(report: RehearsalReport): string {
  const { runs, timezone } = report;
  // Where it lies says nothing to a board.
  const plan = report.plan.replace(/^.*[/\\]/, '');
  const charts = chartsOf(runs, timezone);
  const of = (name: string): string =>
    charts
      .filter((chart) => chart.name === name)
      .map(figure)
      .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal of ${escaped(plan)}</title>
<style>${chartStyle}${pageStyle}</style>
</head>
<body>
<header>
<p class="over">Rehearsal of ${escaped(plan)}, seed ${runs.told.seed}</p>
<h1>${escaped(verdict(report))}</h1>
<p>A rehearsal plays the whole programme on a virtual clock: the real rules of Godwit against pretended platforms and people. It
says what follows from what is assumed, and not what will be.</p>
</header>
<main>
${tiles(report)}
<section><h2>The programme</h2>${of('burn-down')}${of('standings')}${of('finish')}</section>
<section><h2>Window by window</h2>${of('windows')}</section>
<section><h2>What broke the calendar</h2>${broken(runs.told)}${of('reasons')}</section>
<section><h2>Who is left over</h2>${leftOverList(runs.told)}</section>
${apartSection(report)}
<section><h2>The work</h2>${list(workWords(report))}${of('copies')}</section>
<section><h2>What is assumed</h2>${tableText({ head: ['what', 'how much'], rows: assumptions(report) }, false)}${remarksList(report)}</section>
<section class="figures"><h2>In figures</h2>${charts.map(inFigures).join('\n')}</section>
</main>
</body>
</html>
`;
}

/** One sentence for who reads no further. */
export function verdict({ runs, timezone }: Pick<RehearsalReport, 'runs' | 'timezone'>): string {
  const { finish, plannedFinish } = runs.told;
  const never = neverSwitch(runs.told);
  if (plannedFinish === null) return 'The plan places nobody, so nothing was rehearsed.';
  if (finish === null) return 'Nobody switched.';
  const differs = finish - plannedFinish;
  const beside =
    differs > dayMs ? `, ${spanText(differs)} after the plan` : differs < -dayMs ? ', before the plan' : ', as planned';
  const own = `${percent(inTheirOwn(runs.told))} switch in the window they were told`;
  if (never > 0)
    return `Not within the calendar: ${mailboxes(never)} never ${never === 1 ? 'switches' : 'switch'}; the last of the others does on ${dayText(finish, timezone)}, and ${own}.`;
  return `The last mailbox switches on ${dayText(finish, timezone)}${beside}; ${own}.`;
}

/** The share of those with a window by the plan who missed none, and were across before it closed. */
export function inTheirOwn(told: Rehearsal): number {
  const placed = told.mailboxes - told.joined - told.unplacedByPlan;
  return placed === 0 ? 0 : Math.max(0, 1 - (told.everMissed + lateIn(told)) / placed);
}

const dayMs = 24 * 3_600_000;

function tiles(report: RehearsalReport): string {
  const { runs, timezone } = report;
  const { told } = runs;
  const { end, plannedFinish, everMissed, caughtUp, evenings } = told;
  const entries: readonly (readonly [string, string, string])[] = [
    ['Mailboxes', grouped(told.mailboxes), told.joined > 0 ? `${grouped(told.joined)} of them joined on the way` : ''],
    ['Planned end', plannedFinish === null ? 'none' : dayText(plannedFinish, timezone), ''],
    endTile(report),
    ['Nine of ten done', told.mostDone === null ? 'never' : dayText(told.mostDone, timezone), ''],
    [
      'Missed a window',
      grouped(everMissed),
      everMissed > 0 ? `${grouped(caughtUp)} of them switched in a later one` : '',
    ],
    ['Windows used', grouped(evenings.filter(({ done }) => done > 0).length), `of ${grouped(evenings.length)}`],
    [
      'Switched in the end',
      grouped(end.settled + end.released),
      percent((end.settled + end.released) / Math.max(1, told.mailboxes)),
    ],
    ['Went home again', grouped(told.wentBack), ''],
  ];
  const cells = entries.map(
    ([name, value, more]) =>
      `<div class="tile"><dt>${escaped(name)}</dt><dd><strong>${escaped(value)}</strong>${more === '' ? '' : `<span>${escaped(more)}</span>`}</dd></div>`,
  );
  return `<dl class="tiles">${cells.join('')}</dl>`;
}

function endTile({ runs, timezone }: RehearsalReport): readonly [string, string, string] {
  const { told } = runs;
  const never = neverSwitch(told);
  if (told.finish === null) return ['Rehearsed end', 'never', ''];
  if (never > 0) return ['Rehearsed end', 'not within the calendar', `${mailboxes(never)} without a switch`];
  return ['Rehearsed end', dayText(told.finish, timezone), rangeText(runs, timezone)];
}

function broken(told: Rehearsal): string {
  const worst = brokenEvenings(told);
  if (worst.length === 0) return '<p>In no window did more than one in fifty fail to switch by accident.</p>';
  const items = worst
    .slice(0, worstTold)
    .map(
      (evening) =>
        `<li><strong>${escaped(`${evening.window.day} (${evening.window.name})`)}</strong> ${escaped(eveningWords(evening, told.evenings))}</li>`,
    );
  const more =
    worst.length > worstTold
      ? `<p>And ${worst.length - worstTold} windows more; all of them stand in figures below.</p>`
      : '';
  return `<p>In ${worst.length === 1 ? 'one window' : `${grouped(worst.length)} windows`} more than one in fifty did not switch, for a reason that nobody chose.</p><ul>${items.join('')}</ul>${more}`;
}

function leftOverList(told: Rehearsal): string {
  const places = leftOver(told);
  if (places.length === 0) return '<p>Nobody: everyone has switched.</p>';
  return `<ul>${places.map(([what, count]) => `<li><strong>${grouped(count)}</strong> ${escaped(what)}</li>`).join('')}</ul>`;
}

function apartSection({ apart }: RehearsalReport): string {
  if (apart === null) return '';
  const { grants, plannedDays, rehearsedDays, newlySplit, neverJoined } = apart;
  const words = listed([
    `${grouped(newlySplit)} of ${grouped(grants)} grants have their two ends switch on different days although they were to switch on one`,
    ...(neverJoined > 0 ? [`${grouped(neverJoined)} have an end that never switches`] : []),
  ]);
  return `<section><h2>People who work together</h2><p>Whoever misses a window is parted from those who did not. ${escaped(words)}. Weighed by kind the days
apart come to ${grouped(rehearsedDays)}, where the plan has ${grouped(plannedDays)}.</p></section>`;
}

function remarksList({ remarks }: RehearsalReport): string {
  return list(remarks);
}

function list(words: readonly string[]): string {
  return words.length === 0 ? '' : `<ul>${words.map((each) => `<li>${escaped(each)}</li>`).join('')}</ul>`;
}

function figure({ name, title, svg }: Chart): string {
  return `<figure><figcaption>${escaped(title)} <a href="#table-${name}">in figures</a></figcaption>${svg}</figure>`;
}

function inFigures({ name, title, says, table }: Chart): string {
  return `<section id="table-${name}"><h3>${escaped(title)}</h3><p>${escaped(says)}</p>${tableText(table)}</section>`;
}

const figureLike = /^[\d.,]+( ?(%|TB))?$/;

function tableText({ head, rows }: Table, hasFigures = true): string {
  const cells = (row: readonly string[]): string =>
    row
      .map((cell, i) =>
        i === 0
          ? `<th scope="row">${escaped(cell)}</th>`
          : `<td${hasFigures && figureLike.test(cell) ? ' class="n"' : ''}>${escaped(cell)}</td>`,
      )
      .join('');
  const names = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  return `<div class="table"><table><thead><tr>${names}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}

const pageStyle = `
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main{max-width:56rem;margin:0 auto;padding:1.5rem}h1{font-size:1.7rem;line-height:1.25;margin:.2rem 0 1rem;text-wrap:balance}h2{font-size:1.25rem;margin:2.5rem 0 .5rem}h3{font-size:1rem;margin:2rem 0 .3rem}
.over{color:var(--faint);margin:0}.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1px;background:var(--grid);border:1px solid var(--grid);margin:0}
.tile{background:var(--paper);padding:.7rem .9rem}dt{color:var(--faint);font-size:.85rem}dd{margin:0}dd strong{display:block;font-size:1.25rem}dd span{color:var(--faint);font-size:.8rem}
figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.3rem}figcaption a{font-weight:400;font-size:.85rem;color:var(--done)}.chart{width:100%;height:auto;display:block}
.table{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;width:100%}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--grid);font-weight:400;vertical-align:top}thead th{color:var(--faint);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}
li{margin:.35rem 0}
@media print{body{font-size:10pt}header,main{max-width:none;padding:0}figure,.tile,tr,li{break-inside:avoid}h2,h3{break-after:avoid}.figures{break-before:page}figcaption a{display:none}.table{overflow:visible}}`;
