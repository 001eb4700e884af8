/**
 * The parts of a statement that change the rows of ledgers, many at once: a list for each column, which PostgreSQL reads as a
 * table. Their order means nothing, since no row is changed by two of them and none sees what another does.
 */

import { type RawBuilder, sql } from 'kysely';
import { keptText } from './kept-text.ts';
import { packSent, packUids } from './ledger-batches.ts';
import type { RowChanges } from './ledger-changes.ts';
import type { LedgerKey } from './ledger-rows.ts';

/** What is to be done to the rows of one ledger. */
export interface LedgerRows extends LedgerKey {
  readonly rows: RowChanges;
}

/** Of each row the ledger that it belongs to, and what is written. */
type Row<Of> = readonly [of: LedgerKey, row: Of];

/**
 * A part of the statement for each table that has something to be changed: for those mailboxes that the part before them,
 * `ours`, names.
 */
export function changesOf(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
  return [pages(writes), pieces(writes), flags(writes), intents(writes), sent(writes), exceptions(writes)].flat();
}

function pages(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
  const put = rowsOf(writes, ({ pages }) => pages);
  return part(
    put,
    (keys, column) => sql`, pages as (
      insert into ledger_page (mailbox, direction, page, names, records, pair)
      select row.* from unnest(${keys},
        ${column(({ page }) => page)}::smallint[], ${column(({ names }) => names)}::text[],
        ${column(({ records }) => records)}::bytea[], ${column(({ pair }) => pair)}::bytea[])
             as row (mailbox, direction, page, names, records, pair)
       where row.mailbox in (select mailbox from ours)
      on conflict (mailbox, direction, page) do update
        set names = excluded.names, records = excluded.records, pair = excluded.pair
    )`,
  );
}

function pieces(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
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

function flags(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
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

function intents(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
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

function sent(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
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

function exceptions(writes: readonly LedgerRows[]): readonly RawBuilder<unknown>[] {
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

function rowsOf<Of>(writes: readonly LedgerRows[], of: (rows: RowChanges) => readonly Of[]): readonly Row<Of>[] {
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
