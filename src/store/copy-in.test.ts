/** COPY whose server refuses or goes away in the middle: one clear error, and nothing thrown at the process. */

import { sql } from 'kysely';
import pg from 'pg';
import { expect, test } from 'vitest';
import { CopyIn } from './copy-in.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const into = 'copy pg_temp.numbers (n) from stdin';

test('rows that the server refuses are told where they are written or ended', async () => {
  await using db = await testDatabase({ bare: true });
  const client = await connected(db);
  const copy = new CopyIn(client, into);
  await copy.write('1\nnot a number\n');
  await expect(copy.end()).rejects.toMatchObject({ code: '22P02' });
  await client.query('select 1'); // the connection is as good as before
  await client.end();
});

test.each(['write', 'end'] as const)('a server that is gone is told at the next %s', async (step) => {
  await using db = await testDatabase({ bare: true });
  const client = await connected(db);
  const copy = new CopyIn(client, into);
  await copy.write('1\n');
  client.on('error', () => undefined);
  const lost = new Promise<void>((resolve) => client.once('end', () => resolve()));
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'copies'`.execute(db.sql);
  await lost;
  await expect(step === 'end' ? copy.end() : copy.write('2\n')).rejects.toThrow(/ECONNRESET|terminat/);
  await client.end().catch(() => undefined);
});

async function connected(db: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: db.url, application_name: 'copies' });
  await client.connect();
  await client.query('create temporary table numbers (n integer)');
  return client;
}
