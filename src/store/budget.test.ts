import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { runMax } from '#domain/breaker.ts';
import type { Budget } from '#domain/platform.ts';
import type { Sighting } from '#domain/sighting.ts';
import type { ConnectionLease, Governor } from '#ports/budget.ts';
import { leaseSeconds, type Membership, type WorkerIdentity } from '#ports/workforce.ts';
import { openGovernor, openPlatforms } from './budget.ts';
import type { Database } from './db.ts';
import { lockGovernor } from './governor-row.ts';
import { hands } from './hands.test-kit.ts';
import { testDatabase } from './test-database.ts';
import { openWorkforce } from './workforce.ts';

const identity: WorkerIdentity = { host: 'here', pid: 1, version: '1.0', role: 'worker', lacks: [] };
const budget: Budget = { connections: 8, connectionsPerMailbox: 3, bytesPerSecond: [], commandsPerSecond: null };

interface Worker extends AsyncDisposable {
  readonly membership: Membership;
  readonly governor: Governor;
}

async function worker(db: Database): Promise<Worker> {
  const membership = await openWorkforce(db).register(identity);
  const governor = openGovernor(db, membership);
  return { membership, governor, [Symbol.asyncDispose]: () => membership[Symbol.asyncDispose]() };
}

async function taken(governor: Governor, mailbox: number, connections: number): Promise<ConnectionLease> {
  const answer = await governor.take({ side: 'target', mailbox, connections, atLeast: 1 });
  if (answer.kind !== 'granted') throw new Error(answer.kind);
  return answer.lease;
}

function failed(mailbox: number): Sighting {
  return { kind: 'sign-in-failed', mailbox, how: 'unavailable', text: 'NO [UNAVAILABLE]\u0007 directory' };
}

describe('connections', () => {
  test('are given up to the budget, counted for each side apart, and given back', async () => {
    await using db = await testDatabase();
    for (const side of ['source', 'target'] as const) await openPlatforms(db).setBudget(side, budget, 'UTC');
    await using first = await worker(db);
    await using second = await worker(db);
    const leases = [
      await taken(first.governor, 1, 3),
      await taken(first.governor, 2, 3),
      await taken(second.governor, 3, 3),
    ];
    expect(leases.map(({ connections }) => connections)).toEqual([3, 3, 2]);
    expect(await second.governor.take({ side: 'target', mailbox: 4, connections: 1, atLeast: 1 })).toMatchObject({
      kind: 'wait',
      why: 'The target gives 8 connections at the moment, and 8 are in use.',
    });
    expect(await second.governor.take({ side: 'source', mailbox: 4, connections: 3, atLeast: 3 })).toMatchObject({
      kind: 'granted',
      lease: { side: 'source', mailbox: 4, connections: 3, isProbe: false },
    });
    await first.governor.release(leases);
    // What another holds is not ours to give back.
    expect((await openPlatforms(db).platformsNow()).map(({ connectionsInUse }) => connectionsInUse)).toEqual([3, 2]);
  });

  test('of one mailbox are limited too, whichever worker asks', async () => {
    await using db = await testDatabase();
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using first = await worker(db);
    await using second = await worker(db);
    expect((await taken(first.governor, 1, 2)).connections).toBe(2);
    expect((await taken(second.governor, 1, 2)).connections).toBe(1);
    expect(await second.governor.take({ side: 'target', mailbox: 1, connections: 1, atLeast: 1 })).toMatchObject({
      kind: 'wait',
      why: 'The target gives one mailbox 3 connections, and this one has 3.',
    });
  });

  test('that many jobs ask for at once are given once each', async () => {
    await using db = await testDatabase();
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using only = await worker(db);
    const asked = Array.from({ length: 40 }, (_, mailbox) =>
      only.governor.take({ side: 'target', mailbox, connections: 1, atLeast: 1 }),
    );
    const leases = (await Promise.all(asked)).flatMap((answer) => (answer.kind === 'granted' ? [answer.lease] : []));
    expect(leases.length).toBe(8);
    const { rows } = await sql<{
      id: number;
      mailbox: number;
    }>`select id, mailbox from connection_lease order by id`.execute(db.sql);
    expect(rows).toEqual(leases.map(({ id, mailbox }) => ({ id, mailbox })));
  });

  test('of a worker that vanished are free for others at once, and not a moment before', async () => {
    await using db = await testDatabase();
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using old = await worker(db);
    await using young = await worker(db);
    for (const mailbox of [1, 2, 3]) await taken(old.governor, mailbox, 3);
    const wanted = { side: 'target', mailbox: 4, connections: 3, atLeast: 3 } as const;
    expect(await young.governor.take(wanted)).toMatchObject({ kind: 'wait' });
    await sql`update worker set seen_at = seen_at - make_interval(secs => ${leaseSeconds + 1})
               where id = ${old.membership.worker}`.execute(db.sql);
    expect(await young.governor.take(wanted)).toMatchObject({ kind: 'granted' });
    expect((await openPlatforms(db).platformsNow())[0]?.connectionsInUse).toBe(3);
  });

  test('are given although a process stands still in the middle of taking some', async () => {
    await using db = await testDatabase();
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using only = await worker(db);
    const locked = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const stopped = db.sql.transaction().execute(async (tx) => {
      await lockGovernor(tx, 'target');
      locked.resolve();
      await goesOn.promise;
      await sql`select 1`.execute(tx);
    });
    await locked.promise;
    expect((await taken(only.governor, 1, 3)).connections).toBe(3);
    goesOn.resolve();
    await expect(stopped).rejects.toMatchObject({ code: 'database.away' });
  });

  test('are not given before somebody has said how many there are', async () => {
    await using db = await testDatabase();
    await using only = await worker(db);
    expect(await only.governor.take({ side: 'target', mailbox: 1, connections: 1, atLeast: 1 })).toMatchObject({
      kind: 'wait',
      why: 'Nobody has said yet what the target may be asked.',
    });
  });
});

describe('what one worker sees', () => {
  test('slows all of them down', async () => {
    await using db = await testDatabase();
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using first = await worker(db);
    await using second = await worker(db);
    const lease = await taken(first.governor, 1, 3);
    await taken(first.governor, 2, 3);
    const seen: Sighting = { kind: 'too-many-connections', mailbox: null, text: '[LIMIT]\r\nenough' };
    const { platform } = await first.governor.report('target', [seen]);
    expect(platform).toMatchObject({ connections: 3, connectionsInUse: 6, why: expect.stringContaining('enough') });
    expect(await second.governor.take({ side: 'target', mailbox: 3, connections: 1, atLeast: 1 })).toMatchObject({
      kind: 'wait',
    });
    await first.governor.release([lease]);
    await openPlatforms(db).trustAgain('target');
    expect((await taken(second.governor, 3, 3)).connections).toBe(3);
  });

  test('of a directory that is away stops the sign-ins of all, until one that tries gets in', async () => {
    await using db = await testDatabase();
    const platforms = openPlatforms(db);
    await platforms.setBudget('target', budget, 'UTC');
    await using first = await worker(db);
    await using second = await worker(db);
    for (let mailbox = 1; mailbox < runMax; mailbox++) {
      const { acquitted } = await (mailbox % 2 ? first : second).governor.report('target', [failed(mailbox)]);
      expect(acquitted).toEqual([]);
    }
    const last = await second.governor.report('target', [failed(100)]);
    expect(last.acquitted).toEqual([1, 2, 3, 4, 5, 6, 7, 100]);
    expect(last.platform).toMatchObject({ state: 'shut', why: expect.stringContaining('NO [UNAVAILABLE]') });
    expect(last.platform.why).not.toContain('\u0007');
    const wanted = (mailbox: number) => ({ side: 'target', mailbox, connections: 2, atLeast: 2 }) as const;
    expect(await first.governor.take(wanted(9))).toMatchObject({ kind: 'wait' });
    // Its time passes.
    await sql`update governor set state = jsonb_set(state, '{breaker,until}', '0')`.execute(db.sql);
    const answers = await Promise.all(
      [first, first, second, second].map(({ governor }, i) => governor.take(wanted(i))),
    );
    const probes = answers.flatMap((answer) => (answer.kind === 'granted' ? [answer.lease] : []));
    expect(probes).toMatchObject([{ connections: 1, isProbe: true }]);
    expect((await platforms.platformsNow())[0]?.state).toBe('probing');
    await first.governor.report('target', [{ kind: 'signed-in', mailbox: probes[0]?.mailbox ?? 0 }]);
    expect(await second.governor.take(wanted(11))).toMatchObject({ kind: 'granted', lease: { isProbe: false } });
  });
});

/** Counts who is connected, as a server does. */
class CountingServer implements AsyncDisposable {
  readonly #sockets = new Set<net.Socket>();
  readonly #ofMailbox = new Map<string, number>();
  readonly #server = net.createServer((socket) => this.#take(socket));
  most = 0;
  mostOfMailbox = 0;
  served = 0;

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return String((this.#server.address() as net.AddressInfo).port);
  }

  get now(): number {
    return this.#sockets.size;
  }

  #take(socket: net.Socket): void {
    this.#sockets.add(socket);
    this.most = Math.max(this.most, this.#sockets.size);
    this.served++;
    socket.on('error', () => undefined); // whoever it was, was killed
    createInterface(socket).once('line', (mailbox) => {
      const n = (this.#ofMailbox.get(mailbox) ?? 0) + 1;
      this.#ofMailbox.set(mailbox, n);
      this.mostOfMailbox = Math.max(this.mostOfMailbox, n);
      socket.once('close', () => this.#ofMailbox.set(mailbox, (this.#ofMailbox.get(mailbox) ?? 0) - 1));
    });
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Until so many have come in all. */
  async untilServed(n: number): Promise<void> {
    while (this.served < n) await once(this.#server, 'connection');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

test('two processes that take all they can never have more connections than the budget, killed and begun again included', async () => {
  await using db = await testDatabase();
  await openPlatforms(db).setBudget('target', budget, 'UTC');
  await using server = new CountingServer();
  const port = await server.listen();
  using first = hands('hammer', db.url, port, '1');
  using second = hands('hammer', db.url, port, '2');
  await Promise.all([first.heard('begins'), second.heard('begins')]);
  await server.untilServed(100);
  first.kill('SIGKILL');
  await server.untilServed(150);
  using third = hands('hammer', db.url, port, '3');
  await third.heard('begins');
  await server.untilServed(250);
  // The time passes after which what the killed one held goes to the others.
  const { rows } = await sql<{ id: string }>`
    update worker set seen_at = seen_at - make_interval(secs => ${leaseSeconds}) where pid = ${first.process.pid}
    returning id`.execute(db.sql);
  await server.untilServed(400);
  // Whoever next finds no room strikes it out; on a busy machine that takes a moment.
  const vanished = async () => (await sql`select who from audit where what = 'vanished'`.execute(db.sql)).rows;
  await expect.poll(vanished, { timeout: 60_000 }).toContainEqual({ who: `worker ${rows[0]?.id}` });
  expect(server.most).toBe(budget.connections);
  expect(server.mostOfMailbox).toBe(budget.connectionsPerMailbox);
}, 120_000);
