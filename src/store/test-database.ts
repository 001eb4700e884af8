/** A database of its own for each test that asks for one: migrated, empty, made in some milliseconds from a template. */

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Database, openDatabase } from './db.ts';
import { confirmOrigin } from './origin.ts';
import { testServer, urlOf } from './test-server.ts';

export interface TestDatabase extends Database {
  /** For whoever opens connections of their own: other processes, pg-boss. */
  readonly url: string;
}

/** Dropped at the end of its `await using`, whoever is still connected to it. With `bare` nothing is in it. */
export async function testDatabase({ connectionsMax = 8, bare = false } = {}): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await tell(server.url, `create database ${name} template ${bare ? 'template0' : server.template} strategy file_copy`);
  const url = urlOf(server.url, name);
  const db = await openDatabase({ url, connectionsMax, applicationName: 'godwit tests' });
  // A copy of a database is taken for one that was restored.
  if (!bare) await confirmOrigin(db.sql);
  return {
    ...db,
    url,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await tell(server.url, `drop database ${name} with (force)`);
    },
  };
}

async function tell(url: string, order: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(order);
  } finally {
    await client.end();
  }
}
