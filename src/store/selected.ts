/** Selectors as SQL: which mailboxes are meant. What a selector names is looked up first, so that a slip is told and not searched for. */

import { type RawBuilder, sql } from 'kysely';
import { faultCodes, type Selector, stagesAndMarks, type UnknownName } from '#domain/selector.ts';
import type { Within } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import type { Sql } from './db.ts';
import { inPart, type Part, partOf, waveInPart } from './part.ts';
import { isNamed } from './name-words.ts';
import { isHomeKept, isHomeLate } from './way-home.ts';

export interface Selected {
  readonly kind: 'selected';
  /** Of a mailbox `m`. */
  readonly condition: RawBuilder<boolean>;
  /** As much of it as a row `t` of `tally` knows; null where that is nothing. */
  readonly standing: RawBuilder<boolean> | null;
  /** Whether that is all of it. */
  readonly isStandingOnly: boolean;
  /** What they are looked for in; null: the whole estate. */
  readonly part: Part | null;
  /** Of which organisations they are; null where nothing says so. */
  readonly organisations: readonly number[] | null;
}

interface Named {
  readonly id: number;
  readonly name: string;
}

type Condition = (values: readonly string[], ids: readonly number[]) => RawBuilder<boolean>;

const conditions: Readonly<Record<keyof Selector, Condition>> = {
  // One by one, since PostgreSQL looks into an index for LIKE and not for LIKE ANY.
  address: (values) => anyOf(values.map((glob) => addressIs(glob.toLowerCase()))),
  name: (values) => anyOf(values.map(isNamed)),
  organisation: (_, ids) => sql`m.organisation ${isOneOf(ids, 'int')}`,
  under: (_, ids) => sql`m.organisation ${isOneOf(ids, 'int')}`,
  kind: (values) => sql`m.kind ${isOneOf(values, 'text')}`,
  stage: (values) => stageIn('m', values),
  wave: (_, ids) => sql`m.wave ${isOneOf(ids, 'int')}`,
  mark: (values) => sql`m.mark ${isOneOf(values.map(markOf), 'text')}`,
  // Who is excluded or has left may have been blocked before.
  fault: (values) => sql`(m.mark = 'blocked' and m.blocked = any(${faultCodes(values)}::text[]))`,
  'way-home': (values) => anyOf(values.map((value) => (value === 'late' ? isHomeLate : isHomeKept))),
  hint: (values) => sql`m.wave_hint ${isOneOf(values, 'text')}`,
};

const tallied: Readonly<Partial<Record<keyof Selector, Condition>>> = {
  stage: (values) => stageIn('t', values),
  wave: (_, ids) => sql`t.wave ${isOneOf(ids, 'int')}`,
  mark: (values) => sql`t.mark ${isOneOf(values.map(markOf), 'text')}`,
};

/**
 * What `selector` means in this estate, or in that part of it; or the first of its names that is not there. What lies outside of the
 * part is neither meant nor known.
 */
export async function select(db: Sql, selector: Selector, within: Within = null): Promise<Selected | UnknownName> {
  const part = await partOf(db, within);
  const words = Object.entries(selector) as (readonly [keyof Selector, readonly string[]])[];
  const found: RawBuilder<boolean>[] = [];
  const inTally: RawBuilder<boolean>[] = [];
  let organisations = part?.organisations ?? null;
  for (const [key, values] of words) {
    const ids = await idsOf(db, key, values, part);
    if ('kind' in ids) return ids;
    found.push(conditions[key](values, ids));
    const counted = tallied[key]?.(values, ids);
    if (counted) inTally.push(counted);
    if (key === 'organisation') organisations = ids;
  }
  return {
    kind: 'selected',
    condition: all(part === null ? found : [inPart(part), ...found]),
    standing: inTally.length === 0 ? null : all(inTally),
    isStandingOnly: part === null && inTally.length === words.length,
    part,
    organisations,
  };
}

async function idsOf(
  db: Sql,
  key: keyof Selector,
  values: readonly string[],
  part: Part | null,
): Promise<readonly number[] | UnknownName> {
  if (key !== 'organisation' && key !== 'under' && key !== 'wave') return [];
  const { rows } = await (key === 'wave'
    ? sql<Named>`select w.id, w.name from wave w where w.name ${isOneOf(values, 'text')} and ${waveInPart(part)}`
    : sql<Named>`
        select o.id, o.code as name from organisation o where o.code ${isOneOf(values, 'text')} and ${inPart(part, 'o.id')}`
  ).execute(db);
  const known = new Set(rows.map(({ name }) => name));
  const value = values.find((each) => !known.has(each));
  if (value !== undefined) return { kind: 'unknown', key, value, nearest: await nearestTo(db, key, value, part) };
  const ids = rows.map(({ id }) => id);
  return key === 'under' ? [...ids, ...(await below(db, ids))] : ids;
}

/** Looks at all names there are: tens of thousands of organisations at most. */
async function nearestTo(db: Sql, key: UnknownName['key'], value: string, part: Part | null): Promise<string | null> {
  const { rows } = await (key === 'wave'
    ? sql<{ name: string }>`select w.name from wave w where ${waveInPart(part)} order by w.name`
    : sql<{ name: string }>`select o.code as name from organisation o where ${inPart(part, 'o.id')} order by o.code`
  ).execute(db);
  const names = rows.map(({ name }) => name);
  return nearest(value, names);
}

async function below(db: Sql, ids: readonly number[]): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive below (id) as (
      select o.id from organisation o where o.parent = any(${ids}::int[])
      union
      select o.id from organisation o join below b on o.parent = b.id
    )
    select id from below`.execute(db);
  return rows.map(({ id }) => id);
}

function stageIn(table: 'm' | 't', values: readonly string[]): RawBuilder<boolean> {
  const { stages, marks } = stagesAndMarks(values);
  const row = sql.raw(table);
  if (marks.length === 0) return sql`${row}.stage ${isOneOf(stages, 'text')}`;
  if (stages.length === 0) return sql`${row}.mark ${isOneOf(marks, 'text')}`;
  return sql`(${row}.stage = any(${stages}::text[]) or ${row}.mark = any(${marks}::text[]))`;
}

/** One is most often meant, and its plan is kept; how long a list is PostgreSQL cannot know beforehand, and plans anew for each. */
function isOneOf(values: readonly (string | number)[], type: 'int' | 'text'): RawBuilder<unknown> {
  const [first] = values;
  if (first !== undefined && values.length === 1) return sql`= ${first}::${sql.raw(type)}`;
  return sql`= any(${values}::${sql.raw(type)}[])`;
}

function markOf(value: string): string {
  return value === 'none' ? '' : value;
}

function addressIs(glob: string): RawBuilder<boolean> {
  return glob.includes('*') ? sql`m.address like ${likeOf(glob)}` : sql`m.address = ${glob}`;
}

/** Of LIKE only `%` is used, for `*`; what LIKE takes for more is said to be itself. */
function likeOf(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}

function anyOf(those: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return sql<boolean>`(${sql.join(those, sql` or `)})`;
}

function all(those: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return those.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(those, sql` and `)})`;
}
