/**
 * What the database consists of, as SQL files that are run once each, in the order of their numbers, under a lock. A file
 * that was run is never edited: its checksum is kept, and one that differs stops everything.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { fault } from '#domain/fault.ts';
import type { Database, Sql } from './db.ts';
import { installQueue } from './queue-schema.ts';

export interface Migration {
  /** `0001-estate`. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly checksum: string;
}

export interface MigrationState {
  readonly name: string;
  /** When it was run here; null while it has not been. */
  readonly ranAt: Date | null;
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

/** What of this version was run here, and what was not. Throws `database.newer`, `database.migration-edited`. */
export async function migrationStates(db: Database): Promise<readonly MigrationState[]> {
  const [all, ran] = [await migrations(), await ranHere(db.sql)];
  compare(all, ran, db.name);
  const ranAt = new Map(ran.map((each) => [each.name, each.ran_at] as const));
  return all.map(({ name }) => ({ name, ranAt: ranAt.get(name) ?? null }));
}

/** Runs what is missing, all or nothing, and says what it was. Safe while others do the same. */
export async function migrate(db: Database): Promise<readonly string[]> {
  const all = await migrations();
  const ran = await db.sql.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
    await sql`create table if not exists migration (
      name text primary key,
      checksum text not null,
      ran_at timestamptz not null default now()
    )`.execute(tx);
    const ran = await ranHere(tx);
    compare(all, ran, db.name);
    const known = new Set(ran.map(({ name }) => name));
    const missing = all.filter(({ name }) => !known.has(name));
    for (const { name, text, checksum } of missing) {
      await sql.raw(text).execute(tx);
      await sql`insert into migration (name, checksum) values (${name}, ${checksum})`.execute(tx);
    }
    return missing.map(({ name }) => name);
  });
  // Its tables are not ours: it knows itself what it lacks.
  await installQueue(db);
  return ran;
}

/** Throws `database.unprepared` unless everything of this version was run. */
export async function seeThatAllRan(db: Database): Promise<void> {
  const missing = (await migrationStates(db)).filter(({ ranAt }) => ranAt === null).length;
  if (missing > 0) throw fault('database.unprepared', { name: db.name, missing });
}

async function ranHere(db: Sql): Promise<readonly Ran[]> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('migration') is not null as there`.execute(db);
  if (!rows[0]?.there) return [];
  return (await sql<Ran>`select name, checksum, ran_at from migration order by name`.execute(db)).rows;
}

function compare(all: readonly Migration[], ran: readonly Ran[], database: string): void {
  const ours = new Map(all.map((migration) => [migration.name, migration] as const));
  for (const { name, checksum } of ran) {
    const migration = ours.get(name);
    if (!migration) throw fault('database.newer', { name: database, migration: name });
    if (migration.checksum !== checksum) throw fault('database.migration-edited', { migration: name });
  }
}
