/**
 * The PostgreSQL of an estate that is to see bad weather: reached by lines that can be cut, frozen with all its processes, and stopped
 * at once, as when its machine is reset. What it has confirmed it keeps.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../labs/server.ts';
import { startProxy } from '../../labs/tcp-proxy.ts';
import { silent } from '#lib/log.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { migrate } from '#store/migrations.ts';

export interface WeatherDatabase extends AsyncDisposable {
  /** Past all lines, for whoever looks on. */
  readonly db: Database;
  /** Of `serve`, and of the doors that are a process of their own. */
  readonly lines: Readonly<Record<'serve' | 'doors', DatabaseLine>>;
  /** All its processes stand still for so long. */
  freeze(ms: number): Promise<void>;
  /** It ends without a word (an immediate shutdown), and nobody reaches it for so long. */
  stop(ms: number): Promise<void>;
}

export interface DatabaseLine extends AsyncDisposable {
  readonly url: string;
  /** Nothing passes any more, and nobody is told; or connections are ended and refused. */
  cut(how: 'silence' | 'reset'): void;
  mend(): void;
}

export async function startWeatherDatabase(folder: string): Promise<WeatherDatabase> {
  await using ends = new AsyncDisposableStack();
  const [port, password] = [await freePort(), randomBytes(12).toString('hex')];
  const options = { log: silent, listen: { port, password } };
  const server = ends.use(await startEmbedded(folder, options, AbortSignal.timeout(60_000)));
  const db = ends.use(await openDatabase({ url: server.url, connectionsMax: 2, applicationName: 'weather' }));
  await migrate(db);
  const lines = {
    serve: ends.use(await lineTo(port, password)),
    doors: ends.use(await lineTo(port, password)),
  };
  const first = (): number =>
    Number(readFileSync(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const kept = ends.move();
  return {
    db,
    lines,
    async freeze(ms) {
      // Whoever brings forth others first.
      const all = [first(), ...childrenOf(first())];
      tell(all, 'SIGSTOP');
      await sleep(ms);
      tell(all, 'SIGCONT');
    },
    async stop(ms) {
      // It is started again at once, but nobody gets there.
      for (const line of Object.values(lines)) line.cut('reset');
      tell([first()], 'SIGQUIT');
      await sleep(ms);
      for (const line of Object.values(lines)) line.mend();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function lineTo(port: number, password: string): Promise<DatabaseLine> {
  let how: 'silence' | 'reset' | null = null;
  const proxy = await startProxy(
    { port },
    { harm: () => (how === null ? null : { direction: 'to-server', afterBytes: 0, how }) },
  );
  return {
    url: `postgresql://godwit:${password}@127.0.0.1:${proxy.port}/postgres?sslmode=disable`,
    cut(meant) {
      how = meant;
      if (meant === 'reset') proxy.resetAll();
      else proxy.silenceAll();
    },
    mend() {
      // On those that fell silent nothing will ever come; the other end is told at last.
      if (how !== null) proxy.resetAll();
      how = null;
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function tell(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
