/** The audit log as people look it up: the latest first, a part at a time, each behind the last record of the one before it. */

import { sql } from 'kysely';
import type { AuditLine, AuditListOrder } from '#domain/audit-line.ts';
import type { Page } from '#domain/estate-lists.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';

/** Throws `database.*`. */
export function auditLines(db: Database, order: AuditListOrder): Promise<Page<AuditLine>> {
  return faulted(db.name, linesOf(db, order));
}

async function linesOf(db: Database, order: AuditListOrder): Promise<Page<AuditLine>> {
  const { sinceMs, who, what, mailbox, before, max } = order;
  const conditions = [
    sql`true`,
    ...(before === null ? [] : [sql`a.id < ${before}`]),
    ...(sinceMs === null ? [] : [sql`a.at >= to_timestamp(${sinceMs / 1000})`]),
    // By position and not by a pattern, in which what is looked for would mean something else.
    ...(who === null ? [] : [sql`position(lower(${who}) in lower(a.who)) > 0`]),
    ...(what === null ? [] : [sql`a.what = ${what}`]),
    ...(mailbox === null ? [] : [sql`a.mailbox = (select id from mailbox where address = lower(${mailbox}))`]),
  ];
  const { rows } = await sql<AuditLine>`
    select a.id, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, a.who, a.what,
           m.address as mailbox, w.name as wave, a.stage_before as "from", a.stage_after as "to", a.why, a.about
      from audit a
      left join mailbox m on m.id = a.mailbox
      left join wave w on w.id = a.wave
     where ${sql.join(conditions, sql` and `)}
     order by a.id desc limit ${max + 1}`.execute(db.sql);
  return { kind: 'page', lines: rows.slice(0, max), hasMore: rows.length > max };
}
