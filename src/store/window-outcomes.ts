/**
 * What became of a wave in its window: written down by whoever leads as soon as that is over, before anybody is sent home, put into
 * another wave or leaves. What nobody wrote down yet is told as it is found.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './db.ts';

/** Writes down each window that is over, once; a wave that gets another window has one more. */
export async function noteOutcomes(db: Sql): Promise<void> {
  await sql`
    insert into window_outcome (wave, name, opens_at, closes_at, switched, finish_at, missed)
    select w.id, w.name, w.opens_at, w.closes_at, found.switched, found.finish_at, found.missed
      from ${unwritten} ${asFound}
        on conflict (wave, opens_at) do nothing`.execute(db);
}

/** The latest first: part of a statement. */
export function outcomes(most: number): RawBuilder<unknown> {
  return sql`
    select * from (
      select wave, name, opens_at, closes_at, switched, finish_at, missed from window_outcome
      union all
      select w.id, w.name, w.opens_at, w.closes_at, found.switched, found.finish_at, found.missed
        from ${unwritten} ${asFound}
    ) as each
     order by opens_at desc, wave desc limit ${most}`;
}

const unwritten = sql`(
  select * from wave
   where closes_at <= now() and state <> 'cancelled'
     and not exists (select from window_outcome o where o.wave = wave.id and o.opens_at = wave.opens_at)
) as w`;

/** Who is between the two sides as it closes is seen through, and has missed it all the same. */
const asFound = sql`
  cross join lateral (
    select count(*) filter (where is_across and turned_at < w.closes_at)::int as switched,
           max(turned_at) filter (where is_across and turned_at < w.closes_at) as finish_at,
           count(*) filter (where is_across and turned_at >= w.closes_at
                              or stage in ('planned', 'copying', 'following', 'switching') and mark in ('', 'blocked'))::int as missed
      from (select m.stage, m.mark, r.turned_at,
                   m.stage in ('settled', 'released') and r.side = 'target' as is_across
              from mailbox m left join route r on r.mailbox = m.id
             where m.wave = w.id) as its
  ) as found`;
