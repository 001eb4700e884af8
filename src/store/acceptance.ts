/**
 * Exceptions that a person has accepted: what the journey lists, and what the latest comparison found. What was accepted is the
 * message, by its number under the folder's numbering, and the manner in which it is an exception: when either is another one,
 * it is open again.
 */

import { sql } from 'kysely';
import type { Accepted, WhichExceptions } from '#domain/acceptance.ts';
import type { Acceptances } from '#ports/wave-accounts.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { keptText } from './kept-text.ts';

/** Joins `acceptance a` to the `ledger_exception e` that it is about. */
export const isAccepted = sql.raw(
  `a.mailbox = e.mailbox and a.folder = e.folder and a.uid = e.uid and a.kind = e.kind
   and a.source_uid_validity = e.source_uid_validity
   and string_to_array(e.code, ',') <@ string_to_array(a.code, ',')`,
);

export function openAcceptances(db: Database): Acceptances {
  return {
    accept: (address, which, who, why) =>
      faulted(
        db.name,
        db.sql.transaction().execute((tx) => accept(tx, address, which, who, why)),
      ),
  };
}

async function accept(tx: Sql, address: string, which: WhichExceptions, who: string, why: string): Promise<Accepted> {
  const found = await sql<{ id: number }>`
    select id from mailbox where address = lower(${address}) for update`.execute(tx);
  const mailbox = found.rows[0]?.id;
  if (mailbox === undefined) return { kind: 'unknown' };
  const { rows } = await sql<{ n: number }>`
    with listed as (
      select folder, uid, kind, source_uid_validity, code
        from ledger_exception where mailbox = ${mailbox} and direction = 'there' and kind <> 'kept'
      union all
      select folder, uid, kind, "uidValidity", code
        from verification v, jsonb_to_recordset(v.found->'findings')
             as f (folder text, uid bigint, kind text, "uidValidity" bigint, code text)
       where v.mailbox = ${mailbox}
    ), accepted as (
      insert into acceptance as a (mailbox, folder, uid, kind, source_uid_validity, code, who, why)
      select ${mailbox}, e.folder, e.uid, e.kind, max(e.source_uid_validity), string_agg(distinct class, ','), ${who}, ${why}
        from listed e, unnest(string_to_array(e.code, ',')) as class
       where ${meant(which)}
       group by e.folder, e.uid, e.kind
      on conflict (mailbox, folder, uid, kind) do update
         set source_uid_validity = excluded.source_uid_validity, code = excluded.code, who = excluded.who,
             why = excluded.why, at = now()
       where a.source_uid_validity <> excluded.source_uid_validity
          or not string_to_array(excluded.code, ',') <@ string_to_array(a.code, ',')
      returning 1
    )
    select count(*) as n from accepted`.execute(tx);
  const exceptions = rows[0]?.n ?? 0;
  if (exceptions === 0) return { kind: 'nothing' };
  await note(tx, { who, what: 'exceptions accepted', mailbox, why, about: { exceptions, ...aboutOf(which) } });
  return { kind: 'accepted', exceptions };
}

function meant(which: WhichExceptions) {
  if (which.kind === 'all') return sql`true`;
  const folders = sql`e.folder = any(${which.folders.map(keptText)}::text[])`;
  return which.kind === 'folder' ? folders : sql`${folders} and e.uid = ${which.uid}`;
}

function aboutOf(which: WhichExceptions): Readonly<Record<string, unknown>> {
  switch (which.kind) {
    case 'all':
      return {};
    case 'folder':
      return { folder: which.folders[0] };
    case 'message':
      return { folder: which.folders[0], uid: which.uid };
  }
}
