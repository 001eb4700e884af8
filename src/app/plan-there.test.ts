/** Plans on the database of an estate and by the API of a server: what is written, to the screen and into files, is the same. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { bearerOf, served, settingsToRehearse } from '#api/served.test-kit.ts';
import { type Played, play } from '#cli/made-up-world.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { people } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openPlanning } from './estate-planning.ts';
import { openDesksThere } from './desks-there.ts';
import { openPlanWork } from './plan-work.ts';
import { openProgrammeThere } from './programme-there.ts';
import { readCalendar } from './read-calendar.ts';
import { rehearse } from './rehearsing.ts';

type Say = (...words: readonly string[]) => Promise<Played>;

/** A folder with all that a plan is made of, to be worked in from the one side or the other. */
async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-plan-there-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const windows = 'windows: [{ name: evening, days: [Mon, Tue], start: "19:00", end: "06:00", mailboxes: 3 }]';
  const dates = 'from: 2999-08-05\nuntil: 2999-08-14';
  await writeFile(join(folder, 'calendar.yaml'), `timezone: Europe/London\n${dates}\n${windows}\n`);
  await writeFile(join(folder, 'bad.yaml'), `timezone: Europe/Londn\n${dates}\nwindows: []\n`);
  await writeFile(
    join(folder, 'wishes.csv'),
    'organisation,wish,whom,group,from,until\nRXY,not-on,,,2999-08-05,2999-08-05\nRXZ,not-on,,,2999-08-05,2999-08-05\n',
  );
  await writeFile(join(folder, 'bad-wishes.csv'), 'organisation,wish,from,until\nRXY,never,,\n');
  await writeFile(join(folder, 'bad.csv'), 'address,wave,window_start\nann@x.example,a\nann@x.example,a,tonight\n');
  await writeFile(join(folder, 'weather.yaml'), 'slow: { share: 0.5, times: 3 }\n');
  await writeFile(join(folder, 'other.csv'), 'address,wave,window_start\nzed@x.example,a,2999-08-05T19:00\n');
  return folder;
}

/** Nine people, one of them with a broken date, who share mailboxes. */
async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve', 'flo', 'gus', 'hal', 'ivy', 'joe', 'kim', 'lou', 'max']);
  await sql`
    insert into permission (mailbox, grantee, kind)
    values (1, 2, 'full-access'), (1, 9, 'send-as'), (4, 12, 'full-access'), (5, 3, 'folder')`.execute(db.sql);
  await sql`update mailbox set not_before = '2999-09-01' where id = 3`.execute(db.sql);
  return db;
}

/** What takes its time takes another time each time. */
const still = ({ code, stdout, stderr }: Played, folder: string) => ({
  code,
  stdout: untimed(stdout).replaceAll(folder, '.'),
  stderr: stderr.replaceAll(folder, '.'),
});
const untimed = (text: string) =>
  text
    .replaceAll(/"(reading|planning|writing)": \d+/g, '"$1": 0')
    .replace(/^Read in .*$/m, 'Read')
    .replace(/(Applied|Rehearsed) in [\d. ]+\w+/, '$1 in 0 s');

async function here(db: TestDatabase): Promise<Say> {
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  return (...words) =>
    play([...words, '--state', stateDir], {
      // Whatever is there: what stands in it is as the server has it.
      config: 'package.json',
      readEstate: async () => ({ database: 'embedded', ...settingsToRehearse }) as EstateSettings,
      readCalendar,
      openPlanWork: (options) => openPlanWork(options, environment),
      rehearse: (options, watcher, signal) => rehearse(options, watcher, environment, signal),
      openPlanning: (options) => openPlanning(options, environment),
    });
}

async function there(db: TestDatabase): Promise<Say> {
  const { url } = await served(db);
  const bearer = await bearerOf(db, 'planner');
  return (...words) =>
    play([...words, '--server', url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config: '/nowhere/godwit.yaml',
      readCalendar,
      openProgrammeThere: async (options) => openProgrammeThere(options, '1'),
      openDesksThere: async (options) => openDesksThere(options, '1'),
    });
}

const plan = (...more: readonly string[]) => ['plan', '--calendar', 'calendar.yaml', '--effort', '1s', ...more];
const apply = (file: string, ...more: readonly string[]) => [
  'plan',
  'apply',
  file,
  '--calendar',
  'calendar.yaml',
  ...more,
];

const rehearsal = (file: string, ...more: readonly string[]) =>
  ['rehearse', file, '--calendar', 'calendar.yaml'].concat(more);

/** One after the other. */
const made: readonly (readonly string[])[] = [
  plan('-o', 'json', '--seed', '7'),
  plan('-o', 'plan.csv', '--wishes', 'wishes.csv'),
  plan('-o', 'next.csv', '--diff', 'plan.csv', '--wishes', 'wishes.csv', '-o', 'json'),
  plan('--explain', 'ann@x.example', '--explain', 'cat@x.example'),
  plan('-o', 'plan.csv', '-o', 'json'),
];
const refused: readonly (readonly string[])[] = [
  plan('--explain', 'anm@x.example'),
  ['plan', '--calendar', 'bad.yaml', '-o', 'none.csv'],
  plan('-o', 'none.csv', '--wishes', 'bad-wishes.csv'),
  plan('-o', 'none.csv', '--wishes', 'no-wishes.csv'),
  plan('-o', 'none.csv', '--diff', 'bad.csv'),
  plan('-o', 'nowhere/none.csv'),
  plan('-o', 'calendar.yaml'),
  apply('bad.csv'),
  apply('none.csv', '-o', 'json'),
  apply('other.csv', '--yes'),
  apply('other.csv', '-o', 'json'),
];
const applied: readonly (readonly string[])[] = [
  plan('-o', 'plan.csv'),
  apply('plan.csv'),
  apply('plan.csv', '-o', 'json'),
  apply('plan.csv', '--yes', '--why', 'as agreed'),
  apply('plan.csv', '--yes'),
  plan('-o', 'plan.csv', '--diff', 'plan.csv'),
];

const rehearsed: readonly (readonly string[])[] = [
  plan('-o', 'plan.csv'),
  rehearsal('plan.csv'),
  rehearsal('plan.csv', '-o', 'json', '--runs', '2', '--seed', '7', '--ahead', '10d', '--release-after', 'never'),
  rehearsal('plan.csv', '--faults', 'weather.yaml', '--report', 'report.csv'),
  rehearsal('plan.csv', '--faults', 'calendar.yaml'),
  rehearsal('plan.csv', '--rates', 'plan.csv'),
  rehearsal('bad.csv'),
  rehearsal('none.csv'),
];

test.each([
  ['rehearsed', rehearsed, ['plan.csv', 'report.csv']],
  [
    'made',
    made,
    ['next.csv', 'plan.csv', 'plan.splits.csv', 'plan.summary.txt', 'plan.unplaced.csv', 'next.wishes.csv'],
  ],
  ['refused', refused, []],
  ['applied', applied, ['plan.csv']],
])(
  'every plan is %s by a server as on the database, to the letter',
  async (_, words, files) => {
    await using db = await anEstate();
    await using twin = await anEstate();
    const [near, far] = [await here(db), await there(twin)];
    const [one, other] = [await folderOf(), await folderOf()];
    const place = (folder: string) => (word: string) => (/\.(csv|yaml)$/.test(word) ? join(folder, word) : word);
    for (const said of words) {
      const told = await near(...said.map(place(one)));
      const toldThere = await far(...said.map(place(other)));
      expect([said, still(toldThere, other)]).toEqual([said, still(told, one)]);
      expect([said, await written(other)]).toEqual([said, await written(one)]);
    }
    expect(await readdir(one)).toEqual(expect.arrayContaining(files));
    const stand = async (of: TestDatabase) =>
      (
        await sql`select address, stage, w.name from mailbox left join wave w on w.id = wave order by address`.execute(
          of.sql,
        )
      ).rows;
    expect(await stand(twin)).toEqual(await stand(db));
  },
  180_000,
);

/** All files of a folder. */
async function written(folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    names.toSorted().map(async (name) => [relative(folder, name), await readFile(name, 'utf8')] as const),
  );
}
