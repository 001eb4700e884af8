/**
 * A worker of `bench/queue.ts`, as a process of its own: it claims what there is and ends it, with or without the rest of the
 * bookkeeping that a pass over a mailbox costs when there was nothing to carry.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '#lib/log.ts';
import { openGovernor } from '#store/budget.ts';
import { openDatabase } from '#store/db.ts';
import { openJourneys } from '#store/journeys.ts';
import { openQueue } from '#store/queue.ts';
import { openWorkforce } from '#store/workforce.ts';
import type { Job } from '#ports/queue.ts';
import { heartbeatMs } from '#ports/workforce.ts';

/** `claim`: jobs alone. `pass`: and mailbox, connections of both sides, and what the journey notes. */
export type HandsWork = 'claim' | 'pass';

export interface HandsFigures {
  readonly jobs: number;
  /** What single calls took, in milliseconds. */
  readonly fetchMs: readonly number[];
  readonly takeMs: readonly number[];
}

/** Between two looks at an empty queue. */
const emptyMs = 50;

const [url = '', work = 'claim', atOnce = '32'] = process.argv.slice(2);
const db = await openDatabase({ url, connectionsMax: 16, applicationName: 'godwit bench' });
const queue = await openQueue(db, silent);
const journeys = openJourneys(db, queue);
const membership = await openWorkforce(db).register({
  host: 'bench',
  pid: process.pid,
  version: '0',
  role: 'worker',
  lacks: [],
});
const governor = openGovernor(db, membership);
const heart = setInterval(() => void membership.heartbeat(), heartbeatMs);
const fetchMs: number[] = [];
const takeMs: number[] = [];

let isOver = false;
process.once('message', () => (isOver = true));
process.send?.('ready');
let jobs = 0;
for (;;) {
  const fetched = await timed(fetchMs, queue.fetch(Number(atOnce)));
  if (fetched.length === 0 && isOver) break;
  if (fetched.length === 0) await sleep(emptyMs);
  await Promise.all(fetched.map(work === 'pass' ? pass : end));
  jobs += fetched.length;
}
const figures: HandsFigures = { jobs, fetchMs, takeMs };
clearInterval(heart);
await membership[Symbol.asyncDispose]();
await queue[Symbol.asyncDispose]();
await db[Symbol.asyncDispose]();
process.send?.(figures, () => process.disconnect());

async function end(job: Job): Promise<void> {
  if (!(await queue.complete(job))) throw new Error(`job ${job.id} was not ours`);
}

async function pass(job: Job): Promise<void> {
  const { mailbox } = job;
  const held = await membership.takeMailbox(mailbox);
  if (held.kind !== 'taken') throw new Error(held.kind);
  const leases = await Promise.all(
    (['source', 'target'] as const).map(async (side) => {
      const taken = await timed(takeMs, governor.take({ side, mailbox, connections: 1, atLeast: 1 }));
      if (taken.kind !== 'granted') throw new Error(taken.kind);
      return taken.lease;
    }),
  );
  await governor.release(leases);
  const found = { messages: 0, alreadyThere: 0, refused: 0, exceptions: 0, lagMs: 1_000 };
  await journeys.passed(mailbox, { direction: 'there', copied: 0, bytes: 0, milliseconds: 0, found }, 3_600_000);
  await membership.releaseMailbox(held.lease);
  await end(job);
}

async function timed<Answer>(into: number[], answer: Promise<Answer>): Promise<Answer> {
  const since = performance.now();
  const given = await answer;
  into.push(performance.now() - since);
  return given;
}
