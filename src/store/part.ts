/**
 * The part of an estate that somebody may see, as SQL: the organisations in it, by their ids. What lies outside is as if it did not
 * exist. Every question that is asked for somebody bears it; null is all of the estate, and costs nothing.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Within } from '#domain/rights.ts';
import type { Wave, WaveOutlined } from '#domain/wave.ts';
import { oneRow, type Sql } from './db.ts';

export interface Part {
  readonly organisations: readonly number[];
}

/** So many mailboxes are counted, or gathered and put in order, at some milliseconds. */
const gatheredMax = 20_000;

/** Null for all of it. */
export async function partOf(db: Sql, within: Within): Promise<Part | null> {
  if (within === null) return null;
  if (within.length === 0) return { organisations: [] };
  const { rows } = await sql<{ id: number }>`
    with recursive part (id) as (
      select o.id from organisation o where o.code = any(${within}::text[])
      union
      select o.id from organisation o join part p on o.parent = p.id
    )
    select id from part`.execute(db);
  return { organisations: rows.map(({ id }) => id) };
}

/** Of a mailbox `m`, or whatever else has an organisation. */
export function inPart(part: Part | null, organisation = 'm.organisation'): RawBuilder<boolean> {
  return part === null
    ? sql<boolean>`true`
    : sql<boolean>`${sql.ref(organisation)} = any(${part.organisations}::int[])`;
}

/** Of a wave `w`: somebody in it is of the part. */
export function waveInPart(part: Part | null, wave = 'w.id'): RawBuilder<boolean> {
  if (part === null) return sql<boolean>`true`;
  return sql<boolean>`${sql.ref(wave)} = any(array(${wavesOf(part)}))`;
}

/** From one wave of an organisation to its next, by an index: nobody walks through the mailboxes of a region to find some hundred waves. */
function wavesOf({ organisations }: Part): RawBuilder<unknown> {
  return sql`
    with recursive there (organisation, wave) as (
      select o.id, (select min(m.wave) from mailbox m where m.organisation = o.id)
        from unnest(${organisations}::int[]) as o (id)
      union all
      select t.organisation,
             (select min(m.wave) from mailbox m where m.organisation = t.organisation and m.wave > t.wave)
        from there t where t.wave is not null
    )
    select distinct wave from there where wave is not null`;
}

/** How many mailboxes `m` are `such`; null where they are more than somebody should count. */
export async function countedUpTo(db: Sql, such: RawBuilder<boolean>): Promise<number | null> {
  const { mailboxes } = await oneRow(
    db,
    sql<{ mailboxes: number }>`
      select count(*) as mailboxes from (select from mailbox m where ${such} limit ${gatheredMax + 1}) as counted`,
  );
  return mailboxes > gatheredMax ? null : mailboxes;
}

/** A wave as it is told to whoever sees a part of it: why it is paused, and what is remarked on it, is about everybody. */
export function waveForPart(wave: Wave): WaveOutlined {
  return { ...wave, pausedWhy: null, remarks: [] };
}
