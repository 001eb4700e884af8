/**
 * Exceptions that a person has accepted: what the journey lists, and what the latest comparison found. What was accepted is the
 * message, by its number under the folder's numbering, and the manner in which it is an exception: when either is another one,
 * it is open again.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Accepted, WhichExceptions } from '#domain/acceptance.ts';
import type { FaultCode } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { ListedMessage } from '#ports/journeys.ts';
import type { Acceptances } from '#ports/wave-accounts.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { keptText, textKept } from './kept-text.ts';
import { inPart, partOf } from './part.ts';

/** Joins `acceptance a` to the `ledger_exception e` that it is about. */
export const isAccepted = sql.raw(
  `a.mailbox = e.mailbox and a.direction = e.direction and a.folder = e.folder and a.uid = e.uid and a.kind = e.kind
   and a.source_uid_validity = e.source_uid_validity
   and string_to_array(e.code, ',') <@ string_to_array(a.code, ',')`,
);

/**
 * Of a `ledger_exception e` of a mailbox at `stage`: people answer for it. That is what the way there has listed; and while
 * somebody goes home what does not arrive there; and after the switch what both sides have changed.
 */
export function isAccountable(stage: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(e.direction = 'there' and e.kind <> 'kept'
              or e.direction = 'back' and e.kind = 'refused' and ${stage} = 'returning'
              or e.direction = 'back' and e.kind = 'different' and string_to_array(e.code, ',') && '{conflict,source-only}')`;
}

/** Of a `ledger_exception e`: the other side does not have it. */
export const isLacking = sql.raw(`e.kind in ('refused', 'removed')`);

interface ListedRow {
  readonly folder: string;
  readonly uid: number;
  readonly source_uid_validity: number;
  readonly accepted: boolean;
}

export function openAcceptances(db: Database, within: Within = null): Acceptances {
  return {
    accept: (address, which, who, why) =>
      faulted(
        db.name,
        db.sql.transaction().execute((tx) => accept(tx, address, which, who, why, within)),
      ),
  };
}

async function accept(
  tx: Sql,
  address: string,
  which: WhichExceptions,
  who: string,
  why: string,
  within: Within,
): Promise<Accepted> {
  const part = await partOf(tx, within);
  const found = await sql<{ id: number; stage: Stage }>`
    select id, stage from mailbox m where address = lower(${address}) and ${inPart(part)} for update`.execute(tx);
  const [row] = found.rows;
  if (!row) return { kind: 'unknown' };
  const { id: mailbox, stage } = row;
  const { rows } = await sql<{ n: number }>`
    with listed as (
      ${listedExceptions(mailbox, stage)}
    ), accepted as (
      insert into acceptance as a (mailbox, direction, folder, uid, kind, source_uid_validity, code, who, why)
      select ${mailbox}, e.direction, e.folder, e.uid, e.kind, max(e.source_uid_validity), string_agg(distinct class, ','), ${who}, ${why}
        from listed e, unnest(string_to_array(e.code, ',')) as class
       where ${isMeant(which)}
       group by e.direction, e.folder, e.uid, e.kind
      on conflict (mailbox, direction, folder, uid, kind) do update
         set source_uid_validity = excluded.source_uid_validity, code = excluded.code, who = excluded.who,
             why = excluded.why, at = now()
       where a.source_uid_validity <> excluded.source_uid_validity
          or not string_to_array(excluded.code, ',') <@ string_to_array(a.code, ',')
      returning 1
    )
    select count(*) as n from accepted`.execute(tx);
  const exceptions = rows[0]?.n ?? 0;
  // Also of what had been accepted a moment before it was blocked.
  const goesOn = await letSwitch(tx, mailbox);
  if (exceptions === 0 && !goesOn) return { kind: 'nothing' };
  await note(tx, { who, what: 'exceptions accepted', mailbox, why, about: { exceptions, ...aboutOf(which) } });
  return { kind: 'accepted', exceptions };
}

/** All that people answer for of a mailbox: what the journey lists, and what the latest comparison found. */
export function listedExceptions(mailbox: number, stage: Stage): RawBuilder<unknown> {
  return sql`
      select mailbox, direction, folder, uid, kind, source_uid_validity, code
        from ledger_exception e
       where mailbox = ${mailbox} and ${isAccountable(sql`${stage}::text`)}
      union all
      select v.mailbox, 'there', folder, uid, kind, "uidValidity", code
        from verification v, jsonb_to_recordset(v.found->'findings')
             as f (folder text, uid bigint, kind text, "uidValidity" bigint, code text)
       where v.mailbox = ${mailbox}`;
}

/** Whoever waited for nothing but that word goes on at once. */
async function letSwitch(tx: Sql, mailbox: number): Promise<boolean> {
  const waitsFor = 'switch.exceptions' satisfies FaultCode;
  const { rows } = await sql`
    update mailbox m set blocked = null, blocked_about = null, failures = 0, due_at = now()
     where m.id = ${mailbox} and m.blocked = ${waitsFor}
       and not exists (
         select from ledger_exception e
          where e.mailbox = m.id and ${isLacking}
            and e.direction = case m.stage when 'returning' then 'back' else 'there' end
            and not exists (select from acceptance a where ${isAccepted}))
    returning m.id`.execute(tx);
  return rows.length > 0;
}

/**
 * What passes of `direction` have listed as not on the other side; and behind it what a comparison did not find and somebody
 * accepted, of a whole folder with UID 0.
 */
export async function listed(db: Sql, mailbox: number, direction: Direction): Promise<readonly ListedMessage[]> {
  const { rows } = await sql<ListedRow>`
    select e.folder, e.uid, e.source_uid_validity, exists (select from acceptance a where ${isAccepted}) as accepted
      from ledger_exception e
     where e.mailbox = ${mailbox} and e.direction = ${direction} and ${isLacking}
    union all
    select folder, uid, source_uid_validity, true
      from acceptance where mailbox = ${mailbox} and direction = ${direction} and kind in ('missing', 'folder')`.execute(
    db,
  );
  return rows.map(({ folder, uid, source_uid_validity: uidValidity, accepted: isAccepted }) => {
    return { folder: textKept(folder) as FolderId, uid, uidValidity, isAccepted };
  });
}

/** Of a row `e` of them. */
export function isMeant(which: WhichExceptions): RawBuilder<unknown> {
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
