/** Routes as a switch holds and opens them, and what the leader does with them of its own accord. */

import { sql } from 'kysely';
import type { DoorMissing, Outlook, RouteHold, RouteHolds } from '#ports/routes.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

const tick = sql`tick as (update route_clock set revision = revision + 1 returning revision)`;

export function openRouteHolds(db: Database): RouteHolds {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    outlook: () => ask(outlook(db.sql)),
    announce: (mailbox) => ask(announce(db.sql, mailbox)),
    hold: (mailbox) => ask(hold(db.sql, mailbox)),
    missing: (held) => ask(missing(db.sql, held)),
    letGo: (held) => ask(letGo(db.sql, held)),
  };
}

async function outlook(db: Sql): Promise<Outlook> {
  interface Row {
    readonly doors: number;
    readonly who: string | null;
    readonly why: string;
    readonly at: number;
  }
  const { doors, who, why, at } = await oneRow(
    db,
    sql<Row>`
      select d.doors, b.who, b.why, (extract(epoch from b.at) * 1000)::int8 as at
        from (select count(*)::int as doors from door) d left join brake b on true`,
  );
  return { doors, brake: who === null ? null : { who, why, at } };
}

/** How many there are, heard of or not. */
async function doorCount(db: Sql): Promise<number> {
  const { doors } = await oneRow(db, sql<{ doors: number }>`select count(*)::int as doors from door`);
  return doors;
}

/** Answers for how long it has been announced, in milliseconds. */
async function announce(db: Sql, mailbox: number): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from now() - announced_at) * 1000)::int8 as ms
      from route where mailbox = ${mailbox} and standing <> 'open'`.execute(db);
  if (rows[0]) return rows[0].ms;
  await announceAll(db, sql`select ${mailbox}::int as id`);
  return 0;
}

/** Those of a query with one column, `id`; who is announced or held already stays so. Answers how many were. */
async function announceAll(db: Sql, mailboxes: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ mailbox: number }>`
    with wanted as materialized (${mailboxes}), ${tick}
    insert into route (mailbox, side, standing, since, revision, announced_at, announced)
    select wanted.id, 'source', 'announced', now(), tick.revision, now(), tick.revision from wanted cross join tick
    on conflict (mailbox) do update
      set standing = 'announced', since = now(), revision = excluded.revision, announced_at = now(), announced = excluded.revision
      where route.standing = 'open'
    returning mailbox`.execute(db);
  return rows.length;
}

async function hold(db: Sql, mailbox: number): Promise<RouteHold> {
  const { revision } = await oneRow(
    db,
    sql<{ revision: number }>`
      with ${tick}
      insert into route (mailbox, side, standing, since, revision, announced_at, announced)
      select ${mailbox}, 'source', 'held', now(), tick.revision, now(), tick.revision from tick
      on conflict (mailbox) do update
        set standing = 'held', since = now(), revision = excluded.revision,
            announced_at = case when route.standing = 'open' then now() else route.announced_at end,
            announced = case when route.standing = 'open' then excluded.revision else route.announced end
      returning revision`,
  );
  return { mailbox, revision };
}

interface DoorRow {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly serves: readonly string[];
  readonly is_alive: boolean;
}

/** A door that is lost and was told of the announcement answers "later", and keeps nobody waiting. */
async function missing(db: Sql, { mailbox, revision }: RouteHold): Promise<readonly DoorMissing[]> {
  const { rows } = await sql<DoorRow>`
    select d.id, d.host, d.pid, d.serves, d.lease_until > now() as is_alive
      from door d
     where d.revision < ${revision}
       and (d.lease_until > now() or d.revision < (select r.announced from route r where r.mailbox = ${mailbox}))
     order by d.host, d.pid`.execute(db);
  return rows.map(({ is_alive: isAlive, ...door }) => ({ ...door, why: isAlive ? 'slow' : 'lost' }));
}

async function letGo(db: Sql, { mailbox, revision }: RouteHold): Promise<void> {
  await sql`
    with ${tick}
    update route set standing = 'announced', since = now(), revision = tick.revision from tick
     where mailbox = ${mailbox} and route.revision = ${revision} and standing = 'held'`.execute(db);
}

/** Announced in one statement: some tenths of a second. */
const announcedMost = 5_000;
/** A hold that its worker does not end is ended; longer than any switch may hold. */
const heldMostSeconds = 90;
/** Who asked before the turn has come with the old answer by then. */
const announcedAfterSeconds = 90;

/**
 * Announces whose window opens soon or who goes back, opens whoever is not about to change sides any more, and ends holds whose worker
 * is gone. To be called every few seconds by whoever leads. Does nothing where there is no door to be told. `announceAheadMs`: so long a
 * mailbox has to be announced before it may switch.
 */
export async function careForRoutes(db: Database, announceAheadMs: number): Promise<void> {
  await faulted(
    db.name,
    (async () => {
      if ((await doorCount(db.sql)) > 0)
        while ((await announceAll(db.sql, aboutToMove(announcedMost, announceAheadMs))) === announcedMost);
      await letGoOfOld(db.sql);
      await openSettled(db.sql);
    })(),
  );
}

/** Of whom a wave's window is open or opens soon, and who is on the way back. */
function aboutToMove(most: number, announceAheadMs: number) {
  return sql`
    select m.id from mailbox m left join route r on r.mailbox = m.id
     where m.mark = '' and (r.mailbox is null or r.standing = 'open')
       and (m.stage in ('switching', 'returning')
            or m.stage = 'following' and m.wave in (
              select w.id from wave w
               where w.state = 'running' and now() >= w.opens_at - make_interval(secs => ${(announceAheadMs * 1.5) / 1000}::float8)
                 and now() < w.closes_at))
     limit ${most}`;
}

async function letGoOfOld(db: Sql): Promise<void> {
  await onlyIfAny(
    db,
    sql`route.standing = 'held' and route.since < now() - make_interval(secs => ${heldMostSeconds})`,
    'announced',
  );
}

async function openSettled(db: Sql): Promise<void> {
  const isOver = sql`
    route.standing = 'announced' and route.since < now() - make_interval(secs => ${announcedAfterSeconds})
    and not exists (
      select from mailbox m left join wave w on w.id = m.wave
       where m.id = route.mailbox
         and (m.stage in ('switching', 'returning')
              or m.stage = 'following' and m.mark = '' and w.state = 'running' and now() < w.closes_at))`;
  await onlyIfAny(db, isOver, 'open');
}

/** The clock goes on only where there is something to change. */
async function onlyIfAny(db: Sql, which: ReturnType<typeof sql>, standing: 'open' | 'announced'): Promise<void> {
  await sql`
    with concerned as materialized (select mailbox from route where ${which}),
         tick as (update route_clock set revision = revision + 1 where exists (select from concerned) returning revision)
    update route set standing = ${standing}, since = now(), revision = tick.revision
      from tick, concerned
     where route.mailbox = concerned.mailbox and ${which}`.execute(db);
}
