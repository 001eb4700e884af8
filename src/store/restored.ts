/** What is done to a database that was restored, so that it may be worked with again; and what it says of itself before. */

import { type RawBuilder, sql } from 'kysely';
import type { Step } from '#domain/journey.ts';
import type { SideName } from '#domain/platform.ts';
import type { RestoredOrder, StandingThen } from '#domain/restored.ts';
import { note } from './audit.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { advanceAll } from './journey.ts';
import { confirmOrigin, restoredWhy } from './origin.ts';
import { queueName, schema } from './queue-schema.ts';

export interface RestoredFacts {
  readonly noticed: string | null;
  readonly links: number;
  readonly knowsUntil: Date | null;
  readonly revision: number;
  readonly tokens: number;
  readonly sessions: number;
}

/** Whatever was at work when the dump was taken is not any more; whoever is joins anew. What they held goes with them. */
export async function forgetWorkers(db: Sql): Promise<void> {
  await sql`delete from worker`.execute(db);
}

const inForce = sql`revoked_at is null and expires_at > now()`;

export async function restoredFacts(db: Sql): Promise<RestoredFacts> {
  const facts = await oneRow(
    db,
    sql<Omit<RestoredFacts, 'noticed'>>`
      select (select coalesce(max(seq), 0) from audit_link) as links,
             (select at from audit order by id desc limit 1) as "knowsUntil",
             (select revision from route_clock) as revision,
             (select count(*) from access_token where ${inForce}) as tokens,
             (select count(*) from access_session where ${inForce}) as sessions`,
  );
  return { noticed: await restoredWhy(db), ...facts };
}

const standingMost = 10_000;

/** All mailboxes of the estate, some thousand at a time, in the order in which they came to it. `until`: of the last record. */
export async function* standingsThen(db: Sql, until: Date | null): AsyncGenerator<readonly StandingThen[]> {
  for (let last = 0; ; ) {
    const { rows } = await sql<StandingThen>`
      select m.id, m.address, m.source_user as "sourceUser", m.target_user as "targetUser", m.stage, coalesce(r.side, 'source') as side,
             coalesce(w.state in ('running', 'paused') and w.opens_at <= now()
                      and w.closes_at >= coalesce(${until}::timestamptz, '-infinity'), false) as "mayHaveSwitched"
        from mailbox m left join route r on r.mailbox = m.id left join wave w on w.id = m.wave
       where m.id > ${last} and m.left_at is null
       order by m.id limit ${standingMost}`.execute(db);
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)?.id ?? last;
  }
}

/** One that is not where the database has it, or may not be. */
export interface ToPutRight {
  readonly id: number;
  /** Null: nobody knows. */
  readonly side: SideName | null;
  /** Its journey follows; empty where it stays in its stage. */
  readonly steps: readonly Step[];
}

/** No door, worker or session has seen a number that is so far above what was restored. */
const leap = 1_000_000_000;
const batchMost = 1_000;

/**
 * Confirms this database, in one transaction: those in doubt are held where they were seen last, whatever was under way is forgotten,
 * nobody is signed in any more, and no number is given out that was given out before.
 */
export async function confirmRestored(
  db: Database,
  doubted: readonly ToPutRight[],
  { who, why }: RestoredOrder,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    await sql`insert into brake (who, why) values (${who}, ${why}) on conflict (one) do nothing`.execute(tx);
    await note(tx, { who, what: 'restored', why, about });
    await forgetWhatWasUnderWay(tx);
    await sql`update route_clock set revision = revision + ${leap}::int8, estate = estate + 1`.execute(tx);
    for (let from = 0; from < doubted.length; from += batchMost)
      await putRight(tx, doubted.slice(from, from + batchMost), who, why);
    await confirmOrigin(tx);
  });
}

async function forgetWhatWasUnderWay(tx: Sql): Promise<void> {
  const { rows } = await sql<{ installed: boolean }>`
    select to_regclass(${`${schema}.job`}) is not null as installed`.execute(tx);
  if (rows[0]?.installed) await sql`delete from ${sql.id(schema, 'job')} where name = ${queueName}`.execute(tx);
  await sql`update mailbox set queued_at = null where queued_at is not null`.execute(tx);
  await forgetWorkers(tx);
  await sql`select setval('lease_token', (select last_value from lease_token) + ${leap}::int8)`.execute(tx);
  await sql`delete from door`.execute(tx);
  await sql`update access_token set revoked_at = now() where ${inForce}`.execute(tx);
  await sql`update access_session set revoked_at = now() where ${inForce}`.execute(tx);
  await sql`delete from access_approval where used_at is null`.execute(tx);
}

/** Each with the steps that are missing, its route, and the mark of being held; and with their records. */
async function putRight(tx: Sql, doubted: readonly ToPutRight[], who: string, why: string): Promise<void> {
  const ids = doubted.map(({ id }) => id);
  for (const [steps, some] of Map.groupBy(doubted, (each) => each.steps.join(' ')))
    for (const step of steps === '' ? [] : (steps.split(' ') as Step[]))
      await advanceAll(tx, idsOf(some), { step, who, why, about: { restored: true } }, null);
  for (const side of ['source', 'target'] as const) {
    const there = idsOf(doubted.filter((each) => each.side === side));
    if (there.length > 0) await turnRoutes(tx, there, side);
  }
  await sql`
    with marked as (
      update mailbox set held = coalesce(held, ${`after a restore: ${why}`}), held_until = null where id = any(${ids}::int[]) returning id
    )
    insert into audit (who, what, mailbox, why) select ${who}, 'hold', id, ${why} from marked order by id`.execute(tx);
}

async function turnRoutes(tx: Sql, mailboxes: readonly number[], side: SideName): Promise<void> {
  const set: RawBuilder<unknown> = sql`side = excluded.side, revision = excluded.revision, turned_at = now(), since = now(),
    standing = 'open', announced_at = null, announced = null`;
  await sql`
    with tick as (update route_clock set revision = revision + 1 returning revision)
    insert into route (mailbox, side, revision, turned_at, since)
    select id, ${side}, tick.revision, now(), now() from tick, unnest(${mailboxes}::int[]) as m (id)
    on conflict (mailbox) do update set ${set}`.execute(tx);
}

function idsOf(of: readonly ToPutRight[]): readonly number[] {
  return of.map(({ id }) => id);
}
