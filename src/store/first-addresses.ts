/**
 * The first addresses of those that a selector means, in their order. PostgreSQL would look for them in the list of all
 * addresses, believing that those who are meant are spread evenly over it. They seldom are (a wave is a place, and rooms are
 * called rooms), and then it walks past two million. So it is told where to look, and asked there for the first of each
 * place; every place has an index in the order of addresses.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Mark, Stage } from '#domain/journey.ts';
import { faultCodes, type Selector } from '#domain/selector.ts';
import type { Sql } from './db.ts';
import { countedUpTo, inPart } from './part.ts';
import type { Selected } from './selected.ts';

/** So many places are looked at one by one: all stages of some hundred waves. */
const placesMax = 2_000;

interface Place {
  readonly wave: number;
  readonly stage: Stage;
  readonly mark: Mark | '';
}

/** A query for at most `max` of them, after `after`. */
export async function firstAddresses(
  db: Sql,
  selector: Selector,
  { condition, standing, part }: Selected,
  after: string | null,
  max: number,
): Promise<RawBuilder<unknown>> {
  const { organisation, under, kind, hint, fault, name } = selector;
  const rest = sql`${condition} and ${after === null ? sql`true` : sql`m.address > lower(${after})`}`;
  const first = (which: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`select m.address from mailbox m where ${which} and ${rest} order by m.address limit ${max}`;
  const ofEach = (values: readonly string[], which: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    select f.address from unnest(${values}::text[]) as c (value) cross join lateral (${first(which)}) as f
     order by f.address limit ${max}`;
  // Of few organisations all can be gathered, and of those of a name; of a region that is worth it when only some of it are meant.
  const isSmallPart = part !== null && (await countedUpTo(db, inPart(part))) !== null;
  if (organisation || name || (under && Object.keys(selector).length > 1) || isSmallPart)
    return sql`
      select g.address from (select m.address from mailbox m where ${rest} offset 0) as g order by g.address limit ${max}`;
  if (fault) return ofEach(faultCodes(fault), sql`m.mark = 'blocked' and m.blocked = c.value`);
  const places = standing ? await placesOf(db, standing) : null;
  if (places && places.length <= placesMax) return firstOfPlaces(places, first, max);
  if (hint) return ofEach(hint, sql`m.wave_hint = c.value`);
  // Nearly everybody is a person: they are never far.
  if (kind && !kind.includes('person')) return ofEach(kind, sql`m.kind = c.value and m.kind <> 'person'`);
  return first(sql`true`);
}

/** Where somebody stands who is meant, as the tallies know it. */
async function placesOf(db: Sql, standing: RawBuilder<boolean>): Promise<readonly Place[]> {
  const { rows } = await sql<Place>`
    select t.wave, t.stage, t.mark from tally t where ${standing}
     group by 1, 2, 3 having sum(t.mailboxes) > 0`.execute(db);
  return rows;
}

function firstOfPlaces(
  places: readonly Place[],
  first: (which: RawBuilder<unknown>) => RawBuilder<unknown>,
  max: number,
): RawBuilder<unknown> {
  const ofEach = (those: readonly Place[], its: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    select f.address
      from unnest(${those.map(({ wave }) => wave)}::int[], ${those.map(({ stage }) => stage)}::text[],
                  ${those.map(({ mark }) => mark)}::text[]) as c (wave, stage, mark)
     cross join lateral (${first(sql`${its} and m.stage = c.stage and m.mark = c.mark`)}) as f`;
  return sql`
    select p.address from (
      ${ofEach(
        places.filter(({ wave }) => wave > 0),
        sql`m.wave = c.wave`,
      )}
      union all
      ${ofEach(
        places.filter(({ wave }) => wave === 0),
        sql`m.wave is null`,
      )}
    ) as p order by p.address limit ${max}`;
}
