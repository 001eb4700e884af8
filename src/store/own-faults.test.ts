/** What becomes of a mailbox whose job a fault of ours has broken off. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import { ownFaultsMax } from '#domain/next-try.ts';
import { silent } from '#lib/log.ts';
import type { Job } from '#ports/queue.ts';
import { people, recorded, standAt, standing } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openOwnFaults } from './own-faults.ts';
import { openQueue, type StoredQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Mailbox 1, in a wave. */
async function estate(db: TestDatabase, stage: Stage): Promise<StoredQueue> {
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', current_date, now(), now() + interval '1 hour')`.execute(db.sql);
  await people(db.sql, ['m1']);
  await standAt(db.sql, 1, stage, 1);
  return openQueue(db, silent);
}

async function jobIn(queue: StoredQueue): Promise<Job> {
  await queue.send([{ mailbox: 1, work: 'follow', urgency: 3 }]);
  const [job] = await queue.fetch(1);
  return job as Job;
}

async function row(db: TestDatabase) {
  const { rows } = await sql<{ failures: number; wait: number; blocked: string | null; message: string }>`
    select failures, round(extract(epoch from due_at - (last_fault ->> 'at')::timestamptz))::int as wait, blocked,
           last_fault ->> 'message' as message
      from mailbox`.execute(db.sql);
  return rows[0];
}

describe('a mailbox on which a fault of ours comes again and again', () => {
  test('waits twice as long each time, and then for a person, with the words of the fault', async () => {
    await using db = await testDatabase();
    await using queue = await estate(db, 'following');
    const { stumbled } = openOwnFaults(db);
    const waits: (number | undefined)[] = [];
    for (let i = 1; i < ownFaultsMax; i++) {
      expect(await stumbled(await jobIn(queue), 'nobody thought of it', 'worker 7')).toBe('again');
      waits.push((await row(db))?.wait);
    }
    expect(waits).toEqual([15, 30, 60, 120]);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '', isDue: false });
    expect(await stumbled(await jobIn(queue), 'nobody thought of it', 'worker 7')).toBe('blocked');
    expect(await row(db)).toMatchObject({ blocked: 'internal', message: 'A fault of ours: nobody thought of it' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'blocked', isDue: false });
    expect(await recorded(db.sql, 1)).toEqual(['worker 7 blocked internal']);
    expect(await queue.depth()).toEqual({ waiting: 0, active: 0 });
  });

  test('goes back to where people can work when it was switching', async () => {
    await using db = await testDatabase();
    await using queue = await estate(db, 'switching');
    const { stumbled } = openOwnFaults(db);
    for (let i = 0; i < ownFaultsMax; i++) await stumbled(await jobIn(queue), 'x', 'worker 7');
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'blocked' });
  });
});

test.each([
  ['a pass ended well', (db: TestDatabase) => sql`update mailbox set failures = 0`.execute(db.sql)],
  [
    'there was weather',
    (db: TestDatabase) =>
      openJourneys(db, { send: () => Promise.reject(new Error('nothing is sent')) }).failed(1, 0, {
        code: 'imap.server.bye',
        message: '',
      }),
  ],
])('faults of ours in between which %s are counted from the beginning', async (_, meanwhile) => {
  await using db = await testDatabase();
  await using queue = await estate(db, 'following');
  const { stumbled } = openOwnFaults(db);
  for (let i = 1; i < ownFaultsMax; i++) await stumbled(await jobIn(queue), 'x', 'worker 7');
  await meanwhile(db);
  expect(await stumbled(await jobIn(queue), 'x', 'worker 7')).toBe('again');
  expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
});

test('of a job that another has taken over, a fault of ours says nothing about the mailbox', async () => {
  await using db = await testDatabase();
  await using queue = await estate(db, 'following');
  const job = await jobIn(queue);
  const before = await row(db);
  expect(await openOwnFaults(db).stumbled({ ...job, attempt: job.attempt + 1 }, 'x', 'worker 7')).toBe('not-ours');
  expect(await row(db)).toEqual(before);
});
