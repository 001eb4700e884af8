/**
 * INTERNALDATE on the wire, `date-time` of RFC 9051 §9, to and from whole seconds since 1970-01-01T00:00:00Z. It is
 * read for every message there is, so it works on octets and makes no `Date`. A text that names no real day (Domino
 * writes `00-Jan-0000`, others the 30th of February) reads as null: what to do without a date is not decided here.
 */

/** Room for any date a server writes, quotes not included; a longer one is none. */
const longest = 48;
const scratch = new Uint8Array(longest);

/**
 * The first and the last second that every server we know keeps as given (Cyrus takes 0 for "now", 32-bit clocks end).
 */
export const firstWritableSecond = 1;
export const lastWritableSecond = 0x7fff_ffff;

/**
 * Reads a date of a string, with or without its quotes; null when it is none. Seconds since 1970, possibly negative.
 */
export function readDateTime(text: string): number | null {
  if (text.length > longest) return null;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    scratch[i] = code > 0x7f ? 0 : code;
  }
  return readDateTimeOctets(scratch, 0, text.length);
}

/**
 * Reads a date of the octets `start` up to `end`, with or without its quotes; null when it is none. Seconds since
 * 1970. More liberal than the grammar: the day may be one digit alone, and a zone may be spelt by name as RFC 5322
 * §4.3 has it.
 */
export function readDateTimeOctets(octets: Uint8Array, start: number, end: number): number | null {
  let at = start;
  let stop = end;
  if (octets[at] === quote) at++;
  while (stop > at && (octets[stop - 1] === quote || octets[stop - 1] === space)) stop--;
  while (at < stop && octets[at] === space) at++;
  if (stop - at > longest || stop - at < 18) return null;

  let day = digit(octets, at++);
  const second = digit(octets, at);
  if (second >= 0) {
    day = day * 10 + second;
    at++;
  }
  if (day < 1 || octets[at] !== dash || octets[at + 4] !== dash) return null;
  const month = monthAt(octets, at + 1);
  const year = pair(octets, at + 5) * 100 + pair(octets, at + 7);
  at += 9;
  if (month < 0 || year < 0 || day > daysIn(month, year) || octets[at] !== space) return null;
  while (octets[at] === space) at++;

  const hour = pair(octets, at);
  const minute = pair(octets, at + 3);
  const seconds = pair(octets, at + 6);
  // :60 is a leap second (RFC 5322 §3.3); it counts as the first second of the next minute.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || seconds < 0 || seconds > 60) return null;
  if (octets[at + 2] !== colon || octets[at + 5] !== colon) return null;
  at += 8;
  while (at < stop && octets[at] === space) at++;
  const zone = zoneSeconds(octets, at, stop);
  if (zone === null) return null;
  return daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + seconds - zone;
}

/**
 * Whether every server we know would keep this date as given. Some turn one that lies in their future into "now" as
 * well.
 */
export function isWritable(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= firstWritableSecond && seconds <= lastWritableSecond;
}

/**
 * Writes a date for APPEND, without quotes, in the zone +0000. Null for one that some server would refuse or change
 * (`isWritable`): Dovecot 2.3 turns 1960 into 2096, Cyrus 3.6 refuses it.
 */
export function writeDateTime(seconds: number): string | null {
  if (!isWritable(seconds)) return null;
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const { year, month, day } = civil(days);
  const time = `${two(Math.floor(rest / 3_600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${two(day)}-${months[month]}-${year} ${time} +0000`;
}

const quote = 0x22;
const space = 0x20;
const dash = 0x2d;
const colon = 0x3a;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const monthKeys = months.map((name) => keyOf(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)));
const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Hours east of Greenwich by name. A military letter other than Z says nothing (RFC 5322 §4.3) and reads as +0000. */
// biome-ignore format: a table
const namedZones: Readonly<Record<string, number>> = {
  UT: 0, UTC: 0, GMT: 0, Z: 0, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7,
};

function zoneSeconds(octets: Uint8Array, at: number, end: number): number | null {
  const sign = octets[at];
  if (sign === 0x2b || sign === dash) {
    const hours = pair(octets, at + 1);
    const minutes = pair(octets, at + 3);
    if (hours < 0 || minutes < 0 || minutes > 59 || end - at !== 5) return null;
    const east = hours * 3_600 + minutes * 60;
    return sign === dash ? -east : east;
  }
  if (end - at < 1 || end - at > 3) return null;
  let name = '';
  for (let i = at; i < end; i++) name += String.fromCharCode(octets[i] as number);
  const hours = namedZones[name.toUpperCase()];
  return hours === undefined ? null : hours * 3_600;
}

function digit(octets: Uint8Array, at: number): number {
  const value = (octets[at] ?? 0) - 0x30;
  return value >= 0 && value <= 9 ? value : -1;
}

/** Two digits, or a number so negative that no sum with another makes it look like one. */
function pair(octets: Uint8Array, at: number): number {
  const tens = digit(octets, at);
  const ones = digit(octets, at + 1);
  return tens < 0 || ones < 0 ? -1e6 : tens * 10 + ones;
}

function keyOf(a: number, b: number, c: number): number {
  return ((a | 0x20) << 16) | ((b | 0x20) << 8) | (c | 0x20);
}

function monthAt(octets: Uint8Array, at: number): number {
  return monthKeys.indexOf(keyOf(octets[at] ?? 0, octets[at + 1] ?? 0, octets[at + 2] ?? 0));
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(month: number, year: number): number {
  return month === 1 && isLeap(year) ? 29 : (monthLengths[month] as number);
}

/** Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month < 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

/** The inverse of `daysSince1970`, for days that are not before 1970; `month` counts from 0. */
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const dayOfYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (march + 2) % 12;
  const year = era * 400 + yearOfEra + (month < 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * march + 2) / 5) + 1 };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
