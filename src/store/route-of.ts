/** Where one address lives, asked of the database as mail systems may ask it (`mail_route`). */

import { sql } from 'kysely';
import type { Named, SideName } from '#domain/platform.ts';
import type { Standing } from '#domain/route.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';

export interface RouteOf {
  readonly side: SideName;
  readonly standing: Standing;
  readonly named: Named;
}

/** Null where nobody of the estate has this address. */
export async function routeOf(db: Database, address: string): Promise<RouteOf | null> {
  const { rows } = await faulted(
    db.name,
    sql<Named & Pick<RouteOf, 'side' | 'standing'>>`
      select r.side, r.standing, m.address, m.source_user as "sourceUser", m.target_user as "targetUser"
        from mail_route(${address}) r join mailbox m on m.id = r.mailbox`.execute(db.sql),
  );
  const [found] = rows;
  if (!found) return null;
  const { side, standing, ...named } = found;
  return { side, standing, named };
}
