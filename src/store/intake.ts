/**
 * The intake port on PostgreSQL: one connection, one transaction. Rows come in by COPY into tables that go with it; the estate
 * itself is not locked before the merge, which touches only what changes.
 */

import { sql } from 'kysely';
import pg from 'pg';
import { fault } from '#domain/fault.ts';
import {
  type ChangeKind,
  clashText,
  type EstateChanges,
  type Finding,
  type NamedChange,
} from '#domain/estate-changes.ts';
import { type EstateFileKind, estateFileKinds } from '#domain/estate-columns.ts';
import type { EstateRows, Lined } from '#domain/estate-rows.ts';
import type { GivenFiles, ImportRecord, Intake, IntakeOptions, OpenIntake } from '#ports/intake.ts';
import { databaseFault } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { checkRows } from './intake-check.ts';
import { compareRows, declareChanges, nextChanges } from './intake-compare.ts';
import { mergeRows, noteImport } from './intake-merge.ts';
import { analyseStaging, createStaging, enterFindings, type FindingRow, StagingWriter } from './intake-staging.ts';
import { queriesOn } from './one-connection.ts';

/** Any number that nobody else takes: whoever holds it imports, or applies a plan (`plan-keeping.ts`). */
export const importLock = 0x47647769;
/** SQLSTATE (PostgreSQL 15 manual, appendix A). */
const lockNotAvailable = '55P03';
/** Findings and changes are handed on by so many: some hundred kilobytes. */
const pageRows = 2_000;

/** Imports into `db`. */
export function intakeOf(db: Database): OpenIntake {
  return async (options, signal) => {
    signal.throwIfAborted();
    const client = await db.connect();
    try {
      return await DatabaseIntake.begin(db.name, client, options, signal);
    } catch (error) {
      await client.end();
      throw databaseFault.of(error, db.name) ?? error;
    }
  };
}

class DatabaseIntake implements Intake {
  readonly #name: string;
  readonly #client: pg.Client;
  readonly #tx: Sql;
  readonly #options: IntakeOptions;
  readonly #writer: StagingWriter;
  readonly #signal: AbortSignal;
  /** Ends the connection, whatever it is about: the server then undoes all of it. */
  readonly #stop = (): void => void this.#client.end();
  #given: GivenFiles = {};
  #changes: EstateChanges | null = null;

  static async begin(name: string, client: pg.Client, options: IntakeOptions, signal: AbortSignal): Promise<Intake> {
    const intake = new DatabaseIntake(name, client, options, signal);
    await begin(intake.#tx, name);
    return intake;
  }

  private constructor(name: string, client: pg.Client, options: IntakeOptions, signal: AbortSignal) {
    this.#name = name;
    this.#client = client;
    this.#tx = queriesOn(client);
    this.#options = options;
    this.#writer = new StagingWriter(client);
    this.#signal = signal;
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  async take<Kind extends EstateFileKind>(kind: Kind, rows: readonly Lined<EstateRows[Kind]>[]): Promise<void> {
    await this.#ask(() => this.#writer.write(kind, rows));
  }

  async enter(problems: readonly Finding[]): Promise<void> {
    await this.#ask(async () => {
      await this.#writer.end();
      await enterFindings(this.#tx, problems);
    });
  }

  async check(given: GivenFiles): Promise<{ readonly problems: number; readonly remarks: number }> {
    this.#given = given;
    return await this.#ask(async () => {
      await this.#writer.end();
      await analyseStaging(this.#tx);
      await checkRows(this.#tx, given, this.#options);
      return await oneRow(
        this.#tx,
        sql<{ problems: number; remarks: number }>`
        select count(*) filter (where not is_remark) as problems, count(*) filter (where is_remark) as remarks
          from finding`,
      );
    });
  }

  async compare(): Promise<EstateChanges> {
    return (this.#changes = await this.#ask(() => compareRows(this.#tx, this.#given)));
  }

  async *findings(what: 'problems' | 'remarks'): AsyncGenerator<readonly Finding[]> {
    yield* this.#pages(
      () =>
        sql`
        declare finding_in_order no scroll cursor for
        select file, line, field, said, clash from finding where is_remark = ${sql.lit(what === 'remarks')}
         order by file, line nulls first, field nulls first, said, clash`.execute(this.#tx),
      async () => {
        const { rows } = await sql<FindingRow>`fetch ${sql.lit(pageRows)} from finding_in_order`.execute(this.#tx);
        return rows.map(findingOf);
      },
      () => sql`close finding_in_order`.execute(this.#tx),
    );
  }

  async *changes(change: ChangeKind): AsyncGenerator<readonly NamedChange[]> {
    yield* this.#pages(
      () => declareChanges(this.#tx, this.#given, change),
      () => nextChanges(this.#tx, pageRows),
      () => sql`close change_by_name`.execute(this.#tx),
    );
  }

  async keep(record: ImportRecord): Promise<void> {
    if (this.#options.dryRun) throw new Error('an import that is only tried keeps nothing');
    await this.#ask(async () => {
      await mergeRows(this.#tx, this.#given, record);
      await noteImport(this.#tx, record, this.#changes);
      await sql`commit`.execute(this.#tx);
      await analyseEstate(this.#tx);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop);
    await this.#client.end();
  }

  async *#pages<Row>(
    open: () => Promise<unknown>,
    next: () => Promise<readonly Row[]>,
    close: () => Promise<unknown>,
  ): AsyncGenerator<readonly Row[]> {
    await this.#ask(open);
    let isBroken = false;
    try {
      for (let page = await this.#ask(next); page.length > 0; page = await this.#ask(next)) yield page;
    } catch (error) {
      isBroken = true;
      throw error;
    } finally {
      // Whoever has seen enough stops early, and the next may ask again.
      if (!isBroken) await this.#ask(close);
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (this.#signal.aborted) throw fault('interrupted', { by: 'a signal' }, { cause: error });
      throw databaseFault.of(error, this.#name) ?? error;
    }
  }
}

/** Begins the transaction, alone among imports, and makes the tables in which rows wait. */
async function begin(tx: Sql, name: string): Promise<void> {
  await sql`begin`.execute(tx);
  await takeTurn(tx, name);
  // Millions of rows are joined in memory, by one session, for a minute; compiling for that is slower than doing it.
  await sql`set local work_mem = '128MB'`.execute(tx);
  await sql`set local jit = off`.execute(tx);
  await sql`set local temp_buffers = '64MB'`.execute(tx);
  // Where we are killed in the middle of a long statement the server notices soon. Some platforms cannot; there it notices later.
  await sql`
    do $$ begin
      perform set_config('client_connection_check_interval', '2s', true);
    exception when invalid_parameter_value then
      raise debug 'no client_connection_check_interval here';
    end $$`.execute(tx);
  await createStaging(tx);
}

/** Waits as long as one that was stopped a moment ago needs to be gone, and no longer: whole imports take minutes. */
async function takeTurn(tx: Sql, name: string): Promise<void> {
  await sql`set local lock_timeout = '5s'`.execute(tx);
  try {
    await sql`select pg_advisory_xact_lock(${importLock})`.execute(tx);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === lockNotAvailable)
      throw fault('estate.import.under-way', { name }, { cause: error });
    throw error;
  }
  await sql`set local lock_timeout = 0`.execute(tx);
}

/** So that the next questions know how large all this has become. A small sample: the server takes a better one by itself. */
async function analyseEstate(db: Sql): Promise<void> {
  await sql`set default_statistics_target = 10`.execute(db);
  await sql`analyze organisation, mailbox, permission`.execute(db);
}

function findingOf({ file, line, field, said, clash }: FindingRow): Finding {
  const text = said ?? (clash === null ? '' : clashText(clash));
  return { file: estateFileKinds[file] as EstateFileKind, line, column: field, text };
}
