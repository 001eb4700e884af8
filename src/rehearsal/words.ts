/** What came of a rehearsal, in words that stand on a terminal and in the report alike. */

import { offsetAt } from '#domain/window.ts';
import { type Evening, type Reason, reasons, reasonWords, type Rehearsal } from './outcome.ts';
import type { Habits } from './order.ts';
import { rangeOf, type Runs, toSwitch } from './runs.ts';

const hourMs = 3_600_000;

export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en');
}

export function mailboxes(n: number): string {
  return `${grouped(n)} ${n === 1 ? 'mailbox' : 'mailboxes'}`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.0995 && share < 0.995 ? 0 : 1)} %`;
}

/** By the clocks of the programme: `2026-08-04 01:20`. */
export function momentText(at: number, timezone: string): string {
  return new Date(at + offsetAt(at, timezone)).toISOString().slice(0, 16).replace('T', ' ');
}

export function dayText(at: number, timezone: string): string {
  return momentText(at, timezone).slice(0, 10);
}

/** `35 min`, `2.5 h`, `3 days`. */
export function spanText(ms: number): string {
  if (ms < hourMs) return `${Math.max(1, Math.round(ms / 60_000))} min`;
  if (ms < 48 * hourMs) return `${Number((ms / hourMs).toFixed(1))} h`;
  return `${Math.round(ms / (24 * hourMs))} days`;
}

export function missedOf({ missed }: Pick<Evening, 'missed'>): number {
  return reasons.reduce((sum, reason) => sum + missed[reason], 0);
}

/** The most frequent first. */
export function reasonsOf({ missed }: Pick<Evening, 'missed'>): readonly (readonly [Reason, number])[] {
  return reasons
    .map((reason) => [reason, missed[reason]] as const)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a);
}

/** Reasons that are nobody's decision: what a calendar is broken by. */
const accidents: ReadonlySet<Reason> = new Set([
  'outage',
  'throttling',
  'slow',
  'copying',
  'capacity',
  'failures',
  'blocked',
  'paused',
]);

/** Evenings on which more than this share of those expected did not switch by accident are told one by one. */
const tellingShare = 0.02;

/** The worst first. */
export function brokenEvenings({ evenings }: Rehearsal): readonly Evening[] {
  return evenings
    .filter((evening) => byAccident(evening) > (evening.planned + evening.movedIn) * tellingShare)
    .toSorted((a, b) => byAccident(b) - byAccident(a) || a.window.opensAt - b.window.opensAt);
}

export function byAccident({ missed }: Pick<Evening, 'missed'>): number {
  return reasons.reduce((sum, reason) => sum + (accidents.has(reason) ? missed[reason] : 0), 0);
}

/** What happened in a window, as sentences. */
export function eveningWords(evening: Evening, evenings: readonly Evening[]): string {
  const { planned, movedIn, done, late, outageMs, throttledMs, isSlow, pauses, pausedMs, nowhere, wentTo } = evening;
  const missed = missedOf(evening);
  const weather = [
    ...(outageMs > 0 ? [`a platform was away for ${spanText(outageMs)}`] : []),
    ...(throttledMs > hourMs ? [`one asked for patience for ${spanText(throttledMs)}`] : []),
    ...(isSlow ? ['everything was slow'] : []),
    ...(pausedMs > 0
      ? [`the wave paused ${pauses === 1 ? 'once' : `${pauses} times`} in all, for ${spanText(pausedMs)} of the window`]
      : []),
  ];
  const causes = reasonsOf(evening).map(([reason, count]) => `${grouped(count)} because ${reasonWords[reason]}`);
  const first = wentTo
    .toSorted((a, b) => b.mailboxes - a.mailboxes)
    .slice(0, 3)
    .map(({ window, mailboxes: count }) => `${grouped(count)} to ${evenings[window]?.window.day ?? ''}`);
  const went =
    wentTo.length === 0 ? [] : [`${listed(first)}${wentTo.length > 3 ? ` and ${wentTo.length - 3} more windows` : ''}`];
  return [
    `${grouped(done)} of ${grouped(planned + movedIn)} switched${late > 0 ? ` (${grouped(late)} of them seen through after it had closed)` : ''} and ${grouped(missed)} did not: ${listed(causes)}.`,
    ...(weather.length > 0 ? [`In that window ${listed(weather)}.`] : []),
    ...(went.length > 0 ? [`They went ${went[0]}.`] : []),
    ...(nowhere > 0 ? [`For ${grouped(nowhere)} no later window had room.`] : []),
  ].join(' ');
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Who stood between the two sides as their window closed. */
export function lateIn({ evenings }: Pick<Rehearsal, 'evenings'>): number {
  return evenings.reduce((sum, { late }) => sum + late, 0);
}

/** What is noteworthy about the work itself, as sentences. */
export function workWords({ runs: { told }, habits, timezone }: Worked): readonly string[] {
  const worst = told.days.reduce((most, day) => Math.max(most, day.lookEveryMs), 0);
  const day = told.days.find(({ lookEveryMs }) => lookEveryMs === worst);
  const late = lateIn(told);
  return [
    ...(worst > 2 * habits.followEveryMs && day
      ? [
          `Looks at mailboxes that follow stand in one row with copies: about ${dayText(day.at, timezone)} there were ${spanText(worst)} between two of them, where ${spanText(habits.followEveryMs)} are wanted, so that a switch had more to carry. More mailboxes at once, or copies that begin earlier, would change that.`,
        ]
      : []),
    ...(late > 0
      ? [
          `${mailboxes(late)} stood between the two sides as their window closed, most of them blocked there, and ${late === 1 ? 'was' : 'were'} seen through after it, whatever the hour.`,
        ]
      : []),
    ...(told.platforms.complaints > 0
      ? [
          `The platforms asked for patience ${grouped(told.platforms.complaints)} times, and were left alone for ${spanText(told.platforms.restedMs)} in all.`,
        ]
      : []),
  ];
}

interface Worked {
  readonly runs: Runs;
  readonly habits: Habits;
  readonly timezone: string;
}

/** Where those are who have not switched in the end. */
export function leftOver({ end, unplacedByPlan, joinedWithout }: Rehearsal): readonly (readonly [string, number])[] {
  const places: readonly (readonly [string, number])[] = [
    ['missed their window, and no later one has room', Math.max(0, end.unplaced - unplacedByPlan - joinedWithout)],
    ['joined, and no window has room', joinedWithout],
    ['have no window by the plan', unplacedByPlan],
    ['are held', end.held],
    ['are blocked', end.blocked],
    ['are on the way', end.planned + end.copying + end.following + end.switching + end.returning],
    ['were taken out', end.excluded],
    ['have left', end.left],
  ];
  return places.filter(([, count]) => count > 0);
}

/** When all had switched: somebody who never does makes it no time at all. */
export function finishText({ told, runs }: Runs, timezone: string): string {
  const never = neverSwitch(told);
  if (never > 0) return `not within the calendar: ${mailboxes(never)} never ${never === 1 ? 'switches' : 'switch'}`;
  return whenText({ runs }, timezone, 'finish');
}

/** Who is to switch and has not when all is over. */
export function neverSwitch(told: Rehearsal): number {
  return toSwitch(told, told.end);
}

/** `2027-01-05 03:10`, with the range of the runs where there are several. */
export function whenText({ runs }: Pick<Runs, 'runs'>, timezone: string, which: 'finish' | 'mostDone'): string {
  const range = rangeOf(runs.map((run) => run[which]));
  const own = runs[0]?.[which] ?? null;
  if (own === null) return 'never';
  if (range === null || runs.length === 1) return momentText(own, timezone);
  return `${momentText(own, timezone)} (${runs.length} runs: ${momentText(range.earliest, timezone)} to ${momentText(range.latest, timezone)})`;
}

/** How far the finish lies apart in all runs, in days. */
export function rangeText({ runs }: Runs, timezone: string): string {
  const range = rangeOf(runs.map(({ finish }) => finish));
  if (range === null || runs.length === 1) return '';
  return `${runs.length} runs: ${dayText(range.earliest, timezone)} to ${dayText(range.latest, timezone)}`;
}
