/** `godwit rehearse` by the API of a server: it is played there, and the report is written here. */

import type { ApiClient } from '#api/client.ts';
import type { RehearsalTold } from '#api/shapes/rehearsal.ts';
import type { Bounded } from '#api/shapes/plan.ts';
import type { DesksThere } from '#cli/world.ts';
import { fault } from '#domain/fault.ts';
import { statedRates } from '#domain/stated-rates.ts';
import { writeReport } from '#operations/rehearsal-report.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';
import { was } from './outcomes-there.ts';
import { FilesThere } from './plan-files-there.ts';
import { readCalendar } from './read-calendar.ts';
import { readRates } from './read-rates.ts';
import { readWeather } from './read-weather.ts';
import { unbounded } from './unbounded.ts';

type Rehearse = DesksThere['rehearse'];
type Options = Parameters<Rehearse>[0];
type Watcher = Parameters<Rehearse>[1];

/** `server`: as it is shown. Throws as `rehearsing.ts`. */
export async function rehearseThere(
  client: ApiClient,
  server: string,
  options: Options,
  watcher: Watcher,
): ReturnType<Rehearse> {
  using _client = client;
  await mustBeSound(options, watcher);
  const { plan, calendar, weather, rates, seed, runs, speed, habits, folder } = options;
  const given = new FilesThere(client);
  const body = {
    calendar: await given.send(calendar),
    ...(rates === null ? {} : { rates: await given.send(rates) }),
    ...(weather === null ? {} : { weather: await given.send(weather) }),
    plan: await given.plan(plan),
    seed,
    runs,
    ...(speed === null ? {} : { speed }),
    habits,
  };
  const played = async (): Promise<RehearsalTold> => {
    let run = -1;
    for await (const lines of client.lines('rehearse-plan', { body }))
      for (const line of lines) {
        if ('reads' in line) watcher.reads(line.reads);
        else if ('rehearsal' in line) return unbounded<RehearsalTold>(was<Bounded<RehearsalTold>>(line.rehearsal));
        else if ('stands' in line) {
          const { stand, over } = line.stands;
          if (line.stands.run !== run) watcher.begins((run = line.stands.run));
          if (stand !== null && over !== null) watcher.stands(stand, over);
        }
      }
    throw fault('api.server.broke-off', { server });
  };
  const { runs: all, ...told } = await given.asHere(played, () => null);
  // In which window each single mailbox switched the server alone knows; what rests on it is in the report.
  const whole = { ...all, told: { ...all.told, switchedIn: new Int32Array(0) } };
  const report: RehearsalReport = { ...told, plan, runs: whole };
  return { report, files: folder === null ? [] : await writeReport(folder, report) };
}

/** What is wrong in a file of settings is told by its place here, before anything is sent. */
async function mustBeSound({ calendar, rates, weather }: Options, watcher: Watcher): Promise<void> {
  const { timezone } = await readCalendar(calendar);
  watcher.clocks(timezone);
  const known = rates === null ? statedRates : await readRates(rates);
  if (weather !== null) await readWeather(weather, timezone, known);
}
