import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import { wasRight } from '#domain/forecast-past.ts';
import { Chance } from '#lib/chance.ts';
import type { Database, Sql } from '#store/db.ts';
import { openForecasting } from '#store/forecasting.ts';
import { careForWaves } from '#store/wave-care.ts';
import { testDatabase } from '#store/test-database.ts';
import { forecastEstate, keepForecast } from './forecast.ts';

/** So many mailboxes at a stage of a wave, of ten megabytes and a hundred items each where `bytes` says nothing else. */
async function mailboxes(
  db: Sql,
  count: number,
  stage: Stage,
  wave: string | null,
  { mark = '', bytes = 10_000_000 }: { readonly mark?: string; readonly bytes?: number | null } = {},
): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'Somewhere') on conflict do nothing`.execute(db);
  await sql`
    insert into mailbox (address, kind, organisation, size_bytes, items, stage, wave, held, blocked)
    select ${`${stage}-${wave}-${mark}-${bytes}`.toLowerCase()} || n || '@x.example', 'person', 1, ${bytes}::bigint, 100, ${stage},
           (select id from wave where name = ${wave}), ${mark === 'held' ? 'on call' : null},
           ${mark === 'blocked' ? 'imap.sign-in.refused' : null}
      from generate_series(1, ${count}) n`.execute(db);
}

async function wave(db: Sql, name: string, state: string, opensInHours: number): Promise<void> {
  await sql`
    insert into wave (name, state, opens_at, closes_at, day)
    values (${name}, ${state}, now() + make_interval(hours => ${opensInHours}),
            now() + make_interval(hours => ${opensInHours + 11}), current_date)`.execute(db);
}

/** First passes as the log has them, and switches: so many seconds for each, more or less. */
async function measured(db: Sql, copySeconds: number, switchSeconds: number): Promise<void> {
  const { rows } = await sql<{ id: number; stage: Stage }>`
    select id, stage from mailbox where stage in ('following', 'settled') order by id`.execute(db);
  const chance = new Chance(5);
  const luck = (): number => 0.7 + (0.6 * chance.bits()) / 2 ** 32;
  for (const { id, stage } of rows) {
    const started = 3_600 * (1 + id);
    const [copy, turn] = [copySeconds * luck(), switchSeconds * luck()];
    await sql`
      insert into audit (at, who, what, mailbox, about)
      select now() - make_interval(secs => ${started} - after), 'worker x', what, ${id}, about::jsonb
        from (values (0::float8, 'start', null), (${copy}, 'catch-up', '{"copied": 100}')) as v (after, what, about)`.execute(
      db,
    );
    if (stage === 'settled')
      await sql`
        insert into audit (at, who, what, mailbox)
        values (now() - interval '1 hour', 'worker x', 'switch', ${id}),
               (now() - interval '1 hour' + make_interval(secs => ${turn}), 'worker x', 'settle', ${id})`.execute(db);
  }
  await sql`
    update mailbox set copied = 100, copied_bytes = 10000000, lag_ms = 700 where stage in ('following', 'settled')`.execute(
    db,
  );
}

function forecastOf(db: Database) {
  return forecastEstate(openForecasting(db));
}

test('an estate that has measured nothing is forecast by what others have published, and says so', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'e', 'running', 48);
  await mailboxes(db.sql, 500, 'planned', 'e');
  await mailboxes(db.sql, 7, 'known', null);
  const told = await forecastOf(db);
  expect(told.rates).toMatchObject({ origin: 'stated', samples: 0, atOnce: 300 });
  expect(told.basis).toEqual({
    copies: 0,
    switches: 0,
    lags: 0,
    failures: 0,
    mended: 0,
    throttling: false,
    atOnce: false,
  });
  expect(told).toMatchObject({ unplanned: 7, overdue: [], throttling: [] });
  expect(told.waves).toMatchObject([{ wave: 'e', mailboxes: 500, toCopy: 500, missed: { p50: expect.closeTo(0, 1) } }]);
  expect(told.waves[0]?.copied?.p50).toBeLessThan(told.madeAt + 3_600_000);
});

test('what the log tells of copies and switches is what the next ones are taken for', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'past', 'finished', -48);
  await wave(db.sql, 'next', 'running', 24);
  await wave(db.sql, 'later', 'planned', 24 * 30);
  await mailboxes(db.sql, 60, 'settled', 'past');
  await mailboxes(db.sql, 60, 'following', 'next');
  await mailboxes(db.sql, 40, 'planned', 'later');
  await measured(db.sql, 40, 8);
  const budget = { connections: 12, connectionsPerMailbox: 2, bytesPerSecond: [], commandsPerSecond: null };
  await sql`
    insert into governor (side, budget, timezone)
    values ('source', ${JSON.stringify(budget)}, 'UTC'), ('target', ${JSON.stringify({ ...budget, connections: 30 })}, 'UTC')`.execute(
    db.sql,
  );
  const { rates, basis, waves } = await forecastOf(db);
  expect(basis).toMatchObject({ copies: 120, switches: 60, lags: 120, failures: 120, atOnce: true });
  const { copy } = rates;
  expect(copy.fixedMs + copy.msPerItem * 100 + copy.msPerByte * 1e7).toBeGreaterThan(36_000);
  expect(copy.fixedMs + copy.msPerItem * 100 + copy.msPerByte * 1e7).toBeLessThan(44_000);
  expect(rates.switch.fixedMs).toBeGreaterThan(7_000);
  expect(rates.switch.fixedMs).toBeLessThan(9_000);
  expect(rates.follow.fixedMs).toBeCloseTo(700, 6);
  expect(rates).toMatchObject({ origin: 'measured', samples: 120, atOnce: 12, blockedShare: 0, retryShare: 0 });
  // Sixty switches of eight seconds, six at a time.
  const next = waves.find((each) => each.wave === 'next');
  expect(next?.switchMs.p50).toBeGreaterThan(70_000);
  expect(next?.switchMs.p50).toBeLessThan(110_000);
  const later = waves.find((each) => each.wave === 'later');
  // Forty copies of forty seconds, twelve at a time, three weeks before the window.
  const began = (later?.window.opensAt ?? 0) - 21 * 24 * 3_600_000;
  expect((later?.copied?.p50 ?? 0) - began).toBeGreaterThan(100_000);
  expect((later?.copied?.p50 ?? 0) - began).toBeLessThan(260_000);
});

test('an evening of switches hides no copies, and a night of copies no switches', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'past', 'finished', -48);
  await mailboxes(db.sql, 40, 'settled', 'past');
  await measured(db.sql, 40, 8);
  // Since then more than any sample holds have come along, of whom nothing was measured.
  await mailboxes(db.sql, 4_100, 'copying', 'past');
  expect((await forecastOf(db)).basis).toMatchObject({ copies: 40, switches: 40, lags: 40 });
});

test('throttling that governors have seen is what a forecast reckons with, and none that was seen is none', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'past', 'finished', -48);
  await mailboxes(db.sql, 40, 'settled', 'past');
  await measured(db.sql, 40, 8);
  const budget = { connections: 12, connectionsPerMailbox: 2, bytesPerSecond: [], commandsPerSecond: null };
  const dayMs = 24 * 3_600_000;
  const { rows } = await sql<{ now: number }>`select (extract(epoch from now()) * 1000)::int8 as now`.execute(db.sql);
  const lost = { since: (rows[0]?.now ?? 0) - 10 * dayMs, ms: 2 * dayMs };
  await sql`
    insert into governor (side, budget, timezone)
    values ('source', ${JSON.stringify(budget)}, 'UTC'), ('target', ${JSON.stringify(budget)}, 'UTC')`.execute(db.sql);
  expect(await forecastOf(db)).toMatchObject({ rates: { throttledShare: 0 }, basis: { throttling: true } });
  await sql`update governor set state = ${JSON.stringify({ lost })} where side = 'target'`.execute(db.sql);
  const { rates, basis } = await forecastOf(db);
  expect(basis.throttling).toBe(true);
  expect(rates.throttledShare * (1 - rates.throttledTo)).toBeCloseTo(0.2, 3);
});

test('a pass that failed counts for the copy in whose time it lies, and for none later or before', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'past', 'finished', -48);
  await mailboxes(db.sql, 100, 'following', 'past');
  await measured(db.sql, 40, 8);
  const failedAt = (from: number, until: number, what: string, seconds: number) =>
    sql`
      update mailbox m set last_fault = jsonb_build_object('code', 'imap.gone', 'message', '',
        'at', (select at + make_interval(secs => ${seconds}) from audit where mailbox = m.id and what = ${what}))
       where id between ${from} and ${until}`.execute(db.sql);
  // Ten in the copy, twenty a day after it, and five before it was begun.
  await failedAt(1, 10, 'start', 1);
  await failedAt(11, 30, 'catch-up', 86_400);
  await failedAt(31, 35, 'start', -60);
  const { rates, basis } = await forecastOf(db);
  expect(basis).toMatchObject({ copies: 90, failures: 80 });
  expect(rates.retryShare).toBeCloseTo(10 / 80, 6);
});

test('each stands where it stands: who is blocked, held, done, or of a size that nobody knows', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'e', 'running', 48);
  await wave(db.sql, 'over', 'running', -20);
  await mailboxes(db.sql, 5, 'copying', 'e');
  await mailboxes(db.sql, 3, 'planned', 'e', { bytes: null });
  await mailboxes(db.sql, 2, 'copying', 'e', { mark: 'blocked' });
  await mailboxes(db.sql, 4, 'following', 'e', { mark: 'held' });
  await mailboxes(db.sql, 6, 'settled', 'e');
  await mailboxes(db.sql, 1, 'following', 'over');
  const { waves } = await openForecasting(db).facts();
  const e = waves.find(({ name }) => name === 'e');
  expect(e).toMatchObject({ following: 0, blocked: 2, resting: 4, done: 6 });
  expect(e?.toCopy.reduce((sum, { mailboxes: many }) => sum + many, 0)).toBe(8);
  // Who has no size is taken for one like the others.
  expect(e?.toCopy.reduce((sum, { bytes }) => sum + bytes, 0)).toBeCloseTo(8 * 10_000_000, 0);
  expect(await forecastOf(db)).toMatchObject({ overdue: [{ wave: 'over', mailboxes: 1 }] });
});

test('forecasts are kept, and held against what happened when the window is over', async () => {
  await using db = await testDatabase();
  await wave(db.sql, 'e', 'running', 2);
  await mailboxes(db.sql, 50, 'following', 'e');
  const forecasting = openForecasting(db);
  expect(await forecasting.keptAt()).toBeNull();
  expect(await forecasting.past(10)).toEqual([]);
  const first = await keepForecast(forecasting);
  expect(await forecasting.keptAt()).toBeGreaterThanOrEqual(first.madeAt - 1);
  await sql`update forecast set made_at = made_at - interval '1 day'`.execute(db.sql);
  await keepForecast(forecasting);
  // The evening comes, and all but two switch within a minute and a half.
  await sql`
    update wave set state = 'finished', opens_at = opens_at - interval '14 hours', closes_at = closes_at - interval '14 hours';
    update forecast set made_at = made_at - interval '14 hours', finish_p50 = finish_p50 - interval '14 hours',
           finish_p90 = finish_p90 - interval '14 hours', opens_at = opens_at - interval '14 hours';
    update mailbox set stage = 'settled' where id > 2;
    insert into route (mailbox, side, turned_at)
    select m.id, 'target', w.opens_at + interval '1 second' from mailbox m join wave w on w.id = m.wave where m.id > 2`.execute(
    db.sql,
  );
  const [past] = await forecasting.past(10);
  expect(past).toMatchObject({ wave: 'e', state: 'finished', switched: 48, missed: 2, first: { samples: 0 } });
  expect((past?.last?.madeAt ?? 0) - (past?.first?.madeAt ?? 0)).toBeGreaterThan(23 * 3_600_000);
  expect(past?.last?.finish?.p90).toBeGreaterThan(past?.last?.finish?.p50 ?? 0);
  // Nobody was told to miss it, and two have.
  expect(past && wasRight(past)).toBe(false);
  expect(past && wasRight({ ...past, missed: 0 })).toBe(true);
  expect(past && wasRight({ ...past, missed: 0, finish: (past.last?.finish?.p90 ?? 0) + 1 })).toBe(false);
});

test('what became of a window is what was found at its close, whoever goes home or into another wave afterwards', async () => {
  await using db = await testDatabase();
  const forecasting = openForecasting(db);
  await wave(db.sql, 'e', 'running', -12);
  await mailboxes(db.sql, 10, 'settled', 'e');
  await mailboxes(db.sql, 4, 'following', 'e');
  await mailboxes(db.sql, 1, 'following', 'e', { mark: 'held' });
  await sql`
    insert into route (mailbox, side, turned_at)
    select m.id, 'target', w.opens_at + interval '1 hour' from mailbox m join wave w on w.id = m.wave where m.stage = 'settled'`.execute(
    db.sql,
  );
  await careForWaves(db);
  // Two switch in another window, one is released, and somebody leaves.
  await wave(db.sql, 'later', 'running', 24);
  await sql`
    update mailbox set wave = (select id from wave where name = 'later') where stage = 'following';
    update mailbox set left_at = now() where id = 1`.execute(db.sql);
  await careForWaves(db);
  expect(await forecasting.past(10)).toMatchObject([{ wave: 'e', switched: 10, missed: 4 }]);
});

test('a wave with another window is held against what was forecast of that', async () => {
  await using db = await testDatabase();
  const forecasting = openForecasting(db);
  await wave(db.sql, 'e', 'running', 2);
  await mailboxes(db.sql, 50, 'following', 'e');
  const hours = async (by: number): Promise<void> => {
    await sql`update wave set opens_at = opens_at + make_interval(hours => ${by}), closes_at = closes_at + make_interval(hours => ${by})`.execute(
      db.sql,
    );
  };
  await keepForecast(forecasting);
  await sql`update forecast set made_at = made_at - interval '30 hours'`.execute(db.sql);
  await hours(-14);
  await careForWaves(db);
  await hours(-10);
  await careForWaves(db);
  const past = await forecasting.past(10);
  expect(past).toMatchObject([
    { missed: 50, last: null },
    { missed: 50, last: null },
  ]);
  await sql`update forecast set opens_at = (select opens_at from wave)`.execute(db.sql);
  const [first, second] = await forecasting.past(10);
  expect([first?.last, second?.last?.mailboxes]).toEqual([null, 50]);
});

test('an estate without waves has nothing ahead', async () => {
  await using db = await testDatabase();
  expect(await forecastOf(db)).toMatchObject({ finish: null, waves: [], helps: [] });
  await keepForecast(openForecasting(db));
});
