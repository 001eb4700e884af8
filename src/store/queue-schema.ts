/**
 * The tables of pg-boss, in a schema of their own. They are installed and brought up to date under our lock, as our own
 * tables are; a process that only works never touches them.
 */

import { attemptsMax, heartbeatSeconds } from '#ports/queue.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';
import { OneClient } from './queue-client.ts';

export const schema = 'pgboss';
/**
 * One queue for all kinds of work: of a mailbox there is at most one job, of whichever kind, and a queue is as far as pg-boss
 * sees to that. What is urgent comes first by its priority.
 */
export const queueName = 'mailbox';

/** Any number that nobody else takes: "Gdwq". */
const lock = 0x47647771;
const daySeconds = 24 * 3600;

const queueOptions = {
  // At most one job of a mailbox (its key) is waiting or under way.
  policy: 'exclusive',
  // A table of its own.
  partition: true,
  heartbeatSeconds,
  // A worker that lives may take as long as it takes, and says so by its heartbeat; this is the most that pg-boss knows.
  expireInSeconds: daySeconds,
  retryLimit: attemptsMax,
  retryDelay: 0,
  // Jobs are taken out when they are done. What is given up rests until the leader has seen it.
  deleteAfterSeconds: daySeconds,
  retentionSeconds: 30 * daySeconds,
} as const;

/** Installs what is missing or older than this version; safe while others do the same. Throws `database.*`. */
export function installQueue(db: Database): Promise<void> {
  return faulted(db.name, install(db));
}

async function install(db: Database): Promise<void> {
  // Not loaded by all who look whether there is anything to be done.
  const { PgBoss } = await import('pg-boss');
  await using client = new OneClient(db);
  await client.executeSql('select pg_advisory_lock($1)', [lock]);
  const boss = new PgBoss({ db: client, schema, migrate: true, supervise: false, schedule: false });
  const problems: unknown[] = [];
  boss.on('error', (error) => problems.push(error));
  await boss.start();
  try {
    if ((await boss.getQueue(queueName)) === null) await boss.createQueue(queueName, queueOptions);
    else await boss.updateQueue(queueName, changeable());
  } finally {
    await boss.stop({ graceful: false });
  }
  if (problems.length > 0) throw problems[0];
}

/** What may be changed of a queue that is there. */
function changeable(): Omit<typeof queueOptions, 'policy' | 'partition'> {
  const { policy: _policy, partition: _partition, ...rest } = queueOptions;
  return rest;
}
