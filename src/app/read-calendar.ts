/** Reads a calendar.yaml. Everything that is wrong is told at once, with line and column. */

import { parseShare, parseSize } from '#cli/quantities.ts';
import { Problems, usageError } from '#cli/usage.ts';
import { type Blackout, type Calendar, type Weekday, weekdays, type WindowRule } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import { overlappingRules } from '#domain/calendar-rules.ts';
import { windowsOf } from '#domain/calendar-windows.ts';
import type { Day } from '#domain/estate.ts';
import { readDay } from '#domain/estate-values.ts';
import { isTimezone } from '#domain/window.ts';
import { type CalendarForm, calendarForm } from './calendar-form.ts';
import { completed } from './check-form.ts';
import { settingsText } from './settings-text.ts';
import { Written } from './written.ts';
import { type Path, readYaml } from './yaml-places.ts';

/** Ten years: whoever writes more has mistyped one of the two. */
const longestDays = 3_660;
/** Far more than a week has room for. */
const mostRules = 100;

/** Reads and checks `file`. Throws a `UsageError` that names all problems. */
export async function readCalendar(file: string): Promise<Calendar> {
  return calendarIn(file, await settingsText(file, 'docs/calendar-yaml.md shows what stands in a calendar.'));
}

/** The calendar that `text` is, which was read from `file`. Throws a `UsageError` that names all problems. */
export function calendarIn(file: string, text: string): Calendar {
  const problems = new Problems();
  if (text.trim() === '') throw usageError(`${file} is empty; docs/calendar-yaml.md shows what stands in a calendar.`);
  const yaml = readYaml(text);
  const written = new Written(file, yaml, calendarForm, problems);
  // What cannot be read as YAML has nothing that could be looked at.
  if (yaml.flaws.length > 0 || !written.isSound([])) problems.settle();
  const calendar = resolved(completed(calendarForm, yaml.value) as CalendarForm, written);
  if (calendar && problems.none) tellIfUseless(calendar, written);
  problems.settle();
  if (calendar === null) throw new Error('a calendar without a problem was not read');
  return calendar;
}

function resolved(form: CalendarForm, written: Written): Calendar | null {
  const timezone = written.read(['timezone'], form.timezone, (name) => (isTimezone(name) ? name : null));
  const from = dayAt(written, ['from'], form.from);
  const until = dayAt(written, ['until'], form.until);
  if (from && until) tellIfBackwards(written, ['until'], from, until);
  const windows = rulesIn(form, written);
  const blackouts = blackoutsIn(form, written);
  const kindsLast = kindsLastIn(form, written);
  const pilot = form.pilot && shareAt(written, ['pilot', 'share'], form.pilot.share);
  const rampFrom = form.ramp && shareAt(written, ['ramp', 'from'], form.ramp.from);
  if (!timezone || !from || !until || !windows || !blackouts || !kindsLast) return null;
  if (pilot === null || rampFrom === null) return null;
  return {
    timezone,
    from,
    until,
    windows,
    blackouts,
    kindsLast,
    pilot: pilot === undefined ? null : { share: pilot },
    weights: form.weights,
    ramp: form.ramp === undefined || rampFrom === undefined ? null : { weeks: form.ramp.weeks, from: rampFrom },
  };
}

function dayAt(written: Written, path: Path, text: string): Day | null {
  return written.read(path, text, readDay)?.value ?? null;
}

function shareAt(written: Written, path: Path, value: string | number): number | null {
  return written.read(path, value, (given) => (typeof given === 'number' ? given : parseShare(given)));
}

function tellIfBackwards(written: Written, path: Path, from: Day, until: Day): void {
  const days = dayNumber(until) - dayNumber(from);
  if (days < 0) written.problem(path, `${path.join('.')}: ${until} is earlier than ${from}, from which it counts.`);
  else if (days > longestDays)
    written.problem(path, `${path.join('.')}: ${until} is more than ten years after ${from}.`);
}

/** The rules, each in order and all of them together; null where one is not. */
function rulesIn({ windows }: CalendarForm, written: Written): readonly WindowRule[] | null {
  if (!written.isSound(['windows'])) return null;
  if (windows.length === 0 || windows.length > mostRules) {
    const says =
      windows.length === 0 ? 'windows is empty: nobody could move.' : `There are more than ${mostRules} rules.`;
    written.problem(['windows'], says);
    return null;
  }
  const rules = windows.map((_, i) => ruleAt(i, windows, written));
  if (!rules.every((rule) => rule !== null)) return null;
  for (const { rules: pair, text } of overlappingRules(rules))
    written.problem(['windows', pair[1]], `${text}. One has to end before the other begins.`);
  return rules;
}

function ruleAt(i: number, rules: CalendarForm['windows'], written: Written): WindowRule | null {
  const form = rules[i] as CalendarForm['windows'][number];
  const path = ['windows', i];
  if (!written.isWhole(path)) return null;
  const twin = rules.findIndex(({ name }, j) => name === form.name && written.isSound(['windows', j, 'name']));
  if (twin < i) written.problem([...path, 'name'], `Another rule has the name ${form.name} already.`);
  const days = [...new Set(form.days.map(weekdayIn))];
  if (days.length === 0) written.problem([...path, 'days'], `${path.join('.')}.days is empty: it would never open.`);
  const hours = {
    start: form.start.padStart(5, '0'),
    end: form.end.padStart(5, '0'),
    endDay: form.end_day === undefined ? null : weekdayIn(form.end_day),
  };
  const isEmpty = hours.start === hours.end && (hours.endDay === null || days.includes(hours.endDay));
  if (isEmpty)
    written.problem(
      [...path, 'end'],
      `${form.name} ends when it starts, at ${hours.start}. Of a whole day the other end is given with end_day.`,
    );
  const bytes = written.read([...path, 'bytes'], form.bytes, (size) =>
    size === undefined ? { octets: null } : octetsIn(size),
  );
  if (twin < i || days.length === 0 || isEmpty || bytes === null) return null;
  return { name: form.name, days, ...hours, mailboxes: form.mailboxes, bytes: bytes.octets };
}

/** Also where it was written in full. */
function weekdayIn(text: string): Weekday {
  return weekdays.find((day) => text.toLowerCase().startsWith(day.toLowerCase())) as Weekday;
}

function octetsIn(size: string | number): { readonly octets: number } | null {
  const octets = parseSize(String(size));
  return octets === null ? null : { octets };
}

function blackoutsIn({ blackouts }: CalendarForm, written: Written): readonly Blackout[] | null {
  if (!written.isSound(['blackouts'])) return null;
  const read = blackouts.map((form, i) => blackoutAt(['blackouts', i], form, written));
  return read.every((each) => each !== null) ? read : null;
}

function blackoutAt(path: Path, form: CalendarForm['blackouts'][number], written: Written): Blackout | null {
  if (!written.isWhole(path)) return null;
  if (typeof form === 'string') {
    const day = dayAt(written, path, form);
    return day && { from: day, until: day, organisations: null, under: null };
  }
  const from = dayAt(written, [...path, 'from'], form.from);
  const until = dayAt(written, [...path, 'until'], form.until);
  if (from && until) tellIfBackwards(written, [...path, 'until'], from, until);
  const [organisations, under] = [codesIn(form.organisations), codesIn(form.under)];
  // A list that somebody emptied means nobody, and would be taken for everybody.
  for (const [key, codes] of Object.entries({ organisations, under }))
    if (codes?.length === 0)
      written.problem([...path, key], `${path.join('.')}.${key} names nobody. Leave it out for everybody.`);
  return from && until && { from, until, organisations, under };
}

function codesIn(written: string | readonly string[] | undefined): readonly string[] | null {
  if (written === undefined) return null;
  return typeof written === 'string' ? [written] : [...new Set(written)];
}

function kindsLastIn({ kinds_last: kinds }: CalendarForm, written: Written): Calendar['kindsLast'] | null {
  if (!written.isWhole(['kinds_last'])) return null;
  const at = kinds.indexOf('person');
  if (at < 0) return [...new Set(kinds)];
  written.problem(
    ['kinds_last', at],
    'kinds_last: a person cannot move later than the last person of their organisation. It names shared, room or application.',
  );
  return null;
}

/** Whoever has mistyped a date learns it here rather than from two million mailboxes that have no place. */
function tellIfUseless(calendar: Calendar, written: Written): void {
  const { windows, unusable } = windowsOf(calendar, 1);
  if (windows.length > 0) return;
  const says =
    unusable.length === 0
      ? `None of them opens from ${calendar.from} to ${calendar.until}.`
      : `None of the ${unusable.length} windows can be used; the first, of ${unusable[0]?.start}, ${unusable[0]?.why}.`;
  written.problem(['windows'], `windows: ${says}`);
}
