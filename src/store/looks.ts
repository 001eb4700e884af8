/** What independent looks at mailboxes found, the latest of each kind, and what has to be known for them. */

import { sql } from 'kysely';
import type { ReadinessReport } from '#domain/readiness.ts';
import type { Acceptance } from '#domain/judged-verification.ts';
import type { KnownReadiness, Looks } from '#ports/looks.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';
import { keptText, textKept } from './kept-text.ts';
import { lookIntoLedger } from './ledger.ts';

interface AcceptanceRow {
  readonly folder: string;
  readonly uid: number;
  readonly source_uid_validity: number;
  readonly kind: string;
  readonly code: string;
  readonly who: string;
  readonly why: string;
  readonly at: Date;
}

interface ReadinessRow {
  readonly id: number;
  readonly address: string;
  readonly remarks: ReadinessReport['remarks'];
}

export function openLooks(db: Database): Looks {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    ledger: (mailbox, direction) => ask(lookIntoLedger(db, mailbox, direction)),
    async caughtUpAt(mailbox) {
      const { rows } = await ask(
        sql<{ at: Date | null }>`select caught_up_at as at from mailbox where id = ${mailbox}`.execute(db.sql),
      );
      return rows[0]?.at?.toISOString() ?? null;
    },
    acceptances: (mailbox) => ask(acceptances(db, mailbox)),
    async keepVerification(mailbox, found) {
      await ask(
        sql`
          insert into verification (mailbox, found) values (${mailbox}, ${json(found)}::jsonb)
          on conflict (mailbox) do update set found = excluded.found, at = now()
            where excluded.found ->> 'stage' <> 'released' or verification.found ->> 'stage' = 'released'`.execute(
          db.sql,
        ),
      );
    },
    async keepReadiness(mailbox, { remarks }) {
      await ask(
        sql`
          insert into readiness (mailbox, remarks) values (${mailbox}, ${json(remarks)}::jsonb)
          on conflict (mailbox) do update set remarks = excluded.remarks, at = now()`.execute(db.sql),
      );
    },
    toBeChecked: (aheadSeconds, freshSeconds, max) => ask(toBeChecked(db, aheadSeconds, freshSeconds, max)),
    readiness: (mailboxes, freshSeconds) => ask(readiness(db, mailboxes, freshSeconds)),
  };
}

async function acceptances(db: Database, mailbox: number): Promise<readonly Acceptance[]> {
  const { rows } = await sql<AcceptanceRow>`
    select folder, uid, source_uid_validity, kind, code, who, why, at from acceptance where mailbox = ${mailbox} and direction = 'there'`.execute(
    db.sql,
  );
  return rows.map(({ folder, source_uid_validity, at, ...row }) => ({
    ...row,
    at: at.toISOString(),
    folder: textKept(folder),
    uidValidity: source_uid_validity,
  }));
}

/** Shortly before it opens nobody mends anything any more, and the platforms have other work. */
const tooLateSeconds = 3_600;

async function toBeChecked(
  db: Database,
  aheadSeconds: number,
  freshSeconds: number,
  max: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select m.id
      from wave w
      join mailbox m on m.wave = w.id
      left join readiness r on r.mailbox = m.id
     where w.state in ('planned', 'running')
       and w.opens_at between now() + make_interval(secs => ${tooLateSeconds}::float8)
                          and now() + make_interval(secs => ${aheadSeconds}::float8)
       and m.mark = '' and m.stage in ('planned', 'copying', 'following')
       and (r.at is null or r.at < now() - make_interval(secs => ${freshSeconds}::float8))
     order by w.opens_at, m.id limit ${max}`.execute(db.sql);
  return rows.map(({ id }) => id);
}

async function readiness(
  db: Database,
  mailboxes: readonly number[],
  freshSeconds: number,
): Promise<ReadonlyMap<number, KnownReadiness>> {
  const { rows } = await sql<ReadinessRow>`
    select m.id, m.address, r.remarks
      from readiness r join mailbox m on m.id = r.mailbox
     where r.mailbox = any(${mailboxes}::int[]) and r.at > now() - make_interval(secs => ${freshSeconds}::float8)`.execute(
    db.sql,
  );
  const told = (each: ReadinessRow['remarks'][number]) => ({ ...each, says: textKept(each.says) });
  return new Map(rows.map(({ id, address, remarks }) => [id, { address, remarks: remarks.map(told) }] as const));
}

/** Names and words of servers may hold what a text of the database cannot. */
function json(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? keptText(each) : each));
}
