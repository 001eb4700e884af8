/** Sizes, durations and dates as people write them on a command line. Each reader gives null for what it cannot read. */

import type { Instant } from '#domain/item.ts';

const binaryUnits: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `25M`, `512k`, `1.5G`, `1000`: octets. k, M, G and T are powers of 1024, with or without `B` or `iB`. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) return null;
  const bytes = Math.floor(Number(match[1]) * (binaryUnits[(match[2] as string).toLowerCase()] as number));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** `5%`, `0.05`, `0` or `1`: a share from 0 to 1. */
export function parseShare(text: string): number | null {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)\s?(%?)$/.exec(text.trim());
  if (!match) return null;
  const share = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return share <= 1 ? share : null;
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `60s`, `5m`, `1h`, `1h30m`, or a bare number of seconds: whole seconds, at least one. */
export function parseDuration(text: string): number | null {
  const bare = text.trim().toLowerCase();
  if (/^\d{1,9}$/.test(bare)) return Number(bare) >= 1 ? Number(bare) : null;
  if (!/^(\d{1,9}[smhd])+$/.test(bare)) return null;
  let seconds = 0;
  for (const [, count, unit] of bare.matchAll(/(\d+)([smhd])/g))
    seconds += Number(count) * (secondsOf[unit as string] as number);
  return seconds >= 1 && seconds < 2 ** 31 ? seconds : null;
}

const daysOf: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7, y: 365 };

/**
 * `2024-03-31`, `2024-03-31T12:00`, `2024-03-31T12:00:00+02:00` or an age such as `30d`, `12h`, `2w`, `1y` before `nowMs`.
 * A date without a time of day is its midnight, and a time without a zone is meant in UTC, on whatever machine it is run.
 */
export function parseMoment(text: string, nowMs: number): Instant | null {
  const age = /^(\d{1,5})([hdwy])$/i.exec(text.trim());
  if (age)
    return Math.floor(
      nowMs / 1000 - Number(age[1]) * (daysOf[(age[2] as string).toLowerCase()] as number) * 86_400,
    ) as Instant;
  const date = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text.trim());
  if (!date) return null;
  const [, year, month, day, time = '00:00', zone = 'Z'] = date;
  // `Date` turns 31 February into 2 March; people who write that mean something else.
  const whole = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (whole.getUTCMonth() + 1 !== Number(month) || whole.getUTCDate() !== Number(day)) return null;
  const at = Date.parse(`${year}-${month}-${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? null : (Math.floor(at / 1000) as Instant);
}
