import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Budget } from '#domain/platform.ts';
import { silent } from '#lib/log.ts';
import { leaseSeconds, type Membership, type MailboxLease, type WorkerIdentity } from '#ports/workforce.ts';
import { openGovernor, openPlatforms } from './budget.ts';
import { openDatabase } from './db.ts';
import { openElection } from './election.ts';
import { hands } from './hands.test-kit.ts';
import { openQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWorkforce } from './workforce.ts';

const identity: WorkerIdentity = { host: 'ward-7', pid: 4711, version: '1.0', role: 'worker', lacks: ['target-admin'] };
const budget: Budget = {
  connections: 8,
  connectionsPerMailbox: 4,
  bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: 9_000 }],
  commandsPerSecond: 30,
};

/** As if nothing had been heard of a worker for longer than a lease lasts. */
async function silence(db: TestDatabase, { worker }: Membership): Promise<void> {
  const by = leaseSeconds + 1;
  await sql`update worker set seen_at = seen_at - make_interval(secs => ${by}) where id = ${worker}`.execute(db.sql);
}

/** As if all leases had been given for longer than one lasts. */
async function letLeasesAge(db: TestDatabase): Promise<void> {
  for (const table of [sql`mailbox_lease`, sql`connection_lease`])
    await sql`update ${table} set taken_at = taken_at - make_interval(secs => ${leaseSeconds + 1})`.execute(db.sql);
}

/** Rows of mailboxes, so that they can be taken. */
async function mailboxes(db: TestDatabase, n: number): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'Somewhere')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation)
    select 'm' || i || '@x.example', 'person', 1 from generate_series(1, ${n}::int) as i`.execute(db.sql);
}

async function taken(membership: Membership, mailbox: number): Promise<MailboxLease> {
  const answer = await membership.takeMailbox(mailbox);
  if (answer.kind !== 'taken') throw new Error(answer.kind);
  return answer.lease;
}

describe('a worker', () => {
  test('is seen by those who ask who is at work, with what it holds, until it goes', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 2);
    const workforce = openWorkforce(db);
    await openPlatforms(db).setBudget('source', budget, 'UTC');
    {
      await using membership = await workforce.register(identity);
      await taken(membership, 1);
      await openGovernor(db, membership).take({ side: 'source', mailbox: 1, connections: 3, atLeast: 1 });
      const now = { ...identity, id: membership.worker, isDraining: false, connections: 3, mailboxes: 1 };
      expect(await workforce.workersNow()).toMatchObject([now]);
    }
    expect(await workforce.workersNow()).toEqual([]);
    expect((await sql`select from mailbox_lease union all select from connection_lease`.execute(db.sql)).rows).toEqual(
      [],
    );
  });

  test('keeps nothing that it was given and never heard of, since PostgreSQL died in that moment: others have it soon', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 3);
    const workforce = openWorkforce(db);
    await openPlatforms(db).setBudget('source', budget, 'UTC');
    await using unlucky = await workforce.register(identity);
    await using other = await workforce.register(identity);
    const governor = openGovernor(db, unlucky);
    const kept = await taken(unlucky, 1);
    const given = await governor.take({ side: 'source', mailbox: 1, connections: 1, atLeast: 1 });
    const { worker } = unlucky;
    await sql`insert into mailbox_lease (mailbox, worker, token) values (2, ${worker}, nextval('lease_token'))`.execute(
      db.sql,
    );
    await sql`
      insert into connection_lease (side, worker, mailbox, connections) values ('source', ${worker}, 1, 3)`.execute(
      db.sql,
    );
    // What is younger than a lease may have been given a moment ago.
    await unlucky.heartbeat();
    expect(await other.takeMailbox(2)).toEqual({ kind: 'busy', holder: worker });
    await letLeasesAge(db);
    await unlucky.heartbeat();
    expect(await other.takeMailbox(2)).toMatchObject({ kind: 'taken' });
    expect(await other.takeMailbox(1)).toEqual({ kind: 'busy', holder: worker });
    expect((await sql`select mailbox, token from mailbox_lease where worker = ${worker}`.execute(db.sql)).rows).toEqual(
      [kept],
    );
    const { rows } = await sql`select id from connection_lease where worker = ${worker}`.execute(db.sql);
    expect([given]).toMatchObject(rows.map((lease) => ({ kind: 'granted', lease })));
    expect(rows).toHaveLength(1);
  });

  test('keeps a mailbox that it has taken again when the news comes late that it had given it back', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 1);
    const workforce = openWorkforce(db);
    await using membership = await workforce.register(identity);
    await using other = await workforce.register(identity);
    const first = await taken(membership, 1);
    // The database has done it, and its answer is still on the way.
    await sql`delete from mailbox_lease`.execute(db.sql);
    await taken(membership, 1);
    await membership.releaseMailbox(first);
    await letLeasesAge(db);
    await membership.heartbeat();
    expect(await other.takeMailbox(1)).toEqual({ kind: 'busy', holder: membership.worker });
  });

  test('keeps nothing that could not be given back since the database refused: others have it soon', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 1);
    const workforce = openWorkforce(db);
    await openPlatforms(db).setBudget('source', budget, 'UTC');
    await using membership = await workforce.register(identity);
    const governor = openGovernor(db, membership);
    const lease = await taken(membership, 1);
    const given = await governor.take({ side: 'source', mailbox: 1, connections: 1, atLeast: 1 });
    if (given.kind !== 'granted') throw new Error(given.kind);
    await sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`.execute(
      db.sql,
    );
    for (const table of [sql`mailbox_lease`, sql`connection_lease`])
      await sql`create trigger refuse before delete on ${table} execute function refuse()`.execute(db.sql);
    await expect(membership.releaseMailbox(lease)).rejects.toThrow('not now');
    await expect(governor.release([given.lease])).rejects.toThrow('not now');
    await sql`drop function refuse() cascade`.execute(db.sql);
    await letLeasesAge(db);
    await membership.heartbeat();
    expect(await workforce.workersNow()).toMatchObject([{ connections: 0, mailboxes: 0 }]);
  });

  test('hears with its heartbeat that it is to finish and go', async () => {
    await using db = await testDatabase();
    const workforce = openWorkforce(db);
    await using membership = await workforce.register(identity);
    expect(await membership.heartbeat()).toMatchObject({ kind: 'alive', isDraining: false });
    expect(await workforce.drain(membership.worker, 'a test')).toBe(true);
    expect(await membership.heartbeat()).toMatchObject({ kind: 'alive', isDraining: true });
  });

  test('is heard, and keeps its jobs, while all connections for the work are taken', async () => {
    await using db = await testDatabase({ connectionsMax: 2 });
    await using pulse = await openDatabase({ url: db.url, connectionsMax: 2, applicationName: 'godwit heartbeat' });
    await mailboxes(db, 1);
    await using membership = await openWorkforce(db, pulse).register(identity);
    await using queue = await openQueue(db, silent, pulse);
    await queue.send([{ mailbox: 1, work: 'copy', urgency: 3 }]);
    const jobs = await queue.fetch(1);
    expect(jobs).toHaveLength(1);
    // Questions that are not answered before somebody lets go: those behind them wait for a connection.
    const holder = await db.connect();
    await holder.query('select pg_advisory_lock(1)');
    const busy = [1, 2, 3, 4].map(() => sql`select pg_advisory_xact_lock_shared(1)`.execute(db.sql));
    expect(await membership.heartbeat()).toMatchObject({ kind: 'alive' });
    expect(await queue.touch(jobs)).toEqual([]);
    await holder.end();
    await Promise.all(busy);
  });

  test('gets its part of the pace that all share, and more when another goes', async () => {
    await using db = await testDatabase();
    const workforce = openWorkforce(db);
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using first = await workforce.register(identity);
    await using second = await workforce.register(identity);
    await using third = await workforce.register(identity);
    expect(await first.heartbeat()).toMatchObject({
      shares: [{ side: 'target', bytesPerSecond: 3_000, commandsPerSecond: 10 }],
    });
    await silence(db, second);
    await third[Symbol.asyncDispose]();
    expect(await first.heartbeat()).toMatchObject({
      shares: [{ side: 'target', bytesPerSecond: 9_000, commandsPerSecond: 30 }],
    });
  });
});

describe('a worker that was not heard of', () => {
  test('is struck out with all it held, and the audit log says so', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 1);
    const workforce = openWorkforce(db);
    await using old = await workforce.register(identity);
    await using young = await workforce.register(identity);
    await taken(old, 1);
    expect(await workforce.strikeVanished()).toEqual([]);
    await silence(db, old);
    expect(await workforce.strikeVanished()).toMatchObject([{ id: old.worker, host: 'ward-7', mailboxes: 1 }]);
    expect(await workforce.strikeVanished()).toEqual([]);
    expect((await sql`select who, what, about from audit`.execute(db.sql)).rows).toEqual([
      {
        who: `worker ${old.worker}`,
        what: 'vanished',
        about: { host: 'ward-7', pid: 4711, connections: 0, source: 0, target: 0, mailboxes: 1 },
      },
    ]);
    expect(await workforce.workersNow()).toMatchObject([{ id: young.worker }]);
  });

  test('is gone when it comes back, whether somebody has noticed or not', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 1);
    const workforce = openWorkforce(db);
    await openPlatforms(db).setBudget('source', budget, 'UTC');
    for (const isStruckOut of [false, true]) {
      await using membership = await workforce.register(identity);
      const governor = openGovernor(db, membership);
      await silence(db, membership);
      if (isStruckOut) await workforce.strikeVanished();
      expect(await membership.heartbeat()).toEqual({ kind: 'gone' });
      expect(await membership.takeMailbox(1)).toEqual({ kind: 'gone' });
      expect(await governor.take({ side: 'source', mailbox: 1, connections: 1, atLeast: 1 })).toEqual({ kind: 'gone' });
    }
  });

  test('leaves its mailboxes to others, under a token that is larger', async () => {
    await using db = await testDatabase();
    await mailboxes(db, 2);
    const workforce = openWorkforce(db);
    await using old = await workforce.register(identity);
    await using young = await workforce.register(identity);
    const before = await taken(old, 1);
    expect(await young.takeMailbox(1)).toEqual({ kind: 'busy', holder: old.worker });
    expect(await old.takeMailbox(1)).toEqual({ kind: 'busy', holder: old.worker });
    await silence(db, old);
    const after = await taken(young, 1);
    expect(after.token).toBeGreaterThan(before.token);
    // What the old one still gives back is not its own any more.
    await old.releaseMailbox(before);
    expect(await young.takeMailbox(1)).toEqual({ kind: 'busy', holder: young.worker });
    await young.releaseMailbox(after);
    expect((await taken(young, 1)).token).toBeGreaterThan(after.token);
  });

  test('is not struck out while its heartbeat is being written', async () => {
    await using db = await testDatabase();
    const workforce = openWorkforce(db);
    await using membership = await workforce.register(identity);
    await silence(db, membership);
    const renewed = Promise.withResolvers<void>();
    const struck = Promise.withResolvers<unknown>();
    await db.sql.transaction().execute(async (tx) => {
      await sql`update worker set seen_at = clock_timestamp()`.execute(tx);
      void workforce.strikeVanished().then(struck.resolve, struck.reject);
      // It looks at what is there now, or waits for us: either way it has begun.
      setTimeout(renewed.resolve, 100);
      await renewed.promise;
    });
    expect(await struck.promise).toEqual([]);
    expect(await membership.heartbeat()).toMatchObject({ kind: 'alive' });
  });

  test('at the very moment of its heartbeat either keeps everything or loses everything', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    await mailboxes(db, 1);
    const workforce = openWorkforce(db);
    for (let round = 0; round < 30; round++) {
      await using old = await workforce.register(identity);
      await using young = await workforce.register(identity);
      const lease = await taken(old, 1);
      // A moment before it lapses, so that the two below meet it on either side.
      await sql`update worker set seen_at = clock_timestamp() - make_interval(secs => ${leaseSeconds - 0.004})
                 where id = ${old.worker}`.execute(db.sql);
      const [heartbeat, takeover] = await Promise.all([old.heartbeat(), young.takeMailbox(1)]);
      expect(takeover.kind === 'taken' && heartbeat.kind === 'alive').toBe(false);
      if (heartbeat.kind === 'alive') expect(await young.takeMailbox(1)).toMatchObject({ kind: 'busy' });
      await old.releaseMailbox(lease);
    }
  });
});

describe('of two control planes', () => {
  test('one leads and the other waits, until the first is killed', async () => {
    await using db = await testDatabase();
    using other = hands('lead', db.url);
    await other.heard('leads');
    using third = hands('lead', db.url);
    await third.heard('waits');
    let waited = 0;
    const ours = openElection(db).lead(new AbortController().signal, () => {
      waited++;
      third.kill('SIGKILL');
      other.kill('SIGKILL');
    });
    await using lead = await ours;
    expect(waited).toBe(1);
    expect(lead.lost.aborted).toBe(false);
  });

  test('the one that was stopped loses the lead, and knows when it goes on', async () => {
    await using db = await testDatabase();
    using other = hands('lead', db.url);
    await other.heard('leads');
    other.kill('SIGSTOP');
    await using lead = await openElection(db).lead(new AbortController().signal);
    other.kill('SIGCONT');
    await other.heard('lost');
    expect(lead.lost.aborted).toBe(false);
  });

  test('the one that gives up the lead leaves it to the other', async () => {
    await using db = await testDatabase();
    const election = openElection(db);
    const first = await election.lead(new AbortController().signal);
    const second = election.lead(new AbortController().signal);
    await first[Symbol.asyncDispose]();
    await using lead = await second;
    expect(lead.lost.aborted).toBe(false);
  });

  test('none leads without its session', async () => {
    await using db = await testDatabase();
    const election = openElection(db);
    await using lead = await election.lead(new AbortController().signal);
    const lost = new Promise((resolve) => lead.lost.addEventListener('abort', resolve, { once: true }));
    // The tests share a server, and other databases on it have locks of their own.
    await sql`
      select pg_terminate_backend(l.pid)
        from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and a.datname = current_database() and l.pid <> pg_backend_pid()`.execute(db.sql);
    await lost;
    await using again = await election.lead(new AbortController().signal);
    expect(again.lost.aborted).toBe(false);
  });

  test('one that waits can be told to stop', async () => {
    await using db = await testDatabase();
    const election = openElection(db);
    await using lead = await election.lead(new AbortController().signal);
    const stop = new AbortController();
    const waits = election.lead(stop.signal, () => stop.abort(new Error('enough')));
    await expect(waits).rejects.toThrow(/aborted|enough/);
    expect(lead.lost.aborted).toBe(false);
  });
});
