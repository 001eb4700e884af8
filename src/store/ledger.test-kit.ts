/** Ledgers of an estate for tests: pairs of names become mailboxes, held by a worker whose heartbeat is not waited for. */

import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Direction } from '#domain/ledger-turn.ts';
import type { Ledger, LedgerStore, MailboxPair } from '#ports/ledger.ts';
import type { MailboxLease, Membership } from '#ports/workforce.ts';
import { type Database, oneRow } from './db.ts';
import { type EstateLedgers, estateLedgers } from './ledger.ts';
import { openWorkforce } from './workforce.ts';

export const rootKey = new Uint8Array(32).fill(7);

export interface TestWorker extends AsyncDisposable {
  readonly member: Membership;
  readonly ledgers: EstateLedgers;
  /** As its monotonic clock would. */
  lapse(): void;
  take(mailbox: number): Promise<MailboxLease>;
}

/** A worker that is heard of an hour from now for the last time. */
export async function testWorker(db: Database): Promise<TestWorker> {
  const lapse = new AbortController();
  const member = await openWorkforce(db).register({
    host: hostname(),
    pid: process.pid,
    version: '0',
    role: 'worker',
    lacks: [],
  });
  await sql`update worker set seen_at = now() + interval '1 hour' where id = ${member.worker}`.execute(db.sql);
  const ledgers = estateLedgers(db, { rootKey, lapsed: lapse.signal });
  return {
    member,
    ledgers,
    lapse: () => lapse.abort(new Error('the lease has lapsed')),
    async take(mailbox) {
      const taken = await member.takeMailbox(mailbox);
      if (taken.kind !== 'taken') throw new Error(`the mailbox is ${taken.kind}`);
      return taken.lease;
    },
    async [Symbol.asyncDispose]() {
      await ledgers[Symbol.asyncDispose]();
      await member[Symbol.asyncDispose]();
    },
  };
}

/** As the database sees it, `worker` was not heard of for too long, and is struck out. */
export async function vanish(db: Database, { member }: TestWorker): Promise<void> {
  await sql`update worker set seen_at = now() - interval '1 hour' where id = ${member.worker}`.execute(db.sql);
  await openWorkforce(db).strikeVanished();
}

/** The id of a mailbox of the estate with that address; a new one where there is none. */
export async function mailboxAt(db: Database, address: string): Promise<number> {
  const { id } = await oneRow(
    db.sql,
    sql<{ id: number }>`
      with home as (
        insert into organisation (code, name) values ('T', 'Tests') on conflict (code) do update set name = excluded.name
        returning id
      )
      insert into mailbox (address, kind, organisation) select ${address.toLowerCase()}, 'person', id from home
      on conflict (address) do update set kind = excluded.kind
      returning id`,
  );
  return id;
}

/** A ledger store over pairs of names, as `ledger-contract.ts` wants it, in one direction. */
export async function storeOfPairs(db: Database, direction: Direction): Promise<LedgerStore> {
  const worker = await testWorker(db);
  const stores = new Map<number, LedgerStore>();
  const storeFor = async ({ source }: MailboxPair): Promise<LedgerStore> => {
    const mailbox = await mailboxAt(db, source);
    const store = stores.get(mailbox) ?? worker.ledgers.under(await worker.take(mailbox), direction);
    stores.set(mailbox, store);
    return store;
  };
  return {
    claim: async (pair): Promise<Ledger> => (await storeFor(pair)).claim(pair),
    peek: async ({ source }) => worker.ledgers.peek(await mailboxAt(db, source), direction),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}
