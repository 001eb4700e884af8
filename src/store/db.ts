/**
 * The one database of an estate: PostgreSQL, 15 or newer. All SQL is in this folder. Time is the database's, so that
 * machines whose clocks differ agree on it; transactions are short and never wait for a network.
 */

import {
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type RawBuilder,
  sql as sqlTag,
  type Transaction,
} from 'kysely';
import pg from 'pg';
import { readConnectionUrl } from './connection-url.ts';
import { databaseFault, faulted } from './database-fault.ts';
import { PreparedStatements } from './prepared.ts';

/** Rows are typed where they are asked for: `sql<Row>`. */
export type Tables = Record<string, never>;

/** The database, or a transaction in it. */
export type Sql = Kysely<Tables> | Transaction<Tables>;

export interface Database extends AsyncDisposable {
  readonly sql: Kysely<Tables>;
  /** Without user and password, for people. */
  readonly name: string;
  /** Whether it is another machine's, and what is said to it can be read along on the way: because the URL wants it so. */
  readonly isInTheClear: boolean;
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
const idleInTransactionMaxMs = 10_000;

/** Counts, ids and octets fit a number of JavaScript; what would not is refused, not rounded. */
function safeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`a number from the database is too large: ${text}`);
  return value;
}

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, safeNumber);

/** Opens the database and sees that it is one. Throws `database.*`, as do all queries where it is not there for them. */
export async function openDatabase({ url, connectionsMax, applicationName }: DatabaseOptions): Promise<Database> {
  const connection = readConnectionUrl(url);
  const { name } = connection;
  const config: pg.ClientConfig = {
    connectionString: connection.url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  };
  const sql = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: pool({ ...config, max: connectionsMax }, name) }),
  });
  try {
    const { version } = await oneRow(
      sql,
      sqlTag<{ version: number }>`select current_setting('server_version_num')::int as version`,
    );
    if (version < oldestVersion) throw databaseFault.tooOld(name, version);
  } catch (error) {
    await sql.destroy();
    throw error;
  }
  return {
    sql,
    name,
    isInTheClear: connection.isInTheClear,
    async connect() {
      const client = new pg.Client(config);
      client.on('error', () => undefined); // the next query tells
      await faulted(name, client.connect());
      return client;
    },
    [Symbol.asyncDispose]: () => sql.destroy(),
  };
}

/** Connections lent to one query or transaction at a time, whose errors are faults where they are not of our own SQL. */
function pool(config: pg.PoolConfig, name: string): PostgresPool {
  const lent = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const inner = new pg.Pool(config);
  const prepared = new PreparedStatements();
  // A connection that dies while nobody uses it is replaced when somebody does.
  inner.on('error', () => undefined);
  // Nor does one that dies while it is lent end the process: the next query tells. Heard from the beginning, since what the server
  // says as it shuts down may come with the very octets by which the connection is made.
  inner.on('connect', (client) => client.on('error', () => undefined));
  return {
    options: inner.options,
    end: () => inner.end(),
    async connect() {
      const client = await faulted(name, inner.connect());
      const before = lent.get(client);
      if (before) return before;
      await faulted(name, begin(client));
      const mine = telling(client, name, prepared);
      lent.set(client, mine);
      return mine;
    },
  };
}

/** A process that stands still (SIGSTOP, swapped out) must not hold a lock for longer than its work would take. */
async function begin(client: pg.PoolClient): Promise<void> {
  try {
    await client.query(`set idle_in_transaction_session_timeout = ${idleInTransactionMaxMs}`);
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function telling(client: pg.PoolClient, name: string, prepared: PreparedStatements): PostgresPoolClient {
  let isSpoilt = false;
  // Of cursors, the other thing that it may be asked for, we have none.
  const query = async (text: string, values: unknown[]) => {
    try {
      return await faulted(name, client.query(prepared.question(text, values)));
    } catch (error) {
      isSpoilt ||= prepared.refused(error instanceof Error && error.cause ? error.cause : error);
      throw error;
    }
  };
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isSpoilt),
  };
}

/** The only row of an answer. */
export async function oneRow<Row>(db: Sql, query: RawBuilder<Row>): Promise<Row> {
  const { rows } = await query.execute(db);
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`one row was expected, and ${rows.length} came`);
  return row;
}
