/**
 * Workers on machines of their own, with nothing in common but a PostgreSQL that they reach over TCP: never more connections than
 * the budgets give, at any moment, as the doors of the servers count them, however they are killed. A machine that is cut off
 * is the one exception: nobody can tell the server, and `status` says so.
 *
 * `GODWIT_LAB_SECONDS=300 npx vitest run labs/two-machines.test.ts` goes on killing for so long.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { silent } from '../src/lib/log.ts';
import { startEmbedded } from '../src/postgres/embedded.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import { openDatabase } from '../src/store/db.ts';
import { openEstateView } from '../src/store/estate-view.ts';
import { migrate } from '../src/store/migrations.ts';
import { KeptProcess } from './chaos-processes.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { freshState } from './godwit.ts';
import { type Machines, machinesAvailable, startMachines } from './machines.ts';
import { freePort } from './server.ts';
import { type SimEstate, startSimEstate } from './sim-estate.ts';
import { skipAloud } from './skip-aloud.ts';

const machines = await machinesAvailable();
skipAloud('two machines', machines);

const connections = 6;
/** Each could use more than all of them together may have. */
const atOnce = 8;
const seconds = Number(process.env['GODWIT_LAB_SECONDS'] ?? 5);
const mailboxes = 24 + 6 * seconds;
const messages = 4;

describe.runIf(machines.ok)('two machines and one database', () => {
  test('never have more connections than the budgets, killed and begun again included', async () => {
    await using both = await startMachines(2);
    await using place = await startEstateFor(both);
    const { estate, start } = place;
    const workers = both.all.map((machine, i) => start(`machine ${i}`, machine.within));
    await using _workers = { [Symbol.asyncDispose]: () => stopAll(workers) };
    await using _leader = estate.work();
    await estate.begin();
    const doors = [estate.doors.source, estate.doors.target];
    for (let kill = 0, until = Date.now() + seconds * 1000; Date.now() < until; kill++) {
      await pause(2_000);
      workers[kill % workers.length]?.kill(100);
      for (const door of doors) expect(door.openMax).toBeLessThanOrEqual(connections);
    }
    await holdsSome(estate, workers[0]);
    for (const door of doors) {
      expect(door.openMax).toBeLessThanOrEqual(connections);
      expect(door.openMax).toBeGreaterThan(connections / 2);
    }
    // The exception: what it had open stays open at the server, and others are given as many.
    await both.all[0]?.unplug();
    await estate.until('following', mailboxes);
    await statusSays(estate, 'a machine that was cut off could not');
    workers[0]?.kill(seconds * 1_000_000);
    expect(workers.flatMap(({ endedByItself }) => endedByItself)).toEqual([]);
    expect(estate.arrived()).toBe(mailboxes * messages);
    expect(await verifyAudit(estate.db.sql)).toMatchObject({ intact: true });
  }, 600_000);
});

/** Until it has connections on both sides. */
async function holdsSome({ db }: SimEstate, worker: KeptProcess | undefined): Promise<void> {
  for (let sides = 0; sides < 2; await pause(20)) {
    const { rows } = await sql<{ n: number }>`
      select count(distinct side)::int as n from connection_lease c join worker w on w.id = c.worker
       where w.pid = ${worker?.pid ?? 0}`.execute(db.sql);
    sides = rows[0]?.n ?? 0;
  }
}

/** Until it says so of both platforms. */
async function statusSays({ db }: SimEstate, words: string): Promise<void> {
  for (const since = Date.now(); ; await pause(200)) {
    const { platforms } = await openEstateView(db).now();
    if (platforms.every(({ why }) => why.includes(words))) return;
    if (Date.now() - since > 60_000) throw new Error(`status says: ${platforms.map(({ why }) => why).join(' / ')}`);
  }
}

interface Place extends AsyncDisposable {
  readonly estate: SimEstate;
  start(name: string, within: readonly string[]): KeptProcess;
}

/** A PostgreSQL that is reached by password over TCP, and an estate in it. */
async function startEstateFor({ address }: Machines): Promise<Place> {
  await using resources = new AsyncDisposableStack();
  const state = resources.use(await freshState());
  const password = randomBytes(12).toString('hex');
  const listen = { port: await freePort(), password };
  const server = resources.use(await startEmbedded(state.path, { listen, log: silent }, AbortSignal.timeout(60_000)));
  const door = resources.use(await startCountingProxy({ port: listen.port }, { host: address }));
  const db = resources.use(await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'lab' }));
  await migrate(db);
  const budget = `connections: ${connections}`;
  // So slow that workers are killed in the middle of it.
  const sourceBudget = `${budget}, bytes-per-second: 512k`;
  // Again and again, so that there is work to the end.
  const size = { mailboxes, messages, messageOctets: 20_000, atOnce, followEvery: '1s' };
  const budgets = { sourceBudget, targetBudget: budget };
  const database = { ...db, url: server.url };
  const estate = resources.use(await startSimEstate({ ...size, ...budgets, host: address, database }, false));
  const url = new URL(server.url);
  const tcp = `postgresql://${url.username}:${password}@${address}:${door.port}${url.pathname}?sslmode=disable`;
  const kept = resources.move();
  return {
    estate,
    start: (name, within) => {
      const own = join(state.path, name);
      const args = ['worker', 'run', '-q', '--state', own, '--listen', 'off', '--at-once', String(atOnce)];
      return new KeptProcess(name, args, { ...estate.environment, DATABASE_URL: tcp }, within);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function stopAll(workers: readonly KeptProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
