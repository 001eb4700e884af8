/** Mailboxes that are taken out of their window until a day, and go on by themselves once it has come. */

import { sql } from 'kysely';
import { dayOfMs, whyNotDeferred } from '#domain/dates.ts';
import type { Day } from '#domain/estate.ts';
import type { MailboxesOrdered, Whom } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import { oneRow, type Sql } from './db.ts';
import { inBatches, type SomeOrdered } from './in-batches.ts';

/** Let go in one transaction: nobody who works waits for long. */
const batchMax = 1_000;

interface Standing {
  readonly id: number;
  readonly address: string;
  readonly stage: Stage;
  readonly mark: Mark | '';
  readonly isHeldForGood: boolean;
  readonly hasWave: boolean;
  readonly isWindowless: boolean;
}

export function defer(
  db: Sql,
  whom: Whom,
  until: Day,
  who: string,
  why: string,
  within: Within,
): Promise<MailboxesOrdered> {
  return inBatches(db, whom, within, (tx, ids) => deferThose(tx, ids, until, who, why));
}

async function deferThose(
  tx: Sql,
  mailboxes: readonly number[],
  until: Day,
  who: string,
  why: string,
): Promise<SomeOrdered> {
  // Locked in the order of their ids, as everybody does who takes several.
  const { rows } = await sql<Standing>`
    with locked as materialized (
      select id, address, stage, mark, held, held_until, wave
        from mailbox where id = any(${mailboxes}::int[]) order by id for update
    )
    select l.id, l.address, l.stage, l.mark, l.held is not null and l.held_until is null as "isHeldForGood",
           l.wave is not null as "hasWave", coalesce(w.day < ${until}::date, false) as "isWindowless"
      from locked l left join wave w on w.id = l.wave order by l.address`.execute(tx);
  const judged = rows.map(({ mark, ...row }) => {
    const standing = { ...row, mark: mark === '' ? null : mark };
    return { ...standing, why: whyNotDeferred(standing) };
  });
  const obeying = judged.filter((each) => each.why === null);
  const ids = obeying.map(({ id }) => id);
  await sql`
    with deferred as (
      update mailbox set held = ${why}, held_until = ${until}::date where id = any(${ids}::int[]) returning id, wave
    )
    insert into audit (who, what, mailbox, wave, why, about)
    select ${who}, 'defer', id, wave, ${why}, jsonb_build_object('until', ${until}::text) from deferred order by id`.execute(
    tx,
  );
  return {
    done: obeying.map(({ address }) => address),
    refused: judged.flatMap(({ address, stage, mark, why: because }) =>
      because === null ? [] : [{ address, stage, mark, why: because }],
    ),
    windowless: obeying.filter(({ isWindowless }) => isWindowless).length,
  };
}

/**
 * Lets go whose day has come in the time zone of the estate, with a record each; some of them, where they are many. The window that they were taken out of may
 * still be open in the early hours of that day: it is waited for.
 */
export async function letGoDeferred(tx: Sql, who: string, timezone: string): Promise<void> {
  const { now } = await oneRow(tx, sql<{ now: number }>`select (extract(epoch from now()) * 1000)::int8 as now`);
  // By our own table of time zones, as windows are: that of the server may be another.
  const today = dayOfMs(now, timezone);
  await sql`
    with due as materialized (
      select m.id, m.held_until
        from mailbox m left join wave w on w.id = m.wave
       where m.held_until <= ${today}::date
         and (w.id is null or w.day >= m.held_until or w.closes_at <= now())
       order by m.id limit ${batchMax} for update of m
    ), gone_on as (
      update mailbox m
         set held = null, held_until = null,
             due_at = case when m.mark = 'held' and m.wave is not null then now() else m.due_at end
        from due where m.id = due.id
      returning m.id, m.wave, due.held_until
    )
    insert into audit (who, what, mailbox, wave, why)
    select ${who}, 'release', id, wave, 'deferred until ' || held_until from gone_on order by id`.execute(tx);
}
