/**
 * The one database of an estate: PostgreSQL, 15 or newer. All SQL is in this folder. Time is the database's, so that
 * machines whose clocks differ agree on it; transactions are short and never wait for a network.
 */

import { Kysely, PostgresDialect, type RawBuilder, type Transaction } from 'kysely';
import pg from 'pg';
import { databaseFault } from './database-fault.ts';

/** Rows are typed where they are asked for: `sql<Row>`. */
export type Tables = Record<never, never>;

/** The database, or a transaction in it. */
export type Sql = Kysely<Tables> | Transaction<Tables>;

export interface Database extends AsyncDisposable {
  readonly sql: Kysely<Tables>;
  /** Without its password, for people. */
  readonly name: string;
  /** A connection of one's own, for what holds one: COPY, LISTEN, an advisory lock that lasts. */
  connect(): Promise<pg.Client>;
}

export interface DatabaseOptions {
  /** `postgres://…`, or the connection of an embedded server. */
  readonly url: string;
  readonly connectionsMax: number;
  /** Shown by PostgreSQL beside what we are doing. */
  readonly applicationName: string;
}

/** Oldest server that is known to do what we ask: 15. */
const oldestVersion = 150_000;
const connectTimeoutMs = 10_000;

const { builtins } = pg.types;

/** Counts, ids and octets fit a number of JavaScript; what would not is refused, not rounded. */
function safeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`a number from the database is too large: ${text}`);
  return value;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === builtins.INT8 && format !== 'binary'
      ? safeNumber
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

/** Opens the database and sees that it is one. Throws `database.*`. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const name = nameOf(options.url);
  const config: pg.ClientConfig = {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  };
  const pool = new pg.Pool({ ...config, max: options.connectionsMax });
  // A connection that dies while nobody uses it is replaced when somebody does.
  pool.on('error', () => undefined);
  const sql = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { rows } = await pool.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    const version = rows[0]?.version ?? 0;
    if (version < oldestVersion) throw databaseFault.tooOld(name, version);
  } catch (error) {
    await sql.destroy();
    throw databaseFault.of(error, name) ?? error;
  }
  return {
    sql,
    name,
    async connect() {
      const client = new pg.Client(config);
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        throw databaseFault.of(error, name) ?? error;
      }
      return client;
    },
    [Symbol.asyncDispose]: () => sql.destroy(),
  };
}

/** The only row of an answer. */
export async function oneRow<Row>(db: Sql, query: RawBuilder<Row>): Promise<Row> {
  const { rows } = await query.execute(db);
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`one row was expected, and ${rows.length} came`);
  return row;
}

/** Where it is, without a password. */
function nameOf(url: string): string {
  try {
    const { protocol, hostname, port, pathname, searchParams } = new URL(url);
    const host = searchParams.get('host') ?? hostname;
    return `${protocol}//${host}${port ? `:${port}` : ''}${pathname}`;
  } catch {
    return 'the database';
  }
}
