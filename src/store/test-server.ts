/**
 * One embedded PostgreSQL for a whole run of the tests, started when the first of them asks for a database, and gone when
 * the run ends, however it does. Vitest calls `setup` (vitest.config.ts) in the process that outlives those of the test
 * files, and a socket takes their questions there. Where there is no such run, a process starts a server of its own.
 */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Where the databases of tests are made. */
export interface TestServer {
  /** Of the database that a user always has, through which others are created. */
  readonly url: string;
  /** The name of a database that was migrated and is not used otherwise. */
  readonly template: string;
}

interface StartedServer extends TestServer, AsyncDisposable {}

type Answer = { readonly server: TestServer } | { readonly failed: string };

/** In the environment of the test files: the path of the socket on which the run's server is asked for. */
const variable = 'GODWIT_TEST_SERVER';

/** For Vitest: from here on a server can be asked for. Answers with what ends it. */
export async function setup(): Promise<() => Promise<void>> {
  const socket = join(roomyPlace(), scratchName());
  let started: Promise<StartedServer> | null = null;
  const door = net.createServer((connection) => {
    connection.on('error', () => undefined); // whoever asked has gone
    started ??= start();
    void started
      .then(
        ({ url, template }): Answer => ({ server: { url, template } }),
        (error: unknown): Answer => ({ failed: String(error) }),
      )
      .then((answer) => connection.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve, reject) => door.once('error', reject).listen(socket, resolve));
  process.env[variable] = socket;
  return async () => {
    door.close();
    await (await started?.catch(() => null))?.[Symbol.asyncDispose]();
  };
}

let here: Promise<TestServer> | null = null;

/** The server of this run, or else of this process. */
export function testServer(): Promise<TestServer> {
  return (here ??= process.env[variable] === undefined ? startHere() : ask(process.env[variable]));
}

async function ask(socket: string): Promise<TestServer> {
  const answer = JSON.parse(await text(net.connect(socket))) as Answer;
  if ('failed' in answer) throw new Error(`there is no PostgreSQL for the tests: ${answer.failed}`);
  return answer.server;
}

/** Without Vitest, until nothing else is left to do in this process. */
async function startHere(): Promise<TestServer> {
  const server = await start();
  process.once('beforeExit', () => void server[Symbol.asyncDispose]());
  return server;
}

async function start(): Promise<StartedServer> {
  const [{ startEmbedded }, { openDatabase }, { migrate }, { sql }] = await Promise.all([
    import('#postgres/embedded.ts'),
    import('./db.ts'),
    import('./migrations.ts'),
    import('kysely'),
  ]);
  const place = roomyPlace();
  sweep(place);
  const folder = join(place, scratchName());
  fs.mkdirSync(folder, { mode: 0o700 });
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const server = await startEmbedded(folder, { fleeting: true }, AbortSignal.timeout(60_000));
  const template = 'migrated';
  {
    await using first = await openDatabase({ url: server.url, connectionsMax: 1, applicationName: 'godwit tests' });
    await sql`create database ${sql.id(template)}`.execute(first.sql);
  }
  {
    const url = urlOf(server.url, template);
    await using db = await openDatabase({ url, connectionsMax: 1, applicationName: 'godwit tests' });
    await migrate(db);
  }
  return {
    url: server.url,
    template,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same server, another database. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

function scratchName(): string {
  return `godwit-test-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Memory, where there is enough of it to hold files: a database is made there in 15 ms, and in 90 ms on a disk. */
function roomyPlace(): string {
  const [memory, neededBytes] = ['/dev/shm', 2 ** 31];
  try {
    fs.accessSync(memory, fs.constants.W_OK);
    const { bavail, bsize } = fs.statfsSync(memory);
    return bavail * bsize >= neededBytes ? memory : tmpdir();
  } catch {
    return tmpdir(); // there is none
  }
}

/** Removes what killed runs have left there. */
function sweep(place: string): void {
  for (const name of fs.readdirSync(place)) {
    const pid = /^godwit-test-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    // Another run may be doing the same.
    const found = fs.lstatSync(join(place, name), { throwIfNoEntry: false });
    if (found?.uid === process.getuid?.()) fs.rmSync(join(place, name), { recursive: true, force: true });
  }
}
