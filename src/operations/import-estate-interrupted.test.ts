import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { estateIn, filesOf, importInto, type Made, type Manner } from './import-estate.test-kit.ts';

const before: Made = {
  organisations: ['R,Region,', 'RXY,Royal,R'],
  mailboxes: ['ann@x,person,RXY,,,,,', 'bob@x,person,RXY,,,,,'],
  grants: ['ann@x,bob@x,folder'],
};
/** Someone joins, moves and leaves, and there is more of it than fits into one buffer. */
const after: Made = {
  organisations: ['R,The region,', 'NEW,New,R'],
  mailboxes: ['ann@x,room,NEW,,,,,', ...Array.from({ length: 5_000 }, (_, i) => `p${i}@x,person,R,${i},,,,`)],
  grants: ['p1@x,ann@x,folder', 'p2@x,ann@x,send-as'],
};

const steps = ['reading', 'checking', 'comparing', 'found', 'merging'] as const;

/** Does `what` when an import has come to a step. */
function at(step: (typeof steps)[number], what: () => Promise<void> | void): NonNullable<Manner['watcher']> {
  return {
    reading: (kind) => void (step === 'reading' && kind === 'mailboxes' && what()),
    begins: (begun) => void (begun === step && what()),
    found: async () => {
      if (step === 'found') await what();
    },
  };
}

test.each(steps)('an import that is stopped while %s leaves the estate as it was', async (step) => {
  await using db = await testDatabase();
  await importInto(db, before);
  const was = await estateIn(db);
  const controller = new AbortController();
  const watcher = at(step, () => controller.abort());
  await expect(importInto(db, after, { watcher, signal: controller.signal })).rejects.toMatchObject({
    code: 'interrupted',
  });
  expect(await estateIn(db)).toEqual(was);
  expect((await importInto(db, after)).report.changed).toBe(true);
});

test.each(steps)('an import that loses the database while %s leaves the estate as it was', async (step) => {
  await using db = await testDatabase();
  await importInto(db, before);
  const was = await estateIn(db);
  // It cannot get to its end before it is ended.
  await using gate = await closedGate(db);
  const endings: Promise<void>[] = [];
  const watcher = at(step, () => void endings.push(endImport(db)));
  await expect(importInto(db, after, { watcher })).rejects.toMatchObject({ code: 'database.away' });
  await Promise.all(endings);
  await gate.open();
  expect(await estateIn(db)).toEqual(was);
});

test('a process that is killed when all but the last record has been written leaves the estate as it was', async () => {
  await using db = await testDatabase();
  await importInto(db, before);
  const was = await estateIn(db);
  await using gate = await closedGate(db);
  const child = startImport(db, after);
  await until(async () => (await waiting(db)) > 0);
  child.process.kill('SIGKILL');
  await child.ended;
  // The server notices although the session waits, and lets go of what it holds.
  await until(async () => (await waiting(db)) === 0);
  await gate.open();
  expect(await estateIn(db)).toEqual(was);
  expect((await importInto(db, after)).report.changed).toBe(true);
});

test('workers go on while an import is under way, but with the mailboxes that it changes', async () => {
  await using db = await testDatabase();
  await importInto(db, before);
  await using gate = await closedGate(db);
  // All is written, and held, when it waits at the gate.
  const importing = importInto(db, {
    mailboxes: ['ann@x,room,RXY,,,,,', 'bob@x,person,RXY,,,,,', 'new@x,room,R,,,,,'],
  });
  await until(async () => (await waiting(db)) > 0);
  for (let i = 0; i < 40; i++) {
    const worker = await db.connect();
    await worker.query(`set statement_timeout = '10s'`);
    await worker.query(`update mailbox set held = ${i % 2 === 0 ? 'null' : `'on call'`} where address = 'bob@x'`);
    await worker.end();
  }
  await gate.open();
  expect((await importing).report.changed).toBe(true);
  const { rows } = await sql`select mark, sum(mailboxes)::int as mailboxes from tally group by 1 order by 1`.execute(
    db.sql,
  );
  expect(rows).toEqual([
    { mark: '', mailboxes: 2 },
    { mark: 'held', mailboxes: 1 },
  ]);
});

test('one import at a time: another is told that it has to wait', async () => {
  await using db = await testDatabase();
  const second: unknown[] = [];
  const watcher = at('found', async () => {
    second.push(await importInto(db, after).catch((error: unknown) => error));
  });
  await importInto(db, before, { watcher });
  expect(second).toEqual([expect.objectContaining({ code: 'estate.import.under-way' })]);
  expect((await importInto(db, after)).report.changed).toBe(true);
});

/** Ends the session that imports. */
async function endImport(db: Database): Promise<void> {
  await sql`
    select pg_terminate_backend(l.pid)
      from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and a.datname = current_database()`.execute(db.sql);
}

/** Nothing is written to the audit log, with which every import ends, until it is opened. */
async function closedGate(db: Database): Promise<AsyncDisposable & { open(): Promise<void> }> {
  const client = await db.connect();
  await client.query('begin; lock table audit in share mode');
  return {
    open: async () => void (await client.query('rollback')),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** Sessions that wait for a lock to write to the audit log. */
async function waiting(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query ilike '%audit%'`.execute(db.sql);
  return rows[0]?.count ?? 0;
}

function startImport(
  db: Database & { readonly url: string },
  made: Made,
): { readonly process: ChildProcess; readonly ended: Promise<unknown> } {
  const state = fs.mkdtempSync(join(tmpdir(), 'godwit-import-'));
  onTestFinished(() => fs.rmSync(state, { recursive: true, force: true }));
  const files = Object.entries(filesOf(made)).flatMap(([kind, { path }]) => [`--${kind}`, path]);
  const program = join(import.meta.dirname, '../app/main.ts');
  const child = spawn(process.execPath, [program, 'estate', 'import', ...files, '--yes', '--state', state], {
    env: { ...process.env, DATABASE_URL: db.url },
    cwd: state,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { process: child, ended };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}
