/** The accounts of a wave's mailboxes, and what is listed of them by name, as rows. */

import { type RawBuilder, sql } from 'kysely';
import type { Grade } from '#domain/grade.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { SideName } from '#domain/platform.ts';
import type { Interruption } from '#domain/interruption.ts';
import { type ByReason, type ListedException, type MailboxAccount, together } from '#domain/wave-report.ts';
import type { Within } from '#domain/rights.ts';
import { nearest } from '#lib/nearest.ts';
import type { WaveAccounts } from '#ports/wave-accounts.ts';
import { isAccepted, isAccountable } from './acceptance.ts';
import { latestCertificate } from './certified.ts';
import { faulted } from './database-fault.ts';
import { interruptionsOf, switchesOf } from './interruptions.ts';
import { type Database, oneRow } from './db.ts';
import { textKept } from './kept-text.ts';
import { inPart, type Part, partOf } from './part.ts';
import { openWaves } from './waves.ts';

/** Exceptions of one page: some 500 kB. */
const exceptionsMax = 1_000;

interface AccountRow {
  readonly id: number;
  readonly address: string;
  readonly organisation: string;
  readonly kind: string;
  readonly stage: Stage;
  readonly mark: Mark | '';
  readonly marked_for: string | null;
  readonly side: SideName;
  readonly found: number | null;
  readonly already_there: number;
  readonly refused: number;
  readonly carried: number;
  readonly bytes: number;
  readonly carry_ms: number;
  readonly interrupted_ms: number | null;
  readonly met: number | null;
  readonly met_of: number | null;
  readonly lag_ms: number | null;
  readonly caught_up_at: Date | null;
  readonly carried_back: number;
  readonly home_refused: number;
  readonly home_late: string | null;
  readonly home_late_since: Date | null;
  readonly verified_at: Date | null;
  readonly outcome: string;
  readonly certified_at: Date | null;
  readonly grade: Grade;
}

interface CountRow {
  readonly mailbox: number;
  readonly kind: ListedException['kind'];
  readonly code: string;
  readonly messages: number;
  readonly accepted: number;
  readonly accepted_by: readonly string[];
}

interface ExceptionRow {
  readonly address: string;
  readonly mailbox: number;
  readonly number: number;
  readonly uid: number;
  readonly kind: ListedException['kind'];
  readonly folder: string;
  readonly source_uid_validity: number;
  readonly code: string;
  readonly detail: string;
  readonly size_bytes: number | null;
  readonly message_id: string | null;
  readonly who: string | null;
  readonly why: string;
  readonly at: Date;
}

/** Of all mailboxes of a wave, or of those that lie within a part. */
export function openWaveAccounts(db: Database, within: Within = null): WaveAccounts {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    async find(name) {
      const waves = await openWaves(db, within).list();
      const wave = waves.find((each) => each.name === name);
      if (wave) return { kind: 'found', wave };
      const names = waves.map((each) => each.name);
      return { kind: 'unknown', nearest: nearest(name, names) };
    },
    members: (wave) => ask(members(db, wave, within)),
    accounts: (mailboxes) => ask(accounts(db, mailboxes, within)),
    exceptions: (mailboxes) => exceptions(db, mailboxes),
    interruptions: (wave) => ask(interruptionsHere(db, wave, within)),
  };
}

async function interruptionsHere(db: Database, wave: number, within: Within) {
  const part = await partOf(db.sql, within);
  return interruptionsOf(db.sql, sql`m.wave = ${wave} and ${inPart(part)}`);
}

async function members(db: Database, wave: number, within: Within): Promise<readonly number[]> {
  const part = await partOf(db.sql, within);
  const { ids } = await oneRow(
    db.sql,
    sql<{ ids: readonly number[] }>`
      select coalesce(array_agg(m.id order by m.address), '{}') as ids
        from mailbox m where m.wave = ${wave} and ${inPart(part)}`,
  );
  return ids;
}

async function accounts(
  db: Database,
  mailboxes: readonly number[],
  within: Within,
): Promise<readonly MailboxAccount[]> {
  const part = await partOf(db.sql, within);
  const [{ rows }, counts, switches] = await Promise.all([
    sql<AccountRow>`
      select m.id, m.address, o.code as organisation, m.kind, m.stage, m.mark,
             case m.mark when 'excluded' then m.excluded when 'blocked' then m.blocked when 'held' then m.held end as marked_for,
             coalesce(r.side, 'source') as side, m.found, coalesce(m.already_there, 0) as already_there,
             coalesce(m.refused, 0) as refused, m.copied as carried, m.copied_bytes as bytes,
             coalesce(m.carry_ms, 0) as carry_ms, m.interrupted_ms, t.met, t.met_of, m.lag_ms, m.caught_up_at,
             coalesce(m.carried_back, 0) as carried_back,
             coalesce(m.home_refused, 0) as home_refused, case when m.stage = 'settled' then m.home_late end as home_late,
             case when m.stage = 'settled' then m.home_late_since end as home_late_since, v.at as verified_at, v.found->>'outcome' as outcome,
             c.made_at as certified_at, c.grade
        from ${inOrder(mailboxes)} as wanted (id, place)
        join mailbox m using (id)
        join organisation o on o.id = m.organisation
        left join route r on r.mailbox = m.id
        left join verification v on v.mailbox = m.id
        left join lateral ${latestCertificate} as c on c.made_at >= coalesce(r.turned_at, '-infinity')
        left join party t on t.mailbox = m.id and t.wave = m.wave and ${isAllIn(part)}
       where ${inPart(part)}
       order by wanted.place`.execute(db.sql),
    listed(db, mailboxes),
    switchesOf(db.sql, mailboxes, 1),
  ]);
  const byMailbox = Map.groupBy(counts, ({ mailbox }) => mailbox);
  return rows.map((row) => accountOf(row, byMailbox.get(row.id) ?? [], switches.get(row.id)?.[0] ?? null));
}

/** With their places. One is not looked for as a list is, whose length PostgreSQL cannot know and plans anew for each. */
function inOrder(mailboxes: readonly number[]): RawBuilder<unknown> {
  const [first] = mailboxes;
  if (first !== undefined && mailboxes.length === 1) return sql`(select ${first}::int, 1)`;
  return sql`unnest(${mailboxes}::int[]) with ordinality`;
}

/** Of a party `t`: everybody in it is of the part. How many met of another one tells that there are others. */
function isAllIn(part: Part | null): RawBuilder<unknown> {
  if (part === null) return sql`true`;
  return sql`not exists (select from party p join mailbox o on o.id = p.mailbox
                          where p.party = t.party and p.wave = t.wave and not ${inPart(part, 'o.organisation')})`;
}

/** How many messages of each are listed, and how many of those were accepted. */
async function listed(db: Database, mailboxes: readonly number[]): Promise<readonly CountRow[]> {
  const { rows } = await sql<CountRow>`
    select e.mailbox, e.kind, e.code, count(*) as messages, count(a.mailbox) as accepted,
           array_remove(array_agg(distinct a.who), null) as accepted_by
      from ledger_exception e join mailbox m on m.id = e.mailbox left join acceptance a on ${isAccepted}
     where e.mailbox = any(${mailboxes}::int[]) and ${isAccountable(sql`m.stage`)}
     group by 1, 2, 3`.execute(db.sql);
  return rows;
}

function accountOf(row: AccountRow, counts: readonly CountRow[], interruption: Interruption | null): MailboxAccount {
  const { address, organisation, kind, stage, mark, side, found, refused, carried, bytes } = row;
  const sum = (of: (count: CountRow) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const accepted = sum((count) => count.accepted);
  return {
    address,
    organisation,
    kind,
    stage,
    mark: mark === '' ? null : mark,
    markedFor: row.marked_for,
    side,
    found,
    copied: Math.max(0, (found ?? 0) - row.already_there - refused),
    alreadyThere: row.already_there,
    refused,
    refusedFor: byCode(counts.filter((count) => count.kind === 'refused')),
    differentIn: byCode(counts.filter((count) => count.kind !== 'refused')),
    carried,
    bytes,
    milliseconds: row.carry_ms,
    interruptedMs: row.interrupted_ms,
    interruption,
    together: row.met === null || row.met_of === null ? null : { with: row.met, of: row.met_of },
    lagMs: row.lag_ms,
    caughtUpAt: row.caught_up_at?.toISOString() ?? null,
    carriedBack: row.carried_back,
    notTakenHome: row.home_refused,
    wayHomeLate: row.home_late,
    wayHomeLateSince: row.home_late_since?.toISOString() ?? null,
    open: sum(({ messages }) => messages) - accepted,
    accepted,
    acceptedBy: [...new Set(counts.flatMap((count) => count.accepted_by))].sort(),
    verified: row.verified_at === null ? null : { at: row.verified_at.toISOString(), outcome: row.outcome },
    certified: row.certified_at === null ? null : { at: row.certified_at.toISOString(), grade: row.grade },
  };
}

/** Of a message that is served otherwise in several ways the code names them all. */
function byCode(counts: readonly CountRow[]): ByReason {
  return counts
    .flatMap(({ code, messages }) =>
      textKept(code)
        .split(',')
        .map((each) => ({ [each]: messages })),
    )
    .reduce(together, {});
}

async function* exceptions(db: Database, mailboxes: readonly number[]): AsyncGenerator<readonly ListedException[]> {
  for (let last: ExceptionRow | null = null; ; ) {
    const rows: readonly ExceptionRow[] = await exceptionsAfter(db, mailboxes, last);
    if (rows.length > 0) yield rows.map(exceptionOf);
    if (rows.length < exceptionsMax) return;
    last = rows.at(-1) ?? null;
  }
}

async function exceptionsAfter(
  db: Database,
  mailboxes: readonly number[],
  last: ExceptionRow | null,
): Promise<readonly ExceptionRow[]> {
  const after = last
    ? sql`(e.mailbox, e.number, e.uid, e.kind) > (${last.mailbox}, ${last.number}, ${last.uid}, ${last.kind})`
    : sql`true`;
  const { rows } = await faulted(
    db.name,
    sql<ExceptionRow>`
      select m.address, e.mailbox, e.number, e.uid, e.kind, e.folder, e.source_uid_validity, e.code, e.detail,
             e.size_bytes, e.message_id, a.who, a.why, a.at
        from ledger_exception e
        join mailbox m on m.id = e.mailbox
        left join acceptance a on ${isAccepted}
       where e.mailbox = any(${mailboxes}::int[]) and ${isAccountable(sql`m.stage`)} and ${after}
       order by e.mailbox, e.number, e.uid, e.kind limit ${exceptionsMax}`.execute(db.sql),
  );
  return rows;
}

function exceptionOf(row: ExceptionRow): ListedException {
  const { address, uid, kind, who, why, at } = row;
  return {
    address,
    folder: textKept(row.folder),
    uid,
    uidValidity: row.source_uid_validity,
    kind,
    code: textKept(row.code),
    detail: textKept(row.detail),
    sizeBytes: row.size_bytes,
    messageId: row.message_id === null ? null : textKept(row.message_id),
    accepted: who === null ? null : { who, why, at: at.toISOString() },
  };
}
