/** Whom an order is about, of those that lie within somebody's part. */

import { sql } from 'kysely';
import type { MailboxesOrdered, Whom } from '#domain/estate-state.ts';
import type { Within } from '#domain/rights.ts';
import type { UnknownName } from '#domain/selector.ts';
import type { Sql } from './db.ts';
import { inPart, partOf } from './part.ts';
import { select } from './selected.ts';

/** Their ids, in the order of their addresses. */
export async function meantBy(
  db: Sql,
  whom: Whom,
  within: Within,
): Promise<readonly number[] | UnknownName | Extract<MailboxesOrdered, { kind: 'unknown-mailboxes' }>> {
  if (whom.kind === 'selector') {
    const selected = await select(db, whom.selector, within);
    if (selected.kind === 'unknown') return selected;
    const { rows } = await sql<{ id: number }>`
      select m.id from mailbox m where ${selected.condition} order by m.address`.execute(db);
    return rows.map(({ id }) => id);
  }
  const part = await partOf(db, within);
  const { rows } = await sql<{ id: number | null; given: string }>`
    select m.id, g.given
      from unnest(${whom.addresses}::text[]) as g (given)
      left join mailbox m on m.address = lower(g.given) and ${inPart(part)}
     order by m.address`.execute(db);
  const unknown = rows.filter(({ id }) => id === null).map(({ given }) => given);
  if (unknown.length > 0) return { kind: 'unknown-mailboxes', addresses: unknown };
  return [...new Set(rows.map(({ id }) => id as number))];
}
