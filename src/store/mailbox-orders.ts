/** What people order of single mailboxes: marks beside the stage, and the way back. Each with its record. */

import { type RawBuilder, sql } from 'kysely';
import type { MailboxOrder, MailboxOrdered } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { MailboxOrders } from '#ports/estate-view.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { advance } from './journey.ts';

interface Standing {
  readonly id: number;
  readonly stage: Stage;
  readonly mark: Mark | '';
}

export function openMailboxOrders(db: Database): MailboxOrders {
  return {
    order: (address, order, who, why) =>
      faulted(
        db.name,
        db.sql.transaction().execute((tx) => obey(tx, address, order, who, why)),
      ),
  };
}

async function obey(
  tx: Sql,
  address: string,
  order: MailboxOrder,
  who: string,
  why: string | null,
): Promise<MailboxOrdered> {
  const { rows } = await sql<Standing>`
    select id, stage, mark from mailbox where address = lower(${address}) for update`.execute(tx);
  const [found] = rows;
  if (!found) return { kind: 'unknown' };
  const { id, stage } = found;
  const mark = found.mark === '' ? null : found.mark;
  if (!mayBe(order, stage, mark)) return { kind: 'refused', stage, mark };
  if (order === 'go-back') {
    await sql`update mailbox set held = null where id = ${id}`.execute(tx);
    const taken = { step: 'go-back', who, ...(why === null ? {} : { why }) } as const;
    await advance(tx, id, stage, taken, 0);
    return { kind: 'done' };
  }
  await sql`update mailbox set ${change(order, why ?? `ordered by ${who}`)} where id = ${id}`.execute(tx);
  await note(tx, { who, what: order, mailbox: id, ...(why === null ? {} : { why }) });
  return { kind: 'done' };
}

function mayBe(order: MailboxOrder, stage: Stage, mark: Mark | null): boolean {
  switch (order) {
    // Who is switching is on the other side in seconds, or back; until then nobody is kept between the two.
    case 'hold':
    case 'exclude':
      return stage !== 'switching' && stage !== 'returning' && mark !== 'left';
    case 'release':
      return mark === 'held' || mark === 'excluded';
    case 'retry':
      return mark === 'blocked';
    case 'go-back':
      return stage === 'settled' && mark !== 'left';
  }
}

function change(order: Exclude<MailboxOrder, 'go-back'>, why: string): RawBuilder<unknown> {
  switch (order) {
    case 'hold':
      return sql`held = ${why}`;
    case 'exclude':
      return sql`excluded = ${why}`;
    case 'release':
      return sql`held = null, excluded = null, due_at = case when wave is null then null else now() end`;
    case 'retry':
      return sql`blocked = null, blocked_about = null, failures = 0, due_at = now()`;
  }
}
