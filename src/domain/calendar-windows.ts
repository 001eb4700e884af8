/**
 * The windows of a calendar, day by day: which there are, how much fits into each, and to whom it is closed. Rules are
 * written by the clocks of a place; here they become instants, and a night in which those clocks are changed is as long as
 * it is.
 */

import type { Blackout, Calendar, PlanWindow, WindowRule } from './calendar.ts';
import { dayNumber, dayOfNumber, weekdayOf } from './calendar-days.ts';
import { lengthDays } from './calendar-rules.ts';
import { instantOf, overlap, type Window } from './window.ts';

export interface CalendarWindows {
  /** Those that can be used, in the order in which they open; the first of them is the pilot, where there is one. */
  readonly windows: readonly PlanWindow[];
  readonly unusable: readonly UnusableWindow[];
}

export interface UnusableWindow {
  /** Of its rule. */
  readonly name: string;
  /** By the clocks of the time zone: `2026-08-31T19:00`. */
  readonly start: string;
  /** Completes the sentence "This window …". */
  readonly why: string;
}

/**
 * All windows that open from the first day of the calendar to its last. `mailboxes` is how many there are to move, by which
 * the pilot is measured. With a moment `now`, those that have begun by then are not used: what has not moved yet cannot move
 * there, and the pilot and the ramp begin with what is left. Who plans anew while a programme is on its way gives none, so that
 * both stay what they were.
 */
export function windowsOf(calendar: Calendar, mailboxes: number, now: number | null = null): CalendarWindows {
  const blackouts = calendar.blackouts.filter(isForAll).map((blackout) => spanOf(blackout, calendar.timezone));
  const [used, unusable]: [Opening[], UnusableWindow[]] = [[], []];
  for (const opening of openings(calendar)) {
    const why = whyNot(opening, blackouts, used.at(-1), now);
    if (why === null) used.push(opening);
    else unusable.push({ name: opening.rule.name, start: opening.start, why });
  }
  const first = used[0]?.dayNumber ?? 0;
  const pilotMost = calendar.pilot && Math.max(1, Math.floor(calendar.pilot.share * mailboxes));
  const windows = used.map((opening, i): PlanWindow => {
    const { rule, ...when } = opening;
    const share = rampShare(calendar.ramp, Math.floor((opening.dayNumber - first) / 7));
    const isPilot = i === 0 && pilotMost !== null;
    const fits = partOf(rule.mailboxes, share);
    return {
      ...when,
      name: rule.name,
      mailboxes: isPilot ? Math.min(fits, pilotMost) : fits,
      bytes: rule.bytes === null ? Number.POSITIVE_INFINITY : partOf(rule.bytes, share),
      isPilot,
    };
  });
  return { windows, unusable };
}

/** What the wave is called that moves in a window: `pilot`, else `evening-2026-08-04`. */
export function waveNameOf({ name, day, isPilot }: PlanWindow): string {
  return isPilot ? 'pilot' : `${name}-${day}`;
}

/**
 * For each organisation which windows its own blackouts close, or those of an organisation above it: null for none, else one
 * octet per window, 1 for closed. Organisations with the same blackouts share theirs.
 */
export function closedWindows(
  { blackouts, timezone }: Calendar,
  windows: readonly Window[],
  organisations: readonly { readonly code: string; readonly parent: number }[],
): readonly (Uint8Array | null)[] {
  const [own, under] = [numbersByCode(blackouts, 'organisations'), numbersByCode(blackouts, 'under')];
  const closedBy = new Map<string, Uint8Array | null>();
  return organisations.map((organisation) => {
    const numbers = new Set(own.get(organisation.code));
    for (let at: typeof organisation | undefined = organisation; at; at = organisations[at.parent])
      for (const number of under.get(at.code) ?? []) numbers.add(number);
    if (numbers.size === 0) return null;
    const key = [...numbers].toSorted((a, b) => a - b).join();
    const known = closedBy.get(key);
    if (known !== undefined) return known;
    const spans = [...numbers].map((number) => spanOf(blackouts[number] as Blackout, timezone));
    const closed = Uint8Array.from(windows, (window) => (spans.some((span) => overlap(span, window)) ? 1 : 0));
    closedBy.set(key, closed.includes(1) ? closed : null);
    return closedBy.get(key) as Uint8Array | null;
  });
}

/** A window before anybody asked whether it can be used. */
interface Opening extends Window {
  readonly rule: WindowRule;
  readonly day: string;
  readonly dayNumber: number;
  readonly start: string;
}

function openings({ from, until, windows, timezone }: Calendar): readonly Opening[] {
  const found: Opening[] = [];
  for (let number = dayNumber(from); number <= dayNumber(until); number++)
    for (const rule of windows)
      if (rule.days.includes(weekdayOf(number))) found.push(openingOn(number, rule, timezone));
  return found.toSorted((a, b) => a.opensAt - b.opensAt);
}

function openingOn(number: number, rule: WindowRule, timezone: string): Opening {
  const day = dayOfNumber(number);
  return {
    rule,
    day,
    dayNumber: number,
    start: `${day}T${rule.start}`,
    opensAt: instant(day, rule.start, timezone),
    closesAt: instant(dayOfNumber(number + lengthDays(rule, weekdayOf(number))), rule.end, timezone),
  };
}

function whyNot(
  opening: Opening,
  blackouts: readonly Span[],
  before: Opening | undefined,
  now: number | null,
): string | null {
  if (now !== null && opening.opensAt <= now) return 'has begun already';
  const blackout = blackouts.find((each) => overlap(each, opening));
  if (blackout) return `touches the blackout ${blackout.called}`;
  // Rules that overlap by the clocks are refused as the calendar is read; these do because of the clocks.
  if (opening.closesAt <= opening.opensAt) return 'has no time in it, since the clocks are put forward';
  if (before && overlap(before, opening))
    return `overlaps that of ${before.start} (${before.rule.name}), since the clocks are changed`;
  return null;
}

interface Span extends Window {
  readonly called: string;
}

/** From midnight to midnight; a window that ends as a day begins does not touch it. */
function spanOf({ from, until }: Blackout, timezone: string): Span {
  return {
    called: from === until ? from : `from ${from} to ${until}`,
    opensAt: instant(from, '00:00', timezone),
    closesAt: instant(dayOfNumber(dayNumber(until) + 1), '00:00', timezone),
  };
}

function isForAll({ organisations, under }: Blackout): boolean {
  return organisations === null && under === null;
}

/** The positions of the blackouts that name a code. */
function numbersByCode(
  blackouts: readonly Blackout[],
  key: 'organisations' | 'under',
): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const [number, blackout] of blackouts.entries())
    for (const code of blackout[key] ?? []) {
      const known = numbers.get(code);
      if (known) known.push(number);
      else numbers.set(code, [number]);
    }
  return numbers;
}

/** How much of the capacity there is in a week, counted from the first window that can be used. */
function rampShare(ramp: Calendar['ramp'], week: number): number {
  if (ramp === null || week >= ramp.weeks) return 1;
  return ramp.from + ((1 - ramp.from) * week) / ramp.weeks;
}

function partOf(capacity: number, share: number): number {
  return Math.max(1, Math.floor(capacity * share));
}

function instant(day: string, time: string, timezone: string): number {
  const at = instantOf(day, time, timezone);
  if (at === null) throw new Error(`a calendar was read with the time ${day}T${time}`);
  return at;
}
