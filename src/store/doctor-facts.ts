/** What `godwit doctor` asks of the database: nothing is written, and nothing counts two million rows. */

import { sql } from 'kysely';
import type { DoctorFacts, DoctorWorker } from '#domain/doctor-facts.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { queueName, schema } from './queue-schema.ts';

/** Faults that are told; there are more codes than anybody reads. */
const faultsMost = 20;

/** Throws `database.*`. */
export function doctorFacts(db: Database): Promise<DoctorFacts> {
  return faulted(db.name, factsOf(db.sql));
}

async function factsOf(db: Sql): Promise<DoctorFacts> {
  const facts = await oneRow(
    db,
    sql<Omit<DoctorFacts, 'workers' | 'jobs' | 'blocked' | 'someone'>>`
      select (extract(epoch from clock_timestamp()) * 1000)::int8 as now,
             pg_is_in_recovery() as "isReplica",
             (select (extract(epoch from max(replay_lag)) * 1000)::int8 from pg_stat_replication) as "lagMs",
             (select coalesce(sum(mailboxes), 0)::int8 from tally) as mailboxes,
             (select jsonb_build_object(
                       'bufferOctets', (select setting::int8 * 8192 from pg_settings where name = 'shared_buffers'),
                       'tableOctets', pg_database_size(current_database()))) as memory,
             (select jsonb_build_object('version', version, 'host', host) from programme) as published,
             (select jsonb_build_object('refused', count(*) filter (where state = 'refused'),
                                        'unknown', count(*) filter (where state = 'unknown'),
                                        'waiting', count(*) filter (where state = 'waiting'))
                from notice where began_at > now() - interval '7 days') as notices,
             (select (extract(epoch from max(made_at)) * 1000)::int8 from forecast) as "forecastAt"`,
  );
  const { rows: workers } = await sql<DoctorWorker>`
    select host, pid, role, version, lacks, draining as "isDraining",
           (extract(epoch from clock_timestamp() - seen_at) * 1000)::int8 as "silentMs"
      from worker order by role, host, pid`.execute(db);
  const { rows: blocked } = await sql<DoctorFacts['blocked'][number]>`
    select blocked as code, count(*) as mailboxes, min(address) as example
      from mailbox where mark = 'blocked' group by blocked order by count(*) desc, blocked limit ${faultsMost}`.execute(
    db,
  );
  const { rows: some } = await sql<NonNullable<DoctorFacts['someone']>>`
    select address, source_user as "sourceUser", target_user as "targetUser"
      from mailbox where mark = '' and wave is not null and stage in ('following', 'settled') limit 1`.execute(db);
  return { ...facts, workers, blocked, jobs: await jobsOf(db), someone: some[0] ?? null };
}

async function jobsOf(db: Sql): Promise<DoctorFacts['jobs']> {
  const { installed } = await oneRow(
    db,
    sql<{ installed: boolean }>`select to_regclass(${`${schema}.job`}) is not null as installed`,
  );
  if (!installed) return null;
  return oneRow(
    db,
    sql<NonNullable<DoctorFacts['jobs']>>`
      select count(*) filter (where state < 'active') as waiting, count(*) filter (where state = 'active') as active,
             (extract(epoch from now() - min(start_after) filter (where state < 'active')) * 1000)::int8 as "oldestMs"
        from ${sql.id(schema, 'job')} where name = ${queueName}`,
  );
}
