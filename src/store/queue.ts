/**
 * The job queue, kept by pg-boss in tables of its own: it claims, counts heartbeats, gives to others what a vanished worker
 * had in hand, and fences the one that comes back. What is due later stands in our tables, not here: of two million deferred
 * jobs every fetch would have to walk past all. Whatever is done leaves the table at once; the audit log has the history.
 *
 * All that is sent or taken out together with steps of a journey is done in the same transaction: it is passed along.
 */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { fromKysely, type Job as BossJob, PgBoss } from 'pg-boss';
import { fault } from '#domain/fault.ts';
import type { Work } from '#domain/release.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { Job, JobQueue, NewJob } from '#ports/queue.ts';
import { lockBriefly } from './brief-lock.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { OneClient } from './queue-client.ts';
import { callOff, takenOut } from './queue-rows.ts';
import { queueName, schema } from './queue-schema.ts';

/** What people wait for comes first. */
const priority = { switch: 2, return: 1, copy: 0, follow: 0, 'follow-back': 0 } as const satisfies Record<Work, number>;

const table = sql.id(schema, 'job');
/** Any number that nobody else takes: "Gdwf". */
const fetchLock = 0x47647766;

/** What pg-boss answers of the jobs it was asked about, besides what its types say. */
interface Settled {
  readonly affected: number;
  readonly settled?: readonly string[] | null;
}

type Data = Pick<NewJob, 'mailbox' | 'work'>;

/**
 * Opens the queue. `pulse`: where it says that we are alive, which must not wait behind other questions; the same database.
 * Throws `database.unprepared` where it was not installed (`installQueue`).
 */
export async function openQueue(db: Database, log: Log, pulse: Database = db): Promise<StoredQueue> {
  const boss = quiet(
    new PgBoss({ db: fromKysely(db.sql), schema, migrate: false, supervise: false, schedule: false }),
    log,
  );
  try {
    await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false });
    if (error instanceof Error && /^pg-boss (?:is not installed|database requires)/.test(error.message))
      throw fault('database.unprepared', { name: db.name, missing: 1 }, { cause: error });
    throw error;
  }
  return new StoredQueue(db, pulse, boss, log);
}

export class StoredQueue implements JobQueue {
  readonly #db: Database;
  readonly #pulse: Database;
  readonly #boss: PgBoss;
  readonly #log: Log;
  #upkeep: Promise<Upkeep> | null = null;

  constructor(db: Database, pulse: Database, boss: PgBoss, log: Log) {
    this.#db = db;
    this.#pulse = pulse;
    this.#boss = boss;
    this.#log = log;
  }

  async send(jobs: readonly NewJob[], within: Sql = this.#db.sql): Promise<readonly number[]> {
    if (jobs.length === 0) return [];
    const byId = new Map(jobs.map((job) => [randomUUID() as string, job] as const));
    const rows = [...byId].map(([id, { mailbox, work, urgency }]) => ({
      id,
      data: { mailbox, work } satisfies Data,
      singletonKey: String(mailbox),
      priority: urgency ?? priority[work],
    }));
    const sent = this.#boss.insert(queueName, rows, { returnId: true, db: fromKysely(within) });
    return ((await sent) ?? []).flatMap((id) => byId.get(id)?.mailbox ?? []);
  }

  /**
   * One process at a time. Each job is handed out once either way (`skip locked`); but whatever pg-boss counts before it
   * claims, such as how many of a group are under way, is only exact so. It costs about a fifth of what three could claim.
   */
  async fetch(max: number): Promise<readonly Job[]> {
    const jobs = await this.#db.sql.transaction().execute(async (tx) => {
      await lockBriefly(tx, sql`pg_advisory_xact_lock(${fetchLock})`);
      return this.#boss.fetch<Data>(queueName, { batchSize: max, db: fromKysely(tx) });
    });
    // They come in any order.
    return jobs.map(ofBoss).sort((a, b) => priority[b.work] - priority[a.work]);
  }

  async touch(jobs: readonly Job[]): Promise<readonly Job[]> {
    if (jobs.length === 0) return [];
    const { settled } = (await this.#boss.touch(queueName, jobs.map(attemptOf), {
      db: fromKysely(this.#pulse.sql),
    })) as Settled;
    const ours = new Set(settled ?? []);
    return jobs.filter(({ id }) => !ours.has(id));
  }

  async complete(job: Job, within: Sql = this.#db.sql): Promise<boolean> {
    const { rows } = await takenOut(job).execute(within);
    return rows.length === 1;
  }

  async giveBack(job: Job): Promise<void> {
    await this.#boss.fail(queueName, attemptOf(job));
  }

  cancel(mailboxes: readonly number[], within: Sql = this.#db.sql): Promise<void> {
    return callOff(mailboxes, within);
  }

  async supervise(): Promise<void> {
    this.#upkeep ??= startUpkeep(this.#db, this.#log);
    const upkeep = this.#upkeep;
    try {
      await faulted(this.#db.name, (await upkeep).boss.supervise(queueName));
    } catch (error) {
      this.#upkeep = null;
      await endUpkeep(upkeep);
      throw error;
    }
  }

  async abandoned(): Promise<readonly Job[]> {
    const { rows } = await sql<{ readonly id: string; readonly data: Data; readonly attempt: number }>`
      delete from ${table} where name = ${queueName} and state = 'failed'
      returning id, data, retry_count as attempt`.execute(this.#db.sql);
    return rows.map(({ id, data, attempt }) => ({ id, attempt, ...data }));
  }

  async depth(): Promise<{ readonly waiting: number; readonly active: number }> {
    return oneRow(
      this.#db.sql,
      sql<{ waiting: number; active: number }>`
        select count(*) filter (where state < 'active') as waiting, count(*) filter (where state = 'active') as active
          from ${table} where name = ${queueName}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#upkeep) await endUpkeep(this.#upkeep);
    await this.#boss.stop({ graceful: false });
  }
}

/** What only the leader runs: the part of pg-boss that looks after jobs and tables. */
interface Upkeep {
  readonly boss: PgBoss;
  readonly client: OneClient;
}

async function startUpkeep(db: Database, log: Log): Promise<Upkeep> {
  const client = new OneClient(db);
  const boss = new PgBoss({
    db: client,
    schema,
    // The tables are there; this lets it finish indexes that an upgrade left to be built beside the work.
    migrate: true,
    schedule: false,
    // We call, and it does what is due at each call.
    supervise: false,
    monitorIntervalSeconds: 1,
    maintenanceIntervalSeconds: 60,
    monitorVacuum: false,
    // How deep it is shows elsewhere (`depth`).
    warningQueueSize: Number.MAX_SAFE_INTEGER,
  });
  try {
    await faulted(db.name, quiet(boss, log).start());
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
  return { boss, client };
}

async function endUpkeep(upkeep: Promise<Upkeep>): Promise<void> {
  const started = await upkeep.catch(() => null); // whoever waited for it was told why
  await started?.boss.stop({ graceful: false });
  await started?.client[Symbol.asyncDispose]();
}

/** What it tells by itself goes to the log; what it is asked it answers. */
function quiet(boss: PgBoss, log: Log): PgBoss {
  boss.on('error', (error) => log.warn('the queue has trouble', { text: cleanText(error.message, 200) }));
  boss.on('warning', (warning) => log.warn('the queue warns', { text: cleanText(warning.message, 200) }));
  return boss;
}

function ofBoss({ id, data: { mailbox, work }, retryCount }: BossJob<Data>): Job {
  return { id, mailbox, work, attempt: retryCount };
}

function attemptOf({ id, attempt }: Job): { readonly id: string; readonly retryCount: number } {
  return { id, retryCount: attempt };
}
