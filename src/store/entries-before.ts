/** What the entries of mailboxes in the operator's directory said before they were written (`directory_before`). */

import { sql } from 'kysely';
import type { EntryValues } from '#domain/directory.ts';
import type { SideName } from '#domain/platform.ts';
import type { EntriesBefore } from '#ports/directory.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';

/** One entry for each mailbox: what is kept of it later takes the place of what was kept before. Throws `database.*`. */
export function openEntriesBefore(db: Database): EntriesBefore {
  return {
    async keep(mailbox, side, entry) {
      await faulted(
        db.name,
        sql`
          insert into directory_before (mailbox, side, entry) values (${mailbox}, ${side}, ${JSON.stringify(entry)}::jsonb)
          on conflict (mailbox) do update set side = excluded.side, entry = excluded.entry, at = now()`.execute(db.sql),
      );
    },
    of: (mailbox, side) => faulted(db.name, keptOf(db, mailbox, side)),
    async forget(mailbox) {
      await faulted(db.name, sql`delete from directory_before where mailbox = ${mailbox}`.execute(db.sql));
    },
  };
}

async function keptOf(db: Database, mailbox: number, side: SideName): Promise<EntryValues | null> {
  const { rows } = await sql<{ entry: EntryValues }>`
    select entry from directory_before where mailbox = ${mailbox} and side = ${side}`.execute(db.sql);
  return rows[0]?.entry ?? null;
}
