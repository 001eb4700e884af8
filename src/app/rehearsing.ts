/** Joins `godwit rehearse` to its files and to the database. */

import type { RehearsalReading, RehearseOptions } from '#cli/world.ts';
import type { Calendar } from '#domain/calendar.ts';
import { calendarRemarks } from '#domain/calendar-remarks.ts';
import { closedWindows, windowsOf } from '#domain/calendar-windows.ts';
import { realClock } from '#lib/clock.ts';
import { planToRehearse } from '#operations/plan-to-rehearse.ts';
import { readRoster } from '#operations/read-roster.ts';
import { rehearsalTerms, type RehearsalTerms } from '#operations/rehearsal-terms.ts';
import { writeReport } from '#operations/rehearsal-report.ts';
import { rehearsePlan, type RehearseWatcher } from '#operations/rehearse.ts';
import type { Roster } from '#planning/roster.ts';
import { apart } from '#rehearsal/apart.ts';
import { type RehearsalOrder, usualHabits } from '#rehearsal/order.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';
import { usualWeather } from '#rehearsal/weather.ts';
import { estateFacts } from './estate-facts.ts';
import { openPlanning } from './estate-planning.ts';
import type { Environment } from './keyring.ts';
import { readCalendar } from './read-calendar.ts';
import { readRates } from './read-rates.ts';
import { readWeather } from './read-weather.ts';

/** Throws `database.*`, `estate.files.wrong`, `plan.file.*`, `rehearsal.unwritable`, and a `UsageError` with all that is wrong in a file of settings. */
export async function rehearse(
  options: RehearseOptions,
  watcher: RehearseWatcher & RehearsalReading,
  environment: Environment,
  signal: AbortSignal,
): Promise<{ readonly report: RehearsalReport; readonly files: readonly string[] }> {
  const calendar = await readCalendar(options.calendar);
  watcher.clocks(calendar.timezone);
  const terms = await termsOf(options, calendar, watcher, environment, signal);
  const { order, roster, remarks } = await orderOf(options, calendar, terms, watcher, environment, signal);
  const { runs: count, speed, plan, folder } = options;
  const runs = await rehearsePlan({ order, runs: count, speed, watcher, clock: realClock }, signal);
  const { rates, platforms, hands, weather, habits } = order;
  const days = order.windows.map(({ dayNumber }) => dayNumber);
  const parted = apart(roster.grants, calendar.weights, days, order.window, runs.told.switchedIn);
  const report: RehearsalReport = {
    plan,
    timezone: calendar.timezone,
    runs,
    apart: parted.grants === 0 ? null : parted,
    remarks,
    rates,
    platforms,
    hands,
    weather,
    habits,
  };
  return { report, files: folder === null ? [] : await writeReport(folder, report) };
}

async function termsOf(
  { estate, rates, settings, log }: RehearseOptions,
  { timezone }: Calendar,
  watcher: RehearsalReading,
  environment: Environment,
  signal: AbortSignal,
): Promise<RehearsalTerms> {
  const given = rates === null ? null : await readRates(rates);
  if ('folder' in estate) return rehearsalTerms({ given, facts: null, settings, timezone });
  watcher.reads('what the estate has measured');
  const facts = await estateFacts({ ...estate, log, signal }, environment);
  return rehearsalTerms({ given, facts, settings, timezone });
}

/** Everything that is to be known is read before anything is rehearsed. */
async function orderOf(
  { estate, plan, weather, habits, seed, log }: RehearseOptions,
  calendar: Calendar,
  { rates, platforms, hands, habits: its }: RehearsalTerms,
  watcher: RehearsalReading,
  environment: Environment,
  signal: AbortSignal,
): Promise<{ readonly order: RehearsalOrder; readonly roster: Roster; readonly remarks: readonly string[] }> {
  const { timezone, kindsLast } = calendar;
  const sky = weather === null ? usualWeather(rates) : await readWeather(weather, timezone, rates);
  watcher.reads('the estate');
  const roster =
    'folder' in estate
      ? await readRoster(estate.folder, ({ kind }) => watcher.reads(`${kind}.csv`), signal)
      : await importedRoster({ ...estate, log, signal }, calendar, environment, signal);
  // As if nobody had moved yet, whatever day it is.
  const { windows, unusable } = windowsOf(calendar, roster.size);
  watcher.reads(plan);
  const read = await planToRehearse(plan, roster, windows, unusable, signal);
  const order: RehearsalOrder = {
    roster,
    windows,
    closed: closedWindows(calendar, windows, roster.organisations),
    kindsLast,
    window: read.window,
    rates,
    platforms,
    hands,
    weather: sky,
    habits: { ...usualHabits, ...its, ...habits },
    timezone,
    seed,
  };
  return { order, roster, remarks: [...read.remarks, ...calendarRemarks(calendar, roster.organisations)] };
}

async function importedRoster(
  options: Parameters<typeof openPlanning>[0],
  calendar: Calendar,
  environment: Environment,
  signal: AbortSignal,
): Promise<Roster> {
  await using planning = await openPlanning(options, environment);
  return (await planning.roster(calendar, signal)).roster;
}
