/**
 * The governors of both platforms as all workers share them, and the exact table of who has how many connections. Every row
 * of it counts until it is gone; rows go when they are released, or with their worker (`vanished.ts`).
 */

import { sql } from 'kysely';
import pg from 'pg';
import { type Learnt, lostSightWords, nothingLearnt, react } from '#domain/governor.ts';
import { type Answer, grant, longestWaitMs } from '#domain/grants.ts';
import type { Budget, SideName } from '#domain/platform.ts';
import type { PlatformNow, Sighting } from '#domain/sighting.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { ConnectionLease, Consequence, Governor, Platforms, Taken, WantedConnections } from '#ports/budget.ts';
import type { WorkerId } from '#ports/workforce.ts';
import { acquit } from './acquittal.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { type GovernorRow, learntOf, lockGovernor, nowOf } from './governor-row.ts';
import { isAlive, lostSight, strikeOut } from './vanished.ts';
import type { Member } from './workforce.ts';

/** The words of a server that are kept. */
const textMax = 200;

/** The budgets as one worker may use them. */
export function openGovernor(db: Database, { worker, held }: Pick<Member, 'worker' | 'held'>): Governor {
  const queueOf = (side: SideName): TakeQueue =>
    new TakeQueue((wants) =>
      held.taking(async () => {
        const taken = await takeAll(db, worker, side, wants);
        for (const answer of taken) if (answer.kind === 'granted') held.connections.add(answer.lease.id);
        return taken;
      }),
    );
  const queues: Readonly<Record<SideName, TakeQueue>> = { source: queueOf('source'), target: queueOf('target') };
  return {
    take: (wanted) => queues[wanted.side].take(wanted),
    async release(leases) {
      // First: what fails to go is dropped with a heartbeat.
      for (const { id } of leases) held.connections.delete(id);
      await release(db.sql, worker, leases);
    },
    report: (side, seen) => report(db, side, seen),
    absolve: (side, mailbox) => absolve(db, side, mailbox),
  };
}

/** The same for whoever operates the estate. */
export function openPlatforms(db: Database): Platforms {
  return {
    setBudget: (side, budget, timezone) => setBudget(db.sql, side, budget, timezone),
    platformsNow: () => platformsNow(db.sql),
    trustAgain: (side) => exclusively(db, side, (tx) => keep(tx, side, nothingLearnt)),
  };
}

/** What many jobs of this process want at once goes in one transaction: they wait for one lock, and once. */
class TakeQueue {
  readonly #takeAll: (wants: readonly WantedConnections[]) => Promise<readonly Taken[]>;
  #waiting: { readonly wanted: WantedConnections; readonly settle: PromiseWithResolvers<Taken> }[] = [];
  #isBusy = false;

  constructor(all: (wants: readonly WantedConnections[]) => Promise<readonly Taken[]>) {
    this.#takeAll = all;
  }

  take(wanted: WantedConnections): Promise<Taken> {
    const settle = Promise.withResolvers<Taken>();
    this.#waiting.push({ wanted, settle });
    if (!this.#isBusy) void this.#work();
    return settle.promise;
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const taken = await this.#takeAll(batch.map(({ wanted }) => wanted));
        for (const [i, { settle }] of batch.entries()) settle.resolve(taken[i] as Taken);
      } catch (error) {
        for (const { settle } of batch) settle.reject(error);
      }
    }
    this.#isBusy = false;
  }
}

interface StandingRow extends GovernorRow {
  readonly now: number;
  /** Whether the worker that asks is still there, and whether one is that has vanished. */
  readonly there: boolean;
  readonly lapsed: boolean;
  readonly in_use: number;
  /** Connections by mailbox, of those that were asked for. */
  readonly of_mailboxes: Readonly<Record<string, number>>;
}

async function takeAll(
  db: Database,
  worker: WorkerId,
  side: SideName,
  wants: readonly WantedConnections[],
): Promise<readonly Taken[]> {
  const gone = wants.map((): Taken => ({ kind: 'gone' }));
  try {
    return await exclusively(db, side, async (tx) => {
      let row = await standingOf(tx, worker, side, wants);
      if (row?.lapsed) {
        await strikeOut(tx);
        row = await standingOf(tx, worker, side, wants);
      }
      if (!row) return wants.map((): Taken => ({ kind: 'wait', waitMs: longestWaitMs, why: unsaid(side) }));
      if (!row.there) return gone;
      const learnt = learntOf(row);
      const ofMailbox = new Map(Object.entries(row.of_mailboxes).map(([mailbox, n]) => [Number(mailbox), n] as const));
      const granted = grant({ ...row, learnt, inUse: row.in_use, ofMailbox }, wants);
      if (granted.learnt !== learnt) await keep(tx, side, granted.learnt);
      return insert(tx, worker, side, granted.answers);
    });
  } catch (error) {
    // Struck out in the moment between: its leases have nothing to refer to.
    if (error instanceof pg.DatabaseError && error.constraint === 'connection_lease_worker_fkey') return gone;
    throw error;
  }
}

function unsaid(side: SideName): string {
  return `Nobody has said yet what the ${side} may be asked.`;
}

async function insert(
  tx: Sql,
  worker: WorkerId,
  side: SideName,
  answers: readonly Answer[],
): Promise<readonly Taken[]> {
  const given = answers.filter((answer) => answer.kind === 'given');
  if (given.length === 0) return answers.filter((answer) => answer.kind === 'wait');
  const { rows } = await sql<{ id: number }>`
    insert into connection_lease (side, worker, mailbox, connections)
    select ${side}, ${worker}, mailbox, connections
      from unnest(${given.map(({ mailbox }) => mailbox)}::int[],
                  ${given.map(({ connections }) => connections)}::int[]) with ordinality as g (mailbox, connections, place)
     order by place
    returning id`.execute(tx);
  const ids = rows.map(({ id }) => id).values();
  return answers.map((answer): Taken => {
    if (answer.kind === 'wait') return answer;
    const { mailbox, connections, isProbe } = answer;
    return { kind: 'granted', lease: { id: ids.next().value as number, side, mailbox, connections, isProbe } };
  });
}

/** The governor of a platform and what is in use there; null where its budget was never set. */
async function standingOf(
  tx: Sql,
  worker: WorkerId,
  side: SideName,
  wants: readonly WantedConnections[],
): Promise<StandingRow | null> {
  const { rows } = await sql<StandingRow>`
    select g.*, (extract(epoch from clock_timestamp()) * 1000)::int8 as now,
           exists (select from worker w where w.id = ${worker} and ${isAlive}) as there,
           exists (select from worker w where not (${isAlive})) as lapsed,
           (select coalesce(sum(connections), 0) from connection_lease where side = ${side}) as in_use,
           (select coalesce(jsonb_object_agg(mailbox, n), '{}')
              from (select mailbox, sum(connections) as n from connection_lease
                     where side = ${side} and mailbox = any(${wants.map(({ mailbox }) => mailbox)}::int[])
                     group by mailbox) as each) as of_mailboxes
      from governor g where g.side = ${side}`.execute(tx);
  return rows[0] ?? null;
}

async function release(db: Sql, worker: WorkerId, leases: readonly ConnectionLease[]): Promise<void> {
  if (leases.length === 0) return;
  await sql`delete from connection_lease where id = any(${leases.map(({ id }) => id)}::int8[]) and worker = ${worker}`.execute(
    db,
  );
}

async function report(db: Database, side: SideName, seen: readonly Sighting[]): Promise<Consequence> {
  return exclusively(db, side, async (tx) => {
    const row = await oneRow(
      tx,
      sql<GovernorRow & { readonly now: number; readonly in_use: number }>`
        select g.*, (extract(epoch from clock_timestamp()) * 1000)::int8 as now,
               (select coalesce(sum(connections), 0) from connection_lease where side = ${side}) as in_use
          from governor g where g.side = ${side}`,
    );
    const before = learntOf(row);
    let learnt = before;
    const acquitted = new Set<number>();
    for (const sighting of seen) {
      const reaction = react(learnt, row.budget, cleaned(sighting), row.in_use, row.now);
      learnt = reaction.learnt;
      for (const mailbox of reaction.acquitted) acquitted.add(mailbox);
    }
    if (JSON.stringify(learnt) !== JSON.stringify(before)) await keep(tx, side, learnt);
    const platform = nowOf({ ...row, state: learnt }, row.in_use, row.now);
    await acquit(tx, side, [...acquitted], platform.why);
    return { platform, acquitted: [...acquitted] };
  });
}

async function absolve(db: Database, side: SideName, mailbox: number): Promise<void> {
  await exclusively(db, side, async (tx) => {
    const { rows } = await sql<GovernorRow & { readonly now: number }>`
      select g.*, (extract(epoch from clock_timestamp()) * 1000)::int8 as now
        from governor g where g.side = ${side}`.execute(tx);
    const [row] = rows;
    if (!row || learntOf(row).breaker.kind === 'closed') return;
    await acquit(tx, side, [mailbox], nowOf(row, 0, row.now).why);
  });
}

function cleaned(seen: Sighting): Sighting {
  return 'text' in seen ? { ...seen, text: cleanText(seen.text, textMax) } : seen;
}

async function setBudget(db: Sql, side: SideName, budget: Budget, timezone: string): Promise<void> {
  await sql`
    insert into governor (side, budget, timezone) values (${side}, ${JSON.stringify(budget)}::jsonb, ${timezone})
    on conflict (side) do update set budget = excluded.budget, timezone = excluded.timezone`.execute(db);
}

async function platformsNow(db: Sql): Promise<readonly PlatformNow[]> {
  const { rows } = await sql<
    GovernorRow & { readonly now: number; readonly in_use: number; readonly lost_sight: number }
  >`
    select g.*, (extract(epoch from clock_timestamp()) * 1000)::int8 as now,
           (select coalesce(sum(connections), 0) from connection_lease c where c.side = g.side) as in_use,
           (${lostSight}) as lost_sight
      from governor g order by g.side`.execute(db);
  return rows.map((row) => {
    const now = nowOf(row, row.in_use, row.now);
    const words = lostSightWords(row.lost_sight);
    return words === null ? now : { ...now, why: `${now.why} ${words}` };
  });
}

async function keep(tx: Sql, side: SideName, learnt: Learnt): Promise<void> {
  await sql`update governor set state = ${JSON.stringify(learnt)}::jsonb where side = ${side}`.execute(tx);
}

function exclusively<Answer>(db: Database, side: SideName, work: (tx: Sql) => Promise<Answer>): Promise<Answer> {
  return db.sql
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await lockGovernor(tx, side);
      return work(tx);
    });
}
