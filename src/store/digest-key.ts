/**
 * The key of the ledgers' digests, as far as it is kept here: its name, and the key itself only sealed, among the secrets,
 * under a name in capitals, which no secret of a person's can have.
 */

import { sql } from 'kysely';
import type { SealedSecret } from '#ports/secrets.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

/** Under which it is sealed, so that `godwit secret rotate` brings it under another key with the others. */
export const digestKeySecret = 'DIGEST-KEY';

/** The name of the key; null where none was ever used. */
export async function digestKeyId(db: Database): Promise<string | null> {
  const { rows } = await faulted(db.name, sql<{ id: string }>`select id from digest_key`.execute(db.sql));
  return rows[0]?.id ?? null;
}

/** Makes this key the one of the estate unless it has one, which is then answered; sealed, where it was. */
export async function claimDigestKey(db: Database, id: string, sealed: SealedSecret | null): Promise<string> {
  const claimed = db.sql.transaction().execute(async (tx) => {
    await sql`insert into digest_key (id) values (${id}) on conflict do nothing`.execute(tx);
    const { rows } = await sql<{ id: string }>`select id from digest_key`.execute(tx);
    if (rows[0]?.id === id && sealed !== null) await keepSealed(tx, sealed);
    return rows[0]?.id ?? id;
  });
  return faulted(db.name, claimed);
}

async function keepSealed(tx: Sql, { sealed, keyId }: SealedSecret): Promise<void> {
  const { rows } = await sql`
    insert into secret (name, sealed, key_id, set_by)
    values (${digestKeySecret}, ${Buffer.from(sealed)}, ${keyId}, 'godwit')
    on conflict (name) do nothing returning name`.execute(tx);
  if (rows.length > 0)
    await note(tx, { who: 'godwit', what: 'secret set', about: { name: digestKeySecret, key: keyId } });
}
