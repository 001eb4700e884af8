/** What `godwit db` asks of the database: how it stands, what it lacks, how large it is. */

import { sql } from 'kysely';
import type { DatabaseInfo, TableSize } from '#domain/database-state.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { migrationStates } from './migrations.ts';
import { queueVersion, wantedQueueVersion } from './queue-version.ts';

/** All there is to tell of it. Throws `database.*`. */
export async function databaseInfo(db: Database): Promise<Omit<DatabaseInfo, 'isEmbedded'>> {
  const facts = await oneRow(
    db.sql,
    sql<{ version: string; bytes: number }>`
      select current_setting('server_version') as version, pg_database_size(current_database()) as bytes`,
  );
  return {
    name: db.name,
    isInTheClear: db.isInTheClear,
    ...facts,
    migrations: await migrationStates(db),
    queue: { here: await queueVersion(db.sql), wanted: await wantedQueueVersion() },
    tables: await tableSizes(db.sql),
  };
}

/** Tables that are kept in parts (those of the queue) count as one. */
async function tableSizes(db: Sql): Promise<readonly TableSize[]> {
  const { rows } = await sql<TableSize>`
    with part as (
      select coalesce(pg_partition_root(c.oid), c.oid) as whole, c.reltuples, c.relkind,
             pg_total_relation_size(c.oid) as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)')
    select whole::regclass::text as name,
           sum(reltuples) filter (where reltuples >= 0 and relkind = 'r')::bigint as rows, sum(bytes)::bigint as bytes
      from part group by whole
     order by bytes desc, name`.execute(db);
  return rows;
}
