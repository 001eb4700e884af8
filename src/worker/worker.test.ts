/** How a worker ends: by itself, because somebody drains it, or because what it goes by has changed. */

import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { Work } from '#domain/release.ts';
import { silent } from '#lib/log.ts';
import type { Stumbled } from '#ports/journeys.ts';
import type { Job, JobQueue } from '#ports/queue.ts';
import type { Heartbeat, Membership, WorkerId } from '#ports/workforce.ts';
import { Lease } from './lease.ts';
import { Vitals } from './vitals.ts';
import { type WorkerEnd, work } from './worker.ts';

const alive: Heartbeat = { kind: 'alive', isDraining: false, shares: [], heardAt: 0, settingsRevision: 1 };

/** Work that lasts until it is allowed to end, or is broken off. */
class Shift {
  readonly stop = new AbortController();
  readonly outdated = new AbortController();
  readonly vitals = new Vitals();
  /** What the next heartbeat answers. */
  answer: Heartbeat = alive;
  /** What becomes of a job that is told of so. */
  became: Stumbled = 'again';
  heartbeats = 0;
  fetches = 0;
  readonly begun: Work[] = [];
  readonly done: Work[] = [];
  readonly putBack: number[] = [];
  /** Mailboxes whose job a fault of ours broke off, and its words. */
  readonly stumbled: (readonly [mailbox: number, detail: string])[] = [];
  /** Phrases that say that somebody must act. */
  readonly errors: string[] = [];
  readonly #waiting: Job[];
  readonly #mayEnd = Promise.withResolvers<void>();
  readonly #lease = new Lease();
  #wake = Promise.withResolvers<void>();

  constructor(...works: readonly Work[]) {
    this.#waiting = works.map((kind, i) => ({ id: `job ${i}`, mailbox: i, work: kind, attempt: 0, urgency: 3 }));
  }

  begin(atOnce = 8, seenThroughMs?: number): Promise<WorkerEnd> {
    this.vitals.begins(() => this.#lease.msLeft(), 0);
    const membership: Membership = {
      worker: 'w' as WorkerId,
      heartbeat: async () => {
        this.heartbeats++;
        this.#stir();
        return this.answer;
      },
      takeMailbox: async (mailbox) => ({ kind: 'taken', lease: { mailbox, token: 1 } }),
      releaseMailbox: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
    const queue = {
      fetch: async (max: number) => {
        this.fetches++;
        return this.#waiting.splice(0, max);
      },
      touch: async () => [],
    } as unknown as JobQueue;
    const journeys = { putBack: async ({ mailbox }: Job) => void this.putBack.push(mailbox) };
    const { vitals, outdated } = this;
    return work(
      {
        membership,
        queue,
        journeys,
        stumbled: async ({ mailbox }, detail) => {
          this.stumbled.push([mailbox, detail]);
          return this.became;
        },
        vitals,
        lease: this.#lease,
        atOnce,
        heard: () => undefined,
        outdated: outdated.signal,
        ...(seenThroughMs === undefined ? {} : { seenThroughMs }),
        log: { ...silent, error: (phrase) => void this.errors.push(phrase) },
        travel: (job, _, over) => this.#travel(job, over),
      },
      this.stop.signal,
    ).finally(() => this.#lease[Symbol.dispose]());
  }

  /** What is under way breaks off with this. */
  breakOff(error: unknown): void {
    this.#mayEnd.reject(error);
  }

  /** Whatever is under way may come to its end. */
  seeThrough(): void {
    this.#mayEnd.resolve();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await this.#wake.promise;
    }
  }

  async #travel(job: Job, over: AbortSignal): Promise<void> {
    this.begun.push(job.work);
    this.#stir();
    const { promise: broken, reject } = Promise.withResolvers<never>();
    over.addEventListener('abort', () => reject(over.reason as Error));
    await Promise.race([broken, this.#mayEnd.promise]);
    this.done.push(job.work);
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

test('who is asked to go breaks passes off, which go on elsewhere, and sees switches and returns through', async () => {
  const shift = new Shift('copy', 'switch', 'follow', 'return', 'follow-back');
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 5);
  expect(shift.vitals.readiness()).toEqual({ ready: true });
  shift.stop.abort();
  while (shift.putBack.length < 3) await new Promise(setImmediate);
  expect(shift.vitals.readiness()).toEqual({ ready: false, why: 'draining' });
  shift.seeThrough();
  expect(await ended).toBe('stopped');
  expect(shift.done).toEqual(['switch', 'return']);
  expect(shift.putBack).toEqual([0, 2, 4]);
});

test('who is asked to go breaks off a switch that does not come to its end, and ends', async () => {
  const shift = new Shift('switch');
  const ended = shift.begin(1, 10);
  await shift.until(() => shift.begun.length === 1);
  shift.stop.abort();
  expect(await ended).toBe('stopped');
  expect(shift.done).toEqual([]);
  expect(shift.putBack).toEqual([0]);
});

test('who is drained hears of it with a heartbeat, and takes nothing more', async () => {
  const shift = new Shift('copy', 'switch', 'copy');
  const ended = shift.begin(2);
  await shift.until(() => shift.heartbeats > 0 && shift.begun.length === 2);
  shift.answer = { ...alive, isDraining: true };
  while (shift.putBack.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  shift.seeThrough();
  expect(await ended).toBe('drained');
  expect(shift.done).toEqual(['switch']);
  expect(shift.begun).toEqual(['copy', 'switch']);
});

test('whose settings have changed ends in the same order, to begin anew', async () => {
  const shift = new Shift('follow', 'switch');
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 2);
  shift.outdated.abort();
  while (shift.putBack.length === 0) await new Promise(setImmediate);
  shift.seeThrough();
  expect(await ended).toBe('outdated');
  expect(shift.done).toEqual(['switch']);
});

test('what it holds is renewed as long as a switch is being seen through', async () => {
  const shift = new Shift('switch');
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 1 && shift.heartbeats > 0);
  shift.stop.abort();
  const before = shift.heartbeats;
  await shift.until(() => shift.heartbeats > before);
  shift.seeThrough();
  expect(await ended).toBe('stopped');
  expect(shift.done).toEqual(['switch']);
});

test('who may take nothing says that it is there, and asks for no work', async () => {
  const shift = new Shift('copy');
  const ended = shift.begin(0);
  await shift.until(() => shift.heartbeats > 0);
  shift.stop.abort();
  expect(await ended).toBe('stopped');
  expect(shift.fetches).toBe(0);
});

test('a fault of ours is held against its mailbox, told of without secrets, and not put back to be tried at once', async () => {
  const shift = new Shift('follow');
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 1);
  shift.breakOff(new TypeError('nobody thought of\npostgres://ann:hunter2@db/estate'));
  while (shift.stumbled.length === 0) await new Promise(setImmediate);
  shift.stop.abort();
  expect(await ended).toBe('stopped');
  expect(shift.stumbled).toEqual([[0, 'nobody thought of postgres://ann:[hidden]@db/estate']]);
  expect(shift.putBack).toEqual([]);
  expect(shift.errors).toEqual(['a fault of ours']);
});

test.each([
  ['a database that is away', fault('database.away', { name: 'estate', text: 'gone' }), [0], []],
  ['a ledger that others hold', fault('ledger.lost', { mailbox: 'ann' }), [0], []],
  ['a job that was given to another', new Error('the job was given to another'), [], ['not-ours']],
])('%s is held against no mailbox, and is no alarm', async (_, error, putBack, became) => {
  const shift = new Shift('follow');
  shift.became = 'not-ours';
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 1);
  shift.breakOff(error);
  while (shift.putBack.length + shift.stumbled.length === 0) await new Promise(setImmediate);
  shift.stop.abort();
  expect(await ended).toBe('stopped');
  expect(shift.putBack).toEqual(putBack);
  expect(shift.stumbled).toHaveLength(became.length);
  expect(shift.errors).toEqual([]);
});

test('who is told to go while something of ours breaks puts it back, and counts nothing', async () => {
  const shift = new Shift('follow');
  const ended = shift.begin();
  await shift.until(() => shift.begun.length === 1);
  shift.stop.abort();
  shift.breakOff(new Error('a socket that was cut'));
  expect(await ended).toBe('stopped');
  expect(shift.putBack).toEqual([0]);
  expect(shift.stumbled).toEqual([]);
});
