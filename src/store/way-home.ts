/**
 * The alarm over ways home: which mailboxes have settled and are not carried home any more. A worker tells at once where the side that
 * was left takes nothing; the leader finds out about those that nobody came home with for too long.
 */

import { type RawBuilder, sql } from 'kysely';
import { fault, type FaultCode } from '#domain/fault.ts';
import type { WaysHomeLate } from '#domain/way-home-kept.ts';
import type { Log } from '#lib/log.ts';
import type { FaultMet } from '#ports/journeys.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

/** Told in one round: where a whole platform has stopped the others are told in the next ones. */
const toldMax = 1_000;

/** As an index has it. */
const lastHome = sql.raw('coalesce(caught_up_at, stage_since)');
/** Of a mailbox `m`. */
export const isHomeLate = sql.raw(`(m.stage = 'settled' and m.home_late is not null)`) as RawBuilder<boolean>;
export const isHomeKept = sql.raw(`(m.stage = 'settled' and m.home_late is null)`) as RawBuilder<boolean>;
/** Of a mailbox that changes sides: nothing is known yet of the way that begins. */
export const forgetsWayHome = sql.raw(
  'home_late = null, home_late_since = null, home_late_says = null, home_refused = null',
);

/** Notes what keeps a mailbox from being carried home, or with null that nothing does. False where that was known. */
export async function noteWayHome(db: Sql, mailbox: number, late: FaultMet | null): Promise<boolean> {
  const change: RawBuilder<unknown> = late
    ? sql`home_late = ${late.code}, home_late_says = ${late.message}, home_late_since = coalesce(home_late_since, ${lastHome})`
    : sql`home_late = null, home_late_since = null, home_late_says = null`;
  const { rows } = await sql`
    update mailbox set ${change}
     where id = ${mailbox} and stage = 'settled' and home_late is distinct from ${late?.code ?? null}
    returning id`.execute(db);
  return rows.length > 0;
}

export interface WayHomeBounds {
  /** So long after a pass home should have ended somebody is told. */
  readonly lateAfterMs: number;
  readonly followEveryMs: number;
}

interface LateRow {
  readonly id: number;
  readonly code: string;
  readonly minutes: number;
}

/**
 * Finds those that nobody came home with for too long, and tells of each once. Whose passes fail is late when the last good one is as
 * long ago as the bound; who is looked at seldom, or by nobody, when the next look should have ended that long ago.
 */
export async function careForWaysHome(db: Database, bounds: WayHomeBounds, log: Log): Promise<void> {
  const { rows } = await faulted(db.name, nowLate(db.sql, bounds));
  for (const { id: mailbox, code, minutes } of rows)
    log.error('what changes is not carried home any more', { mailbox, fault: code, minutes });
}

async function nowLate(db: Sql, { lateAfterMs, followEveryMs }: WayHomeBounds): Promise<{ readonly rows: LateRow[] }> {
  const before = (ms: number) => sql`now() - make_interval(secs => ${ms / 1000}::float8)`;
  const otherwise = 'way-home.late' satisfies FaultCode;
  // Apart, so that each is found by an index of its own: where looks are rarer than the bound, nearly all are older than that.
  const isFollowedHome = sql`stage = 'settled' and home_late is null and left_at is null`;
  const isLongAgo = sql`${lastHome} < ${before(lateAfterMs + followEveryMs)}`;
  const isFailing = sql`(failures > 0 or mark <> '') and ${lastHome} < ${before(lateAfterMs)}`;
  return sql<LateRow>`
    with found as (
      (select id from mailbox where ${isFollowedHome} and ${isLongAgo} order by ${lastHome} limit ${toldMax})
      union all
      (select id from mailbox where ${isFollowedHome} and ${isFailing} order by ${lastHome} limit ${toldMax})
    ), late as (
      select id from mailbox
       where id = any(array(select id from found)) and ${isFollowedHome} and (${isLongAgo} or ${isFailing})
       order by ${lastHome} limit ${toldMax} for update skip locked
    )
    update mailbox m
       set home_late_since = ${lastHome},
           home_late = case when mark = 'blocked' then blocked
                            when (last_fault ->> 'at')::timestamptz > ${lastHome} then last_fault ->> 'code'
                            else ${otherwise} end,
           home_late_says = case when mark = 'blocked' then blocked_about ->> 'message'
                                 when (last_fault ->> 'at')::timestamptz > ${lastHome} then last_fault ->> 'message' end
      from late
     where m.id = late.id
    returning m.id, m.home_late as code, (extract(epoch from now() - m.home_late_since) / 60)::int as minutes`.execute(
    db,
  );
}

/**
 * All that are not kept up at this moment, by what keeps them from it, the most frequent first: counted with every change, since every
 * scrape asks, and where a platform has stopped they are very many.
 */
export async function waysHomeLate(db: Sql): Promise<readonly WaysHomeLate[]> {
  const { rows } = await sql<WaysHomeLate>`
    select late.code, late.mailboxes, first.since, first.example
      from (select code, sum(mailboxes)::int8 as mailboxes from home_late_tally group by code) as late
     cross join lateral (
       select m.home_late_since as since, m.address as example
         from mailbox m where ${isHomeLate} and m.left_at is null and m.home_late = late.code
        order by m.home_late_since, m.address limit 1
     ) as first
     where late.mailboxes > 0
     order by late.mailboxes desc, late.code`.execute(db);
  return rows;
}

/** The same of those mailboxes `m`, counted. */
export async function waysHomeLateIn(db: Sql, which: RawBuilder<boolean>): Promise<readonly WaysHomeLate[]> {
  const { rows } = await sql<WaysHomeLate>`
    select m.home_late as code, count(*) as mailboxes, min(m.home_late_since) as since,
           (array_agg(m.address order by m.home_late_since, m.address))[1] as example
      from mailbox m where ${isHomeLate} and m.left_at is null and ${which}
     group by 1 order by 2 desc, 1`.execute(db);
  return rows;
}

/** Of a wave: those whose way home is not kept up, and messages that the side that was left did not take. */
export async function lateIn(
  db: Sql,
  whose: RawBuilder<unknown>,
): Promise<{ readonly late: number; readonly notTaken: number }> {
  const { rows } = await sql<{ late: number; notTaken: number }>`
    select count(*) filter (where m.home_late is not null)::int8 as late, coalesce(sum(m.home_refused), 0)::int8 as "notTaken"
      from mailbox m where m.stage = 'settled' and ${whose}`.execute(db);
  return rows[0] ?? { late: 0, notTaken: 0 };
}

/** The words where none were kept: nobody was there to meet a fault. */
export function lateWords(code: string, says: string | null, since: Date, now: number): string {
  if (says !== null) return says;
  return code === ('way-home.late' satisfies FaultCode)
    ? fault('way-home.late', { minutes: Math.max(0, Math.round((now - since.getTime()) / 60_000)) }).message
    : code;
}
