import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openEntriesBefore } from './entries-before.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { mailboxAt } from './ledger.test-kit.ts';
import { testDatabase } from './test-database.ts';

const byHand = { mailHost: ['by-hand.example', 'ärger.example'], mailRoutingAddress: [] };

test('what an entry said is told again by whoever comes after a kill, for the side that was being written and no other', async () => {
  await using db = await testDatabase();
  const mailbox = await mailboxAt(db, 'ann@x.example');
  await openEntriesBefore(db).keep(mailbox, 'target', byHand);
  const again = openEntriesBefore(db);
  expect(await again.of(mailbox, 'target')).toEqual(byHand);
  expect(await again.of(mailbox, 'source')).toBeNull();
  await again.keep(mailbox, 'source', {});
  expect(await again.of(mailbox, 'target')).toBeNull();
  expect(await again.of(mailbox, 'source')).toEqual({});
  await again.forget(mailbox);
  expect(await again.of(mailbox, 'source')).toBeNull();
});

test('a turned route and what the directory said before are one transaction: nothing old is put back later', async () => {
  await using db = await testDatabase();
  const [ann, bob] = [1, 2];
  await people(db.sql, ['ann', 'bob']);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('w', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  await standAt(db.sql, ann, 'switching', 1);
  const { turn } = openJourneys(db, { send: () => Promise.reject(new Error('nothing is sent')) });
  const before = openEntriesBefore(db);
  for (const mailbox of [ann, bob]) await before.keep(mailbox, 'target', byHand);
  const settle = (mailbox: number) =>
    turn({ mailbox, expected: 'switching', step: 'settle', who: 'a test' }, 'target', 1, null);
  // Somebody else has taken this one elsewhere: nothing is turned, and nothing is forgotten.
  expect(await settle(bob)).toBe(false);
  expect(await before.of(bob, 'target')).toEqual(byHand);
  expect(await settle(ann)).toBe(true);
  expect(await before.of(ann, 'target')).toBeNull();
});
