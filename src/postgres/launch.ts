/** Starts the programs of the embedded PostgreSQL: makes its data where there are none, then runs the server on them. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanText } from '#lib/clean-text.ts';
import { asSomebody } from './as-somebody.ts';
import { type Binaries, linkLibraries } from './binaries.ts';
import { type Place, socketNumber, user } from './place.ts';

export interface LaunchOptions {
  /** A port on 127.0.0.1 as well. */
  readonly port: number | null;
  /** For tests: it forgets what it was told when the machine loses power, and ends when this process does, however that is. */
  readonly fleeting: boolean;
}

/** A start that was tried. */
export interface Launch {
  /** Null while it runs. */
  readonly ended: 'somebody-else-has-it' | 'failed' | null;
  /** What was written to its log since, as far as it tells why it ended; for people. */
  why(): string;
  /** Ends it, half started as it may be, and waits until it has. */
  cut(): Promise<void>;
}

/** Asked for besides its defaults: no network, and as many connections as our processes on one machine may want. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: `${socketNumber}`,
  unix_socket_permissions: '0700',
  max_connections: '200',
  // One call for a whole file system (syncfs(2)) instead of one for each of a thousand files: 0.4 s instead of 2.7.
  recovery_init_sync_method: 'syncfs',
  // Nobody replicates from it, so the log is written for recovery alone; checkpoints are rare, and recovery takes longer.
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
};

/**
 * What PostgreSQL keeps at hand of its tables: an eighth of the memory that we may use, since an estate of millions has more than a gigabyte
 * that is asked for at random, and what has to be fetched from the system again and again is most of its work. Taken page by page as it
 * is needed.
 */
function buffers(isFleeting: boolean): string {
  const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const megabytes = isFleeting ? buffersLeastMb : Math.floor(memory / 8 / 2 ** 20);
  return `${Math.min(buffersMostMb, Math.max(buffersLeastMb, megabytes))}MB`;
}
const buffersLeastMb = 128;
const buffersMostMb = 2_048;

const fleetingSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '256MB',
};

/**
 * Code points in the order of their numbers, lower case for all scripts, and the same on every machine, whichever locales
 * it has (manual §23.1.4).
 */
const initialWords = `-U ${user} -E UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
  --auth-local=trust --auth-host=scram-sha-256 --no-instructions`;

/** Of the script, when another process has the lock (sysexits(3), EX_TEMPFAIL). */
const heldByAnother = 75;

/**
 * A lock of the kernel is taken before anything else (flock(2)), and the server and all its processes inherit it. So
 * there is one server on a folder also across containers, where PostgreSQL's own way of looking for the process named in
 * postmaster.pid finds nobody; and where it would find somebody else, who was given that number since, nobody is in the
 * way. Data are made under another name, so that a start which is cut leaves nothing that looks like a database.
 */
const script = `
umask 077
cd "$1" && exec 9>>lock || exit 1
command -v flock >/dev/null || { echo "error: flock (of util-linux) is not installed" >&2; exit 1; }
flock -n 9 || exit ${heldByAnother}
initdb=$2 words=$3
if [ ! -e data/PG_VERSION ]; then
  rm -rf data.new && "$initdb" -D data.new $words >/dev/null && mv data.new data || exit 1
fi
rm -f data/postmaster.pid "$4.lock" "$5.lock"
# It has its port in the name of its socket, which is to be found under one name always.
[ "$5" = "$4" ] || ln -sf "\${5##*/}" "$4" || exit 1
shift 5
exec "$@" >>log 2>&1
`;
const logBytesMax = 8 * 2 ** 20;
const cutMaxMs = 20_000;
const saidMax = 4_000;
const leastRoomBytes = 32 * 2 ** 20;

/** Throws `database.embedded.unusable`, or an error of the file system, where it cannot even be tried. */
export function launch(programs: Binaries, place: Place, options: LaunchOptions): Launch {
  const libraries = linkLibraries(programs, place.libraries);
  const initial = `${initialWords} ${options.fleeting ? '--no-sync' : '--sync-method=syncfs'}`;
  const sockets = [socketNumber, options.port ?? socketNumber].map((port) => `${place.sockets}/.s.PGSQL.${port}`);
  const preparation = ['sh', '-c', script, 'sh', place.home, programs.initdb, initial, ...sockets];
  const server = [programs.postgres, '-D', place.data, ...serverWords(place, options)];
  const words = [
    ...asSomebody(place.data),
    ...preparation,
    // The kernel interrupts it when the process that started it has ended (prctl(2), PR_SET_PDEATHSIG).
    ...(options.fleeting ? ['setpriv', '--pdeathsig', 'INT'] : []),
    ...server,
  ];
  const logBegin = turnLog(place.log);
  const child = spawn(words[0] as string, words.slice(1), {
    // What is said before the server has its log; a full disk could not take that.
    stdio: ['ignore', 'ignore', 'pipe'],
    // Of our environment it gets nothing else: there may be secrets in it, and variables that mean something to it.
    env: { PATH: process.env['PATH'], LC_ALL: 'C', ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }) },
    // In a session of its own: Ctrl-C on the terminal is for us, and we stop it in our own order.
    detached: true,
  });
  child.unref();
  return watch(child, place, logBegin);
}

function serverWords(place: Place, { port, fleeting }: LaunchOptions): readonly string[] {
  const all = {
    ...settings,
    shared_buffers: buffers(fleeting),
    ...(fleeting ? fleetingSettings : {}),
    ...(port === null ? {} : { listen_addresses: '127.0.0.1', port: `${port}` }),
    // A list of names: quoted, a comma or a blank in the path is one of its letters.
    unix_socket_directories: `"${place.sockets.replaceAll('"', '""')}"`,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Begins another one where it has grown large, and answers where what is said from now on begins. */
function turnLog(path: string): number {
  const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= logBytesMax) return size;
  fs.renameSync(path, `${path}.old`);
  return 0;
}

function watch(child: ChildProcessByStdio<null, null, Readable>, place: Place, logBegin: number): Launch {
  let ended: Launch['ended'] = null;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-saidMax)));
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      [ended, said] = ['failed', error.message];
      resolve();
    });
    // Not before all that it said is read. The server itself has let go of that pipe.
    child.once('close', (code) => {
      ended = code === heldByAnother ? 'somebody-else-has-it' : 'failed';
      resolve();
    });
  });
  return {
    get ended() {
      return ended;
    },
    why: () => why(`${said}\n${logSince(place.log, logBegin)}`, place),
    async cut() {
      if (ended !== null || child.pid === undefined) return;
      child.ref();
      const session = child.pid;
      tell(session, 'SIGTERM');
      const enough = new AbortController();
      const tooLong = sleep(cutMaxMs, undefined, { signal: enough.signal }).then(
        () => tell(session, 'SIGKILL'),
        () => undefined, // it was not
      );
      await end;
      enough.abort();
      await tooLong;
    },
  };
}

/** All processes of a session: what makes the data is not the one we started, but one of its own. */
function tell(session: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-session, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function logSince(path: string, begin: number): string {
  try {
    return fs.readFileSync(path).subarray(begin).toString('utf8');
  } catch {
    return ''; // it did not get as far as that
  }
}

/** For people: of what was said the first line that tells why, since what follows follows from it, and the advice right after it. */
function why(said: string, { home }: Place): string {
  const lines = said
    .split('\n')
    .map((line) => line.replace(/^[-\d]+ [:.\d]+ UTC \[\d+\] /, '').trim())
    .filter((line) => line !== '' && !refusesVisitors.test(line));
  const telling = lines.findIndex((line) => /FATAL|PANIC|error:|cannot|could not|denied|no space/i.test(line));
  const at = telling < 0 ? lines.length - 1 : telling;
  const next = lines[at + 1] ?? '';
  const reason = `${lines[at] ?? 'it ended without a word.'}${next.startsWith('HINT') ? ` ${next}` : ''}`;
  const { bavail, bsize } = fs.statfsSync(home);
  const room = bavail * bsize < leastRoomBytes ? `there is hardly any room left in ${home}. ` : '';
  return room + cleanText(reason, 400);
}

/** What it says to those who come too early is not why it ended. */
const refusesVisitors = /the database system is (starting up|not yet accepting|shutting down|in recovery)/;
