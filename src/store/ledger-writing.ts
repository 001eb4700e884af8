/**
 * How ledgers are written: the changes of several mailboxes in one statement, which is one round trip, one transaction and
 * one wait for the disk. It writes for those mailboxes alone whose lease is still the writer's, and says which they were.
 *
 * The rows of those leases are locked while it runs, so that whoever takes a mailbox over waits for it, and reads
 * afterwards. And each lease counts its writes: the same statement sent again lands once.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './db.ts';
import { keptText } from './kept-text.ts';
import { packSent, packUids } from './ledger-batches.ts';
import type { RowChanges } from './ledger-contents.ts';
import type { LedgerKey } from './ledger-rows.ts';
import { isAlive } from './vanished.ts';

/** What one ledger has to write. */
export interface LedgerWrite extends LedgerKey {
  readonly token: number;
  /** How often was written under this lease before. */
  readonly writes: number;
  readonly rows: RowChanges;
}

/**
 * `landed`: it is in the database, by this statement or by the same one sent before. `refused`: the lease is not ours any
 * more, and nothing of it is. `unclear`: it is not, and the lease seems to be ours all the same; to be sent again.
 */
export type Landing = 'landed' | 'refused' | 'unclear';

/** Of each row the ledger that it belongs to, and what is written. */
type Row<Of> = readonly [of: LedgerKey, row: Of];

/** Writes for at most one ledger of each mailbox, and answers in the order of `writes`. */
export async function writeLedgers(db: Sql, writes: readonly LedgerWrite[]): Promise<readonly Landing[]> {
  const { rows } = await sql<{ mailbox: number }>`
    with ours as (
      select l.mailbox
        from ${told(writes)}
        join mailbox_lease l on l.mailbox = told.mailbox and l.token = told.token and l.writes = told.writes
        join worker w on w.id = l.worker and ${isAlive}
       order by l.mailbox
         for no key update of l
    ), counted as (
      update mailbox_lease l set writes = l.writes + 1 from ours where l.mailbox = ours.mailbox
    )${sql.join(changes(writes), sql``)}
    select mailbox,
           -- What was promised to be durable is, also where whoever keeps the database has decided otherwise for others.
           (select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off')
      from ours`.execute(db);
  const landed = new Set(rows.map(({ mailbox }) => mailbox));
  const others = writes.filter(({ mailbox }) => !landed.has(mailbox));
  const landings = others.length === 0 ? new Map<number, Landing>() : await landingsOf(db, others);
  return writes.map(({ mailbox }) => landings.get(mailbox) ?? (landed.has(mailbox) ? 'landed' : 'refused'));
}

/** What became of those that the statement passed over: the same, sent before, may have been ending while it waited. */
async function landingsOf(db: Sql, writes: readonly LedgerWrite[]): Promise<ReadonlyMap<number, Landing>> {
  const { rows } = await sql<{ mailbox: number; landing: Landing }>`
    select l.mailbox, case when l.writes = told.writes + 1 then 'landed'
                           when l.writes = told.writes and ${isAlive} then 'unclear'
                           else 'refused' end as landing
      from ${told(writes)}
      join mailbox_lease l on l.mailbox = told.mailbox and l.token = told.token
      join worker w on w.id = l.worker`.execute(db);
  return new Map(rows.map(({ mailbox, landing }) => [mailbox, landing]));
}

/** What the writers believe of their leases, as a table. */
function told(writes: readonly LedgerWrite[]): RawBuilder<unknown> {
  return sql`unnest(
    ${writes.map(({ mailbox }) => mailbox)}::int[],
    ${writes.map(({ token }) => token)}::bigint[],
    ${writes.map((of) => of.writes)}::bigint[]) as told (mailbox, token, writes)`;
}

/** A part of the statement for each table that has something to be changed. */
function changes(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  return [pages(writes), pieces(writes), flags(writes), intents(writes), sent(writes), exceptions(writes)].flat();
}

function pages(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ pages }) => pages);
  return part(
    put,
    (keys, column) => sql`, pages as (
      insert into ledger_page (mailbox, direction, page, names, records)
      select row.* from unnest(${keys},
        ${column(({ page }) => page)}::smallint[], ${column(({ names }) => names)}::text[],
        ${column(({ records }) => records)}::bytea[]) as row (mailbox, direction, page, names, records)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, page) do update set names = excluded.names, records = excluded.records
    )`,
  );
}

function pieces(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ pieces }) => pieces);
  const gone = rowsOf(writes, ({ piecesGone }) => piecesGone);
  return [
    ...part(
      put,
      (keys, column) => sql`, pieces as (
      insert into ledger_runs (mailbox, direction, folder, first, runs)
      select row.* from unnest(${keys},
        ${column(({ folder }) => folder)}::int[], ${column(({ first }) => first)}::bigint[],
        ${column(({ packed }) => packed)}::bytea[]) as row (mailbox, direction, folder, first, runs)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, folder, first) do update set runs = excluded.runs
    )`,
    ),
    ...part(
      gone,
      (keys, column) => sql`, pieces_gone as (
      delete from ledger_runs r
       using unnest(${keys}, ${column(({ folder }) => folder)}::int[], ${column(({ first }) => first)}::bigint[])
             as row (mailbox, direction, folder, first)
       where (r.mailbox, r.direction, r.folder, r.first) = (row.mailbox, row.direction, row.folder, row.first)
         and row.mailbox in (select mailbox from ours)
    )`,
    ),
  ];
}

function flags(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ flags }) => flags);
  const gone = rowsOf(writes, ({ flagsGone }) => flagsGone);
  return [
    ...part(
      put,
      (keys, column) => sql`, flags as (
      insert into ledger_flags (mailbox, direction, folder, packed)
      select row.* from unnest(${keys},
        ${column(({ folder }) => folder)}::int[], ${column(({ packed }) => packed)}::bytea[])
             as row (mailbox, direction, folder, packed)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, folder) do update set packed = excluded.packed
    )`,
    ),
    ...part(
      gone,
      (keys, column) => sql`, flags_gone as (
      delete from ledger_flags f
       using unnest(${keys}, ${column((folder) => folder)}::int[]) as row (mailbox, direction, folder)
       where (f.mailbox, f.direction, f.folder) = (row.mailbox, row.direction, row.folder)
         and row.mailbox in (select mailbox from ours)
    )`,
    ),
  ];
}

function intents(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ intents }) => intents);
  const gone = rowsOf(writes, ({ intentsGone }) => intentsGone);
  return [
    ...part(
      put,
      (keys, column) => sql`, intents as (
      insert into ledger_intent (mailbox, direction, id, source, target, source_uid_validity, target_uid_validity,
                                 target_uid_next, uids)
      select row.* from unnest(${keys}, ${column(({ id }) => id)}::int[],
        ${column(({ source }) => keptText(source))}::text[], ${column(({ target }) => keptText(target))}::text[],
        ${column((of) => of.sourceUidValidity)}::bigint[], ${column((of) => of.targetUidValidity)}::bigint[],
        ${column((of) => of.targetUidNext)}::bigint[], ${column(({ uids }) => packUids(uids))}::bytea[])
             as row (mailbox, direction, id, source, target, source_uid_validity, target_uid_validity, target_uid_next,
                     uids)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, id) do update
        set source = excluded.source, target = excluded.target, source_uid_validity = excluded.source_uid_validity,
            target_uid_validity = excluded.target_uid_validity, target_uid_next = excluded.target_uid_next,
            uids = excluded.uids
    )`,
    ),
    ...part(
      gone,
      (keys, column) => sql`, intents_gone as (
      delete from ledger_intent i
       using unnest(${keys}, ${column((id) => id)}::int[]) as row (mailbox, direction, id)
       where (i.mailbox, i.direction, i.id) = (row.mailbox, row.direction, row.id)
         and row.mailbox in (select mailbox from ours)
    )`,
    ),
  ];
}

function sent(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ sent }) => sent);
  const gone = rowsOf(writes, ({ sentGone }) => sentGone);
  return [
    ...part(
      put,
      (keys, column) => sql`, sent as (
      insert into ledger_sent (mailbox, direction, intent, part, messages)
      select row.* from unnest(${keys},
        ${column(({ intent }) => intent)}::int[], ${column(({ part }) => part)}::int[],
        ${column(({ messages }) => packSent(messages))}::bytea[]) as row (mailbox, direction, intent, part, messages)
       where row.mailbox in (select mailbox from ours)
    )`,
    ),
    ...part(
      gone,
      (keys, column) => sql`, sent_gone as (
      delete from ledger_sent s
       using unnest(${keys}, ${column((intent) => intent)}::int[]) as row (mailbox, direction, intent)
       where (s.mailbox, s.direction, s.intent) = (row.mailbox, row.direction, row.intent)
         and row.mailbox in (select mailbox from ours)
    )`,
    ),
  ];
}

function exceptions(writes: readonly LedgerWrite[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ exceptions }) =>
    exceptions.map(({ folder, exception }) => ({ number: folder, ...exception })),
  );
  const gone = rowsOf(writes, ({ exceptionsGone }) => exceptionsGone);
  return [
    ...part(
      put,
      (keys, column) => sql`, exceptions as (
      insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail,
                                    size_bytes, message_id, element_read, element_served)
      select row.* from unnest(${keys}, ${column(({ number }) => number)}::int[],
        ${column(({ uid }) => uid)}::bigint[], ${column(({ kind }) => kind)}::text[],
        ${column(({ folder }) => keptText(folder))}::text[], ${column((of) => of.sourceUidValidity)}::bigint[],
        ${column(({ code }) => keptText(code))}::text[], ${column(({ detail }) => keptText(detail))}::text[],
        ${column(({ sizeBytes }) => sizeBytes)}::bigint[],
        ${column(({ messageId }) => (messageId === null ? null : keptText(messageId)))}::text[],
        ${column(({ elementRead }) => elementRead)}::bytea[], ${column(({ elementServed }) => elementServed)}::bytea[])
             as row (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail, size_bytes,
                     message_id, element_read, element_served)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, number, uid, kind) do update
        set folder = excluded.folder, source_uid_validity = excluded.source_uid_validity, code = excluded.code,
            detail = excluded.detail, size_bytes = excluded.size_bytes, message_id = excluded.message_id,
            element_read = excluded.element_read, element_served = excluded.element_served
    )`,
    ),
    ...part(
      gone,
      (keys, column) => sql`, exceptions_gone as (
      delete from ledger_exception e
       using unnest(${keys}, ${column(({ folder }) => folder)}::int[], ${column(({ uid }) => uid)}::bigint[],
                    ${column(({ kind }) => kind)}::text[]) as row (mailbox, direction, number, uid, kind)
       where (e.mailbox, e.direction, e.number, e.uid, e.kind)
           = (row.mailbox, row.direction, row.number, row.uid, row.kind)
         and row.mailbox in (select mailbox from ours)
    )`,
    ),
  ];
}

function rowsOf<Of>(writes: readonly LedgerWrite[], of: (rows: RowChanges) => readonly Of[]): readonly Row<Of>[] {
  return writes.flatMap((write) => of(write.rows).map((row): Row<Of> => [write, row]));
}

/** Nothing for no rows; else what `say` makes of their first two columns and of a way to list the others. */
function part<Of>(
  rows: readonly Row<Of>[],
  say: (keys: RawBuilder<unknown>, column: <T>(of: (row: Of) => T) => readonly T[]) => RawBuilder<unknown>,
): readonly RawBuilder<unknown>[] {
  if (rows.length === 0) return [];
  const keys = sql`${rows.map(([{ mailbox }]) => mailbox)}::int[], ${rows.map(([{ direction }]) => direction)}::text[]`;
  return [say(keys, (of) => rows.map(([, row]) => of(row)))];
}
