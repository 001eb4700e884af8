/** Who is concerned when it is asked how people and mail come in, and which doors there are, as rows. */

import { type RawBuilder, sql } from 'kysely';
import { isAllHeld, lackingOf, type WaysDoor, type WaysMember, waysOf, type WaysPromised } from '#domain/ways-in.ts';
import type { Wave } from '#domain/wave.ts';
import type { SharedSettings } from '#ports/programme.ts';
import type { Sql } from './db.ts';

/** Of one wave. */
export interface MemberRow extends WaysMember {
  readonly id: number;
  readonly wave: number;
}

/** Who has not switched, and may. */
export const isToSwitch = sql.raw(
  `m.stage in ('planned', 'copying', 'following', 'switching') and m.mark not in ('excluded', 'left')`,
);

/** All that have come and have not gone in good order, those that are not heard of any more among them. */
export async function doorsKnown(db: Sql): Promise<readonly WaysDoor[]> {
  const { rows } = await sql<WaysDoor>`
    select host, serves, lease_until > now() as "isAlive" from door order by host, pid`.execute(db);
  return rows;
}

/** The organisations of those mailboxes `m` that are `such`, each with who is above it (where that matters) and what was accepted for it. */
export function membersOf(db: Sql, such: RawBuilder<unknown>, promised: WaysPromised): Promise<readonly MemberRow[]> {
  return concerning(
    db,
    promised,
    sql`concerned as (
      select m.wave, m.organisation, count(*)::int as mailboxes from mailbox m where ${such} group by 1, 2)`,
  );
}

/**
 * The same of those who are to switch in these waves, without counting them: from one organisation to the next, each found in the index.
 * Asked whenever somebody looks how the estate stands, and a week may hold a hundred thousand mailboxes.
 */
function toSwitchIn(db: Sql, waves: readonly number[], promised: WaysPromised): Promise<readonly MemberRow[]> {
  const next = (wave: RawBuilder<unknown>, behind: RawBuilder<unknown>) => sql`(
    select m.organisation from mailbox m where m.wave = ${wave} and ${isToSwitch} ${behind} order by m.organisation limit 1)`;
  return concerning(
    db,
    promised,
    sql`found (wave, organisation) as (
      select w.id, ${next(sql`w.id`, sql``)} from unnest(${waves}::int[]) as w (id)
      union all
      select found.wave, ${next(sql`found.wave`, sql`and m.organisation > found.organisation`)} from found
       where found.organisation is not null
    ), concerned as (
      select wave, organisation, 0 as mailboxes from found where organisation is not null)`,
  );
}

/** Where nobody is told of by name, who is above whom is all the same, and of thousands that is most of the work. */
async function concerning(
  db: Sql,
  { ways }: WaysPromised,
  concerned: RawBuilder<unknown>,
): Promise<readonly MemberRow[]> {
  const isOfNone = Object.keys(ways?.elsewhere ?? {}).length === 0;
  const above = sql`,
         above (below, code, parent, height) as (
           select id, code, parent, 0 from organisation where id in (select organisation from concerned)
           union all
           select above.below, o.code, o.parent, above.height + 1 from above join organisation o on o.id = above.parent),
         lines as (select below, array_agg(code order by height) as line from above group by below)`;
  const { rows } = await sql<MemberRow>`
    with recursive ${concerned}${isOfNone ? sql`` : above}
    select c.wave, o.id, o.code as organisation, c.mailboxes, ${isOfNone ? sql`array[o.code]` : sql`l.line`} as line,
           (select coalesce(jsonb_object_agg(a.way, jsonb_build_object('who', a.who, 'why', a.why, 'at', a.at)), '{}')
              from way_accepted a where a.wave = c.wave and a.organisation = c.organisation) as accepted
      from concerned c join organisation o on o.id = c.organisation ${isOfNone ? sql`` : sql`join lines l on l.below = o.id`}
     order by c.wave, o.code`.execute(db);
  return rows;
}

/** Further ahead there is time to mend it, and doors need not be open yet. */
const aheadMaxMs = 7 * 24 * 3_600_000;

/** How many organisations of each wave wait for a word, of those waves that run and open soon; by what was published. */
export async function organisationsWaiting(
  db: Sql,
  waves: readonly Wave[],
  now: number,
): Promise<ReadonlyMap<number, number>> {
  const soon = waves.filter(
    ({ state, window }) => state === 'running' && window.opensAt - now < aheadMaxMs && window.closesAt > now,
  );
  if (soon.length === 0) return new Map();
  const [promised, doors] = [await published(db), await doorsKnown(db)];
  if (promised === null || isAllHeld(promised, doors)) return new Map();
  const members = await toSwitchIn(
    db,
    soon.map(({ id }) => id),
    promised,
  );
  const waiting = [...Map.groupBy(members, ({ wave }) => wave)].map(([wave, its]) => {
    const { organisations } = waysOf(promised, doors, its);
    return [wave, organisations.filter((each) => lackingOf(each).length > 0).length] as const;
  });
  return new Map(waiting.filter(([, organisations]) => organisations > 0));
}

/** What everybody at work goes by; null where nobody has published it yet. */
async function published(db: Sql): Promise<WaysPromised | null> {
  const { rows } = await sql<{ ways: SharedSettings['waysIn']; ends: boolean }>`
    select settings -> 'waysIn' as ways, coalesce(jsonb_typeof(settings #> '{source,sessions}') = 'object', false) as ends
      from programme`.execute(db);
  const [row] = rows;
  return row ? { ways: row.ways ?? null, endsSessions: row.ends } : null;
}
