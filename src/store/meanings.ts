/** Whom an order is about as things stand: how many, and a digest that is another one where anybody else is. */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { WhichExceptions } from '#domain/acceptance.ts';
import type { Meaning } from '#domain/access.ts';
import type { Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { Meanings } from '#ports/meanings.ts';
import { isAccepted, isMeant, listedExceptions } from './acceptance.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { meantBy } from './meant.ts';
import { inPart, partOf } from './part.ts';

export function openMeanings(db: Database, within: Within = null): Meanings {
  return {
    async mailboxes(whom) {
      const meant = await faulted(db.name, meantBy(db.sql, whom, within));
      return 'kind' in meant ? null : { count: meant.length, digest: digestOf(meant.toSorted((a, b) => a - b)) };
    },
    wave: (name) => faulted(db.name, membersOf(db.sql, name, within)),
    exceptions: (address, which) => faulted(db.name, exceptionsOf(db.sql, address, which, within)),
  };
}

function digestOf(ids: readonly number[]): string {
  return createHash('sha256').update(ids.join()).digest('hex');
}

async function membersOf(db: Sql, name: string, within: Within): Promise<Meaning | null> {
  const { rows } = await sql<{ id: number }>`select id from wave where name = ${name}`.execute(db);
  const [wave] = rows;
  if (!wave) return null;
  const part = await partOf(db, within);
  return oneRow(
    db,
    sql<Meaning>`
      select count(*) as count, ${sha256(sql`string_agg(m.id::text, ',' order by m.id)`)} as digest
        from mailbox m where m.wave = ${wave.id} and ${inPart(part)}`,
  );
}

async function exceptionsOf(db: Sql, address: string, which: WhichExceptions, within: Within): Promise<Meaning | null> {
  const part = await partOf(db, within);
  const { rows } = await sql<{ id: number; stage: Stage }>`
    select m.id, m.stage from mailbox m where m.address = lower(${address}) and ${inPart(part)}`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const line = sql`jsonb_build_array(e.direction, e.folder, e.uid, e.kind, e.source_uid_validity, e.code)::text`;
  return oneRow(
    db,
    sql<Meaning>`
      select count(*) as count, ${sha256(sql`string_agg(${line}, ',' order by ${line})`)} as digest
        from (${listedExceptions(row.id, row.stage)}) e
       where ${isMeant(which)} and not exists (select from acceptance a where ${isAccepted})`,
  );
}

/** In hexadecimal; of nothing where nobody is there. */
function sha256(text: ReturnType<typeof sql>) {
  return sql<string>`encode(sha256(convert_to(coalesce(${text}, ''), 'UTF8')), 'hex')`;
}
