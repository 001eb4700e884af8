/** The time in which a wave switches: an evening, a night, a weekend, told in the time of the place where people live. */

/** Times as milliseconds since 1970; `closesAt` is the first moment that is no longer in it. */
export interface Window {
  readonly opensAt: number;
  readonly closesAt: number;
}

/** A window as a wave is given it. */
export interface DayWindow extends Window {
  /** The day on which it opens, where people live: `2026-12-01`. */
  readonly day: string;
}

const form =
  /^(?<day>\d{4}-\d\d-\d\d)T(?<start>\d\d:\d\d(?::\d\d)?)\/(?:(?<endDay>\d{4}-\d\d-\d\d)T)?(?<end>\d\d:\d\d(?::\d\d)?)$/;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * Reads `2026-12-01T19:00/06:00` (until the next six o'clock) or `2026-12-04T19:00/2026-12-07T06:00`, with seconds or without.
 * Answers with words for a person where it is neither, or no such day or time zone exists.
 */
export function readWindow(text: string, timezone: string): DayWindow | { readonly problem: string } {
  const found = form.exec(text)?.groups;
  if (!found)
    return {
      problem: `${JSON.stringify(text)} is no window; write 2026-12-01T19:00/06:00, or give the day of its end too.`,
    };
  const { day = '', start = '', endDay, end = '' } = found;
  const opensAt = instantOf(day, start, timezone);
  // Without a day of its own the end is the first such time after the start.
  const closesAt = endDay
    ? instantOf(endDay, end, timezone)
    : instantOf(end > start ? day : dayAfter(day), end, timezone);
  if (opensAt === null || closesAt === null)
    return { problem: `${JSON.stringify(text)} names a day or a time that does not exist.` };
  if (closesAt <= opensAt) return { problem: `The window ${JSON.stringify(text)} ends before it begins.` };
  return windowFrom(opensAt, closesAt, timezone);
}

/** The window between two moments. */
export function windowFrom(opensAt: number, closesAt: number, timezone = 'UTC'): DayWindow {
  return { day: new Date(opensAt + offsetAt(opensAt, timezone)).toISOString().slice(0, 10), opensAt, closesAt };
}

/** Whether two windows share a moment. */
export function overlap(a: Window, b: Window): boolean {
  return a.opensAt < b.closesAt && b.opensAt < a.closesAt;
}

/** Whether this is a time zone that the platform knows (IANA names, e.g. `Europe/London`). */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00Z`) + dayMs).toISOString().slice(0, 10);
}

/**
 * The instant at which clocks in `timezone` show this. A time that is skipped in spring is taken as much later as the clock
 * was put forward; of one that comes twice in autumn the first counts. Null where there is no such day or time.
 */
export function instantOf(day: string, time: string, timezone: string): number | null {
  const asUtc = Date.parse(`${day}T${time}Z`);
  // `Date.parse` takes the 31st of November for the 1st of December.
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 10) !== day) return null;
  const before = asUtc - offsetAt(asUtc - dayMs, timezone);
  const after = asUtc - offsetAt(asUtc + dayMs, timezone);
  const fits = [before, after].filter((at) => at + offsetAt(at, timezone) === asUtc);
  return fits.length > 0 ? Math.min(...fits) : Math.max(before, after);
}

/** How far the clocks of `timezone` are ahead of UTC at `at`, in milliseconds. */
export function offsetAt(at: number, timezone: string): number {
  const parts = clockOf(timezone).formatToParts(at);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(at / 1000) * 1000;
}

/** Making one takes far longer than reading it; a programme has one time zone. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timezone: string): Intl.DateTimeFormat {
  const known = clocks.get(timezone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timezone, clock);
  return clock;
}
