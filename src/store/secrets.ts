/** Sealed secrets by their names. What stands in this table opens with a key from elsewhere, and with nothing in here. */

import { sql } from 'kysely';
import type { KeptSecret, SealedSecret, SealedSecrets } from '#ports/secrets.ts';
import { note } from './audit.ts';
import { erasable, eraseSecrets, lastErasure } from './erase-secrets.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface SecretRow {
  readonly name: string;
  readonly sealed: Buffer;
  readonly key_id: string;
}

export function sealedSecrets(db: Database): SealedSecrets {
  let estate: Promise<string> | null = null;
  return {
    estate: () => {
      estate ??= estateId(db.sql).catch((error: unknown) => {
        estate = null;
        throw error;
      });
      return estate;
    },
    put: (secrets, who) => db.sql.transaction().execute((tx) => put(tx, secrets, who)),
    find: (name) => find(db.sql, name),
    list: (prefix, after, max) => list(db.sql, prefix, after, max),
    remove: (name, who) => db.sql.transaction().execute((tx) => remove(tx, name, who)),
    erasable: (order) => erasable(db.sql, order),
    erase: (order, who, why) => eraseSecrets(db, order, who, why),
    lastErasure: () => lastErasure(db.sql),
    keyIds: (prefix) => keyIds(db.sql, prefix),
    underOtherKeys: (keyId, after, max) => underOtherKeys(db.sql, keyId, after, max),
    replace: (pairs, who) => db.sql.transaction().execute((tx) => replace(tx, pairs, who)),
    note: (who, what, about) => note(db.sql, { who, what, about }),
  };
}

async function estateId(db: Sql): Promise<string> {
  return (await oneRow(db, sql<{ readonly id: string }>`select id::text as id from estate_identity`)).id;
}

async function put(tx: Sql, secrets: readonly SealedSecret[], who: string): Promise<void> {
  // By turns in the order of names, so that two who set the same ones do not wait for each other crosswise.
  await sql`
    insert into secret (name, sealed, key_id, set_by)
    select name, sealed, key_id, ${who}
      from unnest(${secrets.map(({ name }) => name)}::text[],
                  ${secrets.map(({ sealed }) => Buffer.from(sealed))}::bytea[],
                  ${secrets.map(({ keyId }) => keyId)}::text[]) as fresh (name, sealed, key_id)
     order by name
    on conflict (name) do update set sealed = excluded.sealed, key_id = excluded.key_id, set_at = now(),
                                    set_by = excluded.set_by`.execute(tx);
  const [first] = secrets;
  const about = secrets.length === 1 ? { name: first?.name } : { names: secrets.length, first: first?.name };
  await note(tx, { who, what: 'secret set', about });
}

async function find(db: Sql, name: string): Promise<SealedSecret | null> {
  const { rows } = await sql<SecretRow>`select name, sealed, key_id from secret where name = ${name}`.execute(db);
  return rows[0] ? secretOf(rows[0]) : null;
}

async function list(db: Sql, prefix: string, after: string | null, max: number): Promise<readonly KeptSecret[]> {
  const { rows } = await sql<KeptSecret>`
    select name, key_id as "keyId", set_at as "setAt", set_by as "setBy", encode(sha256(sealed), 'hex') as fingerprint
      from secret
     where starts_with(name, ${prefix}) and name > ${after ?? ''}
     order by name limit ${max}`.execute(db);
  return rows;
}

async function remove(tx: Sql, name: string, who: string): Promise<boolean> {
  const { rows } = await sql`delete from secret where name = ${name} returning name`.execute(tx);
  if (rows.length > 0) await note(tx, { who, what: 'secret removed', about: { name } });
  return rows.length > 0;
}

async function keyIds(db: Sql, prefix: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ readonly key_id: string }>`
    select distinct key_id from secret where starts_with(name, ${prefix})`.execute(db);
  return new Set(rows.map(({ key_id }) => key_id));
}

async function underOtherKeys(
  db: Sql,
  keyId: string,
  after: string | null,
  max: number,
): Promise<readonly SealedSecret[]> {
  const { rows } = await sql<SecretRow>`
    select name, sealed, key_id from secret
     where key_id <> ${keyId} and name > ${after ?? ''}
     order by name limit ${max}`.execute(db);
  return rows.map(secretOf);
}

async function replace(tx: Sql, pairs: Parameters<SealedSecrets['replace']>[0], who: string): Promise<number> {
  const { rows } = await sql<{ readonly name: string }>`
    update secret
       set sealed = fresh.after, key_id = fresh.key_id
      from unnest(${pairs.map(({ before }) => before.name)}::text[],
                  ${pairs.map(({ before }) => Buffer.from(before.sealed))}::bytea[],
                  ${pairs.map(({ after }) => Buffer.from(after.sealed))}::bytea[],
                  ${pairs.map(({ after }) => after.keyId)}::text[]) as fresh (name, before, after, key_id)
     where secret.name = fresh.name and secret.sealed = fresh.before
    returning secret.name`.execute(tx);
  const about = { names: rows.length, first: pairs[0]?.before.name, last: pairs.at(-1)?.before.name };
  if (rows.length > 0)
    await note(tx, { who, what: 'secrets brought under a key', about: { ...about, key: pairs[0]?.after.keyId } });
  return rows.length;
}

function secretOf({ name, sealed, key_id }: SecretRow): SealedSecret {
  return { name, sealed, keyId: key_id };
}
