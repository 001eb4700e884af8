import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { doctorFacts } from './doctor-facts.ts';
import { people, standAt } from './estate.test-kit.ts';
import { testDatabase } from './test-database.ts';

test('an empty estate has nothing to tell, and one at work tells who is blocked for what, and what people were not told', async () => {
  await using db = await testDatabase();
  const empty = await doctorFacts(db);
  expect(empty).toMatchObject({
    isReplica: false,
    mailboxes: 0,
    workers: [],
    published: null,
    blocked: [],
    someone: null,
  });
  expect(empty.memory.bufferOctets).toBe(128 * 2 ** 20);
  expect(empty.memory.tableOctets).toBeGreaterThan(2 ** 20);
  expect(Math.abs(empty.now - Date.now())).toBeLessThan(60_000);
  await people(db.sql, ['ann', 'bob', 'cleo', 'dan']);
  await sql`insert into wave (name, opens_at, closes_at, day) values ('w1', now(), now() + interval '1 hour', now())`.execute(
    db.sql,
  );
  for (const id of [1, 2, 3, 4]) await standAt(db.sql, id, 'following', 1);
  await sql`update mailbox set blocked = 'target.quota', blocked_about = '{}' where id in (1, 2)`.execute(db.sql);
  await sql`update mailbox set blocked = 'worker.vanished', blocked_about = '{}' where id = 3`.execute(db.sql);
  await sql`
    insert into notice (mailbox, kind, occasion, wave, language, state, began_at, retry_at)
    values (1, 'T-2', now(), 'w1', 'en', 'refused', now(), null),
           (2, 'T-2', now(), 'w1', 'en', 'waiting', now(), now()),
           (3, 'T-2', now(), 'w1', 'en', 'refused', now() - interval '9 days', null)`.execute(db.sql);
  await sql`
    insert into worker (id, host, pid, version, role, lacks, seen_at)
    values (gen_random_uuid(), 'm1', 7, '1.0', 'serve', '{env:OLD}', now() - interval '2 minutes')`.execute(db.sql);
  const facts = await doctorFacts(db);
  expect(facts).toMatchObject({
    blocked: [
      { code: 'target.quota', mailboxes: 2, example: 'ann@x.example' },
      { code: 'worker.vanished', mailboxes: 1, example: 'cleo@x.example' },
    ],
    notices: { refused: 1, unknown: 0, waiting: 1 },
    someone: { address: 'dan@x.example', sourceUser: null, targetUser: null },
    workers: [{ host: 'm1', pid: 7, role: 'serve', version: '1.0', lacks: ['env:OLD'], isDraining: false }],
  });
  expect(facts.workers[0]?.silentMs).toBeGreaterThan(100_000);
});
