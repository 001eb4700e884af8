/**
 * Whom people mean by words of a name: of the display name, or of the address before its @ where there is none. One of them may be the
 * beginning of a word, and they may come in any order. The indexes of migration 0030 hold the words of each mailbox in some orders; each
 * question is for what begins like this in one of them, and comes out in the order of the names.
 */

import { type RawBuilder, sql } from 'kysely';
import { nameWords } from '#domain/selector.ts';
import type { Sql } from './db.ts';

/** Two are looked for in the index. The rest is looked at one by one, among those whom the two have found. */
const lookedForMax = 2;
/** Behind whatever begins so, in the order of code points: the last of them that stands for a character (Unicode §23.7). */
const last = '\u{10fffd}';

/** Of a mailbox `m`: its words in one order, and where a partial index has them, for whom it does. */
interface Key {
  readonly key: RawBuilder<string>;
  readonly such: RawBuilder<unknown> | null;
}

const hasLongName = sql`has_long_name(m.display_name, m.address)`;
function keyOf(which: number): Key {
  const key = sql<string>`(name_key(m.display_name, m.address, ${sql.lit(which)}) collate "C")`;
  return { key, such: which > 2 ? hasLongName : null };
}
/** In which each word stands first once, and in which each is followed by each. */
const singles = [1, 2, 3].map(keyOf);
const pairs = [1, 2, 3, 4, 5, 6].map(keyOf);

interface Wanted {
  /** Each index with each beginning. */
  readonly ways: readonly (Key & { readonly beginning: string })[];
  /** What else has to be among the words. */
  readonly others: RawBuilder<unknown>;
}

function wantedOf(name: string): Wanted {
  const words = nameWords(name).toSorted((a, b) => b.length - a.length);
  const [first = '', second] = words;
  const others = words
    .slice(lookedForMax)
    .map((word) => sql`' ' || name_key(m.display_name, m.address, 1) like ${`% ${word.replace(/[\\%]/g, '\\$&')}%`}`);
  const ways =
    second === undefined
      ? singles.map((key) => ({ ...key, beginning: first }))
      : [`${first} ${second}`, `${second} ${first}`].flatMap((beginning) =>
          pairs.map((key) => ({ ...key, beginning })),
        );
  return {
    ways,
    others: sql.join([sql`true`, ...others], sql` and `),
  };
}

function isOn({ key, such, beginning }: Wanted['ways'][number]): RawBuilder<unknown> {
  const range = sql`${key} >= ${beginning} and ${key} < ${beginning + last}`;
  return such === null ? sql`(${range})` : sql`(${range} and ${such})`;
}

/** Every word of `name` is there. */
export function isNamed(name: string): RawBuilder<boolean> {
  const { ways, others } = wantedOf(name);
  return sql<boolean>`((${sql.join(ways.map(isOn), sql` or `)}) and ${others})`;
}

/**
 * A query for the first `most` of all that are called so: their addresses, each with its `place`, in whose order they stand. Behind
 * `after`; from the beginning where that is null, or called otherwise by now.
 */
export async function firstNamed(
  db: Sql,
  name: string,
  after: string | null,
  most: RawBuilder<unknown>,
): Promise<RawBuilder<unknown>> {
  const { ways, others } = wantedOf(name);
  const from = after === null ? null : await placeOf(db, ways, after);
  const behind = ({ key }: Key): RawBuilder<unknown> =>
    from === null ? sql`true` : sql`(${key}, m.address) > (${from}, lower(${after}))`;
  const each = ways.map((way, i) => {
    // Whom an earlier one finds stands there, and not here as well.
    const first = ways.slice(0, i).map((other) => sql`${isOn(other)} is not true`);
    const all = sql.join([isOn(way), behind(way), others, ...first], sql` and `);
    return sql`(select m.address, ${way.key} as place from mailbox m where ${all} order by 2, 1 limit ${most})`;
  });
  return sql`select n.address, n.place from (${sql.join(each, sql` union all `)}) as n order by 2, 1 limit ${most}`;
}

async function placeOf(db: Sql, ways: Wanted['ways'], address: string): Promise<string | null> {
  const place = sql.join(
    ways.map((way) => sql`when ${isOn(way)} then ${way.key}`),
    sql` `,
  );
  const { rows } = await sql<{ place: string | null }>`
    select case ${place} end as place from mailbox m where m.address = lower(${address})`.execute(db);
  return rows[0]?.place ?? null;
}
