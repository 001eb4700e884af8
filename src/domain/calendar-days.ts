/** Days to count with: how many have passed since 1970-01-01, whatever the clocks do. */

import { type Weekday, weekdays } from './calendar.ts';
import type { Day } from './estate.ts';

const dayMs = 86_400_000;

export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00Z`) / dayMs;
}

export function dayOfNumber(number: number): Day {
  return new Date(number * dayMs).toISOString().slice(0, 10) as Day;
}

/** 1970-01-01 was a Thursday. */
export function weekdayOf(number: number): Weekday {
  return weekdays[(((number + 3) % 7) + 7) % 7] as Weekday;
}

/** Days from one weekday to the next such other one; none where they are the same. */
export function daysUntil(from: Weekday, to: Weekday): number {
  return (weekdays.indexOf(to) - weekdays.indexOf(from) + 7) % 7;
}
