/** Programs among those who sign in, and what people have written down of them: who answers, and what is to become of it. */

import { type RawBuilder, sql } from 'kysely';
import {
  applicationIn,
  type TailApplication,
  type TailLine,
  type TailPlan,
  type TailPlanned,
  type TailPlanOrder,
} from '#domain/tail.ts';
import { programFamilies } from '#domain/tail-client.ts';
import type { Within } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import { note } from './audit.ts';
import type { Sql } from './db.ts';
import { inPart, partOf } from './part.ts';
import { all, lineOf, linesOfMailboxes, linesOfStrangers, organisationOf } from './tail-lines.ts';

/** Whose uses are looked at together. */
const atOnce = 500;
/** Of one mailbox. */
const usesShown = 50;

/** Of a use `t`: worth a look. The look itself is domain/tail.ts's. */
const suspicious = sql`(t.protocol in ('pop3', 'smtp', 'submission') or t.client = any(${[...programFamilies]}::text[])
                        or bit_count(t.hours::bit(24)) >= 20)`;

/** In the order of addresses; those that the estate does not have come last. */
export async function* applications(
  db: Sql,
  { organisation, sinceMs }: { readonly organisation: string | null; readonly sinceMs: number | null },
  within: Within,
): AsyncGenerator<readonly TailApplication[]> {
  const selected = await organisationOf(db, organisation, within);
  if (selected.kind === 'unknown') return;
  const since = sinceMs === null ? sql`true` : sql`t.last_at >= to_timestamp(${sinceMs / 1000})`;
  for (let after = ''; ; ) {
    const { rows } = await sql<{ id: number; address: string }>`
      select m.id, m.address from mailbox m
       where m.address > ${after} and ${selected.condition}
         and exists (select from tail_use t where t.mailbox = m.id and ${since}
                        and (m.kind = 'application' or ${suspicious}
                             or exists (select from tail_plan p where p.mailbox = m.id)))
       order by m.address limit ${atOnce}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) break;
    const ids = rows.map(({ id }) => id);
    yield await looked(
      db,
      linesOfMailboxes(sql`m.id = any(${ids}::int[]) and ${since}`, sql`order by m.address, t.id`),
    );
    after = last.address;
  }
  if (organisation !== null || within !== null) return;
  for (let after = ''; ; ) {
    const { rows } = await sql<{ name: string }>`
      select distinct t.name from tail_use t
       where t.mailbox is null and t.name > ${after} and ${since}
         and (${suspicious} or exists (select from tail_plan p where p.name = t.name))
       order by t.name limit ${atOnce}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) break;
    const names = rows.map(({ name }) => name);
    yield await looked(
      db,
      linesOfStrangers(all([sql`t.name = any(${names}::text[])`, since]), sql`order by t.name, t.id`),
    );
    after = last.name;
  }
}

async function looked(db: Sql, query: ReturnType<typeof linesOfMailboxes>): Promise<readonly TailApplication[]> {
  const { rows } = await query.execute(db);
  return [...Map.groupBy(rows.map(lineOf), ({ address, name }) => address ?? `:${name}`).values()].flatMap(
    (uses) => applicationIn(uses) ?? [],
  );
}

/** Written down for a mailbox, by its address or any other name of it, or for a name that was seen and is nobody's. */
export async function assign(
  tx: Sql,
  { name, owner, plan, by }: TailPlanOrder,
  who: string,
  within: Within,
): Promise<TailPlanned> {
  const found = await meantBy(tx, name, within);
  if (found.kind === 'unknown') return found;
  const { mailbox } = found;
  if (mailbox !== null) await sql`delete from tail_plan where mailbox = ${mailbox}`.execute(tx);
  await sql`
    insert into tail_plan (name, mailbox, owner, plan, by_day, who)
    values (${found.name}, ${mailbox}, ${owner}, ${plan}, ${by}::date, ${who})
    on conflict (name) do update
       set mailbox = excluded.mailbox, owner = excluded.owner, plan = excluded.plan, by_day = excluded.by_day,
           who = excluded.who, at = now()`.execute(tx);
  const about = { name: found.name, owner, plan, by };
  await note(tx, { who, what: 'tail planned', ...(mailbox === null ? {} : { mailbox }), about });
  return { kind: 'done', name: found.name, address: mailbox === null ? null : found.name };
}

export async function unassign(tx: Sql, name: string, who: string, within: Within): Promise<TailPlanned> {
  const found = await meantBy(tx, name, within);
  if (found.kind === 'unknown') return found;
  const { mailbox } = found;
  const which: RawBuilder<unknown> = mailbox === null ? sql`name = ${found.name}` : sql`mailbox = ${mailbox}`;
  const gone = await sql`delete from tail_plan where ${which}`.execute(tx);
  if (gone.numAffectedRows)
    await note(tx, {
      who,
      what: 'tail plan dropped',
      ...(mailbox === null ? {} : { mailbox }),
      about: { name: found.name },
    });
  return { kind: 'done', name: found.name, address: mailbox === null ? null : found.name };
}

/** What is told of one mailbox: how people sign in to it, the latest first, and the plan, seen or not. */
export async function tailOf(
  db: Sql,
  mailbox: number,
): Promise<{ readonly tail: readonly TailLine[]; readonly plan: TailPlan | null }> {
  const { rows } = await linesOfMailboxes(
    sql`m.id = ${mailbox}`,
    sql`order by t.last_at desc, t.id limit ${usesShown}`,
  ).execute(db);
  const planned = await sql<TailPlan>`
    select name, owner, plan, by_day::text as by, who, at from tail_plan
     where mailbox = ${mailbox} order by at desc limit 1`.execute(db);
  return { tail: rows.map(lineOf), plan: planned.rows[0] ?? null };
}

export async function plans(db: Sql, within: Within): Promise<readonly TailPlan[]> {
  const part = await partOf(db, within);
  const whose =
    part === null ? sql`true` : sql`exists (select from mailbox m where m.id = p.mailbox and ${inPart(part)})`;
  const { rows } = await sql<TailPlan>`
    select name, owner, plan, by_day::text as by, who, at from tail_plan p
     where ${whose} order by by_day nulls last, name`.execute(db);
  return rows;
}

async function meantBy(
  tx: Sql,
  word: string,
  within: Within,
): Promise<
  | { readonly kind: 'found'; readonly mailbox: number | null; readonly name: string }
  | { readonly kind: 'unknown'; readonly nearest: string | null }
> {
  const name = word.trim().toLowerCase();
  const part = await partOf(tx, within);
  const { rows } = await sql<{ mailbox: number | null; name: string; rank: number }>`
    (select m.id as mailbox, m.address as name, 1 as rank from mailbox m where m.address = ${name} and ${inPart(part)})
    union all
    (select m.id, m.address, 2 from mailbox m
      where m.id = any(array(select a.id from mailbox a where a.aliases @> array[${name}])) and ${inPart(part)})
    union all
    (select t.mailbox, coalesce(m.address, t.name), 3
       from tail_use t left join mailbox m on m.id = t.mailbox
      where t.name = ${name} and ${inPart(part)} order by t.mailbox nulls last limit 1)
    order by rank limit 1`.execute(tx);
  const [row] = rows;
  if (row) return { kind: 'found', mailbox: row.mailbox, name: row.name };
  const isOfNoPart = part === null ? sql`mailbox is null` : sql`false`;
  const near = await sql<{ name: string }>`
    select address as name from (
      (select address, organisation from mailbox where address >= ${name} order by address limit 20)
      union (select address, organisation from mailbox where address < ${name} order by address desc limit 20)
    ) as m where ${inPart(part)}
    union (select name from tail_use where ${isOfNoPart} and name >= ${name} order by name limit 20)
    union (select name from tail_use where ${isOfNoPart} and name < ${name} order by name desc limit 20)`.execute(tx);
  return {
    kind: 'unknown',
    nearest: nearest(
      name,
      near.rows.map((each) => each.name),
    ),
  };
}
