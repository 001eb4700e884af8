import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isNothing, visibleTo } from '#domain/change.ts';
import { note, seal } from './audit.ts';
import { openChanges } from './changes.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Organisations A, below it AA, and B; a mailbox of each, those of A and B in the wave `pilot`. */
async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`insert into organisation (code, name, parent) values ('A', 'A', null), ('AA', 'AA', 1), ('B', 'B', null)`.execute(
    db.sql,
  );
  await sql`
    insert into wave (name, day, opens_at, closes_at)
    values ('pilot', '2026-12-01', '2026-12-01', '2026-12-02'), ('later', '2026-12-03', '2026-12-03', '2026-12-04')`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation, wave, stage, held)
    values ('a@x.example', 'person', 1, 1, 'planned', null), ('aa@x.example', 'person', 2, null, 'known', null),
           ('b@x.example', 'person', 3, 1, 'planned', 'on call')`.execute(db.sql);
  return db;
}

test('each record is told once, with how its mailbox stands now, in whatever order transactions ended', async () => {
  await using db = await anEstate();
  const changes = openChanges(db);
  expect(await changes.latest()).toBe(0);
  expect(isNothing((await changes.since(0)) ?? expect.fail())).toBe(true);
  await db.sql.transaction().execute(async (late) => {
    await note(late, { who: 'ann', what: 'hold', mailbox: 3 });
    await note(db.sql, { who: 'ann', what: 'plan', mailbox: 1 });
    await note(db.sql, { who: 'ann', what: 'plan', mailbox: 1 });
    await seal(db);
    expect(await changes.since(0)).toEqual({
      upTo: 1,
      mailboxes: [
        { address: 'a@x.example', organisation: 'A', organisationId: 1, stage: 'planned', mark: null, wave: 'pilot' },
      ],
      isMore: false,
      waves: [],
      estate: [],
    });
  });
  await note(db.sql, { who: 'ann', what: 'pause', wave: 1 });
  await note(db.sql, { who: 'ann', what: 'brake on' });
  await seal(db);
  const told = await changes.since(1);
  expect(told).toMatchObject({ upTo: 2, waves: ['pilot'], estate: ['brake on'] });
  expect(told?.mailboxes).toMatchObject([{ address: 'b@x.example', mark: 'held' }]);
  expect(await changes.since(2)).toMatchObject({ upTo: 2, mailboxes: [] });
});

test('who is far behind, or comes with a link that the log does not have, begins anew', async () => {
  await using db = await anEstate();
  const changes = openChanges(db, 3);
  expect(await changes.since(1)).toBeNull();
  for (let link = 0; link < 5; link++) {
    await note(db.sql, { who: 'ann', what: 'drain' });
    await seal(db);
  }
  expect(await changes.since(1)).toBeNull();
  expect(await changes.since(2)).toMatchObject({ upTo: 5, estate: ['drain'] });
});

test('where more mailboxes changed than are told, that is said', async () => {
  await using db = await anEstate();
  await sql`insert into mailbox (address, kind, organisation) select n || '@y.example', 'person', 1 from generate_series(1, 600) n`.execute(
    db.sql,
  );
  await sql`insert into audit (who, what, mailbox) select 'ann', 'import', id from mailbox`.execute(db.sql);
  await seal(db);
  const told = await openChanges(db).since(0);
  expect(told?.mailboxes).toHaveLength(500);
  expect(told?.isMore).toBe(true);
});

test('who sees a part is told of that part, and of nothing else', async () => {
  await using db = await anEstate();
  const changes = openChanges(db);
  for (const mailbox of [1, 2, 3]) await note(db.sql, { who: 'ann', what: 'hold', mailbox });
  for (const wave of [1, 2]) await note(db.sql, { who: 'ann', what: 'pause', wave });
  await note(db.sql, { who: 'ann', what: 'brake on' });
  await seal(db);
  const all = (await changes.since(0)) ?? expect.fail();
  const seen = async (...within: readonly string[]) => {
    const { mailboxes, waves, estate } = visibleTo(await changes.visible(within), all);
    return { mailboxes: mailboxes.map(({ address }) => address), waves, estate };
  };
  expect(await seen('A')).toEqual({ mailboxes: ['a@x.example', 'aa@x.example'], waves: ['pilot'], estate: [] });
  expect(await seen('AA')).toEqual({ mailboxes: ['aa@x.example'], waves: [], estate: [] });
  expect(await seen('B')).toEqual({ mailboxes: ['b@x.example'], waves: ['pilot'], estate: [] });
  expect(await seen('nobody')).toEqual({ mailboxes: [], waves: [], estate: [] });
});
