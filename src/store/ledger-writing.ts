/**
 * How ledgers are written: the changes of several mailboxes in one statement, which is one round trip, one transaction and
 * one wait for the disk. It writes for those mailboxes alone whose lease is still the writer's, and says which they were.
 *
 * The rows of those leases are locked while it runs, so that whoever takes a mailbox over waits for it, and reads
 * afterwards. And each lease counts its writes: the same statement sent again lands once.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './db.ts';
import type { RowChanges } from './ledger-changes.ts';
import { changesOf } from './ledger-statement.ts';
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
    )${sql.join(changesOf(writes), sql``)}
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
