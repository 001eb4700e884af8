/**
 * Whose names those are. Addresses and aliases are looked up by their indexes; what the list calls people on a platform, and what
 * stands before the at sign, in one walk over all mailboxes for all names that are still nobody's, since an index of that would
 * slow every import. Names that were met before are not looked for again.
 */

import { sql } from 'kysely';
import type { SideName } from '#domain/platform.ts';
import type { KnownBy } from '#domain/tail.ts';
import { meaningsOf, type NameMeanings } from '#domain/tail-names.ts';
import type { Sql } from './db.ts';

export interface UserTemplates {
  readonly source: string | null;
  readonly target: string | null;
}

export interface AskedName {
  readonly name: string;
  readonly side: SideName;
  /** Only what a message says of its sender: that is an address, or nobody. */
  readonly isAddressOnly: boolean;
}

export interface KnownName {
  readonly mailbox: number;
  readonly knownBy: KnownBy;
}

interface FoundRow {
  readonly place: number;
  readonly mailbox: number;
  readonly known_by: KnownBy;
  readonly many: number;
}

/** The gravest claim first: what the list says somebody is called on that very side. */
const order: readonly KnownBy[] = ['source-user', 'target-user', 'address', 'alias', 'local-part'];

export function nameKey({ name, side }: Pick<AskedName, 'name' | 'side'>): string {
  return `${side} ${name}`;
}

/** Those that are somebody's, by `nameKey`. */
export async function knownNames(
  db: Sql,
  asked: readonly AskedName[],
  templates: UserTemplates,
): Promise<ReadonlyMap<string, KnownName>> {
  const meanings = asked.map(({ name, side }) => meaningsOf(name, side, templates[side]));
  const found = new Map<string, KnownName>();
  const byAddress = await addresses(db, meanings);
  // The walk over all is spared for those who sign in by their address, as nearly everybody does.
  const others = asked.flatMap((each, place) =>
    each.isAddressOnly || (byAddress.get(place)?.knownBy === 'address' && !hasTemplate(each, templates)) ? [] : [place],
  );
  const byUser = others.length === 0 ? new Map<number, KnownName>() : await users(db, asked, meanings, others);
  asked.forEach((each, place) => {
    const claims = [byUser.get(place), byAddress.get(place)].filter((claim) => claim !== undefined);
    const [best] = claims.toSorted((a, b) => rank(a, each.side) - rank(b, each.side));
    if (best) found.set(nameKey(each), best);
  });
  return found;
}

function hasTemplate({ side }: AskedName, templates: UserTemplates): boolean {
  return templates[side] !== null;
}

function rank({ knownBy }: KnownName, side: SideName): number {
  // Called so on the other side: worth more than a guess, less than an alias.
  return knownBy === `${side === 'source' ? 'target' : 'source'}-user` ? 3.5 : order.indexOf(knownBy);
}

async function addresses(db: Sql, meanings: readonly NameMeanings[]): Promise<ReadonlyMap<number, KnownName>> {
  const pairs = meanings.flatMap((each, place) => each.addresses.map((address) => ({ place, address })));
  if (pairs.length === 0) return new Map();
  const places = (those: typeof pairs) => those.map(({ place }) => place);
  const words = (those: typeof pairs) => those.map(({ address }) => address);
  const { rows } = await sql<FoundRow>`
    select a.place, m.id as mailbox, 'address' as known_by, 1 as many
      from unnest(${places(pairs)}::int[], ${words(pairs)}::text[]) as a (place, address)
      join mailbox m using (address)`.execute(db);
  const found = new Set(rows.map(({ place }) => place));
  const rest = pairs.filter(({ place }) => !found.has(place));
  if (rest.length === 0) return best(rows);
  // Each by the index of aliases. Left to choose, PostgreSQL walks past all mailboxes for every one of them where it believes that
  // there are few, as it does after a first import: minutes for twenty thousand names. An order or a limit tempts it too.
  await sql`set local enable_seqscan = off`.execute(db);
  const aliased = await sql<FoundRow>`
    select a.place, f.ids[1] as mailbox, 'alias' as known_by, 1 as many
      from unnest(${places(rest)}::int[], ${words(rest)}::text[]) as a (place, address)
     cross join lateral (
       select array(select m.id from mailbox m where m.aliases @> array[a.address]) as ids offset 0
     ) as f
     where f.ids[1] is not null`.execute(db);
  await sql`set local enable_seqscan = on`.execute(db);
  return best([...rows, ...aliased.rows]);
}

async function users(
  db: Sql,
  asked: readonly AskedName[],
  meanings: readonly NameMeanings[],
  places: readonly number[],
): Promise<ReadonlyMap<number, KnownName>> {
  const named = places.flatMap((place) => (meanings[place] as NameMeanings).users.map((user) => ({ place, user })));
  const locals = places.flatMap((place) => {
    const { local } = meanings[place] as NameMeanings;
    return local === null ? [] : [{ place, local }];
  });
  const { rows } = await sql<FoundRow>`
    with a (place, name) as (
           select * from unnest(${named.map(({ place }) => place)}::int[], ${named.map(({ user }) => user)}::text[])
         ),
         l (place, name) as (
           select * from unnest(${locals.map(({ place }) => place)}::int[], ${locals.map(({ local }) => local)}::text[])
         )
    select a.place, min(m.id) as mailbox, 'source-user' as known_by, count(*) as many
      from a join mailbox m on lower(m.source_user) = a.name where m.source_user is not null group by a.place
    union all
    select a.place, min(m.id), 'target-user', count(*)
      from a join mailbox m on lower(m.target_user) = a.name where m.target_user is not null group by a.place
    union all
    select l.place, min(m.id), 'local-part', count(*)
      from l join mailbox m on split_part(m.address, '@', 1) = l.name group by l.place`.execute(db);
  // Two people of the same name are told apart by nothing here.
  return best(
    rows.filter(({ many }) => many === 1),
    asked,
  );
}

/** One claim for each place: of several the one that weighs most. */
function best(rows: readonly FoundRow[], asked?: readonly AskedName[]): ReadonlyMap<number, KnownName> {
  const found = new Map<number, KnownName>();
  for (const { place, mailbox, known_by: knownBy } of rows) {
    const claim: KnownName = { mailbox, knownBy };
    const side = asked?.[place]?.side ?? 'source';
    const before = found.get(place);
    if (!before || rank(claim, side) < rank(before, side)) found.set(place, claim);
  }
  return found;
}
