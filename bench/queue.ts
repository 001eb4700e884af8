/**
 * The control plane under the weight of a whole estate: mailboxes by the million in the table, of which some thousands are
 * due. What the releaser moves into the queue, what two worker processes claim and end, and what the rest of the bookkeeping
 * of a pass costs. PostgreSQL is the embedded one with its ordinary settings, on the disk of this machine; there are no
 * mail servers in this.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { silent } from '#lib/log.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { openPlatforms } from '#store/budget.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { openJourneys } from '#store/journeys.ts';
import { migrate } from '#store/migrations.ts';
import { openQueue, type StoredQueue } from '#store/queue.ts';
import { releaseDue } from '#worker/releaser.ts';
import type { HandsFigures, HandsWork } from './queue-hands.ts';

export interface QueueFigures {
  readonly mailboxes: number;
  readonly what: string;
  readonly jobs: number;
  readonly perSecond: number;
  /** Of single calls, in milliseconds: the median and the slowest of a hundred. */
  readonly calls: Readonly<Record<string, readonly [p50: number, p99: number]>>;
}

const folder = '.scratch/bench/queue';
const organisations = 22_000;
/** As many as switch in an evening. */
const evening = 22_000;
const perSecondMin = 500;

export async function runQueueBench(
  mailboxes: number,
  atOnce: number,
  say: (line: string) => void,
): Promise<readonly QueueFigures[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await using server = await startEmbedded(folder, {}, AbortSignal.timeout(120_000));
  await using db = await openDatabase({ url: server.url, connectionsMax: 8, applicationName: 'godwit bench' });
  await migrate(db);
  const filled = performance.now();
  await fill(db, mailboxes);
  say(`${mailboxes} mailboxes in ${organisations} organisations, in the table after ${seconds(filled)} s`);
  for (const side of ['source', 'target'] as const)
    await openPlatforms(db).setBudget(
      side,
      { connections: 256, connectionsPerMailbox: 4, bytesPerSecond: [], commandsPerSecond: null },
      'UTC',
    );
  await using queue = await openQueue(db, silent);
  const figures: QueueFigures[] = [];
  const tell = (found: Omit<QueueFigures, 'mailboxes'>): void => {
    figures.push({ mailboxes, ...found });
    const calls = Object.entries(found.calls).map(
      ([name, [p50, p99]]) => `${name} ${p50.toFixed(1)} / ${p99.toFixed(1)} ms`,
    );
    say(`${found.what}: ${found.perSecond.toFixed(0)}/s (${calls.join(', ')}; median and 99 %)${verdictOn(found)}`);
  };
  for (const work of ['claim', 'pass'] as const) {
    await makeDue(db, evening);
    tell(await through(db, queue, server.url, work, atOnce));
    await upkeep(queue, say);
  }
  return figures;
}

/** The aim is for the queue; of the rest the connections of a platform are the limit, long before this. */
function verdictOn({ calls, perSecond }: Omit<QueueFigures, 'mailboxes'>): string {
  if ('taking connections' in calls) return '';
  return perSecond >= perSecondMin ? ': PASS' : `: short: the aim is ${perSecondMin}`;
}

async function fill(db: Database, mailboxes: number): Promise<void> {
  await sql`
    insert into organisation (code, name)
    select 'O' || n, 'Organisation ' || n from generate_series(1, ${organisations}::int) as n`.execute(db.sql);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('bench', 'running', current_date + 1, now() + interval '1 day', now() + interval '2 days')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation, size_bytes, stage, wave, due_at)
    select 'someone.' || n || '@bench.example', 'person', 1 + n % ${organisations}::int, 1_000_000, 'following', 1,
           now() + interval '1 hour' + n * interval '1 ms'
      from generate_series(1, ${mailboxes}::int) as n`.execute(db.sql);
  await sql`vacuum analyze`.execute(db.sql);
}

/** Spread over the whole table, as they are in life. */
async function makeDue(db: Database, n: number): Promise<void> {
  await sql`
    update mailbox set due_at = now() - interval '1 minute'
     where id in (select 1 + (random() * (select max(id) - 1 from mailbox))::int from generate_series(1, ${n}::int))`.execute(
    db.sql,
  );
}

/** The leader releases what is due as it does in life, and two processes work it off. */
async function through(
  db: Database,
  queue: StoredQueue,
  url: string,
  work: HandsWork,
  atOnce: number,
): Promise<Omit<QueueFigures, 'mailboxes'>> {
  const hands = [1, 2].map(() =>
    fork(new URL('./queue-hands.ts', import.meta.url), [url, work, String(atOnce)], { stdio: 'inherit' }),
  );
  await Promise.all(hands.map((each) => once(each, 'message')));
  const releaseMs: number[] = [];
  const parts = { journeys: openJourneys(db, queue), queue, upkeep: [], log: silent };
  const begun = performance.now();
  for (let left = evening; left > 0; ) {
    const since = performance.now();
    const released = await releaseDue(parts);
    if (released > 0) releaseMs.push(performance.now() - since);
    left = released > 0 ? left : (await queue.depth()).waiting;
    await sleep(released > 0 ? 20 : 100);
  }
  const seconds = (performance.now() - begun) / 1000;
  const told = hands.map((each) => once(each, 'message'));
  for (const each of hands) each.send('that is all');
  const figures = (await Promise.all(told)).map(([answer]) => answer as HandsFigures);
  const jobs = figures.reduce((sum, each) => sum + each.jobs, 0);
  const fetch = quantiles(figures.flatMap(({ fetchMs }) => fetchMs));
  const calls = { releasing: quantiles(releaseMs), [`fetching ${atOnce}`]: fetch };
  const take = figures.flatMap(({ takeMs }) => takeMs);
  return {
    what: work === 'claim' ? 'released, claimed and ended' : 'with mailbox, connections and journey',
    jobs,
    perSecond: jobs / seconds,
    calls: take.length === 0 ? calls : { ...calls, 'taking connections': quantiles(take) },
  };
}

/** What the leader does every few seconds, and what a worker meets when there is nothing to do. */
async function upkeep(queue: StoredQueue, say: (line: string) => void): Promise<void> {
  const supervised = performance.now();
  await queue.supervise();
  const asked = performance.now();
  await queue.fetch(1);
  say(
    `then: upkeep ${(asked - supervised).toFixed(0)} ms, an empty fetch ${(performance.now() - asked).toFixed(1)} ms`,
  );
}

function quantiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return [at(0.5), at(0.99)];
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
