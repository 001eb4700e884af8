/** What an estate has measured so far, of the latest that have come along: a sample, whatever its size. */

import { sql } from 'kysely';
import type { Measurements } from '#domain/measured-rates.ts';
import { oneRow, type Sql } from './db.ts';

/** So many tell a rate to some hundredths, and are looked up in the log within a second. */
const sampleMost = 4_000;

interface CopyRow {
  readonly items: number;
  readonly bytes: number;
  readonly ms: number;
}

interface OneTime {
  readonly ms: number;
}

/** `atOnce`: how many mailboxes can be worked on; null where nobody has said. */
export async function measurements(db: Sql, atOnce: number | null): Promise<Measurements> {
  const { ids } = await oneRow(
    db,
    sql<{ ids: readonly number[] }>`
      select coalesce(array_agg(id), '{}') as ids
        from (select id from mailbox
               where stage in ('copying', 'following', 'switching', 'settled', 'released') and left_at is null
               order by stage_since desc limit ${sampleMost}) as latest`,
  );
  const { rows: copies } = await sql<CopyRow>`
    select coalesce((ended.about->>'copied')::float8, m.copied) as items,
           m.copied_bytes * least(1, coalesce((ended.about->>'copied')::float8 / nullif(m.copied, 0), 1)) as bytes,
           extract(epoch from ended.at - began.at)::float8 * 1000 as ms
      from mailbox m
     cross join lateral (select id, at from audit where mailbox = m.id and what = 'start' order by id desc limit 1) as began
     cross join lateral (select at, about from audit
                          where mailbox = m.id and what = 'catch-up' and id > began.id order by id limit 1) as ended
     where m.id = any(${ids}::int[]) and m.last_fault is null`.execute(db);
  const { rows: switches } = await sql<OneTime>`
    select extract(epoch from ended.at - began.at)::float8 * 1000 as ms
      from mailbox m
     cross join lateral (select id, at from audit where mailbox = m.id and what = 'settle' order by id desc limit 1) as ended
     cross join lateral (select at from audit
                          where mailbox = m.id and what = 'switch' and id < ended.id order by id desc limit 1) as began
     where m.id = any(${ids}::int[]) and m.stage in ('settled', 'released')`.execute(db);
  const { rows: lags } = await sql<OneTime>`
    select lag_ms as ms from mailbox where id = any(${ids}::int[]) and stage = 'following' and lag_ms is not null`.execute(
    db,
  );
  const counts = await oneRow(
    db,
    sql<{ begun: number; failed: number; blocked: number }>`
      select count(*) as begun, count(*) filter (where last_fault is not null) as failed,
             count(*) filter (where exists (select from audit a where a.mailbox = m.id and a.what = 'blocked')) as blocked
        from mailbox m where id = any(${ids}::int[])`,
  );
  const { rows: mended } = await sql<{ hours: number }>`
    select extract(epoch from next.at - b.at)::float8 / 3600 as hours
      from (select id, at, mailbox from audit where mailbox = any(${ids}::int[]) and what = 'blocked'
             order by id desc limit ${sampleMost}) as b
     cross join lateral (select at from audit
                          where mailbox = b.mailbox and id > b.id and what in ('retry', 'same-account', 'other-account')
                          order by id limit 1) as next`.execute(db);
  return {
    copies,
    switchesMs: switches.map(({ ms }) => ms),
    lagsMs: lags.map(({ ms }) => ms),
    ...counts,
    mendedHours: mended.map(({ hours }) => hours),
    atOnce,
  };
}
