/** Prepared statements against the real server, and against what a pooler or a migration does to them. */

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase, oneRow } from './db.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => void (db = await testDatabase()));
afterAll(() => db[Symbol.asyncDispose]());

/** On one connection, so that it is known who has prepared what. */
const open = () => openDatabase({ url: db.url, connectionsMax: 1, applicationName: 'godwit tests' });

const often = 12;

test('what is asked often is prepared, what is asked once is not', async () => {
  await using mine = await open();
  for (let i = 0; i < often; i++) await oneRow(mine.sql, sql`select ${i}::int as often`);
  await oneRow(mine.sql, sql`select ${1}::int as once`);
  expect(await preparedOn(mine)).toEqual(['select $1::int as often']);
});

test('where a pooler hands out other connections, one question fails as one that may be asked again, and then it is done without', async () => {
  await using mine = await open();
  const ask = () => oneRow(mine.sql, sql<{ n: number }>`select ${7}::int as n`);
  for (let i = 0; i < often; i++) await ask();
  // What a connection looks like on which another client has prepared.
  await sql`deallocate all`.execute(mine.sql);
  await expect(ask()).rejects.toMatchObject({ code: 'database.busy' });
  for (let i = 0; i < often; i++) expect(await ask()).toEqual({ n: 7 });
  expect(await preparedOn(mine)).toEqual([]);
});

test('a migration beneath a running worker costs one question, and what it added is there in the next', async () => {
  await using mine = await open();
  await sql`create table grows (id int)`.execute(mine.sql);
  await sql`insert into grows values (1)`.execute(mine.sql);
  const ask = () => oneRow(mine.sql, sql`select * from grows where id = ${1}`);
  for (let i = 0; i < often; i++) await ask();
  await sql`alter table grows add column more int`.execute(mine.sql);
  await expect(ask()).rejects.toMatchObject({ code: 'database.busy' });
  expect(await ask()).toEqual({ id: 1, more: null });
});

async function preparedOn({ sql: db }: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
  return rows.map(({ statement }) => statement);
}
