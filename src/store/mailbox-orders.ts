/** What people order of mailboxes: marks beside the stage, and the way back. Each with its record. */

import { type RawBuilder, sql } from 'kysely';
import {
  type MailboxesOrdered,
  type MailboxOrder,
  type RefusedMailbox,
  type Whom,
  whyRefused,
} from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { MailboxOrders } from '#ports/estate-view.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { forgetLedgers } from './forget-ledgers.ts';
import { meantBy } from './meant.ts';
import { enterOtherNames } from './other-names.ts';
import { inPart, type Part, partOf } from './part.ts';
import { sendBack } from './settled-orders.ts';
import { lateIn } from './way-home.ts';

/** Ordered in one transaction: nobody who works waits for long. */
const batchMax = 1_000;

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
  const meant = await meantBy(db.sql, whom, reach.within);
  if ('kind' in meant) return meant;
  // Across batches, too: in a larger transaction each of them is held until that ends.
  const inOrder = meant.toSorted((a, b) => a - b);
  const excludable = await partOf(db.sql, reach.excludable);
  const done: string[] = [];
  const refused: RefusedMailbox[] = [];
  const home = { late: 0, notTaken: 0 };
  for (let from = 0; from < inOrder.length; from += batchMax) {
    const ids = inOrder.slice(from, from + batchMax);
    const some = await db.sql.transaction().execute((tx) => obey(tx, ids, order, who, why, excludable));
    done.push(...some.done);
    refused.push(...some.refused);
    home.late += some.home?.late ?? 0;
    home.notTaken += some.home?.notTaken ?? 0;
  }
  const byAddress = (a: RefusedMailbox, b: RefusedMailbox): number => (a.address < b.address ? -1 : 1);
  const told = { done: done.toSorted(), refused: refused.toSorted(byAddress) };
  return { kind: 'ordered', ...told, ...(home.late + home.notTaken > 0 ? { home } : {}) };
}

async function obey(
  tx: Sql,
  mailboxes: readonly number[],
  order: MailboxOrder,
  who: string,
  why: string | null,
  excludable: Part | null,
): Promise<Omit<Extract<MailboxesOrdered, { kind: 'ordered' }>, 'kind'>> {
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
