/**
 * The judge's own reading of `calendar.yaml`. It counts by the clocks of the calendar alone: a window and a blackout that share a
 * minute do so by their dates and times as people write them, whatever the zone does with its clocks meanwhile.
 */

import { parse } from 'yaml';
import { grantKinds, mailboxKinds } from './estate-files.ts';

export interface JudgedWindow {
  /** `pilot`, or the rule's name and the day: `evening-2026-08-03`. */
  readonly wave: string;
  /** `2026-08-03T19:00`, likewise the end, which is not in it. As texts they are in the order of time. */
  readonly start: string;
  readonly end: string;
  readonly day: string;
  /** Days since 1970. */
  readonly dayNumber: number;
  readonly mailboxes: number;
  readonly bytes: number;
}

export interface JudgedCalendar {
  /** Those that touch nobody's and everybody's blackouts apart, in the order of their starts. */
  windows(mailboxesOfEstate: number): readonly JudgedWindow[];
  readonly freezes: readonly Freeze[];
  /** Numbers of kinds. */
  readonly kindsLast: readonly number[];
  readonly hasPilot: boolean;
  /** By the number of a kind of grant. */
  readonly weights: readonly number[];
}

/** A blackout of some. */
export interface Freeze extends Dates {
  readonly organisations: readonly string[];
  readonly under: readonly string[];
}

interface Dates {
  readonly from: string;
  readonly until: string;
}

interface Written {
  readonly from: string;
  readonly until: string;
  readonly windows: readonly {
    readonly name: string;
    readonly days: readonly string[];
    readonly start: string;
    readonly end: string;
    readonly end_day?: string;
    readonly mailboxes: number;
    readonly bytes?: number;
  }[];
  readonly blackouts?: readonly (string | (Dates & Partial<Freeze>))[];
  readonly kinds_last?: readonly string[];
  readonly pilot?: { readonly share: number };
  readonly weights?: Readonly<Record<string, number>>;
  readonly ramp?: { readonly weeks: number; readonly from: number };
}

const usualWeights: Readonly<Record<string, number>> = {
  'full-access': 5,
  'send-as': 5,
  'send-on-behalf': 3,
  folder: 1,
};
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const dayMs = 86_400_000;

export function readCalendar(text: string): JudgedCalendar {
  const written = parse(text) as Written;
  const blackouts = (written.blackouts ?? []).map((each) =>
    typeof each === 'string'
      ? { from: each, until: each, organisations: [], under: [], isForAll: true }
      : partial(each),
  );
  const forAll = blackouts.filter(({ isForAll }) => isForAll);
  return {
    windows: (mailboxes) =>
      limited(
        written,
        everyWindow(written).filter((window) => !forAll.some((blackout) => touches(window, blackout))),
        mailboxes,
      ),
    freezes: blackouts.filter(({ isForAll }) => !isForAll),
    kindsLast: (written.kinds_last ?? []).map((kind) => mailboxKinds.indexOf(kind)),
    hasPilot: written.pilot !== undefined,
    weights: grantKinds.map((kind) => written.weights?.[kind] ?? (usualWeights[kind] as number)),
  };
}

function partial({ from, until, organisations, under }: Dates & Partial<Freeze>): Freeze & { isForAll: boolean } {
  const isForAll = organisations === undefined && under === undefined;
  return { from, until, organisations: organisations ?? [], under: under ?? [], isForAll };
}

/** Whether they share a minute. */
export function touches({ start, end }: JudgedWindow, { from, until }: Dates): boolean {
  return start < `${dayAfter(until, 1)}T00:00` && end > `${from}T00:00`;
}

function everyWindow({ from, until, windows }: Written): readonly JudgedWindow[] {
  const found: JudgedWindow[] = [];
  for (let day = from; day <= until; day = dayAfter(day, 1)) {
    for (const { name, days, start, end, end_day, mailboxes, bytes } of windows) {
      if (!days.includes(weekdayOf(day))) continue;
      let last = end > start ? day : dayAfter(day, 1);
      if (end_day !== undefined) {
        last = day;
        while (weekdayOf(last) !== end_day || `${last}T${end}` <= `${day}T${start}`) last = dayAfter(last, 1);
      }
      found.push({
        wave: `${name}-${day}`,
        start: `${day}T${start}`,
        end: `${last}T${end}`,
        day,
        dayNumber: Date.parse(day) / dayMs,
        mailboxes,
        bytes: bytes ?? Number.POSITIVE_INFINITY,
      });
    }
  }
  return found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/** Of the first the pilot takes its share, of those of the first weeks the ramp what it does not give yet. */
function limited({ pilot, ramp }: Written, windows: readonly JudgedWindow[], estate: number): readonly JudgedWindow[] {
  const first = windows[0];
  return windows.map((window) => {
    const week = Math.floor((window.dayNumber - (first?.dayNumber ?? 0)) / 7);
    const part = ramp && week < ramp.weeks ? ramp.from + ((1 - ramp.from) * week) / ramp.weeks : 1;
    const mailboxes = part === 1 ? window.mailboxes : Math.max(1, Math.floor(window.mailboxes * part));
    const bytes = part === 1 ? window.bytes : Math.floor(window.bytes * part);
    if (!pilot || window !== first) return { ...window, mailboxes, bytes };
    return {
      ...window,
      wave: 'pilot',
      mailboxes: Math.min(mailboxes, Math.max(1, Math.floor(pilot.share * estate))),
      bytes,
    };
  });
}

function weekdayOf(day: string): string {
  return weekdays[new Date(`${day}T00:00Z`).getUTCDay()] as string;
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}
