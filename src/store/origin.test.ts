/** A database that was restored says so to whoever wants to work by it, until a person has confirmed it. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from './db.ts';
import { confirmOrigin, noticeRestored, restoredWhy } from './origin.ts';
import { openRouteSource } from './route-following.ts';
import { testDatabase } from './test-database.ts';
import { testServer, urlOf } from './test-server.ts';

const door = { id: '00000000-0000-4000-8000-000000000001', host: 'h', pid: 1, version: '1', serves: [] };
const never = new AbortController().signal;

test('a database that came out of a dump is another one, and is told from the one that was worked with', async () => {
  await using db = await testDatabase();
  expect(await restoredWhy(db.sql)).toBeNull();
  const server = await testServer();
  const name = `${new URL(db.url).pathname.slice(1)}_restored`;
  await using tells = await openDatabase({ url: server.url, connectionsMax: 1, applicationName: 'a test' });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name.replace('_restored', '')}`.execute(
    tells.sql,
  );
  await sql
    .raw(`create database ${name} template ${name.replace('_restored', '')} strategy file_copy`)
    .execute(tells.sql);
  try {
    const options = { url: urlOf(server.url, name), connectionsMax: 2, applicationName: 'a test' };
    await using restored = await openDatabase(options);
    expect(await restoredWhy(restored.sql)).toContain('it came out of a dump');
    await using routes = openRouteSource(restored);
    await expect(routes.readAll(() => undefined, never)).rejects.toMatchObject({ code: 'database.restored' });
    await expect(routes.register(door, 0, [])).rejects.toMatchObject({ code: 'database.restored' });
    await confirmOrigin(restored.sql);
    expect(await restoredWhy(restored.sql)).toBeNull();
    await routes.readAll(() => undefined, never);
  } finally {
    await sql.raw(`drop database ${name} with (force)`).execute(tells.sql);
  }
});

test('a copy of its files that was put back is told by a door that has heard of more', async () => {
  await using db = await testDatabase();
  await sql`update route_clock set revision = 41`.execute(db.sql);
  await using routes = openRouteSource(db);
  const heard = await routes.register(door, 41, []);
  expect(await heard.renew(41)).toMatchObject({ at: { revision: 41 } });
  await heard[Symbol.asyncDispose]();
  await expect(routes.register(door, 42, [])).rejects.toMatchObject({ code: 'database.restored' });
  expect(await restoredWhy(db.sql)).toContain('change 42');
});

test('while a door is at work it hears so at its next question, and whoever noticed first is remembered', async () => {
  await using db = await testDatabase();
  await using routes = openRouteSource(db);
  const at = await routes.register(door, 0, []);
  await noticeRestored(db.sql, 'the first');
  await noticeRestored(db.sql, 'the second');
  await expect(at.renew(0)).rejects.toMatchObject({
    code: 'database.restored',
    message: expect.stringContaining('the first'),
  });
  await confirmOrigin(db.sql);
  expect(await at.renew(0)).toMatchObject({ at: { revision: 0 } });
  await at[Symbol.asyncDispose]();
});
