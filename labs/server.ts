/** What the lab servers have in common: a process, its scratch folder, its ports, its end. */

import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody } from './namespace.ts';
import { Authority, type Pem } from './tls.ts';

export interface LabUser {
  readonly name: string;
  readonly password: string;
}

/** A mail server that runs for one test or one bench. */
export interface LabServer extends AsyncDisposable {
  readonly kind: 'dovecot' | 'cyrus';
  readonly host: '127.0.0.1';
  /** Clear text, with STARTTLS where TLS was asked for. */
  readonly port: number;
  /** Implicit TLS; null where it was not asked for. */
  readonly tlsPort: number | null;
  readonly pid: number;
  readonly scratch: string;
  /** PEM of the authority that signed the server's certificate, for `--ca`. */
  readonly caFile: string | null;
  /** The folder that holds the mail of a user. */
  mailOf(user: string): string;
}

/** `true` for a good certificate of a fresh authority, or a certificate of one's own with the authority to trust. */
export type TlsWish = boolean | (Pem & { readonly ca: string });

/**
 * A fresh folder for one server: in memory where there is room, since a lab measures programs and not disks. What processes
 * that were killed have left there is swept away first.
 */
export async function makeScratch(prefix: string): Promise<string> {
  const base = process.env['GODWIT_LAB_SCRATCH'] ?? ((await roomIn('/dev/shm')) > 2e9 ? '/dev/shm' : tmpdir());
  for (const name of await readdir(base)) {
    const owner = /^godwit-lab-[a-z-]+-(\d+)-\w+$/.exec(name)?.[1];
    if (owner !== undefined && !lives(Number(owner))) await rm(join(base, name), { recursive: true, force: true });
  }
  return mkdtemp(join(base, `godwit-lab-${prefix}-${process.pid}-`));
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function roomIn(path: string): Promise<number> {
  return statfs(path).then(
    (found) => found.bavail * found.bsize,
    () => 0,
  );
}

/** Makes folders that belong to the user the server runs as. */
export async function makeOwned(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(path, { recursive: true });
    if (process.getuid?.() === 0) await chown(path, nobody.uid, nobody.gid);
  }
}

/** Writes certificate, key and authority into `scratch`; null when TLS is not wished for. */
export async function writeTls(
  wish: TlsWish | undefined,
  scratch: string,
): Promise<{ readonly certificate: string; readonly key: string; readonly ca: string } | null> {
  if (wish === undefined || wish === false) return null;
  const authority = new Authority();
  const made = wish === true ? { ...authority.good(), ca: authority.certificate } : wish;
  const files = { certificate: join(scratch, 'tls.pem'), key: join(scratch, 'tls.key'), ca: join(scratch, 'ca.pem') };
  await writeFile(files.certificate, made.certificate);
  await writeFile(files.key, made.key, { mode: 0o600 });
  await writeFile(files.ca, made.ca);
  if (process.getuid?.() === 0) await chown(files.key, nobody.uid, nobody.gid);
  return files;
}

/** A port on loopback that was free a moment ago; a server that cannot bind it any more is started again with another. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.listen(0, '127.0.0.1', resolve).once('error', reject));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return address.port;
}

/**
 * Calls `start` with so many free ports, and once or twice again with others where somebody has taken one of them
 * meanwhile.
 */
export async function onFreePorts<T>(count: number, start: (ports: readonly number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const ports: number[] = [];
    while (ports.length < count) {
      const port = await freePort();
      if (!ports.includes(port)) ports.push(port);
    }
    try {
      return await start(ports);
    } catch (cause) {
      if (attempt === 3 || !/Address already in use/.test(String(cause))) throw cause;
    }
  }
}

/** A server process, stopped by its pid. */
export interface Running {
  /** Changes when it is started again. */
  readonly pid: number;
  /** In good order, if that takes no longer than `patienceMs`; resolves when nothing of it is left. */
  stop(patienceMs?: number): Promise<void>;
  /** The same again, on the same ports, after a stop. */
  start(): Promise<void>;
}

/**
 * Spawns `argv` and waits until something greets on `port`. Throws with what the process said when it ends
 * before, or has not greeted after 20 seconds. `greeting` is how its first words begin; of one that waits for the client
 * to speak (LDAP) it is empty, and that it can be connected to is enough.
 */
export async function startProcess(
  argv: readonly string[],
  port: number,
  logTail: () => Promise<string>,
  greeting = '* OK',
): Promise<Running> {
  let child = await spawned(argv, port, logTail, greeting);
  return {
    get pid() {
      return child.pid as number;
    },
    stop: (patienceMs = 5000) => stop(child, patienceMs),
    async start() {
      child = await spawned(argv, port, logTail, greeting);
    },
  };
}

async function spawned(
  argv: readonly string[],
  port: number,
  logTail: () => Promise<string>,
  greeting: string,
): Promise<ChildProcess> {
  const [file, ...args] = argv;
  // In a process group of its own: Cyrus' master ends by signalling its whole group, and without root that would be us, too.
  const child = spawn(file as string, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const until = Date.now() + 20_000;
  while (!(await greets(port, greeting))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
      await stop(child, 5000);
      throw new Error(`${argv.at(-1)}: the server did not come up: ${said} ${await logTail()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Whatever it says later is for its own log; an unread pipe must not stall it.
  child.stderr?.resume();
  return child;
}

/** How long processes that outlive their master may take to end what they are at. */
const afterMasterMs = 1000;

async function stop(child: ChildProcess, patienceMs: number): Promise<void> {
  if (child.pid === undefined) return;
  const { pid, stderr } = child;
  // All of them hold its standard error: when that is closed, the last of them has ended.
  const ended = new Promise<void>((resolve) => {
    if (stderr === null || stderr.destroyed) resolve();
    else stderr.once('close', () => resolve());
  });
  child.kill('SIGTERM');
  const harder = setTimeout(() => killGroup(pid), patienceMs);
  if (child.exitCode === null && child.signalCode === null)
    await new Promise<void>((resolve) => child.once('exit', () => resolve()));
  clearTimeout(harder);
  // Dovecot's login processes wait for half a minute for clients that have not signed in.
  const last = setTimeout(() => killGroup(pid), afterMasterMs);
  await ended;
  clearTimeout(last);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

function greets(port: number, greeting: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(false), 2000);
    if (greeting === '') socket.once('connect', () => finish(true));
    socket.once('data', (chunk) => finish(chunk.toString('latin1').startsWith(greeting)));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}

export async function removeScratch(scratch: string): Promise<void> {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
