/**
 * A PostgreSQL of our own for who has none: real binaries from npm, the data under the state folder, reached through a
 * Unix socket in a folder that only its owner enters. For a trial or a small estate; a programme has a server of its own.
 *
 * Several of our processes may use it at once. Who starts it keeps it: it stops with that process, unless others are still
 * at work there. One that was left behind by a killed process is found and used, since it recovers by itself.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { type Binaries, binaries, commandAs, endingWithUs } from './binaries.ts';

export interface EmbeddedServer extends AsyncDisposable {
  /** For `openDatabase`. */
  readonly url: string;
  /** Whether this process started it. */
  readonly isOurs: boolean;
}

/** The kernel takes no longer path of a socket (`sun_path`, unix(7)), its last octet and the name of the socket included. */
const socketPathMax = 107 - '/.s.PGSQL.5432'.length - 1;
const port = 5432;
const startMaxMs = 60_000;
const stopMaxMs = 30_000;
const user = 'godwit';

/** What we ask of it besides its defaults: no network, and as many connections as our processes need. */
const settings = {
  listen_addresses: '',
  port: String(port),
  max_connections: '200',
  shared_buffers: '128MB',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  max_wal_senders: '0',
  wal_level: 'minimal',
  unix_socket_permissions: '0700',
  log_min_messages: 'warning',
} as const;

export interface EmbeddedOptions {
  /** For tests: it forgets what it was told when the machine loses power, and ends when this process does, however that is. */
  readonly fleeting?: boolean;
}

const fleeting = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '256MB' } as const;

/** Starts the server of this state folder, or finds it running. Throws `database.embedded.unusable`. */
export async function startEmbedded(
  stateDir: string,
  options: EmbeddedOptions,
  signal: AbortSignal,
): Promise<EmbeddedServer> {
  const home = join(stateDir, 'postgres');
  const data = join(home, 'data');
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const sockets = socketFolder(home);
  const url = `postgresql://${user}@localhost:${port}/postgres?host=${encodeURIComponent(sockets)}`;
  if (await answers(url)) return { url, isOurs: false, async [Symbol.asyncDispose]() {} };
  const programs = await binaries();
  if (!fs.existsSync(join(data, 'PG_VERSION'))) await initialise(programs, home, data, signal);
  const server = run(programs, home, data, sockets, options);
  try {
    await untilItAnswers(url, server, home, signal);
  } catch (error) {
    server.process.kill('SIGQUIT');
    // Another process may have been faster by a moment: then ours was refused, and theirs answers.
    if (await answers(url)) return { url, isOurs: false, async [Symbol.asyncDispose]() {} };
    throw error;
  }
  return { url, isOurs: true, [Symbol.asyncDispose]: () => stop(url, server) };
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
}

function socketFolder(home: string): string {
  const near = join(home, 'run');
  const path =
    near.length <= socketPathMax
      ? near
      : join(
          tmpdir(),
          `godwit-${process.getuid?.() ?? 0}-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`,
        );
  fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = fs.statSync(path);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw fault('database.embedded.unusable', { detail: `${path} is open to others, and the socket would be too.` });
  return path;
}

async function initialise(programs: Binaries, home: string, data: string, signal: AbortSignal): Promise<void> {
  const draft = join(home, `data.${process.pid}`);
  fs.rmSync(draft, { recursive: true, force: true });
  const words = [
    '-D',
    draft,
    '-U',
    user,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const [file, args] = commandAs(programs.initdb, [...words, '--no-instructions', '--no-sync']);
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw fault('database.embedded.unusable', { detail: cleanText(said.slice(-600), 300) });
  try {
    // Whole, or not there: a process that is killed meanwhile leaves a draft that nobody takes for a database.
    fs.renameSync(draft, data);
  } catch (error) {
    if (!fs.existsSync(join(data, 'PG_VERSION'))) throw error;
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

function run(programs: Binaries, home: string, data: string, sockets: string, options: EmbeddedOptions): Running {
  const log = fs.openSync(join(home, 'log'), 'a', 0o600);
  const all = { ...settings, ...(options.fleeting ? fleeting : {}), unix_socket_directories: sockets };
  const words = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [file, args] = commandAs(
    ...(options.fleeting
      ? endingWithUs(programs.postgres, ['-D', data, ...words])
      : ([programs.postgres, ['-D', data, ...words]] as const)),
  );
  // In a session of its own: Ctrl-C on the terminal is for us, and we stop it in our own order.
  const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true });
  fs.closeSync(log);
  child.unref();
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('exit', resolve);
  });
  return { process: child, ended };
}

async function untilItAnswers(url: string, server: Running, home: string, signal: AbortSignal): Promise<void> {
  let hasEnded = false;
  void server.ended.then(() => (hasEnded = true));
  for (const since = Date.now(); Date.now() - since < startMaxMs; ) {
    signal.throwIfAborted();
    if (await answers(url)) return;
    if (hasEnded) break;
    await sleep(20);
  }
  const log = fs.readFileSync(join(home, 'log'), 'utf8').slice(-2_000).split('\n').filter(Boolean);
  throw fault('database.embedded.unusable', { detail: cleanText(log.slice(-3).join(' '), 300) });
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    // Not there, or not yet: what is the matter stands in its log, which is read when time is up.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Fast shutdown (PostgreSQL manual §18.5): sessions are ended, the log is flushed, a checkpoint is written. */
async function stop(url: string, server: Running): Promise<void> {
  if (await othersAreAtWork(url)) return;
  const tooLong = new AbortController();
  server.process.ref();
  server.process.kill('SIGINT');
  await Promise.race([server.ended, sleep(stopMaxMs, undefined, { signal: tooLong.signal }).catch(() => undefined)]);
  tooLong.abort();
  server.process.unref();
}

async function othersAreAtWork(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ others: number }>(
      `select count(*)::int as others from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name like 'godwit%'`,
    );
    return (rows[0]?.others ?? 0) > 0;
  } catch {
    return false; // it is gone already, or as good as
  } finally {
    await client.end().catch(() => undefined);
  }
}
