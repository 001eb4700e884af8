/** An order to mailboxes, obeyed by some of them in one transaction and then by the next, so that nobody who works waits for long. */

import type { MailboxesOrdered, RefusedMailbox, Whom } from '#domain/estate-state.ts';
import type { Within } from '#domain/rights.ts';
import type { Sql } from './db.ts';
import { meantBy } from './meant.ts';

/** What became of some of them. */
export type SomeOrdered = Omit<Extract<MailboxesOrdered, { kind: 'ordered' }>, 'kind'>;

const batchMax = 1_000;

/**
 * `obey`: one batch, by ids that ascend over all batches: within a larger transaction each of them is held until that ends, and whoever takes
 * several takes them in this order. Who is told of is told in the order of the addresses.
 */
export async function inBatches(
  db: Sql,
  whom: Whom,
  within: Within,
  obey: (tx: Sql, mailboxes: readonly number[]) => Promise<SomeOrdered>,
): Promise<MailboxesOrdered> {
  const meant = await meantBy(db, whom, within);
  if ('kind' in meant) return meant;
  const inOrder = meant.toSorted((a, b) => a - b);
  const done: string[] = [];
  const refused: RefusedMailbox[] = [];
  const home = { late: 0, notTaken: 0 };
  let windowless = 0;
  for (let from = 0; from < inOrder.length; from += batchMax) {
    const ids = inOrder.slice(from, from + batchMax);
    const some = await db.transaction().execute((tx) => obey(tx, ids));
    done.push(...some.done);
    refused.push(...some.refused);
    home.late += some.home?.late ?? 0;
    home.notTaken += some.home?.notTaken ?? 0;
    windowless += some.windowless ?? 0;
  }
  const byAddress = (a: RefusedMailbox, b: RefusedMailbox): number => (a.address < b.address ? -1 : 1);
  return {
    kind: 'ordered',
    done: done.toSorted(),
    refused: refused.toSorted(byAddress),
    ...(home.late + home.notTaken > 0 ? { home } : {}),
    ...(windowless > 0 ? { windowless } : {}),
  };
}
