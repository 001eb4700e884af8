import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import { attemptsMax, heartbeatSeconds, type Job, superviseMs } from '#ports/queue.ts';
import { hands } from './hands.test-kit.ts';
import { openQueue, type StoredQueue } from './queue.ts';
import { installQueue } from './queue-schema.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const copyOf = (mailbox: number) => ({ mailbox, work: 'copy' }) as const;

/** As if nothing had been heard of the jobs under way for longer than a heartbeat lasts. */
async function silence(db: TestDatabase): Promise<void> {
  const by = heartbeatSeconds + 1;
  await sql`update pgboss.job set heartbeat_on = heartbeat_on - make_interval(secs => ${by}) where state = 'active'`.execute(
    db.sql,
  );
  // The upkeep looks at most once in a second.
  await sql`update pgboss.queue set monitor_claim_on = null, monitor_on = null`.execute(db.sql);
}

async function one(queue: StoredQueue): Promise<Job> {
  const [job] = await queue.fetch(1);
  if (!job) throw new Error('there is no job');
  return job;
}

describe('the queue', () => {
  test('has at most one job of a mailbox, waiting or under way, of whichever kind', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    expect(await queue.send([copyOf(1), copyOf(2), copyOf(1)])).toEqual([1, 2]);
    expect(await queue.send([{ mailbox: 1, work: 'follow' }, copyOf(3)])).toEqual([3]);
    const job = await one(queue);
    expect(job).toMatchObject({ mailbox: 1, work: 'copy', attempt: 0 });
    expect(await queue.send([copyOf(1)])).toEqual([]);
    expect(await queue.depth()).toEqual({ waiting: 2, active: 1 });
    expect(await queue.complete(job)).toBe(true);
    expect(await queue.send([copyOf(1)])).toEqual([1]);
  });

  test('gives what people wait for before anything else', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    const works = ['copy', 'follow', 'return', 'follow-back', 'switch'] as const;
    for (const [mailbox, work] of works.entries()) await queue.send([{ mailbox, work }]);
    expect((await queue.fetch(3)).map(({ work }) => work).slice(0, 2)).toEqual(['switch', 'return']);
  });

  test('keeps nothing of what is done', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    const job = await one(queue);
    expect(await queue.complete(job)).toBe(true);
    expect(await queue.complete(job)).toBe(false);
    expect((await sql`select from pgboss.job`.execute(db.sql)).rows).toEqual([]);
  });

  test('takes jobs in, and out, with the transaction that they belong to or not at all', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    const job = await one(queue);
    const undone = db.sql.transaction().execute(async (tx) => {
      expect(await queue.send([copyOf(2)], tx)).toEqual([2]);
      expect(await queue.complete(job, tx)).toBe(true);
      throw new Error('something was the matter');
    });
    await expect(undone).rejects.toThrow('something was the matter');
    expect(await queue.depth()).toEqual({ waiting: 0, active: 1 });
    await db.sql.transaction().execute(async (tx) => {
      await queue.complete(job, tx);
      await queue.send([{ mailbox: 1, work: 'follow' }], tx);
    });
    expect(await one(queue)).toMatchObject({ mailbox: 1, work: 'follow' });
  });

  test('gives a job back to whoever comes next', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    const job = await one(queue);
    await queue.giveBack(job);
    expect(await one(queue)).toEqual({ ...job, attempt: 1 });
    expect(await queue.complete(job)).toBe(false);
  });

  test('tells a worker at its next heartbeat that a job was cancelled', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1), copyOf(2), copyOf(3)]);
    const [first, second] = (await queue.fetch(2)).toSorted((a, b) => a.mailbox - b.mailbox) as [Job, Job];
    await queue.cancel([1, 3, 999]);
    expect(await queue.touch([first, second])).toEqual([first]);
    expect(await queue.complete(first)).toBe(false);
    expect(await queue.depth()).toEqual({ waiting: 0, active: 1 });
    expect(await queue.send([copyOf(1)])).toEqual([1]);
  });
});

describe('a worker that vanished', () => {
  test('changes nothing when it comes back: its job is another’s', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    const old = await one(queue);
    await silence(db);
    await queue.supervise();
    const young = await one(queue);
    expect(young).toEqual({ ...old, attempt: 1 });
    expect(await queue.touch([old])).toEqual([old]);
    expect(await queue.complete(old)).toBe(false);
    await queue.giveBack(old);
    expect(await queue.depth()).toEqual({ waiting: 0, active: 1 });
    expect(await queue.touch([young])).toEqual([]);
    expect(await queue.complete(young)).toBe(true);
  });

  test('keeps its job while it says that it is alive', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    const job = await one(queue);
    await silence(db);
    expect(await queue.touch([job])).toEqual([]);
    await queue.supervise();
    expect(await queue.complete(job)).toBe(true);
  });

  test('again and again over the same job has it given up, once, for a person to look at', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send([copyOf(1)]);
    for (let attempt = 0; attempt <= attemptsMax; attempt++) {
      expect((await one(queue)).attempt).toBe(attempt);
      expect(await queue.abandoned()).toEqual([]);
      await silence(db);
      await queue.supervise();
    }
    expect(await queue.fetch(1)).toEqual([]);
    expect(await queue.abandoned()).toMatchObject([{ mailbox: 1, work: 'copy', attempt: attemptsMax }]);
    expect(await queue.abandoned()).toEqual([]);
    expect(await queue.send([copyOf(1)])).toEqual([1]);
  });

  test('because it was killed has its jobs done by another within twenty seconds', async () => {
    await using db = await testDatabase();
    await using queue = await openQueue(db, silent);
    await queue.send(Array.from({ length: 10 }, (_, i) => copyOf(i)));
    using worker = hands('work', db.url);
    expect(await worker.heard('took')).toBe('10');
    await worker.heard('touched');
    worker.kill('SIGKILL');
    const found: Job[] = [];
    for (let calls = 1; found.length < 10; calls++) {
      // Told in calls rather than by a clock: on a busy machine the clock says nothing about us.
      expect(calls * superviseMs).toBeLessThan(20_000);
      await sleep(superviseMs);
      await queue.supervise();
      found.push(...(await queue.fetch(10)));
    }
    expect(found.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 10 }, () => 1));
    for (const job of found) {
      expect(await queue.complete({ ...job, attempt: 0 })).toBe(false);
      expect(await queue.complete(job)).toBe(true);
    }
  });
});

test('two workers at once never take the same job, and leave none', async () => {
  await using db = await testDatabase();
  await using queue = await openQueue(db, silent);
  await queue.send(Array.from({ length: 300 }, (_, i) => copyOf(i)));
  using first = hands('race', db.url);
  using second = hands('race', db.url);
  const taken: string[] = [];
  for (const { process } of [first, second])
    process.stdout?.on('data', (chunk: Buffer) => taken.push(...(chunk.toString().match(/\d+/g) ?? [])));
  await Promise.all([first, second].map(({ process }) => once(process, 'close')));
  expect(taken.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
});

test('the tables of the queue are installed once, also by many at the same time, and by nobody who only works', async () => {
  await using db = await testDatabase();
  await sql`drop schema pgboss cascade`.execute(db.sql);
  await expect(openQueue(db, silent)).rejects.toMatchObject({ code: 'database.unprepared' });
  await Promise.all(Array.from({ length: 5 }, () => installQueue(db)));
  await using queue = await openQueue(db, silent);
  expect(await queue.send([copyOf(1)])).toEqual([1]);
  await installQueue(db);
  expect(await queue.depth()).toEqual({ waiting: 1, active: 0 });
});

test('a database that goes away is told as such, and the upkeep goes on when it is back', async () => {
  await using db = await testDatabase();
  await using queue = await openQueue(db, silent);
  await queue.supervise();
  await queue.send([copyOf(1)]);
  await one(queue);
  await silence(db);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
             where pid <> pg_backend_pid() and datname = current_database()`.execute(db.sql);
  // Which of our connections learns of it first is chance.
  for (let young: Job | undefined; !young; ) {
    try {
      await queue.supervise();
      [young] = await queue.fetch(1);
    } catch (error) {
      expect(error).toMatchObject({ code: 'database.away' });
    }
  }
});
