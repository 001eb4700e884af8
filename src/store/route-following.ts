/** The routes as the doors follow them: read as a whole by COPY, then by what has changed since a revision. */

import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import { fault } from '#domain/fault.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import { doorLeaseMs, type Standing, standings } from '#domain/route.ts';
import type { DoorAtWork, DoorIdentity, RouteChange, RouteRow, RoutesAt, RouteSource } from '#ports/routes.ts';
import { type CopiedRow, copyOut } from './copy-out.ts';
import { databaseFault } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { noticeRestored, restoredText, restoredWhy } from './origin.ts';
import { queriesOn } from './one-connection.ts';
import { RouteNews } from './route-news.ts';
import { ShortLine } from './short-line.ts';

export interface OpenRouteSource extends RouteSource, AsyncDisposable {}

/** A second is time enough for one row and what has changed; a lease lasts for several. */
const answerMostMs = 2_000;
/** A server that has been silent for so long in the middle of a reading is not there any more. */
const silenceMostMs = 60_000;
/** Who has more to catch up with than that reads everything: it takes less memory. */
const changesMost = 100_000;

export function openRouteSource(db: Database): OpenRouteSource {
  const news = new RouteNews(db);
  return {
    readAll: (take, signal) => readAll(db, take, signal),
    register: (door, known, before) => register(db, door, known, before),
    changed: (mostMs, signal) => news.changed(mostMs, signal),
    [Symbol.asyncDispose]: () => news[Symbol.asyncDispose](),
  };
}

/**
 * The same of a database that may not be there yet: it is opened when it is asked for the first time, and when that fails, the next
 * time. The doors answer by what was kept meanwhile.
 */
export function routeSourceOnceThere(open: () => Promise<Database>): OpenRouteSource {
  let opened: Promise<readonly [Database, OpenRouteSource]> | null = null;
  const there = async (): Promise<OpenRouteSource> => {
    const opening = (opened ??= open().then((db) => [db, openRouteSource(db)] as const));
    try {
      return (await opening)[1];
    } catch (error) {
      if (opened === opening) opened = null;
      throw error;
    }
  };
  return {
    readAll: async (take, signal) => await (await there()).readAll(take, signal),
    register: async (door, known, before) => await (await there()).register(door, known, before),
    changed: async (mostMs, signal) => await (await there()).changed(mostMs, signal),
    async [Symbol.asyncDispose]() {
      const [db, source] = (await opened?.catch(() => null)) ?? [];
      await source?.[Symbol.asyncDispose]();
      await db?.[Symbol.asyncDispose]();
    },
  };
}

async function readAll(db: Database, take: (row: RouteRow) => void, signal: AbortSignal): Promise<RoutesAt> {
  signal.throwIfAborted();
  const client = await db.connect();
  // Whatever it is about: the server then ends it.
  const stop = (): void => void client.end();
  signal.addEventListener('abort', stop, { once: true });
  let [rows, rowsBefore] = [0, -1];
  const watch = setInterval(() => {
    if (rows === rowsBefore) stop();
    rowsBefore = rows;
  }, silenceMostMs);
  try {
    const at = await readOn(client, db.name, (row) => {
      rows++;
      take(row);
    });
    signal.throwIfAborted();
    return at;
  } catch (error) {
    if (signal.aborted) throw fault('interrupted', { by: 'a signal' }, { cause: error });
    throw databaseFault.of(error, db.name) ?? error;
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
    await client.end();
  }
}

async function readOn(client: pg.Client, name: string, take: (row: RouteRow) => void): Promise<RoutesAt> {
  const tx = queriesOn(client);
  await sql`begin isolation level repeatable read read only`.execute(tx);
  // Joined in memory, in one go; compiling for that is slower than doing it.
  await sql`set local work_mem = '64MB'`.execute(tx);
  await sql`set local jit = off`.execute(tx);
  const { why, ...at } = await oneRow(
    tx,
    sql<RoutesAt & { readonly why: string | null }>`
      select c.revision, c.estate, ${restoredText} as why from route_clock c, origin`,
  );
  if (why !== null) throw fault('database.restored', { name, text: why });
  // Questions are answered in between: they come by other sockets of this process.
  await copyOut(client, mailboxes, mailboxFields, (row) => take(rowOf(row)), setImmediate);
  return at;
}

const mailboxFields = 7;
/** A mailbox without a route has never been turned or announced. No alias holds a blank (domain/estate-values.ts). */
const mailboxes = `
  select m.id, m.address, m.source_user, m.target_user, array_to_string(m.aliases, ' '),
         ${placeOf(`coalesce(r.side, 'source')`, sideNames)}, ${placeOf(`coalesce(r.standing, 'open')`, standings)}
    from mailbox m left join route r on r.mailbox = m.id
   where m.left_at is null`;

/** The place of a word in its list. */
function placeOf(column: string, words: readonly string[]): string {
  return `case ${column} ${words.map((word, i) => `when '${word}' then ${i}`).join(' ')} end`;
}

const none: readonly string[] = [];

function rowOf(row: CopiedRow): RouteRow {
  const aliases = row.text(4);
  return {
    mailbox: row.number(0) as number,
    named: { address: row.text(1) as string, sourceUser: row.text(2), targetUser: row.text(3) },
    aliases: aliases === null || aliases === '' ? none : aliases.split(' '),
    side: sideNames[row.number(5) as number] as SideName,
    standing: standings[row.number(6) as number] as Standing,
  };
}

const leaseLater = sql`now() + make_interval(secs => ${doorLeaseMs / 1000}::float8)`;

async function register(
  db: Database,
  door: DoorIdentity,
  known: number,
  before: readonly string[],
): Promise<DoorAtWork> {
  const line = new ShortLine(db, answerMostMs);
  const { id, host, pid, version, serves } = door;
  try {
    await line.ask((on) => seeThatItKnowsAsMuch(on, db.name, known));
    await line.ask((on) =>
      sql`
        insert into door (id, host, pid, version, serves, revision, lease_until)
        values (${id}, ${host}, ${pid}, ${version}, ${serves}::text[], ${known}, ${leaseLater})
        on conflict (id) do update set revision = excluded.revision, lease_until = excluded.lease_until`.execute(on),
    );
  } catch (error) {
    await line.close();
    throw error;
  }
  return new RegisteredDoor(door, known, before, line, db.name);
}

/** A door that has heard of later changes than there are has been told them by this database before it was restored. */
async function seeThatItKnowsAsMuch(on: Sql, name: string, known: number): Promise<void> {
  const { revision } = await oneRow(on, sql<{ revision: number }>`select revision from route_clock`);
  if (revision < known)
    await noticeRestored(on, `a door has heard of change ${known} of the routes, and it ends with ${revision}`);
  const why = await restoredWhy(on);
  if (why !== null) throw fault('database.restored', { name, text: why });
}

interface Renewed {
  readonly at: number;
  readonly estate: number;
  readonly isThere: boolean;
  /** Why the database is taken for one that was restored; null where it is not. */
  readonly why: string | null;
}

class RegisteredDoor implements DoorAtWork {
  readonly #door: DoorIdentity;
  readonly #before: readonly string[];
  readonly #line: ShortLine;
  readonly #name: string;
  /** What the database has confirmed to have been told. */
  #told: number;

  constructor(door: DoorIdentity, told: number, before: readonly string[], line: ShortLine, name: string) {
    [this.#door, this.#told, this.#before, this.#line, this.#name] = [door, told, before, line, name];
  }

  /**
   * One statement, and so one look at the database: the clock and the routes are of the same moment, and since whoever changes a route
   * keeps the clock until that can be seen, no change up to its revision is missing.
   */
  async renew(known: number): Promise<{ readonly at: RoutesAt; readonly changes: readonly RouteChange[] } | 'gone'> {
    const { id, host } = this.#door;
    const { rows } = await this.#line.ask((on) =>
      sql<Renewed & { [Key in keyof RouteChange]: RouteChange[Key] | null }>`
        with renewed as (
          update door set revision = ${known}, lease_until = ${leaseLater}
           where id = ${id} and revision between ${this.#told} and ${known}
          returning id
        ), buried as (
          delete from door where id = any(${this.#before}::uuid[]) and host = ${host} and lease_until < now()
        )
        select c.revision as at, c.estate, exists (select from renewed) as "isThere",
               (select ${restoredText} from origin) as why,
               r.mailbox, r.side, r.standing, r.revision
          from route_clock c left join route r on r.revision > ${known}
         order by r.revision limit ${changesMost + 1}`.execute(on),
    );
    const [first] = rows;
    if (first === undefined) throw new Error('the clock of the routes is missing');
    if (first.why !== null) throw fault('database.restored', { name: this.#name, text: first.why });
    if (!first.isThere || rows.length > changesMost) return 'gone';
    this.#told = known;
    const changes = rows.flatMap(({ mailbox, side, standing, revision }) =>
      mailbox === null || side === null || standing === null || revision === null
        ? []
        : [{ mailbox, side, standing, revision }],
    );
    return { at: { revision: first.at, estate: first.estate }, changes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#line.ask((on) => sql`delete from door where id = ${this.#door.id}`.execute(on));
    } finally {
      await this.#line.close();
    }
  }
}
