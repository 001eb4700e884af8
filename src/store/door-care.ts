/** The doors that the database knows of, for people: which there are, and what is to be done about one that is lost. */

import { sql } from 'kysely';
import type { DoorKnown } from '#domain/door-known.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';

export interface DoorCare {
  list(): Promise<readonly DoorKnown[]>;
  /** Nobody waits for it any more; it has to register anew if it is there after all. False: there is none of this id. With its record. */
  forget(id: string, who: string, why: string): Promise<boolean>;
}

export function openDoorCare(db: Database): DoorCare {
  return {
    async list() {
      const { rows } = await faulted(
        db.name,
        sql<DoorKnown>`
          select id, host, pid, version, serves, lease_until > now() as "isAlive",
                 (extract(epoch from now() - started_at) * 1000)::int8 as "forMs",
                 greatest(0, (extract(epoch from now() - lease_until) * 1000)::int8) as "lostForMs",
                 greatest(0, (select clock.revision from route_clock clock) - door.revision) as "behind"
            from door
           order by host, pid`.execute(db.sql),
      );
      return rows;
    },
    forget: (id, who, why) =>
      faulted(
        db.name,
        db.sql.transaction().execute(async (tx) => {
          const { rows } = await sql<{ host: string; pid: number }>`
            delete from door where id = ${id}::uuid returning host, pid`.execute(tx);
          const [door] = rows;
          if (door) await note(tx, { who, what: 'forget door', why, about: { id, ...door } });
          return door !== undefined;
        }),
      ),
  };
}
