import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Calendar, weekdays } from '#domain/calendar.ts';
import type { Day } from '#domain/estate.ts';
import { marks, type Stage, stages } from '#domain/journey.ts';
import { planStanding } from '#domain/plan-standing.ts';
import { offsetAt } from '#domain/window.ts';
import type { Database, Sql } from '#store/db.ts';
import { openDates } from '#store/dates.ts';
import { hourMs, people, recorded, standing, tallies } from '#store/estate.test-kit.ts';
import { planKeepingOf } from '#store/plan-keeping.ts';
import { isFreeToPlan } from '#store/plan-standing.ts';
import { testDatabase } from '#store/test-database.ts';
import { openWaves } from '#store/waves.ts';
import { applyPlan, type PlanApplied } from './apply-plan.ts';

const signal = new AbortController().signal;
const watcher = { begins: () => {} };
const timezone = 'Europe/London';
const today = Math.floor(Date.now() / (24 * hourMs));
const dayOf = (days: number): Day => new Date((today + days) * 24 * hourMs).toISOString().slice(0, 10) as Day;
/** As a plan writes the window of so many days from now. */
const evening = (days: number): string => `${dayOf(days)}T19:00`;

const calendar: Calendar = {
  timezone,
  from: dayOf(-5),
  until: dayOf(20),
  windows: [{ name: 'evening', days: weekdays, start: '19:00', end: '06:00', endDay: null, mailboxes: 3, bytes: null }],
  blackouts: [],
  kindsLast: ['application'],
  pilot: null,
  weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
  ramp: null,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-plan-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Options {
  readonly yes?: boolean;
  readonly calendar?: Calendar;
  readonly header?: string;
  readonly why?: string;
}

/** Applies a plan of these lines; `ann e 2` is Ann in the wave `e` on the evening in two days, `bob` is Bob without a place. */
async function apply(db: Database, lines: readonly string[], options: Options = {}): Promise<PlanApplied> {
  const file = join(folder, `plan-${Math.random()}.csv`);
  const rows = lines.map((line) => {
    const [name, wave = '', days] = line.split(' ');
    return `${name}@x.example,${wave},${days === undefined ? '' : evening(Number(days))}`;
  });
  await writeFile(file, [options.header ?? 'address,wave,window_start', ...rows, ''].join('\r\n'));
  return applyFile(db, file, options);
}

function applyFile(db: Database, file: string, options: Options = {}): Promise<PlanApplied> {
  const whose = { who: 'operator ann', why: options.why ?? null, openKeeping: planKeepingOf(db), watcher };
  const order = { file, calendar: options.calendar ?? calendar, dryRun: options.yes !== true, errorBudget: 0.02 };
  return applyPlan({ ...order, ...whose }, signal);
}

/** Who is in which wave, by name. */
async function placed(db: Sql): Promise<Readonly<Record<string, string>>> {
  const { rows } = await sql<{ name: string; place: string }>`
    select split_part(address, '@', 1) as name, concat_ws(' ', m.stage, w.name) as place
      from mailbox m left join wave w on w.id = m.wave order by m.id`.execute(db);
  return Object.fromEntries(rows.map(({ name, place }) => [name, place]));
}

async function waves(db: Sql): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', name, state, day - ${dayOf(0)}::date) as line from wave order by opens_at, id`.execute(db);
  return rows.map(({ line }) => line);
}

const refusals = ({ found }: PlanApplied) =>
  Object.fromEntries(
    Object.entries(found.refused ?? {}).map(([kind, { count, first }]) => [
      kind,
      [count, ...first.map(({ name, says }) => `${name} ${says}`)],
    ]),
  );

test('a plan becomes waves with the windows of its calendar; a dry run tells the same and changes nothing', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora']);
  const lines = ['ann pilot 2', 'bob e3 3', 'carl e3 3', 'dora'];
  const tried = await apply(db, lines);
  expect(tried.found.changes).toEqual({ planned: 3, moved: 0, takenOut: 0, unchanged: 1 });
  expect(tried.changed).toBe(false);
  expect(await waves(db.sql)).toEqual([]);
  const done = await apply(db, lines, { yes: true, why: 'as the board decided' });
  expect(done.found).toEqual(tried.found);
  expect(done.changed).toBe(true);
  expect(await placed(db.sql)).toEqual({ ann: 'planned pilot', bob: 'planned e3', carl: 'planned e3', dora: 'known' });
  expect(await waves(db.sql)).toEqual(['pilot planned 2', 'e3 planned 3']);
  const [pilot] = await openWaves(db).list();
  // Half past nothing, by the clocks of London, and until six in the morning.
  const opensAt = pilot?.window.opensAt as number;
  expect((opensAt + offsetAt(opensAt, timezone)) % (24 * hourMs)).toBe(19 * hourMs);
  expect((pilot?.window.closesAt as number) - opensAt).toBeGreaterThanOrEqual(10 * hourMs);
  expect(await recorded(db.sql, 1)).toEqual(['operator ann plan known planned as the board decided']);
  expect(await recorded(db.sql, null)).toEqual([
    'operator ann wave created as the board decided',
    'operator ann wave created as the board decided',
    'operator ann plan apply as the board decided',
  ]);
  const { kept, counted } = await tallies(db.sql);
  expect(kept).toEqual(counted);
});

test('the same plan applied twice changes nothing the second time', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl']);
  const lines = ['ann pilot 2', 'bob e3 3', 'carl'];
  await apply(db, lines, { yes: true });
  const before = await sql`select count(*) from audit`.execute(db.sql);
  const again = await apply(db, lines, { yes: true });
  expect(again.found.changes).toEqual({ planned: 0, moved: 0, takenOut: 0, unchanged: 3 });
  expect(again.changed).toBe(false);
  expect((await sql`select count(*) from audit`.execute(db.sql)).rows).toEqual(before.rows);
});

test('dates that are asked for are taken of whoever has a window in them then, also where nothing else changes', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl']);
  const dates = openDates(db);
  const ask = (name: string, from: number, until: number | null) => {
    const whom = { kind: 'addresses', addresses: [`${name}@x.example`] } as const;
    return dates.ask(whom, { notBefore: dayOf(from), notAfter: until === null ? null : dayOf(until) }, 'lou', 'leave');
  };
  const states = async () =>
    (await dates.wishes({ after: null, max: 9 })).lines.map(({ state, wave }) => `${state} ${wave}`);
  await ask('ann', 2, 2);
  await ask('bob', 4, null);
  const lines = ['ann a 2', 'bob b 3', 'carl b 3'];
  await apply(db, lines);
  expect(await states()).toEqual(['open null', 'open null']);
  await apply(db, lines, { yes: true });
  expect(await states()).toEqual(['taken a', 'open b']);
  await ask('carl', 1, 3);
  await apply(db, lines);
  expect(await states()).toEqual(['taken a', 'open b', 'open b']);
  await apply(db, lines, { yes: true, why: 'again' });
  expect(await states()).toEqual(['taken a', 'open b', 'taken b']);
  expect((await recorded(db.sql, 3)).at(-1)).toBe('operator ann take dates again');
});

test('the next plan moves mailboxes between waves that were never started, gives those other windows, and removes what is empty', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora', 'emil']);
  await apply(db, ['ann a 2', 'bob b 3', 'carl c 4', 'dora d 5', 'emil d 5'], { yes: true });
  const next = await apply(db, ['ann b 3', 'bob b 3', 'carl c 6', 'dora d 5', 'emil'], { yes: true });
  expect(next.found.changes).toEqual({ planned: 0, moved: 1, takenOut: 1, unchanged: 3 });
  expect(next.emptied).toEqual(['a']);
  expect(await placed(db.sql)).toEqual({
    ann: 'planned b',
    bob: 'planned b',
    carl: 'planned c',
    dora: 'planned d',
    emil: 'known',
  });
  expect(await waves(db.sql)).toEqual(['b planned 3', 'd planned 5', 'c planned 6']);
  expect(await recorded(db.sql, 1)).toEqual([
    expect.stringMatching(/^operator ann plan known planned plan /),
    expect.stringMatching(/^operator ann replan planned planned plan /),
  ]);
  expect((await recorded(db.sql, 5)).at(-1)).toMatch(/^operator ann unplan planned known /);
  expect((await recorded(db.sql, null)).slice(-3).map((line) => line.split(' ').slice(2, 4).join(' '))).toEqual([
    'wave reschedule',
    'wave removed',
    'plan apply',
  ]);
  const { kept, counted } = await tallies(db.sql);
  expect(kept).toEqual(counted);
});

test('waves that were started, and whoever has begun, are left alone; who is elsewhere than the plan has them is named', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora', 'held']);
  await apply(db, ['ann e 2', 'bob e 2', 'carl', 'dora', 'held f 3'], { yes: true });
  await openWaves(db).move('e', 'start', 'operator ann', null);
  await sql`update mailbox set stage = 'settled' where id = 1; update mailbox set held = 'on call' where id = 5`.execute(
    db.sql,
  );
  const next = await apply(db, ['ann g 4', 'bob g 4', 'carl e 2', 'dora e 2', 'held g 4'], { yes: true });
  // There is room for one more: Ann and Bob have places there.
  expect(refusals(next)).toEqual({
    full: [1, `${evening(2)} has room for 1 more, and the plan has 2 there`],
  });
  const fits = await apply(db, ['ann g 4', 'bob g 4', 'carl e 2', 'dora', 'held g 4'], { yes: true });
  expect(fits.found.leftAlone).toMatchObject({
    count: 3,
    first: [
      { name: 'ann@x.example', says: 'has switched in the wave e; the plan has it in g' },
      { name: 'bob@x.example', says: 'has begun in the wave e; the plan has it in g' },
      { name: 'held@x.example', says: 'is held back; the plan has it in g' },
    ],
  });
  expect(await placed(db.sql)).toEqual({
    ann: 'settled e',
    bob: 'planned e',
    carl: 'planned e',
    dora: 'known',
    held: 'planned f',
  });
  // Who comes into a wave that was started is copied like the others.
  expect(await standing(db.sql, 3)).toMatchObject({ isDue: true });
  expect(await waves(db.sql)).toEqual(['e running 2', 'f planned 3']);
});

test('who failed and whose evening has gone by comes into another wave, and goes on from where they are', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['late', 'broken', 'twin']);
  await apply(db, ['late e 2', 'broken f 3', 'twin f 3'], { yes: true });
  for (const name of ['e', 'f']) await openWaves(db).move(name, 'start', 'operator ann', null);
  await sql`
    update wave set opens_at = now() - interval '9 hours', closes_at = now() - interval '1 hour' where name = 'e';
    update mailbox set stage = 'following' where id = 1;
    update mailbox set stage = 'copying', blocked = 'imap.sign-in.refused', due_at = null where id = 2`.execute(db.sql);
  const next = await apply(db, ['late f 3', 'broken g 4', 'twin f 3'], { yes: true });
  expect(next.found.leftAlone.count).toBe(0);
  expect(await placed(db.sql)).toEqual({ late: 'following f', broken: 'copying g', twin: 'planned f' });
  expect(await standing(db.sql, 2)).toMatchObject({ mark: 'blocked', isDue: false });
});

test('a wave that was called off keeps its name, and whoever comes in the same window later goes in another', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  await apply(db, ['ann e 2', 'bob'], { yes: true });
  await openWaves(db).move('e', 'cancel', 'operator ann', null);
  const lines = ['ann e 2', 'bob e 2'];
  await apply(db, lines, { yes: true });
  expect(await waves(db.sql)).toEqual(['e cancelled 2', 'e-2 planned 2']);
  expect(await placed(db.sql)).toEqual({ ann: 'planned e-2', bob: 'planned e-2' });
  expect((await apply(db, lines, { yes: true })).changed).toBe(false);
});

test('where the estate has moved since, nothing is done, and what has changed is named', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora', 'emil', 'faxe', 'gone', 'new', 'app']);
  await sql`
    insert into organisation (code, name, parent) values ('WARD', 'Ward', 1);
    update mailbox set not_before = ${sql.lit(dayOf(4))} where id = 1;
    update mailbox set not_after = ${sql.lit(dayOf(1))} where id = 2;
    update mailbox set organisation = 2 where id = 3;
    update mailbox set left_at = now() where id = 7;
    update mailbox set kind = 'application' where id = 9`.execute(db.sql);
  const blackouts = [{ from: dayOf(3), until: dayOf(3), organisations: ['WARD'], under: null }];
  const refused = await apply(
    db,
    ['ann e2 2', 'bob e2 2', 'carl e2 2', 'dora e2 2', 'emil b4 -4', 'faxe n 30', 'gone e3 3', 'app e2 2', 'stray'],
    { yes: true, calendar: { ...calendar, blackouts } },
  );
  expect(refusals(refused)).toEqual({
    unknown: [
      2,
      'gone@x.example is not in the estate, or has left it',
      'stray@x.example is not in the estate, or has left it',
    ],
    joined: [1, 'new@x.example has joined, or has no line in the plan'],
    dates: [
      2,
      `ann@x.example may not move before ${dayOf(4)}; the plan has it on ${dayOf(2)}`,
      `bob@x.example may not move after ${dayOf(1)}; the plan has it on ${dayOf(2)}`,
    ],
    // The evening before touches the day, too.
    closed: [1, `carl@x.example is of WARD, which cannot in the window of ${evening(2)}`],
    order: [1, 'app@x.example is an application and would not move after the last person of RXY'],
    'no-window': [
      2,
      expect.stringMatching(/^b4 opens at .*, and that window has begun already/),
      expect.stringMatching(/^n opens at .* when the calendar has no window that can be used/),
    ],
    full: [1, `${evening(2)} has room for 3 more, and the plan has 5 there`],
  });
  expect(refused.changed).toBe(false);
  expect(await waves(db.sql)).toEqual([]);
});

test('a wave that has begun since takes nobody more, and who comes in the window that a started one had goes in another', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora']);
  await apply(db, ['ann e 2', 'bob f 3', 'carl', 'dora'], { yes: true });
  for (const name of ['e', 'f']) await openWaves(db).move(name, 'start', 'operator ann', null);
  await sql`update wave set opens_at = opens_at + interval '1 hour' where name = 'f'`.execute(db.sql);
  const whole: Calendar = {
    ...calendar,
    windows: [{ ...(calendar.windows[0] as Calendar['windows'][number]), start: '00:00', end: '23:59' }],
  };
  const file = join(folder, 'begun.csv');
  await writeFile(
    file,
    `window_start,address,wave\n${dayOf(0)}T00:00,carl@x.example,now\n${evening(3)},DORA@x.example,f\n,ann@x.example,\n,bob@x.example,\n`,
  );
  expect(refusals(await applyFile(db, file, { calendar: whole }))).toMatchObject({
    'no-window': [
      2,
      `now opens at ${dayOf(0)}T00:00, and that window has begun already`,
      `f opens at ${evening(3)}, when the calendar has no window that can be used`,
    ],
  });
  const joined = await apply(db, ['ann', 'bob', 'carl', 'dora f 3'], { yes: true });
  expect(refusals(joined)).toEqual({});
  expect(await placed(db.sql)).toMatchObject({ bob: 'planned f', dora: 'planned f-2' });
  // And again, with one more of them.
  const again = await apply(db, ['ann', 'bob', 'carl f 3', 'dora f 3'], { yes: true });
  expect(again.found.changes).toMatchObject({ planned: 1, moved: 0 });
  expect(await placed(db.sql)).toMatchObject({ bob: 'planned f', carl: 'planned f-2', dora: 'planned f-2' });
});

test('an empty pilot is refused until somebody has begun', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const whole: Calendar = { ...calendar, from: dayOf(2), pilot: { share: 0.5 } };
  expect(refusals(await apply(db, ['ann e 3', 'bob e 3'], { calendar: whole }))).toEqual({
    pilot: [1, `${evening(2)} is the first window that can be used, and the plan has nobody in it`],
  });
  expect(refusals(await apply(db, ['ann pilot 2', 'bob e 3'], { calendar: whole, yes: true }))).toEqual({});
  await openWaves(db).move('pilot', 'start', 'operator ann', null);
  expect(refusals(await apply(db, ['ann pilot 2', 'bob e 4'], { calendar: whole }))).toEqual({});
});

test('people who would come after an application that has begun are refused until somebody holds it', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'app']);
  await sql`update mailbox set kind = 'application' where address = 'app@x.example'`.execute(db.sql);
  await apply(db, ['ann', 'app e 3'], { yes: true });
  await openWaves(db).move('e', 'start', 'operator ann', null);
  expect(refusals(await apply(db, ['ann f 4', 'app e 3']))).toEqual({
    order: [
      1,
      expect.stringMatching(/^app@x.example has begun in the wave e, .* hold it, or have those people sooner$/),
    ],
  });
  expect(refusals(await apply(db, ['ann f 2', 'app e 3']))).toEqual({});
  await sql`update mailbox set held = 'its organisation moves later' where address = 'app@x.example'`.execute(db.sql);
  expect(refusals(await apply(db, ['ann f 4', 'app e 3']))).toEqual({});
});

test('who is blocked in a wave that was started is named where the plan has no window for them, and takes their room', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora']);
  await apply(db, ['ann e 2', 'bob', 'carl', 'dora'], { yes: true });
  await openWaves(db).move('e', 'start', 'operator ann', null);
  await sql`update mailbox set stage = 'copying', blocked = 'imap.sign-in.refused' where address = 'ann@x.example'`.execute(
    db.sql,
  );
  const { found } = await apply(db, ['ann', 'bob e 2', 'carl e 2', 'dora']);
  expect(found.leftAlone.first).toEqual([
    { name: 'ann@x.example', says: expect.stringContaining('is blocked in the wave e, which was started, and stays') },
  ]);
  expect(refusals(await apply(db, ['ann', 'bob e 2', 'carl e 2', 'dora e 2']))).toEqual({
    full: [1, `${evening(2)} has room for 3 more, and the plan has 4 there`],
  });
});

test('a bank holiday that was added since is named', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const blackouts = [{ from: dayOf(3), until: dayOf(3), organisations: null, under: null }];
  const { found } = await apply(db, ['ann e 3'], { calendar: { ...calendar, blackouts } });
  expect(found.refused?.['no-window']?.first[0]?.says).toMatch(/and that window .*blackout/);
});

test('what is no plan is told by line, and nothing is compared with it', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  await expect(apply(db, ['ann e 2', 'ann e 2', 'bob e 3'], { yes: true })).rejects.toMatchObject({
    code: 'plan.file.wrong',
    about: {
      problems: 2,
      findings: [
        { line: 3, column: 1, problem: 'ann@x.example stands in line 2 already.' },
        { line: 4, column: 3, problem: `The wave e begins at ${evening(2)} in line 2.` },
      ],
    },
  });
  await expect(apply(db, [], { header: 'adress,wave,window_start' })).rejects.toMatchObject({
    code: 'plan.file.wrong',
  });
  await expect(applyFile(db, join(folder, 'nothing.csv'))).rejects.toMatchObject({ code: 'plan.file.unreadable' });
  expect(await waves(db.sql)).toEqual([]);
});

test('two people at once: the second is told, and an import counts as one', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  await using _first = await planKeepingOf(db)({ dryRun: false }, signal);
  await expect(apply(db, ['ann e 2'], { yes: true })).rejects.toMatchObject({ code: 'plan.apply.under-way' });
  // Who only tries waits for nobody.
  expect((await apply(db, ['ann e 2'])).found.changes.planned).toBe(1);
}, 20_000);

test('what becomes of a mailbox between the look and the deed stops all of it', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const file = join(folder, 'raced.csv');
  await writeFile(file, `address,wave,window_start\nann@x.example,e,${evening(2)}\nbob@x.example,e,${evening(2)}\n`);
  const raced = applyPlan(
    {
      file,
      calendar,
      dryRun: false,
      errorBudget: 0.02,
      who: 'operator ann',
      why: null,
      openKeeping: async (options, stop) => {
        const keeping = await planKeepingOf(db)(options, stop);
        return {
          ...keeping,
          async keep(plan, record) {
            await sql`update mailbox set held = 'on call' where id = 2`.execute(db.sql);
            await keeping.keep(plan, record);
          },
        };
      },
      watcher,
    },
    signal,
  );
  await expect(raced).rejects.toMatchObject({
    code: 'plan.estate-moved',
    message: expect.stringContaining('1 mailboxes stand elsewhere'),
  });
  expect(await placed(db.sql)).toEqual({ ann: 'known', bob: 'known' });
  expect(await waves(db.sql)).toEqual([]);
});

test('a wave that people come into and that is another than a moment ago stops all of it', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  await apply(db, ['ann e 2', 'bob'], { yes: true });
  const file = join(folder, 'wave-raced.csv');
  await writeFile(file, `address,wave,window_start\nann@x.example,e,${evening(2)}\nbob@x.example,e,${evening(2)}\n`);
  const racedBy = (change: ReturnType<typeof sql>) =>
    applyPlan(
      {
        file,
        calendar,
        dryRun: false,
        errorBudget: 0.02,
        who: 'operator ann',
        why: null,
        openKeeping: async (options, stop) => {
          const keeping = await planKeepingOf(db)(options, stop);
          return {
            ...keeping,
            async keep(plan, record) {
              await change.execute(db.sql);
              await keeping.keep(plan, record);
            },
          };
        },
        watcher,
      },
      signal,
    );
  const moved = { code: 'plan.estate-moved', message: expect.stringContaining('the wave e is not as it was') };
  await expect(racedBy(sql`update wave set state = 'cancelled'`)).rejects.toMatchObject(moved);
  await sql`update wave set state = 'planned'`.execute(db.sql);
  await expect(racedBy(sql`update wave set closes_at = closes_at + interval '1 hour'`)).rejects.toMatchObject(moved);
  expect(await placed(db.sql)).toEqual({ ann: 'planned e', bob: 'known' });
});

test('who stops it once it has been kept is told that it was', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const stop = new AbortController();
  await using keeping = await planKeepingOf(db)({ dryRun: false }, stop.signal);
  const window = { opensAt: Date.now() + hourMs, closesAt: Date.now() + 2 * hourMs, day: dayOf(0) };
  const create = [{ name: 'e', window, isPilot: false, errorBudget: 0.02 }];
  const plan = {
    create,
    reschedule: [],
    expects: [],
    remove: [],
    goings: () => [{ mailbox: 1, from: null, to: { created: 0 } }],
  };
  let isKept = false;
  const watching = (async () => {
    while (!isKept) {
      const { rows } = await sql`select from wave`.execute(db.sql);
      if (rows.length > 0) isKept = true;
    }
    stop.abort(new Error('enough'));
  })();
  await keeping.keep(plan, { who: 'operator ann', why: 'a test', about: {} });
  await watching;
  expect(await placed(db.sql)).toEqual({ ann: 'planned e' });
});

test('rows and words say the same of whom a plan may place', async () => {
  await using db = await testDatabase();
  const states = ['planned', 'running', 'paused', 'cancelled', 'finished'] as const;
  const all: { stage: Stage; mark: string; state: string; hours: number }[] = [];
  for (const stage of stages)
    for (const mark of ['', ...marks.slice(1)])
      for (const state of ['none', ...states]) for (const hours of [-1, 1]) all.push({ stage, mark, state, hours });
  await people(db.sql, ['one']);
  for (const state of states)
    for (const hours of [-1, 1])
      await sql`
        insert into wave (name, state, opens_at, closes_at, day)
        values (${`${state} ${hours}`}, ${state}, now() - interval '2 hours', now() + make_interval(hours => ${hours}), current_date)`.execute(
        db.sql,
      );
  for (const { stage, mark, state, hours } of all) {
    if (stage !== 'known' && state === 'none') continue;
    const { rows } = await sql<{ free: boolean }>`
      with m as (select ${stage}::text as stage, ${mark}::text as mark, ${state === 'none' ? null : `${state} ${hours}`}::text as wave)
      select ${isFreeToPlan} as free from m left join wave w on w.name = m.wave`.execute(db.sql);
    const wave = state === 'none' ? null : { state: state as (typeof states)[number], closesAt: hours };
    const told = planStanding(stage, mark as '' | 'held', wave, 0) === 'free';
    expect([stage, mark, state, hours, rows[0]?.free]).toEqual([stage, mark, state, hours, told]);
  }
});
