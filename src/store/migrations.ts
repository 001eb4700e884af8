/**
 * What the database consists of, as SQL files that are run once each, in the order of their numbers, under a lock. A file
 * that was run is never edited: its checksum is kept, and one that differs stops everything.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import pg from 'pg';
import type { MigrationState, PlannedStep } from '#domain/database-state.ts';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Database, Sql } from './db.ts';
import { installQueue } from './queue-schema.ts';
import { queuePlan, queueVersion } from './queue-version.ts';

export interface Migration {
  /** `0001-estate`. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly checksum: string;
}

interface Ran {
  readonly name: string;
  readonly checksum: string;
  readonly ran_at: Date;
}

/** By way of the root, to which it is as far from a bundle (`tools/bundle.ts`) as from here. */
const folder = new URL('../../src/store/migrations/', import.meta.url);
/** Any number that nobody else takes: "Gdwt". */
const lock = 0x47647774;

const preamble = `select pg_advisory_xact_lock(${lock});
create table if not exists migration (
  name text primary key,
  checksum text not null,
  ran_at timestamptz not null default now()
);`;

/** SQLSTATE codes of what is there already under a name of ours (PostgreSQL 15 manual, appendix A). */
const occupied = new Set(['42P06', '42P07', '42710', '42723']);

/** The migrations of this version, in order. */
export async function migrations(): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (file) => {
      const text = await readFile(new URL(file, folder), 'utf8');
      const checksum = createHash('sha256').update(text).digest('hex');
      return { name: file.slice(0, -'.sql'.length), text, checksum };
    }),
  );
}

/** What has become here of the migrations of this version, and of others that were run. */
export async function migrationStates(db: Database): Promise<readonly MigrationState[]> {
  return statesOf(await migrations(), await ranHere(db.sql));
}

/** What `migrate` would run. Throws `database.newer`, `database.migration-edited`. */
export async function plan(db: Database): Promise<readonly PlannedStep[]> {
  const all = await migrations();
  const missing = missingOf(statesOf(all, await ranHere(db.sql)), all, db.name);
  const steps = missing.map((migration) => ({ name: migration.name, sql: textOf(migration) }));
  const first = steps.length === 0 ? [] : [{ name: 'migrations', sql: preamble }];
  return [...first, ...steps, ...(await queuePlan(db.sql))];
}

/**
 * Runs what is missing, all or nothing, and says what it was. Safe while others do the same. Throws `database.newer`,
 * `database.migration-edited`, `database.occupied`.
 */
export async function migrate(db: Database): Promise<readonly string[]> {
  const all = await migrations();
  const queue = await queuePlan(db.sql);
  const ran = await db.sql.transaction().execute(async (tx) => {
    await sql.raw(preamble).execute(tx);
    const missing = missingOf(statesOf(all, await ranHere(tx)), all, db.name);
    for (const migration of missing) await run(tx, migration, db.name);
    return missing.map(({ name }) => name);
  });
  // Its tables are not ours: it knows itself what it lacks.
  await installQueue(db);
  return [...ran, ...queue.map(({ name }) => name)];
}

/**
 * Whether `migrate` would find everything of ours there, and the queue installed. An older queue is brought up to date by
 * whoever works with it (`installQueue`).
 */
export async function isPrepared(db: Database): Promise<boolean> {
  const states = await migrationStates(db);
  return states.every(({ state }) => state === 'ran') && (await queueVersion(db.sql)) !== null;
}

/** Throws `database.unprepared` unless everything of this version was run. */
export async function seeThatAllRan(db: Database): Promise<void> {
  const all = await migrations();
  const missing = missingOf(statesOf(all, await ranHere(db.sql)), all, db.name).length;
  if (missing > 0) throw fault('database.unprepared', { name: db.name, missing });
}

async function ranHere(db: Sql): Promise<readonly Ran[]> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('migration') is not null as there`.execute(db);
  if (!rows[0]?.there) return [];
  return (await sql<Ran>`select name, checksum, ran_at from migration order by name`.execute(db)).rows;
}

function statesOf(all: readonly Migration[], ran: readonly Ran[]): readonly MigrationState[] {
  const ours = new Map(all.map(({ name, checksum }) => [name, checksum] as const));
  const known = new Set(ran.map(({ name }) => name));
  const here = ran.map(({ name, checksum, ran_at: ranAt }): MigrationState => {
    const own = ours.get(name);
    return { name, checksum, ranAt, state: own === undefined ? 'unknown' : own === checksum ? 'ran' : 'edited' };
  });
  const missing = all
    .filter(({ name }) => !known.has(name))
    .map(({ name, checksum }): MigrationState => ({ name, checksum, ranAt: null, state: 'missing' }));
  return [...here, ...missing].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is to be run, where nothing speaks against it. */
function missingOf(
  states: readonly MigrationState[],
  all: readonly Migration[],
  database: string,
): readonly Migration[] {
  const newer = states.find(({ state }) => state === 'unknown');
  if (newer) throw fault('database.newer', { name: database, migration: newer.name });
  const edited = states.find(({ state }) => state === 'edited');
  if (edited) throw fault('database.migration-edited', { migration: edited.name });
  const missing = new Set(states.filter(({ state }) => state === 'missing').map(({ name }) => name));
  return all.filter(({ name }) => missing.has(name));
}

/** A migration with the note that it was run. */
function textOf({ name, text, checksum }: Migration): string {
  return `${text}\ninsert into migration (name, checksum) values ('${name}', '${checksum}');`;
}

async function run(tx: Sql, migration: Migration, database: string): Promise<void> {
  try {
    await sql.raw(textOf(migration)).execute(tx);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !occupied.has(error.code ?? '')) throw error;
    throw fault('database.occupied', { name: database, text: cleanText(error.message, 200) }, { cause: error });
  }
}
