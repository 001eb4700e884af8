/** The rules of a calendar within a week: how long a window lasts by the clocks, and which two share a moment. */

import { type Weekday, weekdays, type WindowRule } from './calendar.ts';
import { daysUntil } from './calendar-days.ts';

/** How many days after it opens on `day` a window closes: at the first `end` that follows, on `endDay` where one is given. */
export function lengthDays({ start, end, endDay }: Hours, day: Weekday): number {
  if (endDay === null) return end > start ? 0 : 1;
  const days = daysUntil(day, endDay);
  return days > 0 || end > start ? days : 7;
}

export type Hours = Pick<WindowRule, 'start' | 'end' | 'endDay'>;

export interface Overlap {
  /** The positions of two rules; the same one where a window of it opens before that of the day before has closed. */
  readonly rules: readonly [number, number];
  readonly text: string;
}

/** Pairs of rules that have windows which overlap, each pair once. */
export function overlappingRules(rules: readonly WindowRule[]): readonly Overlap[] {
  const weekly = rules.map((rule) => rule.days.map((day) => inWeek(rule, day)));
  const found: Overlap[] = [];
  for (const [i, ours] of weekly.entries())
    for (const [j, theirs] of weekly.slice(0, i + 1).entries()) {
      const text = firstOverlap(ours, theirs);
      if (text) found.push({ rules: [j, i], text });
    }
  return found;
}

interface InWeek {
  readonly name: string;
  readonly shown: string;
  /** Minutes since Monday's midnight; the end may lie in the week that follows. */
  readonly opens: number;
  readonly closes: number;
}

const dayMinutes = 1_440;
const weekMinutes = 7 * dayMinutes;

function inWeek(rule: WindowRule, day: Weekday): InWeek {
  const midnight = weekdays.indexOf(day) * dayMinutes;
  const days = lengthDays(rule, day);
  const last = weekdays[(weekdays.indexOf(day) + days) % 7];
  return {
    name: rule.name,
    shown: `${day} ${rule.start} to ${last} ${rule.end}`,
    opens: midnight + minutesOf(rule.start),
    closes: midnight + days * dayMinutes + minutesOf(rule.end),
  };
}

function firstOverlap(ours: readonly InWeek[], theirs: readonly InWeek[]): string | null {
  for (const a of ours)
    for (const b of theirs)
      if (a !== b && [-weekMinutes, 0, weekMinutes].some((by) => a.opens + by < b.closes && b.opens < a.closes + by))
        return `${a.name} (${a.shown}) overlaps ${a.name === b.name ? 'itself' : b.name} (${b.shown})`;
  return null;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
