/** The tail as lists: uses in the order of addresses, and days for a burn-down. */

import { type RawBuilder, sql } from 'kysely';
import { dayOfNumber } from '#domain/calendar-days.ts';
import type { Page } from '#domain/estate-lists.ts';
import type { MailboxKind } from '#domain/estate.ts';
import type { SideName } from '#domain/platform.ts';
import type { Within } from '#domain/rights.ts';
import type { UnknownName } from '#domain/selector.ts';
import {
  type KnownBy,
  readTailPlace,
  type TailDay,
  type TailLine,
  type TailListOrder,
  type TailPlan,
} from '#domain/tail.ts';
import type { TailDoor, TailProtocol } from '#domain/tail-sighting.ts';
import type { Sql } from './db.ts';
import { select } from './selected.ts';

export interface LineRow {
  readonly id: number;
  readonly mailbox: number | null;
  readonly address: string | null;
  readonly organisation: string | null;
  readonly kind: MailboxKind | null;
  readonly name: string;
  readonly known_by: KnownBy | null;
  readonly side: SideName;
  readonly door: TailDoor;
  readonly protocol: TailProtocol;
  readonly client: string;
  readonly host: string;
  readonly times: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly networks: readonly string[];
  readonly senders: readonly string[];
  readonly hours: number;
  readonly gaps: readonly number[];
  readonly has_moved: boolean | null;
  readonly plan: (Omit<TailPlan, 'at'> & { readonly at: string }) | null;
}

/** Of a use `t`. */
const told = sql`t.id, t.mailbox, t.name, t.known_by, t.side, t.door, t.protocol, t.client, t.host, t.times, t.first_at, t.last_at,
  t.networks, t.senders, t.hours, t.gaps`;
const planOf = (which: RawBuilder<unknown>) => sql`(
  select jsonb_build_object('name', p.name, 'owner', p.owner, 'plan', p.plan, 'by', p.by_day, 'who', p.who, 'at', p.at)
    from tail_plan p where ${which} order by p.at desc limit 1)`;

/** Lines of mailboxes `m`, as many as `which` lets through. */
export function linesOfMailboxes(which: RawBuilder<unknown>, rest: RawBuilder<unknown>): RawBuilder<LineRow> {
  return sql<LineRow>`
    select ${told}, m.address, o.code as organisation, m.kind, coalesce(r.side, 'source') = 'target' as has_moved,
           ${planOf(sql`p.mailbox = m.id`)} as plan
      from mailbox m
      join tail_use t on t.mailbox = m.id
      join organisation o on o.id = m.organisation
      left join route r on r.mailbox = m.id
     where ${which} ${rest}`;
}

export function linesOfStrangers(which: RawBuilder<unknown>, rest: RawBuilder<unknown>): RawBuilder<LineRow> {
  return sql<LineRow>`
    select ${told}, null as address, null as organisation, null as kind, null::boolean as has_moved,
           ${planOf(sql`p.name = t.name`)} as plan
      from tail_use t
     where t.mailbox is null and ${which} ${rest}`;
}

/** Of a use `t`, as domain/tail.ts has it: under a name that has to end, and any way that has to. */
const isOldName = sql`(t.known_by = 'alias' or t.side = 'target' and t.known_by in ('source-user', 'local-part'))`;
const isOld = sql`(t.side = 'source' or ${isOldName})`;

export async function listTail(db: Sql, order: TailListOrder, within: Within): Promise<Page<TailLine> | UnknownName> {
  const selected = await organisationOf(db, order.organisation, within);
  if (selected.kind === 'unknown') return selected;
  const { protocols, sinceMs, side, oldOnly, unknownOnly, movedOnly, max } = order;
  const wanted = all([
    protocols.length === 0 ? null : sql`t.protocol = any(${protocols}::text[])`,
    sinceMs === null ? null : sql`t.last_at >= to_timestamp(${sinceMs / 1000})`,
    side === null ? null : sql`t.side = ${side}`,
    oldOnly ? sql`(t.mailbox is null or ${isOld})` : null,
  ]);
  const after = order.after === null ? null : readTailPlace(order.after);
  const isBehind = after?.word.startsWith(':') ?? false;
  const rows: LineRow[] = [];
  if (!unknownOnly && !isBehind) {
    const place = after === null ? sql`true` : sql`(m.address, t.id) > (${after.word}, ${after.id}::int8)`;
    const which = all([selected.condition, wanted, place, movedOnly ? sql`r.side = 'target'` : null]);
    rows.push(...(await linesOfMailboxes(which, sql`order by m.address, t.id limit ${max + 1}`).execute(db)).rows);
  }
  if (rows.length <= max && order.organisation === null && !movedOnly && within === null) {
    const place =
      isBehind && after !== null ? sql`(t.name, t.id) > (${after.word.slice(1)}, ${after.id}::int8)` : sql`true`;
    const limit = max + 1 - rows.length;
    rows.push(
      ...(await linesOfStrangers(all([wanted, place]), sql`order by t.name, t.id limit ${limit}`).execute(db)).rows,
    );
  }
  return { kind: 'page', lines: rows.slice(0, max).map(lineOf), hasMore: rows.length > max };
}

interface DayRow {
  readonly day: number;
  readonly protocol: TailProtocol | null;
  readonly seen: number;
  readonly old: number;
  readonly at_source: number;
  readonly moved_at_source: number;
  readonly by_old_name: number;
  readonly strangers: number;
}

export async function burnDown(
  db: Sql,
  { organisation, days }: { readonly organisation: string | null; readonly days: number },
  within: Within,
): Promise<readonly TailDay[] | UnknownName> {
  const selected = await organisationOf(db, organisation, within);
  if (selected.kind === 'unknown') return selected;
  const today = sql`((now() at time zone 'UTC')::date - date '1970-01-01')`;
  const { rows } = await sql<DayRow>`
    with seen as (
      select t.mailbox, t.name, t.side, t.protocol, d.day, t.mailbox is not null and ${isOld} as old,
             ${isOldName} as old_name,
             t.side = 'source' and r.side = 'target'
               and (r.turned_at at time zone 'UTC')::date - date '1970-01-01' <= d.day as moved
        from tail_use t
        left join mailbox m on m.id = t.mailbox
        left join route r on r.mailbox = t.mailbox
       cross join lateral unnest(t.days * int4multirange(int4range(${today} - ${days}::int + 1, ${today} + 1))) as g (days)
       cross join lateral generate_series(lower(g.days), upper(g.days) - 1) as d (day)
       where ${organisation === null && within === null ? sql`true` : sql`t.mailbox is not null and ${selected.condition}`}
         and t.last_at >= now() - make_interval(days => ${days + 1}::int)
    ),
    bounds as (select d.day from generate_series(${today} - ${days}::int + 1, ${today}) as d (day))
    select b.day, s.protocol, count(distinct s.mailbox) as seen,
           count(distinct s.mailbox) filter (where s.old) as old,
           count(distinct s.mailbox) filter (where s.side = 'source') as at_source,
           count(distinct s.mailbox) filter (where s.moved) as moved_at_source,
           count(distinct s.mailbox) filter (where s.old_name) as by_old_name,
           count(distinct s.name) filter (where s.mailbox is null) as strangers
      from bounds b left join seen s using (day)
     group by grouping sets ((b.day), (b.day, s.protocol))
     order by b.day, grouping(s.protocol) desc, s.protocol`.execute(db);
  const found: TailDay[] = [];
  for (const [day, those] of Map.groupBy(rows, (row) => row.day)) {
    // The first is of all protocols together.
    const [whole, ...parts] = those as [DayRow, ...DayRow[]];
    found.push({
      day: dayOfNumber(day),
      seen: whole.seen,
      old: whole.old,
      atSource: whole.at_source,
      movedAtSource: whole.moved_at_source,
      byOldName: whole.by_old_name,
      byProtocol: Object.fromEntries(
        parts.flatMap(({ protocol, old }) => (protocol !== null && old > 0 ? [[protocol, old] as const] : [])),
      ),
      unknownNames: whole.strangers,
    });
  }
  return found;
}

/** What `code` and all organisations below it mean, of a mailbox `m`, as far as that lies within. */
export async function organisationOf(db: Sql, code: string | null, within: Within) {
  return select(db, code === null ? {} : { under: [code] }, within);
}

export function lineOf(row: LineRow): TailLine {
  const { id, address, organisation, kind, name, side, door, protocol, client, host, times, networks, senders } = row;
  return {
    id,
    address,
    organisation,
    kind,
    name,
    knownBy: row.known_by,
    side,
    door,
    protocol,
    client,
    host,
    times,
    firstAt: row.first_at,
    lastAt: row.last_at,
    networks,
    senders,
    hours: row.hours,
    gaps: row.gaps,
    hasMoved: row.has_moved,
    plan: row.plan === null ? null : { ...row.plan, at: new Date(row.plan.at) },
  };
}

export function all(conditions: readonly (RawBuilder<unknown> | null)[]): RawBuilder<unknown> {
  const those = conditions.filter((each) => each !== null);
  return those.length === 0 ? sql`true` : sql`(${sql.join(those, sql` and `)})`;
}
