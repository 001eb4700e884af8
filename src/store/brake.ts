/** The brake of an estate: while it is on, nothing changes sides. */

import { sql } from 'kysely';
import type { Brake } from '#domain/brake.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

export interface BrakeHandle {
  state(): Promise<Brake | null>;
  /** False where it is on already. With its record. */
  pull(who: string, why: string): Promise<boolean>;
  /** False where it is off already. */
  release(who: string, why: string): Promise<boolean>;
}

export function openBrake(db: Database): BrakeHandle {
  const inOne = (work: (tx: Sql) => Promise<boolean>): Promise<boolean> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    state: () => faulted(db.name, brakeNow(db.sql)),
    pull: (who, why) =>
      inOne(async (tx) => {
        const { rows } = await sql`
          insert into brake (who, why) values (${who}, ${why}) on conflict (one) do nothing returning one`.execute(tx);
        if (rows.length > 0) await note(tx, { who, what: 'brake', why });
        return rows.length > 0;
      }),
    release: (who, why) =>
      inOne(async (tx) => {
        const { rows } = await sql`delete from brake returning one`.execute(tx);
        if (rows.length > 0) await note(tx, { who, what: 'brake off', why });
        return rows.length > 0;
      }),
  };
}

export async function brakeNow(db: Sql): Promise<Brake | null> {
  const { rows } = await sql<Brake>`select who, why, (extract(epoch from at) * 1000)::int8 as at from brake`.execute(
    db,
  );
  return rows[0] ?? null;
}
