/** The hours in which people are left in peace: `20:00-08:00`, by the clocks of the place where they live. */

import { instantOf, offsetAt } from './window.ts';

/** Minutes since midnight; where it ends before it begins it goes on past midnight. `until` is the first that is no longer in it. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

const form = /^(?<from>[01]\d|2[0-3]):(?<fromMinute>[0-5]\d)-(?<until>[01]\d|2[0-3]):(?<untilMinute>[0-5]\d)$/;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Null where `text` names no such hours, or all of them. */
export function readQuietHours(text: string): QuietHours | null {
  const found = form.exec(text.replaceAll(' ', ''))?.groups;
  if (!found) return null;
  const from = Number(found['from']) * 60 + Number(found['fromMinute']);
  const until = Number(found['until']) * 60 + Number(found['untilMinute']);
  return from === until ? null : { from, until };
}

export function isQuiet(hours: QuietHours | null, at: number, timezone: string): boolean {
  if (hours === null) return false;
  const minute = minuteOfDay(at, timezone);
  return hours.from < hours.until
    ? minute >= hours.from && minute < hours.until
    : minute >= hours.from || minute < hours.until;
}

/** When the quiet hours began in which `at` lies; `at` itself where it lies in none. */
export function quietSince(hours: QuietHours | null, at: number, timezone: string): number {
  if (hours === null || !isQuiet(hours, at, timezone)) return at;
  const isOfYesterday = minuteOfDay(at, timezone) < hours.from;
  return instantAt(dayOf(at, timezone, isOfYesterday ? -1 : 0), hours.from, timezone);
}

/** When those quiet hours end; `at` itself where it lies in none. */
export function quietUntil(hours: QuietHours | null, at: number, timezone: string): number {
  if (hours === null || !isQuiet(hours, at, timezone)) return at;
  const isOfTomorrow = minuteOfDay(at, timezone) >= hours.until;
  return instantAt(dayOf(at, timezone, isOfTomorrow ? 1 : 0), hours.until, timezone);
}

/** The day on which `at` lies where people live, or one so many days later: `2026-12-01`. */
export function dayOf(at: number, timezone: string, later = 0): string {
  return new Date(at + offsetAt(at, timezone) + later * dayMs).toISOString().slice(0, 10);
}

function minuteOfDay(at: number, timezone: string): number {
  const local = at + offsetAt(at, timezone);
  return Math.floor((((local % dayMs) + dayMs) % dayMs) / minuteMs);
}

function instantAt(day: string, minute: number, timezone: string): number {
  const two = (n: number): string => String(n).padStart(2, '0');
  const instant = instantOf(day, `${two(Math.floor(minute / 60))}:${two(minute % 60)}`, timezone);
  if (instant === null) throw new Error(`there is no day ${day}`);
  return instant;
}
