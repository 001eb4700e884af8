/**
 * Sealed secrets erased for good, and the record of it: every name with the fingerprint of what was kept under it, in the audit
 * log, by the same transaction that takes them away. After that the table is written anew, since PostgreSQL leaves in its file what
 * was deleted; what older copies of the database still hold opens with nothing but the key, which is outside.
 */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Erasable, Erased, Erasure, ErasureOrder } from '#domain/erasure.ts';
import { auditHead, note, seal } from './audit.ts';
import { type Database, oneRow, type Sql } from './db.ts';

/** So many names stand in a record of the audit log. */
const batch = 500;

/** Godwit's own have names in capitals, which those of people never have. */
const ownNames = '^[A-Z][A-Z-]*$';

const meant = ({ prefix, withOwn }: ErasureOrder) =>
  sql<boolean>`(starts_with(name, ${prefix}) and (name !~ ${ownNames} or ${withOwn}))`;

/** What such an order would erase, and what would be left without what it needs. */
export async function erasable(db: Sql, order: ErasureOrder): Promise<Erasable> {
  return await oneRow(
    db,
    sql<Erasable>`
      select count(*) filter (where ${meant(order)}) as secrets,
             count(*) filter (where not ${meant(order)}) as kept,
             count(*) filter (where name ~ ${ownNames} and not ${meant(order)}) as "keptOwn",
             coalesce(array_agg(distinct key_id) filter (where ${meant(order)}), '{}') as "keyIds",
             (select coalesce(sum(mailboxes), 0)::int8 from tally
               where stage in ('copying', 'following', 'switching', 'settled', 'returning')
                 and mark not in ('left', 'excluded')) as "underWay"
        from secret`,
  );
}

/** Erases them, all or none. `despiteMoves`: though there are mailboxes that need them. */
export async function eraseSecrets(
  db: Database,
  order: ErasureOrder & { readonly despiteMoves: boolean },
  who: string,
  why: string,
): Promise<Erasure> {
  const outcome = await db.sql.transaction().execute(async (tx): Promise<Erasure> => {
    // Nobody sets or moves one meanwhile; who signs in goes on reading until it is over.
    await sql`lock table secret in share row exclusive mode`.execute(tx);
    const found = await erasable(tx, order);
    if (found.underWay > 0 && !order.despiteMoves) return { kind: 'under-way', ...found };
    const digest = await eraseAll(tx, order, who, why);
    if (found.secrets > 0)
      await note(tx, { who, what: 'secrets erased', why, about: { ...aboutOf(order), ...found, digest } });
    return { kind: 'erased', ...found, digest, head: null };
  });
  if (outcome.kind === 'under-way') return outcome;
  // Also where nothing was left to erase: whoever did it before may have been killed at this very place.
  await writtenAnew(db);
  if (outcome.secrets === 0) return outcome;
  await seal(db);
  return { ...outcome, head: await auditHead(db.sql) };
}

/**
 * Another file, in which nothing is but what is still kept. A change of the column's type takes what is there now; `vacuum full` would keep
 * what was deleted for as long as anybody, be it a dump, looks at the database as it was before (PostgreSQL manual §13.6, §24.1.2).
 */
async function writtenAnew(db: Database): Promise<void> {
  await sql`alter table secret alter column sealed type bytea using sealed || ''::bytea`.execute(db.sql);
}

/** The latest erasure; null where there was none. */
export async function lastErasure(db: Sql): Promise<Erased | null> {
  const { rows } = await sql<Erased>`
    select id as record, at, who, why, (about->>'secrets')::int as secrets, about->>'digest' as digest
      from audit where what = 'secrets erased' order by id desc limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Answers with SHA-256 over the lines `name, line feed, fingerprint, line feed`, in the order of the records. */
async function eraseAll(tx: Sql, order: ErasureOrder, who: string, why: string): Promise<string> {
  const digest = createHash('sha256');
  for (;;) {
    const { rows } = await sql<{ name: string; fingerprint: string; key_id: string; set_at: string }>`
      delete from secret
       where name in (select name from secret where ${meant(order)} order by name limit ${batch})
      returning name, encode(sha256(sealed), 'hex') as fingerprint, key_id,
                to_char(set_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as set_at`.execute(tx);
    if (rows.length === 0) return digest.digest('hex');
    for (const { name, fingerprint } of rows) digest.update(`${name}\n${fingerprint}\n`);
    const erased = rows.map(({ name, fingerprint, key_id, set_at }) => [name, fingerprint, key_id, set_at]);
    await note(tx, { who, what: 'secrets erased, by name', why, about: { erased } });
  }
}

function aboutOf({ prefix, withOwn }: ErasureOrder): Readonly<Record<string, unknown>> {
  return { prefix, withOwn };
}
