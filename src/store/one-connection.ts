/** Queries on a connection that one has for oneself, for what lasts longer than a pool should lend one: COPY, an import. */

import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Tables } from './db.ts';

/** Our queries on `client`, which whoever opened it closes. */
export function queriesOn(client: pg.Client): Kysely<Tables> {
  const lent = Object.assign(client, { release: () => undefined });
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: async () => lent, end: async () => undefined, options: {} } }),
  });
}
