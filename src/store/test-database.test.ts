import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { oneRow } from './db.ts';
import { migrationStates } from './migrations.ts';
import { testDatabase } from './test-database.ts';

test('each test has a database of its own, with everything of this version in it and nothing else', async () => {
  await using one = await testDatabase();
  await using other = await testDatabase();
  await sql`insert into organisation (code, name) values ('RXY', 'Somewhere')`.execute(one.sql);
  expect(await oneRow(other.sql, sql<{ n: number }>`select count(*) as n from organisation`)).toEqual({ n: 0 });
  expect((await migrationStates(other)).every(({ ranAt }) => ranAt !== null)).toBe(true);
});
