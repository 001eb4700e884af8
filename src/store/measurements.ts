/**
 * What an estate has measured so far: of each kind of work the latest that were done, a sample whatever its size. Kinds have samples
 * of their own, since in the evening the latest to come along have all switched, and in the morning all were copied.
 */

import { sql } from 'kysely';
import { betweenJobsMs } from '#domain/hands.ts';
import type { Measurements } from '#domain/measured-rates.ts';
import { oneRow, type Sql } from './db.ts';

/** So many tell a rate to some hundredths, and are looked up in the log within a second. */
const sampleMost = 4_000;

interface CopyRow {
  readonly first: number;
  readonly mailbox: number;
  readonly items: number;
  readonly bytes: number;
  readonly ms: number;
  /** Whether a pass of it failed on the way; null where a later failure has taken the place of what was known. */
  readonly failed: boolean | null;
}

/** How long a hand was at it: as its job was counted, else between the two records, and until it could take the next. */
const handMs = sql`coalesce((ended.about->>'handMs')::float8, extract(epoch from ended.at - began.at)::float8 * 1000) + ${sql.lit(betweenJobsMs)}`;

interface OneTime {
  readonly ms: number;
}

/** `atOnce`: how many mailboxes can be worked on; null where nobody has said. */
export async function measurements(db: Sql, atOnce: number | null): Promise<Measurements> {
  const copies = await firstCopies(db);
  const { rows: switches } = await sql<OneTime>`
    select ${handMs} as ms
      from (${latest('settle')}) as ended
     cross join lateral (select at from audit
                          where mailbox = ended.mailbox and what = 'switch' and id < ended.id order by id desc limit 1) as began`.execute(
    db,
  );
  const { rows: lags } = await sql<OneTime>`
    select lag_ms as ms from mailbox m where m.id in (select mailbox from (${latest('catch-up')}) as l)
       and m.lag_ms is not null`.execute(db);
  const { rows: mended } = await sql<{ hours: number }>`
    select extract(epoch from next.at - b.at)::float8 / 3600 as hours
      from (${latest('blocked')}) as b
     cross join lateral (select at from audit
                          where mailbox = b.mailbox and id > b.id and what in ('retry', 'same-account', 'other-account')
                          order by id limit 1) as next`.execute(db);
  const known = copies.filter(({ failed }) => failed !== null);
  return {
    // A pass that failed waited before it was done again, which is told apart.
    copies: copies.filter(({ failed }) => failed !== true),
    switchesMs: switches.map(({ ms }) => ms),
    lagsMs: lags.map(({ ms }) => ms),
    copied: known.length,
    failed: known.filter(({ failed }) => failed).length,
    ...(await blockings(db, copies)),
    mendedHours: mended.map(({ hours }) => hours),
    atOnce,
  };
}

/** The latest records of a kind. */
function latest(what: 'catch-up' | 'settle' | 'blocked') {
  return sql`
    select id, at, mailbox, about from audit where what = ${sql.lit(what)} and mailbox is not null
     order by id desc limit ${sampleMost}`;
}

/** Of each mailbox only its last failure is kept; it tells of the first copy where it lies between its start and its end. */
async function firstCopies(db: Sql): Promise<readonly CopyRow[]> {
  const { rows } = await sql<CopyRow>`
    select ended.id as first, m.id as mailbox, coalesce((ended.about->>'copied')::float8, m.copied) as items,
           m.copied_bytes * least(1, coalesce((ended.about->>'copied')::float8 / nullif(m.copied, 0), 1)) as bytes,
           ${handMs} as ms,
           case when m.last_fault is null or fault.at < began.at then false
                when fault.at <= ended.at then true end as failed
      from (${latest('catch-up')}) as ended
      join mailbox m on m.id = ended.mailbox
     cross join lateral (select (m.last_fault->>'at')::timestamptz as at) as fault
     cross join lateral (select at from audit
                          where mailbox = m.id and what = 'start' and id < ended.id order by id desc limit 1) as began`.execute(
    db,
  );
  return rows;
}

/** Of those who were copied, or blocked before they were, in the time that the sample speaks of. */
async function blockings(
  db: Sql,
  copies: readonly CopyRow[],
): Promise<{ readonly begun: number; readonly blocked: number }> {
  const first = copies.reduce((least, row) => Math.min(least, row.first), Number.MAX_SAFE_INTEGER);
  return oneRow(
    db,
    sql<{ begun: number; blocked: number }>`
      select count(*) as begun, count(*) filter (where exists (
               select from audit a where a.mailbox = begun.mailbox and a.what = 'blocked')) as blocked
        from (select unnest(${copies.map(({ mailbox }) => mailbox)}::int[]) as mailbox
              union
              select mailbox from (${latest('blocked')}) as b where b.id > ${first}) as begun`,
  );
}
