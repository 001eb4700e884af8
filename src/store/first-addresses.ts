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
import { firstNamed } from './name-words.ts';
import { countedUpTo, inPart } from './part.ts';
import type { Selected } from './selected.ts';

/** So many places are looked at one by one: all stages of some hundred waves. */
const placesMax = 2_000;
/** So many organisations are; of more, all are gathered. */
const organisationsMax = 200;
/**
 * Sizes of a page as PostgreSQL is asked for them, in the text: of a page whose size it does not know it believes that it is long, and plans
 * anew for each. Few, since each is a statement of its own.
 */
const pageSizes = [51, 201, 1_001];
/** So many are looked at in the order of their addresses before it is believed that who is meant stands elsewhere. */
const walkedMax = 400;

interface Place {
  readonly wave: number;
  readonly stage: Stage;
  readonly mark: Mark | '';
}

export interface FirstAddresses {
  /** Their `address`, and where they stand in the order of their names the `place` by which they do. */
  readonly query: RawBuilder<unknown>;
  readonly isByName: boolean;
}

/** A query for the first `max` of them after `after`, and perhaps some more. */
export async function firstAddresses(
  db: Sql,
  selector: Selector,
  selected: Selected,
  after: string | null,
  max: number,
): Promise<FirstAddresses> {
  const most = pageSizes.find((size) => size >= max) ?? max;
  const name = onlyName(selector);
  // A name may be that of ten thousand: of all who are called so the first by their addresses would be found by looking at each.
  if (name !== null && selected.part === null)
    return { query: await firstNamed(db, name, after, sql.lit(most)), isByName: true };
  return { query: await inOrderOfAddresses(db, selector, selected, after, most), isByName: false };
}

/** Null where more is asked for than one name. */
function onlyName(selector: Selector): string | null {
  const [name, ...others] = Object.keys(selector).length === 1 ? (selector.name ?? []) : [];
  return name === undefined || others.length > 0 ? null : name;
}

async function inOrderOfAddresses(
  db: Sql,
  selector: Selector,
  { condition, standing, part, organisations }: Selected,
  after: string | null,
  most: number,
): Promise<RawBuilder<unknown>> {
  const { address, under, kind, hint, fault, name, stage, mark, wave } = selector;
  const rest = sql`${condition} and ${after === null ? sql`true` : sql`m.address > lower(${after})`}`;
  const first = (which: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`select m.address from mailbox m where ${which} and ${rest} order by m.address limit ${sql.lit(most)}`;
  const ofEach = (values: readonly (string | number)[], which: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    select f.address from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb) as c (value) cross join lateral (${first(which)}) as f
     order by f.address limit ${sql.lit(most)}`;
  if (organisations !== null && !name && organisations.length <= organisationsMax) {
    const [one] = organisations;
    if (organisations.length === 1) return first(sql`m.organisation = ${one}::int`);
    return ofEach(organisations, sql`m.organisation = c.value::int`);
  }
  // Of many organisations all can be gathered, and of those of a name; of a region that is worth it when only some of it are meant.
  const isSmallPart = part !== null && (await countedUpTo(db, inPart(part))) !== null;
  if (selector.organisation || name || (under && Object.keys(selector).length > 1) || isSmallPart)
    return sql`
      select g.address from (select m.address from mailbox m where ${rest} offset 0) as g order by g.address limit ${sql.lit(most)}`;
  if (fault) return ofEach(faultCodes(fault), sql`m.mark = 'blocked' and m.blocked = c.value`);
  // What LIKE means PostgreSQL knows only when it has seen it, and it plans anew for each: for a page without what is told of it that is little.
  if (address && standing === null) return asFound(await addressesOf(db, first(sql`true`)));
  if ((stage || mark) && !wave) {
    const found = await addressesOf(db, amongTheNext(condition, after, most));
    if (found.length === most) return asFound(found);
  }
  const places = standing ? await placesOf(db, standing) : null;
  if (places && places.length <= placesMax) return firstOfPlaces(places, first, sql.lit(most));
  if (hint) return ofEach(hint, sql`m.wave_hint = c.value`);
  // Nearly everybody is a person: they are never far.
  if (kind && !kind.includes('person')) return ofEach(kind, sql`m.kind = c.value and m.kind <> 'person'`);
  return first(sql`true`);
}

/** Half of an estate may follow at one time: then the first page of them is near, and needs no look at each of the waves. */
function amongTheNext(condition: RawBuilder<boolean>, after: string | null, most: number): RawBuilder<unknown> {
  const behind = after === null ? sql`true` : sql`n.address > lower(${after})`;
  return sql`
    select m.address
      from (select n.* from mailbox n where ${behind} order by n.address limit ${sql.lit(walkedMax)}) as m
     where ${condition} order by m.address limit ${sql.lit(most)}`;
}

async function addressesOf(db: Sql, query: RawBuilder<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ address: string }>`${query}`.execute(db);
  return rows.map(({ address }) => address);
}

function asFound(addresses: readonly string[]): RawBuilder<unknown> {
  return sql`select f.address from unnest(${addresses}::text[]) as f (address)`;
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
  most: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const ofEach = (those: readonly Place[], its: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    select f.address
      from jsonb_to_recordset(${JSON.stringify(those)}::jsonb) as c (wave int, stage text, mark text)
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
    ) as p order by p.address limit ${most}`;
}
