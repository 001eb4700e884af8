import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { databaseInfo } from './database-care.ts';
import { oneRow, openDatabase } from './db.ts';
import { isPrepared, migrate, migrationStates, migrations, plan, seeThatAllRan } from './migrations.ts';
import { queueName } from './queue-schema.ts';
import { testDatabase } from './test-database.ts';

test('however many processes start at once, each migration is run once', async () => {
  await using db = await testDatabase({ bare: true });
  const names = (await migrations()).map(({ name }) => name);
  const starting = Array.from({ length: 5 }, async () => {
    await using own = await openDatabase({ url: db.url, connectionsMax: 2, applicationName: 'godwit tests' });
    return await migrate(own);
  });
  const ran = (await Promise.all(starting)).flat().filter((name) => !name.startsWith('queue-'));
  expect(ran).toEqual(names);
  await seeThatAllRan(db);
  expect(await migrate(db)).toEqual([]);
});

test('no two migrations bear one number, so that everybody runs them in one order', async () => {
  const numbers = (await migrations()).map(({ name }) => name.slice(0, 4));
  expect(numbers).toEqual(numbers.map((_, at) => String(at + 1).padStart(4, '0')));
});

test('the plan is what is run: done by hand it leaves nothing to run', async () => {
  await using db = await testDatabase({ bare: true });
  const steps = await plan(db);
  expect(steps.map(({ name }) => name)).toEqual([
    'migrations',
    ...(await migrations()).map(({ name }) => name),
    expect.stringMatching(/^queue-\d+$/),
  ]);
  const client = await db.connect();
  for (const step of steps) await client.query(step.sql);
  await client.end();
  expect(await plan(db)).toEqual([]);
  await seeThatAllRan(db);
  // The queue itself is made by who runs it.
  await migrate(db);
  expect(await oneRow(db.sql, sql`select name from pgboss.queue`)).toEqual({ name: queueName });
});

test('a database that lacks something is told so, and is not changed by asking', async () => {
  await using db = await testDatabase({ bare: true });
  await plan(db);
  const { length: missing } = await migrations();
  await expect(seeThatAllRan(db)).rejects.toMatchObject({ code: 'database.unprepared', about: { missing } });
  expect((await migrationStates(db)).every(({ state, ranAt }) => state === 'missing' && ranAt === null)).toBe(true);
  expect((await databaseInfo(db)).tables).toEqual([]);
});

test('a migration that was edited after it had run stops everything, and so does a database that a newer Godwit prepared', async () => {
  await using db = await testDatabase();
  const [first] = await migrations();
  await sql`update migration set checksum = 'of another text' where name = ${first?.name}`.execute(db.sql);
  const edited = { code: 'database.migration-edited', message: expect.stringContaining(first?.name as string) };
  await expect(seeThatAllRan(db)).rejects.toMatchObject(edited);
  await expect(migrate(db)).rejects.toMatchObject(edited);
  await expect(plan(db)).rejects.toMatchObject(edited);
  expect((await migrationStates(db))[0]).toMatchObject({ state: 'edited' });

  await sql`update migration set checksum = ${first?.checksum} where name = ${first?.name}`.execute(db.sql);
  await sql`insert into migration (name, checksum) values ('9999-from-the-future', '')`.execute(db.sql);
  await expect(migrate(db)).rejects.toMatchObject({ code: 'database.newer' });
  expect((await migrationStates(db)).at(-1)).toMatchObject({ name: '9999-from-the-future', state: 'unknown' });
});

test('a database in which others keep something under a name of ours is refused, and left as it was', async () => {
  await using db = await testDatabase({ bare: true });
  await sql`create table mailbox (theirs text)`.execute(db.sql);
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'database.occupied',
    message: expect.stringContaining('"mailbox" already exists'),
  });
  expect((await databaseInfo(db)).tables.map(({ name }) => name)).toEqual(['mailbox']);
});

test('what is told of a database: its version, its migrations, its size', async () => {
  await using db = await testDatabase();
  await sql`insert into organisation (code, name) select 'o' || n, 'n' from generate_series(1, 1000) n`.execute(db.sql);
  await sql`analyze organisation`.execute(db.sql);
  const { queue, tables, ...rest } = await databaseInfo(db);
  expect(rest).toMatchObject({ name: db.name, isInTheClear: false, version: expect.stringMatching(/^1[5-9]|^2/) });
  expect(rest.bytes).toBeGreaterThan(1_000_000);
  expect(rest.migrations.map(({ state }) => state)).toEqual((await migrations()).map(() => 'ran'));
  expect(rest.migrations[0]?.ranAt).toBeInstanceOf(Date);
  expect(queue.here).toBe(queue.wanted);
  expect(tables.find(({ name }) => name === 'organisation')).toMatchObject({ rows: 1000 });
  expect(tables.find(({ name }) => name === 'audit')).toMatchObject({ rows: null });
  expect(tables.map(({ bytes }) => bytes)).toEqual(tables.map(({ bytes }) => bytes).toSorted((a, b) => b - a));
});

test('a database is prepared when every migration was run in it and the queue installed, and not before', async () => {
  await using db = await testDatabase({ bare: true });
  expect(await isPrepared(db)).toBe(false);
  await migrate(db);
  expect(await isPrepared(db)).toBe(true);
  await sql`delete from migration where name = (select max(name) from migration)`.execute(db.sql);
  expect(await isPrepared(db)).toBe(false);
  await using other = await testDatabase();
  expect(await isPrepared(other)).toBe(true);
  await sql`drop schema pgboss cascade`.execute(other.sql);
  expect(await isPrepared(other)).toBe(false);
});
