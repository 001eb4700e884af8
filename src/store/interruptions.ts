/** For how long switches kept people from their mailboxes: kept with the turn, grown by what was tried, and told over all. */

import { type RawBuilder, sql } from 'kysely';
import type { Interruption, Interruptions } from '#domain/interruption.ts';
import type { SideName } from '#domain/platform.ts';
import type { InterruptionIntake } from '#ports/interruptions.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

/** Of the mailboxes of `moved`, as part of the statement that turns their route; for how long is told by its `stamps`. */
export function interrupted(side: SideName, sessionMs: number | null): RawBuilder<unknown> {
  return sql`, interrupted as (
    insert into interruption (mailbox, side, stamps_ms, session_ms)
    select id, ${side}, stamps.ms, ${sessionMs}::int + stamps.more from moved cross join stamps
  )`;
}

/** Clocks of doors go at their own pace, and a door hears of a turn a moment later. */
const slackMs = 2_000;

export function openInterruptions(db: Database): InterruptionIntake {
  const keepAll = (found: string): Promise<void> =>
    db.sql.transaction().execute(async (tx) => {
      await lockTried(tx, found);
      await keep(tx, found);
    });
  return { keep: (found) => faulted(db.name, keepAll(JSON.stringify(found))) };
}

/**
 * In the order of their numbers, as orders lock mailboxes: nobody waits for another in a circle. And in a statement of its own, so that
 * the next one sees what whoever was waited for has turned.
 */
async function lockTried(tx: Sql, found: string): Promise<void> {
  await sql`
    select from mailbox
     where id = any(array(select t.mailbox from jsonb_to_recordset(${found}::jsonb) as t (mailbox int)
                           where exists (select from interruption i where i.mailbox = t.mailbox)))
     order by id for no key update`.execute(tx);
}

/** Times are told as how long ago they were, so that no two clocks have to agree. */
async function keep(db: Sql, found: string): Promise<void> {
  await sql`
    with tried as (
           select mailbox, kind, ms, now() - make_interval(secs => ("beganAgoMs" + ${slackMs}) / 1000.0) as began,
                  now() - make_interval(secs => ("endedAgoMs" - ${slackMs}) / 1000.0) as ended
             from jsonb_to_recordset(${found}::jsonb)
               as t (mailbox int, kind text, ms int, "beganAgoMs" float8, "endedAgoMs" float8)
         ),
         -- In one order, whoever else adds to the same.
         locked as (
           select i.mailbox, i.turned_at from interruption i
            where exists (select from tried t where t.mailbox = i.mailbox and i.turned_at between t.began and t.ended)
            order by i.mailbox, i.turned_at for update
         ),
         longest as (
           select l.mailbox, l.turned_at, max(t.ms) filter (where t.kind = 'sign-in') as sign_in_ms,
                  max(t.ms) filter (where t.kind = 'delivery') as delivery_ms
             from locked l join tried t on t.mailbox = l.mailbox and l.turned_at between t.began and t.ended
            group by 1, 2
         ),
         grown as (
           update interruption i
              set sign_in_ms = greatest(i.sign_in_ms, l.sign_in_ms), delivery_ms = greatest(i.delivery_ms, l.delivery_ms)
             from longest l where i.mailbox = l.mailbox and i.turned_at = l.turned_at
           returning i.mailbox, i.turned_at, i.counted_ms
         )
    update mailbox m set interrupted_ms = g.counted_ms, interrupted_by = 'attempts'
      from grown g
     where m.id = g.mailbox
       and not exists (select from interruption later where later.mailbox = g.mailbox and later.turned_at > g.turned_at)`.execute(
    db,
  );
}

interface OverRow extends Omit<Interruptions, 'half'> {
  readonly half: number | null;
}

/** Over all of the estate, from what is counted with every switch: as many rows as there are different milliseconds. Null where nobody has switched. */
export async function interruptionsOfAll(db: Sql): Promise<Interruptions | null> {
  const { half, ...rest } = await oneRow(
    db,
    sql<OverRow>`
      with kept as (
        select ms, tried, mailboxes, sum(mailboxes) over (order by ms) as up_to, sum(mailboxes) over () as switched
          from interruption_tally where mailboxes > 0
      )
      select min(ms) filter (where up_to * 2 >= switched) as half, min(ms) filter (where up_to * 100 >= switched * 99) as p99,
             max(ms) as longest, coalesce(sum(mailboxes) filter (where tried), 0)::int8 as "byAttempts",
             coalesce(sum(mailboxes) filter (where not tried), 0)::int8 as "byStamps"
        from kept`,
  );
  return half === null ? null : { half, ...rest };
}

/** Over those mailboxes `m`, one by one. */
export async function interruptionsOf(db: Sql, which: RawBuilder<unknown>): Promise<Interruptions | null> {
  const { half, ...rest } = await oneRow(
    db,
    sql<Omit<Interruptions, 'half'> & { readonly half: number | null }>`
      select percentile_disc(0.5) within group (order by interrupted_ms) as half,
             percentile_disc(0.99) within group (order by interrupted_ms) as p99, max(interrupted_ms) as longest,
             count(*) filter (where interrupted_by = 'attempts')::int8 as "byAttempts",
             count(*) filter (where interrupted_by is distinct from 'attempts')::int8 as "byStamps"
        from mailbox m where ${which} and interrupted_ms is not null`,
  );
  return half === null ? null : { half, ...rest };
}

interface InterruptionRow {
  readonly mailbox: number;
  readonly turned_at: Date;
  readonly side: SideName;
  readonly stamps_ms: number;
  readonly session_ms: number | null;
  readonly sign_in_ms: number | null;
  readonly delivery_ms: number | null;
  readonly counted_ms: number;
}

/** The switches of those mailboxes, of each the latest `most`, the latest first. */
export async function switchesOf(
  db: Sql,
  mailboxes: readonly number[],
  most: number,
): Promise<ReadonlyMap<number, readonly Interruption[]>> {
  const { rows } = await sql<InterruptionRow>`
    select i.* from unnest(${mailboxes}::int[]) as wanted (id)
     cross join lateral (
       select * from interruption where mailbox = wanted.id order by turned_at desc limit ${most}
     ) as i`.execute(db);
  const told = rows.map((row) => ({ ...row, told: interruptionOf(row) }));
  return new Map(
    [...Map.groupBy(told, ({ mailbox }) => mailbox)].map(([id, its]) => [id, its.map((each) => each.told)] as const),
  );
}

function interruptionOf(row: InterruptionRow): Interruption {
  const { side, stamps_ms: stampsMs, session_ms: sessionMs, sign_in_ms: signInMs, delivery_ms: deliveryMs } = row;
  const by = signInMs === null && deliveryMs === null ? 'stamps' : 'attempts';
  return { at: row.turned_at.toISOString(), side, ms: row.counted_ms, by, stampsMs, signInMs, sessionMs, deliveryMs };
}
