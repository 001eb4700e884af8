/** Days that people ask for, for single mailboxes, and what became of it. */

import { sql } from 'kysely';
import {
  type AskedDays,
  type DateWish,
  type WishDeclined,
  type WishedDays,
  type WishState,
  whyNotAsked,
  whyNotWithdrawn,
} from '#domain/dates.ts';
import type { ListOrder, Page } from '#domain/estate-lists.ts';
import type { MailboxesOrdered, Whom } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { OpenWishes } from '#ports/dates.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { inBatches, type SomeOrdered } from './in-batches.ts';
import { meantBy } from './meant.ts';
import { inPart, partOf } from './part.ts';

export function askForDays(
  db: Sql,
  whom: Whom,
  days: WishedDays,
  who: string,
  why: string,
  within: Within,
): Promise<MailboxesOrdered> {
  return inBatches(db, whom, within, (tx, ids) => askForThose(tx, ids, days, who, why));
}

async function askForThose(
  tx: Sql,
  mailboxes: readonly number[],
  { notBefore, notAfter }: WishedDays,
  who: string,
  why: string,
): Promise<SomeOrdered> {
  const { rows } = await sql<{ id: number; address: string; stage: Stage; mark: Mark | '' }>`
    with locked as materialized (
      select id, address, stage, mark from mailbox where id = any(${mailboxes}::int[]) order by id for no key update
    )
    select * from locked order by address`.execute(tx);
  const judged = rows.map(({ mark, ...row }) => {
    const its = mark === '' ? null : mark;
    return { ...row, mark: its, why: whyNotAsked(row.stage, its) };
  });
  const asking = judged.filter((each) => each.why === null);
  const about = JSON.stringify({ notBefore, notAfter });
  await sql`
    with asked as (
      insert into date_wish (mailbox, not_before, not_after, who, why)
      select id, ${notBefore}::date, ${notAfter}::date, ${who}, ${why}
        from unnest(${asking.map(({ id }) => id)}::int[]) as id
      on conflict (mailbox) do update
         set state = 'open', not_before = excluded.not_before, not_after = excluded.not_after, who = excluded.who,
             why = excluded.why, asked_at = now(), answered_by = null, answered_at = null, answer = null
      returning mailbox
    )
    insert into audit (who, what, mailbox, why, about)
    select ${who}, 'ask for dates', mailbox, ${why}, ${about}::jsonb from asked order by mailbox`.execute(tx);
  return {
    done: asking.map(({ address }) => address),
    refused: judged.flatMap(({ address, stage, mark, why: because }) =>
      because === null ? [] : [{ address, stage, mark, why: because }],
    ),
  };
}

export function withdraw(db: Sql, whom: Whom, who: string, why: string, within: Within): Promise<MailboxesOrdered> {
  return inBatches(db, whom, within, (tx, ids) => withdrawThose(tx, ids, who, why));
}

async function withdrawThose(tx: Sql, mailboxes: readonly number[], who: string, why: string): Promise<SomeOrdered> {
  const { rows } = await sql<{
    readonly id: number;
    readonly address: string;
    readonly stage: Stage;
    readonly mark: Mark | '';
    readonly state: WishState | null;
  }>`
    with locked as materialized (
      select id, address, stage, mark from mailbox where id = any(${mailboxes}::int[]) order by id for no key update
    )
    select l.*, d.state from locked l left join date_wish d on d.mailbox = l.id order by l.address`.execute(tx);
  const judged = rows.map(({ mark, state, ...row }) => {
    return { ...row, mark: mark === '' ? null : mark, why: whyNotWithdrawn(state) };
  });
  const withdrawing = judged.filter((each) => each.why === null);
  await sql`
    with withdrawn as (
      update date_wish set state = 'withdrawn', answered_by = ${who}, answered_at = now(), answer = ${why}
       where mailbox = any(${withdrawing.map(({ id }) => id)}::int[]) and state = 'open' returning mailbox
    )
    insert into audit (who, what, mailbox, why)
    select ${who}, 'withdraw dates', mailbox, ${why} from withdrawn order by mailbox`.execute(tx);
  return {
    done: withdrawing.map(({ address }) => address),
    refused: judged.flatMap(({ address, stage, mark, why: because }) =>
      because === null ? [] : [{ address, stage, mark, why: because }],
    ),
  };
}

export async function decline(
  db: Sql,
  address: string,
  who: string,
  why: string,
  within: Within,
): Promise<WishDeclined> {
  const meant = await meantBy(db, { kind: 'addresses', addresses: [address] }, within);
  if ('kind' in meant) return { kind: 'unknown-mailbox' };
  const { rows } = await sql`
    with declined as (
      update date_wish set state = 'declined', answered_by = ${who}, answered_at = now(), answer = ${why}
       where mailbox = any(${meant}::int[]) and state = 'open' returning mailbox
    )
    insert into audit (who, what, mailbox, why) select ${who}, 'decline dates', mailbox, ${why} from declined
    returning id`.execute(db);
  return { kind: rows.length > 0 ? 'declined' : 'not-open' };
}

export async function wishes(db: Sql, { after, max }: ListOrder, within: Within): Promise<Page<DateWish>> {
  const part = await partOf(db, within);
  const rest = after === null ? sql`true` : sql`m.address > ${after}`;
  const { rows } = await sql<DateWish>`
    select m.address, o.code as organisation, d.state, ${days}, d.who, d.why, d.asked_at as "askedAt",
           w.day::text as day, w.name as wave, d.answered_by as "answeredBy", d.answered_at as "answeredAt", d.answer
      from date_wish d
      join mailbox m on m.id = d.mailbox
      join organisation o on o.id = m.organisation
      left join wave w on w.id = m.wave
     where ${rest} and ${inPart(part)}
     order by m.address limit ${max + 1}`.execute(db);
  return { kind: 'page', lines: rows.slice(0, max), hasMore: rows.length > max };
}

const days = sql`d.not_before::text as "notBefore", d.not_after::text as "notAfter"`;

/** For whoever plans. */
export function openWishesOf(db: Database): OpenWishes {
  return {
    async open(signal) {
      const { rows } = await faulted(
        db.name,
        sql<AskedDays>`
          select m.address, o.code as organisation, ${days}
            from date_wish d join mailbox m on m.id = d.mailbox join organisation o on o.id = m.organisation
           where d.state = 'open' and m.left_at is null
           order by m.address`.execute(db.sql),
      );
      signal.throwIfAborted();
      return rows;
    },
  };
}

/** Whose window lies within what was asked has it, by a plan that has just been applied. With a record each. */
export async function takeWishes(tx: Sql, who: string, why: string): Promise<void> {
  await sql`
    with taken as (
      update date_wish d set state = 'taken', answered_by = ${who}, answered_at = now()
        from mailbox m join wave w on w.id = m.wave
       where m.id = d.mailbox and d.state = 'open' and w.day >= d.not_before and (d.not_after is null or w.day <= d.not_after)
      returning d.mailbox, m.wave
    )
    insert into audit (who, what, mailbox, wave, why)
    select ${who}, 'take dates', mailbox, wave, ${why} from taken order by mailbox`.execute(tx);
}
