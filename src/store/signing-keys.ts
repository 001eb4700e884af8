/** The keys that sign certificates: their public halves here; the private half of the current one only sealed, among the secrets. */

import { sql } from 'kysely';
import type { KnownKey, PublicKey } from '#domain/signing-key.ts';
import type { SigningKeys } from '#ports/evidence.ts';
import type { SealedSecret } from '#ports/secrets.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

/** Under which it is sealed: in capitals, as no secret of a person's is called (see `digest-key.ts`). */
export const signingKeySecret = 'SIGNING-KEY';

interface KeyRow {
  readonly id: string;
  readonly public_key: Buffer;
  readonly made_at: Date;
  readonly retired_at: Date | null;
}

export function signingKeys(db: Database): SigningKeys {
  return {
    async list() {
      const { rows } = await faulted(
        db.name,
        sql<KeyRow>`select id, public_key, made_at, retired_at from signing_key order by made_at, id`.execute(db.sql),
      );
      return rows.map(keyOf);
    },
  };
}

/**
 * Has `key` sign from now on, in the place of `before` (null: of none). False where another process was faster; then nothing has
 * changed. `sealed`: its private half, where that is kept here.
 */
export async function putSigningKey(
  db: Database,
  key: PublicKey,
  before: string | null,
  sealed: SealedSecret | null,
  who: string,
): Promise<boolean> {
  const put = db.sql.transaction().execute(async (tx) => {
    if (!(await retire(tx, before))) return false;
    const { rows } = await sql`
      insert into signing_key (id, public_key) values (${key.id}, ${Buffer.from(key.publicKey)})
      on conflict do nothing returning id`.execute(tx);
    if (rows.length === 0) return false;
    // One that is kept in a file leaves no other behind here.
    await sql`delete from secret where name = ${signingKeySecret}`.execute(tx);
    if (sealed)
      await sql`
        insert into secret (name, sealed, key_id, set_by)
        values (${signingKeySecret}, ${Buffer.from(sealed.sealed)}, ${sealed.keyId}, ${who})`.execute(tx);
    await note(tx, { who, what: 'signing key', about: { id: key.id, before } });
    return true;
  });
  return faulted(db.name, put);
}

async function retire(tx: Sql, before: string | null): Promise<boolean> {
  if (before === null) return true;
  const { rows } = await sql`
    update signing_key set retired_at = now() where id = ${before} and retired_at is null returning id`.execute(tx);
  return rows.length > 0;
}

function keyOf({ id, public_key, made_at, retired_at }: KeyRow): KnownKey {
  return { id, publicKey: public_key, madeAt: made_at, retiredAt: retired_at };
}
