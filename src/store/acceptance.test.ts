/** What a person's word changes for a mailbox that waits for nothing else. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import { openAcceptances } from './acceptance.ts';
import { people, standAt, standing } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const noQueue = { send: () => Promise.reject(new Error('nothing is sent')) };
const first = { kind: 'message', folders: ['INBOX'], uid: 1 } as const;
const second = { kind: 'message', folders: ['INBOX'], uid: 2 } as const;

/** `ann` at `stage`, blocked for `code`; two messages are listed as refused, with the same numbers in both directions. */
async function blocked(stage: Stage, code = 'switch.exceptions'): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', current_date, now(), now() + interval '1 hour')`.execute(db.sql);
  await people(db.sql, ['ann']);
  await standAt(db.sql, 1, stage, 1);
  await sql`update mailbox set blocked = ${code}, blocked_about = '{}', failures = 3, due_at = null`.execute(db.sql);
  await sql`
    insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
    select 1, direction, 1, uid, 'refused', 'INBOX', 7, 'too-big', ''
      from unnest('{there,back}'::text[]) as direction, generate_series(1, 2) as uid`.execute(db.sql);
  return db;
}

test.each(['following', 'returning'] as const)(
  'who is %s and waited for that word alone goes on at once, when all of it is said',
  async (stage) => {
    await using db = await blocked(stage);
    const { accept } = openAcceptances(db);
    expect(await accept('ann@x.example', first, 'operator max', 'a film')).toMatchObject({ kind: 'accepted' });
    expect(await standing(db.sql, 1)).toMatchObject({ mark: 'blocked' });
    await accept('ann@x.example', second, 'operator max', 'a film');
    expect(await standing(db.sql, 1)).toMatchObject({ stage, mark: '', isDue: true, failures: 0 });
  },
);

test('who is blocked for something else stays so', async () => {
  await using db = await blocked('following', 'target.quota');
  await openAcceptances(db).accept('ann@x.example', { kind: 'all' }, 'operator max', 'a film');
  expect(await standing(db.sql, 1)).toMatchObject({ mark: 'blocked' });
});

test('what is listed as not on the other side is told with whether it was accepted, each direction by itself', async () => {
  await using db = await blocked('following');
  const { listed } = openJourneys(db, noQueue);
  await sql`
    insert into acceptance (mailbox, direction, folder, uid, kind, source_uid_validity, code, who, why)
    values (1, 'there', 'INBOX', 1, 'refused', 7, 'too-big', 'max', 'a film'),
           (1, 'there', 'INBOX', 2, 'refused', 6, 'too-big', 'max', 'of another numbering'),
           (1, 'there', 'Sent', 9, 'missing', 4, 'missing', 'max', 'seen by a comparison')`.execute(db.sql);
  const told = async (direction: 'there' | 'back') =>
    (await listed(1, direction)).map(({ folder, uid, isAccepted }) => `${folder} ${uid} ${isAccepted}`).toSorted();
  expect(await told('there')).toEqual(['INBOX 1 true', 'INBOX 2 false', 'Sent 9 true']);
  expect(await told('back')).toEqual(['INBOX 1 false', 'INBOX 2 false']);
});
