import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { type Log, silent } from '#lib/log.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { oneRow, openDatabase } from '#store/db.ts';
import { untilItIsBack } from './until-it-is-back.ts';

const never = new AbortController().signal;
const away = () => fault('database.away', { name: 'it', text: 'gone' });

test('while the database is away it is waited for, and that is told once', async () => {
  const told: string[] = [];
  const log: Log = { ...silent, warn: (phrase) => told.push(phrase), info: (phrase) => told.push(phrase) };
  let tries = 0;
  const work = async () => (++tries < 4 ? Promise.reject(away()) : 'done');
  expect(await untilItIsBack(work, log, never)).toBe('done');
  expect(told).toEqual(['The database it does not answer: gone', 'the database is back']);
});

test('what does not pass by itself is not waited for', async () => {
  const refused = fault('database.refused', { name: 'it', text: 'no' });
  await expect(untilItIsBack(() => Promise.reject(refused), silent, never)).rejects.toBe(refused);
  const ours = new RangeError('a fault of ours');
  await expect(untilItIsBack(() => Promise.reject(ours), silent, never)).rejects.toBe(ours);
});

test('who is told to stop does not wait any longer', async () => {
  const stop = new AbortController();
  const waiting = untilItIsBack(() => Promise.reject(away()), silent, stop.signal);
  stop.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
});

test('PostgreSQL killed three times under load: everything waits, then goes on, and nothing is missing or twice', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-away-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  await using server = await startEmbedded(folder, {}, never);
  await using db = await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'godwit tests' });
  await sql`create table line (worker int, n int, primary key (worker, n))`.execute(db.sql);
  let kills = 3;
  const killNow = () => {
    const [pid] = fs.readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
  };
  // In the middle of a transaction, with others in the middle of theirs.
  const write = (worker: number, n: number) =>
    db.sql.transaction().execute(async (tx) => {
      await sql`insert into line values (${worker}, ${n}) on conflict do nothing`.execute(tx);
      if (worker === 0 && kills > 0 && n === 50 * (4 - kills)) {
        kills--;
        killNow();
      }
      await sql`select 1`.execute(tx);
    });
  const worker = async (own: number) => {
    for (let n = 1; n <= 200; n++) await untilItIsBack(() => write(own, n), silent, never);
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(worker));
  expect(kills).toBe(0);
  const { lines } = await oneRow(db.sql, sql<{ lines: number }>`select count(*) as lines from line`);
  expect(lines).toBe(6 * 200);
});
