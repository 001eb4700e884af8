/** What people order of mailboxes: marks beside the stage, and the way back. Each with its record. */

import { type RawBuilder, sql } from 'kysely';
import { type MailboxesOrdered, type MailboxOrder, type Whom, whyRefused } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { MailboxOrders } from '#ports/estate-view.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { forgetLedgers } from './forget-ledgers.ts';
import { inBatches, type SomeOrdered } from './in-batches.ts';
import { enterOtherNames } from './other-names.ts';
import { inPart, type Part, partOf } from './part.ts';
import { sendBack } from './settled-orders.ts';
import { lateIn } from './way-home.ts';

interface Standing {
  readonly id: number;
  readonly address: string;
  readonly stage: Stage;
  readonly mark: Mark | '';
  readonly blocked: string | null;
  readonly excludable: boolean;
}

const keptExcluded = 'is excluded, by somebody who may do that: ask them to let it go on';

/**
 * In all of the estate, or in a part: who lies outside of it is as unknown as who does not exist. `excludable`: where whoever orders may
 * exclude, and so may let go on whom somebody has excluded.
 */
export function openMailboxOrders(db: Database, within: Within = null, excludable: Within = null): MailboxOrders {
  const reach = { within, excludable };
  return { order: (whom, order, who, why) => faulted(db.name, orderAll(db, whom, order, who, why, reach)) };
}

async function orderAll(
  db: Database,
  whom: Whom,
  order: MailboxOrder,
  who: string,
  why: string | null,
  reach: { readonly within: Within; readonly excludable: Within },
): Promise<MailboxesOrdered> {
  const excludable = await partOf(db.sql, reach.excludable);
  return inBatches(db.sql, whom, reach.within, (tx, ids) => obey(tx, ids, order, who, why, excludable));
}

async function obey(
  tx: Sql,
  mailboxes: readonly number[],
  order: MailboxOrder,
  who: string,
  why: string | null,
  excludable: Part | null,
): Promise<SomeOrdered> {
  // Locked in the order of their ids, as everybody does who takes several.
  const { rows } = await sql<Standing>`
    with locked as materialized (
      select id, address, stage, mark, blocked, ${inPart(excludable)} as excludable
        from mailbox m where id = any(${mailboxes}::int[]) order by id for update
    )
    select * from locked order by address`.execute(tx);
  const judged = rows.map(({ mark, ...row }) => {
    const standing = { ...row, mark: mark === '' ? null : mark };
    const isKept = order === 'release' && mark === 'excluded' && !row.excludable;
    return { ...standing, why: isKept ? keptExcluded : whyRefused(order, row.stage, standing.mark, row.blocked) };
  });
  const obeying = judged.filter((each) => each.why === null);
  const ids = obeying.map(({ id }) => id);
  const home = order === 'go-back' ? { home: await lateIn(tx, sql`m.id = any(${ids}::int[])`) } : {};
  if (order === 'go-back') await sendBack(tx, ids, who, why);
  else await mark(tx, ids, order, who, why);
  const refused = judged.flatMap(({ address, stage, mark: its, why: because }) =>
    because === null ? [] : [{ address, stage, mark: its, why: because }],
  );
  return { done: obeying.map(({ address }) => address), refused, ...home };
}

async function mark(
  tx: Sql,
  mailboxes: readonly number[],
  order: Exclude<MailboxOrder, 'go-back'>,
  who: string,
  why: string | null,
): Promise<void> {
  if (order === 'same-account') await enterOtherNames(tx, mailboxes);
  if (order === 'other-account') await forgetLedgers(tx, sql`select unnest(${mailboxes}::int[])`);
  await sql`
    with marked as (
      update mailbox set ${change(order, why ?? `ordered by ${who}`)} where id = any(${mailboxes}::int[]) returning id
    )
    insert into audit (who, what, mailbox, why) select ${who}, ${order}, id, ${why} from marked order by id`.execute(
    tx,
  );
}

function change(order: Exclude<MailboxOrder, 'go-back'>, why: string): RawBuilder<unknown> {
  switch (order) {
    case 'hold':
      return sql`held = ${why}, held_until = null`;
    case 'exclude':
      return sql`excluded = ${why}`;
    case 'release':
      return sql`held = null, held_until = null, excluded = null, due_at = case when wave is null then null else now() end`;
    case 'retry':
      return sql`blocked = null, blocked_about = null, failures = 0, due_at = now(), tries_refused = true`;
    case 'same-account':
    case 'other-account':
      return sql`blocked = null, blocked_about = null, failures = 0, due_at = now()`;
  }
}
