/** Orders that came by HTTP, by the digests of their keys, for a day. */

import { sql } from 'kysely';
import type { Obeyed, OrderBegun, OrderSent } from '#ports/obeyed.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

/** So many that are over go with each that comes: more than come. */
const forgottenAtOnce = 10;

export function openObeyed(db: Database): Obeyed {
  return {
    begin: (sent) => faulted(db.name, begin(db.sql, sent)),
    async settle(key, status, answer) {
      await faulted(
        db.name,
        sql`update api_order set status = ${status}, answer = ${answer} where key = ${Buffer.from(key)}`.execute(
          db.sql,
        ),
      );
    },
    async forget(key) {
      await faulted(db.name, sql`delete from api_order where key = ${Buffer.from(key)}`.execute(db.sql));
    },
  };
}

async function begin(db: Sql, { key, order }: OrderSent): Promise<OrderBegun> {
  await sql`
    delete from api_order
     where key in (select key from api_order where begun_at < now() - interval '1 day'
                    order by begun_at limit ${forgottenAtOnce} for update skip locked)`.execute(db);
  // One that is over and was not forgotten yet counts for nothing.
  const made = await sql`
    insert into api_order (key, digest) values (${Buffer.from(key)}, ${Buffer.from(order)})
    on conflict (key) do update
       set digest = excluded.digest, begun_at = now(), status = null, answer = null
     where api_order.begun_at < now() - interval '1 day'`.execute(db);
  if (made.numAffectedRows === 1n) return { kind: 'begun' };
  const kept = await oneRow(
    db,
    sql<{ digest: Buffer; status: number | null; answer: string | null }>`
      select digest, status, answer from api_order where key = ${Buffer.from(key)}`,
  );
  if (!kept.digest.equals(order)) return { kind: 'other-order' };
  return kept.status === null ? { kind: 'under-way' } : { kind: 'done', status: kept.status, answer: kept.answer };
}
