/** The times at the beginning of log lines. Most servers write neither the year nor whose clock it is. */

import { instantOf, offsetAt } from './window.ts';

/** A line without the time it began with. */
export interface TimedLine {
  readonly at: number;
  readonly rest: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

/** `Nov  1 20:14:02 …` (RFC 3164 §4.1.2, and what Dovecot writes into files of its own). */
const traditional = /^([A-Z][a-z]{2}) ([ \d]?\d) (\d\d:\d\d):(\d\d)(?:\.\d+)? /;
/** `2026-11-21T20:14:02.123456+00:00 …` (RFC 3339), as rsyslog and journald write it. */
const standard = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)? /;
/** `<22>1 ` before it (RFC 5424 §6). */
const priority = /^<\d{1,3}>(?:1 )?/;

export class LogClock {
  readonly #timezone: string;
  readonly #writtenAt: () => number;
  /** The last minute that was looked up, with a year and without: thousands of lines share one. */
  #minute = '';
  #minuteAt: number | null = null;
  #yearless = '';
  #yearlessAt: number | null = null;

  /** Lines without a year are of the year that ends at `writtenAt`. */
  constructor(timezone: string, writtenAt: () => number) {
    this.#timezone = timezone;
    this.#writtenAt = writtenAt;
  }

  /** A line of syslog, whichever of its forms; null where it does not begin with a time. */
  syslog(line: string): TimedLine | null {
    const text = line.startsWith('<') ? line.replace(priority, '') : line;
    const old = traditional.exec(text);
    if (old) {
      const [all, month = '', day = '', minute = '', second = ''] = old;
      const key = `${month} ${day} ${minute}`;
      if (key !== this.#yearless) {
        this.#yearless = key;
        this.#yearlessAt = this.#withYear(months.indexOf(month), Number(day), minute);
      }
      const at = this.#yearlessAt;
      return at === null || Number(second) > 60
        ? null
        : { at: at + Number(second) * 1000, rest: text.slice(all.length) };
    }
    const found = standard.exec(text);
    if (!found) return null;
    const [all, day = '', minute = '', second = '', zone] = found;
    const at = zone === undefined ? this.at(day, minute, Number(second)) : zoned(day, minute, second, zone);
    return at === null ? null : { at, rest: text.slice(all.length) };
  }

  /** `2026-11-21`, `20:14` and seconds, by the clocks of where the server stands. */
  at(day: string, minute: string, second: number): number | null {
    const key = `${day} ${minute}`;
    if (key !== this.#minute) {
      this.#minute = key;
      this.#minuteAt = instantOf(day, minute, this.#timezone);
    }
    return this.#minuteAt === null || second > 60 ? null : this.#minuteAt + second * 1000;
  }

  #withYear(month: number, day: number, minute: string): number | null {
    if (month < 0) return null;
    // Clocks differ a little, so a line may be a day younger than the file.
    const latest = this.#writtenAt() + dayMs;
    const year = new Date(latest + offsetAt(latest, this.#timezone)).getUTCFullYear();
    const two = (n: number): string => String(n).padStart(2, '0');
    // The last 29th of February may be four years back.
    for (const back of [0, 1, 2, 3, 4]) {
      const at = this.at(`${year - back}-${two(month + 1)}-${two(day)}`, minute, 0);
      if (at !== null && at <= latest) return at;
    }
    return null;
  }
}

/** `21/Nov/2026:20:14:02 +0000`, as web servers write it. */
export function webTime(text: string): number | null {
  const found = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d):(\d\d) ([+-]\d{4})$/.exec(text);
  if (!found) return null;
  const [, day = '', month = '', year = '', minute = '', second = '', zone = ''] = found;
  const number = months.indexOf(month) + 1;
  return number === 0 ? null : zoned(`${year}-${String(number).padStart(2, '0')}-${day}`, minute, second, zone);
}

function zoned(day: string, minute: string, second: string, zone: string): number | null {
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const at = Date.parse(`${day}T${minute}:${second}${offset}`);
  return Number.isNaN(at) ? null : at;
}
