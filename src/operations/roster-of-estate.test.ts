import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Calendar, weekdays } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import type { Day } from '#domain/estate.ts';
import { marks, type Stage, stages } from '#domain/journey.ts';
import { planStandings } from '#domain/plan-standing.ts';
import { type DayWindow, windowFrom } from '#domain/window.ts';
import { notFixed } from '#planning/placement.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import type { Sql } from '#store/db.ts';
import { hourMs, people } from '#store/estate.test-kit.ts';
import { openEstateRoster } from '#store/roster.ts';
import { testDatabase } from '#store/test-database.ts';
import { rosterOfEstate } from './roster-of-estate.ts';

const signal = new AbortController().signal;
const dayMs = 24 * hourMs;
const start = Math.floor(Date.now() / hourMs) * hourMs;

/** Every day for two hours, one of them behind us: ten mailboxes. */
const calendar: Calendar = {
  timezone: 'UTC',
  from: dayOf(-3),
  until: dayOf(3),
  windows: [
    {
      name: 'daily',
      days: weekdays,
      start: new Date(start - hourMs).toISOString().slice(11, 16),
      end: new Date(start + hourMs).toISOString().slice(11, 16),
      endDay: null,
      mailboxes: 10,
      bytes: 1_000,
    },
  ],
  blackouts: [],
  kindsLast: [],
  pilot: null,
  weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
  ramp: null,
};

function dayOf(days: number): Day {
  return new Date(start - hourMs + days * dayMs).toISOString().slice(0, 10) as Day;
}

/** So many days from today. */
function windowAt(days: number): DayWindow {
  const opensAt = start - hourMs + days * dayMs;
  return windowFrom(opensAt, opensAt + 2 * hourMs);
}

async function wave(db: Sql, name: string, state: string, { opensAt, closesAt, day }: DayWindow): Promise<void> {
  await sql`
    insert into wave (name, state, opens_at, closes_at, day)
    values (${name}, ${state}, ${new Date(opensAt).toISOString()}, ${new Date(closesAt).toISOString()}, ${day})`.execute(
    db,
  );
}

async function put(db: Sql, name: string, stage: Stage, its: string | null, mark: string | null = null): Promise<void> {
  await sql`
    update mailbox set stage = ${stage}, wave = (select id from wave where name = ${its}),
           held = ${mark === 'held' ? 'on call' : null}, excluded = ${mark === 'excluded' ? 'gone abroad' : null},
           blocked = ${mark === 'blocked' ? 'imap.sign-in.refused' : null}, left_at = ${mark === 'left' ? sql`now()` : null}
     where address = ${`${name}@x.example`}`.execute(db);
}

test('the imported estate is read as it was imported: dates, sizes, hints, organisations and grants', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'carl', 'dora']);
  await sql`
    insert into organisation (code, name, parent) values ('WARD', E'Ward\tof the tab', 1);
    update mailbox set organisation = 2, kind = 'shared', size_bytes = 9000000000001, items = 7, not_before = '2026-08-03',
           not_after = '2026-08-09', wave_hint = 'wave \\ hint' where id = 2;
    update mailbox set size_bytes = null, not_before = '1969-12-31' where id = 3;
    update mailbox set aliases = '{a.n@x.example,anna@x.example}' where id = 1;
    update mailbox set left_at = now() where id = 4;
    insert into permission values (2, 1, 'full-access'), (2, 3, 'folder'), (4, 1, 'send-as')`.execute(db.sql);
  const { roster, fixed, before, excluded } = await rosterOfEstate(openEstateRoster(db), calendar, signal);
  expect(roster.size).toBe(3);
  expect([0, 1, 2].map((each) => roster.address(each))).toEqual(['ann@x.example', 'bob@x.example', 'carl@x.example']);
  expect(['BOB@x.example', 'Anna@x.example', 'dora@x.example'].map((each) => roster.find(each))).toEqual([1, 0, -1]);
  expect([...roster.kind]).toEqual([0, 1, 0]);
  expect(roster.organisations).toEqual([
    { code: 'RXY', name: 'Somewhere', parent: -1 },
    { code: 'WARD', name: 'Ward\tof the tab', parent: 0 },
  ]);
  expect([...roster.organisation]).toEqual([0, 1, 0]);
  expect([...roster.sizeBytes]).toEqual([100, 9_000_000_000_001, 0]);
  expect([...roster.items]).toEqual([0, 7, 0]);
  expect([...roster.notBefore]).toEqual([noDayBefore, Date.parse('2026-08-03') / dayMs, -1]);
  expect([...roster.notAfter]).toEqual([noDayAfter, Date.parse('2026-08-09') / dayMs, noDayAfter]);
  expect([...roster.waveHint].map((hint) => roster.hints[hint])).toEqual([undefined, 'wave \\ hint', undefined]);
  const { grants } = roster;
  expect([...grants.mailbox]).toEqual([1, 1]);
  expect([...grants.grantee]).toEqual([0, 2]);
  expect([...grants.kind]).toEqual([0, 3]);
  expect(grants.unknown.grants).toBe(1);
  expect({ fixed, before, excluded }).toEqual({ fixed: null, before: null, excluded: null });
});

test('who has moved or whose evening stands keeps it with its room; what failed comes back; who is held is left out', async () => {
  await using db = await testDatabase();
  const [past, open, soon, later] = [windowAt(-2), windowAt(0), windowAt(1), windowAt(2)];
  await people(db.sql, ['home', 'missed', 'tonight', 'broke', 'started', 'waits', 'planned', 'fresh', 'back', 'gone']);
  await wave(db.sql, 'first', 'finished', past);
  await wave(db.sql, 'tonight', 'running', open);
  await wave(db.sql, 'soon', 'running', soon);
  await wave(db.sql, 'later', 'planned', later);
  await put(db.sql, 'home', 'settled', 'first', 'blocked');
  await put(db.sql, 'missed', 'following', 'first');
  await put(db.sql, 'tonight', 'following', 'tonight');
  await put(db.sql, 'broke', 'copying', 'soon', 'blocked');
  await put(db.sql, 'started', 'copying', 'soon');
  await put(db.sql, 'waits', 'following', 'soon', 'held');
  await put(db.sql, 'planned', 'planned', 'later');
  await put(db.sql, 'back', 'returning', 'first');
  await put(db.sql, 'gone', 'known', null, 'left');
  const estate = await rosterOfEstate(openEstateRoster(db), calendar, signal);
  const of = (column: Int32Array | Uint8Array | null) =>
    Object.fromEntries(
      Array.from(
        { length: estate.roster.size },
        (_, i) => [estate.roster.address(i).replace(/@.*/, ''), column?.[i]] as const,
      ),
    );
  expect(of(estate.fixed)).toEqual({
    home: dayNumber(past.day),
    missed: notFixed,
    tonight: dayNumber(open.day),
    broke: notFixed,
    started: dayNumber(soon.day),
    waits: notFixed,
    planned: notFixed,
    fresh: notFixed,
    back: notFixed,
  });
  expect(of(estate.before)).toMatchObject({ missed: -1, broke: 3, started: -1, planned: 4, fresh: -1 });
  expect(of(estate.excluded)).toMatchObject({ home: 0, waits: 1, back: 1, planned: 0 });
  expect(estate.standings).toEqual({ free: 4, begun: 2, moved: 1, resting: 2 });
  // From the first that anybody moved in.
  expect(estate.windows.map(({ mailboxes, bytes }) => [mailboxes, bytes])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [8, 800],
    [10, 1_000],
    [10, 1_000],
  ]);
});

test('the pilot stays where it began, also where the calendar begins before it', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['home', 'waits', ...Array.from({ length: 8 }, (_, i) => `p${i}`)]);
  await wave(db.sql, 'pilot', 'running', windowAt(1));
  await put(db.sql, 'home', 'following', 'pilot');
  const piloted = { ...calendar, pilot: { share: 0.1 }, ramp: { weeks: 2, from: 0.5 } };
  const { windows } = await rosterOfEstate(openEstateRoster(db), piloted, signal);
  const pilot = windows.filter(({ isPilot }) => isPilot);
  expect(pilot.map(({ day, mailboxes }) => [day, mailboxes])).toEqual([[windowAt(1).day, 0]]);
  expect(windows.filter(({ mailboxes }) => mailboxes > 0).map(({ mailboxes }) => mailboxes)).toEqual([5, 5]);
});

test('a wave whose rule has other hours now is the one of its day still', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const { opensAt, closesAt, day } = windowAt(2);
  await wave(db.sql, 'by hand', 'planned', { opensAt: opensAt + hourMs / 2, closesAt, day });
  await put(db.sql, 'ann', 'planned', 'by hand');
  const { before, windows } = await rosterOfEstate(openEstateRoster(db), calendar, signal);
  expect(windows[before?.[0] as number]?.day).toBe(day);
});

test('wherever a mailbox may stand it is told what a plan may still say of it', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'w', 'running', windowAt(1));
  const all = stages.flatMap((stage) => ['', ...marks.slice(1)].map((mark) => ({ stage, mark })));
  await people(
    db.sql,
    all.map(({ stage, mark }) => `${stage}-${mark}`),
  );
  for (const { stage, mark } of all) await put(db.sql, `${stage}-${mark}`, stage, 'w', mark);
  const { roster, standing } = await rosterOfEstate(openEstateRoster(db), calendar, signal);
  const told = Object.fromEntries(
    all.map(({ stage, mark }) => {
      const number = roster.find(`${stage}-${mark}@x.example`);
      return [`${stage} ${mark}`.trim(), planStandings[standing[number] as number]];
    }),
  );
  expect(told).toMatchObject({
    planned: 'begun',
    'planned blocked': 'free',
    'following held': 'resting',
    'copying excluded': 'resting',
    'settled held': 'moved',
    switching: 'moved',
    returning: 'resting',
    'released excluded': 'moved',
  });
});

test('an estate of which nothing was imported is an empty one', async () => {
  await using db = await testDatabase();
  const { roster, standings, windows, unusable } = await rosterOfEstate(openEstateRoster(db), calendar, signal);
  expect([roster.size, roster.grants.mailbox.length]).toEqual([0, 0]);
  // Nobody has begun, so windows that are over are none.
  expect(windows.map(({ mailboxes }) => mailboxes)).toEqual([10, 10, 10]);
  expect(unusable.length).toBe(4);
  expect(standings).toEqual({ free: 0, begun: 0, moved: 0, resting: 0 });
});

test('who is asked to stop while it is read stops, and says so', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const stopped = new AbortController();
  const estate = openEstateRoster(db);
  const reading = estate.read(
    { begins: () => stopped.abort(), mailbox: () => {}, grant: () => {} },
    { grants: true },
    stopped.signal,
  );
  await expect(reading).rejects.toMatchObject({ code: 'interrupted' });
});
