import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { MailboxVerification, OpenFinding } from '#domain/wave-verification.ts';
import { openAcceptances } from './acceptance.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openLooks } from './looks.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Waves that open after so many hours, and a mailbox in each. */
async function waves(db: TestDatabase, ...opensInHours: readonly number[]): Promise<void> {
  await people(
    db.sql,
    opensInHours.map((_, i) => `m${i + 1}`),
  );
  for (const [i, hours] of opensInHours.entries()) {
    await sql`
      insert into wave (name, day, opens_at, closes_at)
      values (${`w${i + 1}`}, current_date, now() + make_interval(hours => ${hours}), now() + make_interval(hours => ${hours + 8}))`.execute(
      db.sql,
    );
    await standAt(db.sql, i + 1, 'planned', i + 1);
  }
}

const dayS = 24 * 3_600;

test('who is to be checked is whoever is to switch in the days to come and was not checked of late, the next first', async () => {
  await using db = await testDatabase();
  // Too late, in a week and more, tomorrow, in three days, in two days, in four, in five.
  await waves(db, 0, 200, 24, 72, 48, 96, 120);
  const { toBeChecked, keepReadiness } = openLooks(db);
  await keepReadiness(4, { remarks: [] });
  await sql`update readiness set at = now() - interval '4 days'`.execute(db.sql);
  await keepReadiness(5, { remarks: [] });
  await sql`update wave set state = 'cancelled' where id = 6`.execute(db.sql);
  await sql`update mailbox set held = 'asked to' where id = 7`.execute(db.sql);
  expect(await toBeChecked(7 * dayS, 3 * dayS, 10)).toEqual([3, 4]);
  expect(await toBeChecked(7 * dayS, 3 * dayS, 1)).toEqual([3]);
  expect(await toBeChecked(14 * dayS, dayS, 10)).toEqual([3, 4, 2]);
});

test('what a check found is known for as long as it is fresh', async () => {
  await using db = await testDatabase();
  await waves(db, 24, 24);
  const { keepReadiness, readiness } = openLooks(db);
  const remarks = [{ kind: 'no-room', weight: 'trouble', says: 'a \0 and \ud800 too many' }] as const;
  await keepReadiness(1, { remarks });
  await keepReadiness(2, { remarks: [] });
  await sql`update readiness set at = now() - interval '2 days' where mailbox = 2`.execute(db.sql);
  const found = await readiness([1, 2], dayS);
  expect([...found.keys()]).toEqual([1]);
  expect(found.get(1)).toEqual({ address: 'm1@x.example', remarks });
});

const finding: OpenFinding = {
  folder: 'S&APw-d \u001a',
  path: 'Süd',
  uid: 5,
  uidValidity: 7,
  kind: 'missing',
  code: 'missing',
  detail: 'not \0 there',
};

const verification: MailboxVerification = {
  outcome: 'differs',
  stage: 'following',
  side: 'source',
  share: 1,
  sourceMessages: 1,
  targetMessages: 0,
  equal: 0,
  behind: 0,
  removedSince: 0,
  sinceRelease: 0,
  byPeople: 0,
  extra: 0,
  open: 1,
  findings: [finding],
  accepted: 0,
  acceptedBy: [],
  messagesRead: 0,
  bytesRead: 0,
  milliseconds: 1,
  fault: null,
};

test('what a comparison found can be accepted, and the next one knows it by the name that the source gives it', async () => {
  await using db = await testDatabase();
  await waves(db, 24);
  const { keepVerification, acceptances } = openLooks(db);
  await keepVerification(1, verification);
  await keepVerification(1, { ...verification, milliseconds: 2 });
  const { accept } = openAcceptances(db);
  const which = { kind: 'message', folders: [finding.folder], uid: 5 } as const;
  expect(await accept('m1@x.example', which, 'operator max', 'seen')).toEqual({ kind: 'accepted', exceptions: 1 });
  const { folder, uid, uidValidity, kind, code } = finding;
  expect(await acceptances(1)).toEqual([
    { folder, uid, uidValidity, kind, code, who: 'operator max', why: 'seen', at: expect.any(String) },
  ]);
});

test('what was found before the release stays, and what is found after it is no evidence against it', async () => {
  await using db = await testDatabase();
  await waves(db, 24);
  const { keepVerification } = openLooks(db);
  const kept = async () =>
    (await sql<{ ms: number }>`select (found ->> 'milliseconds')::int as ms from verification`.execute(db.sql)).rows;
  await keepVerification(1, { ...verification, stage: 'settled' });
  await keepVerification(1, { ...verification, stage: 'released', milliseconds: 2 });
  expect(await kept()).toEqual([{ ms: 1 }]);
  // Where there was none before, the latest is what there is.
  await sql`delete from verification`.execute(db.sql);
  await keepVerification(1, { ...verification, stage: 'released', milliseconds: 3 });
  await keepVerification(1, { ...verification, stage: 'released', milliseconds: 4 });
  expect(await kept()).toEqual([{ ms: 4 }]);
});

test('a message that the journey lists and a comparison finds worse is accepted as all that it is', async () => {
  await using db = await testDatabase();
  await waves(db, 24);
  const { keepVerification, acceptances } = openLooks(db);
  await sql`
    insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
    values (1, 'there', 1, 5, 'different', 'INBOX', 7, 'date', 'a day')`.execute(db.sql);
  const worse = { ...finding, folder: 'INBOX', kind: 'different', code: 'content,date' } as const;
  await keepVerification(1, { ...verification, findings: [worse] });
  await openAcceptances(db).accept('m1@x.example', { kind: 'all' }, 'operator max', 'seen');
  expect(await acceptances(1)).toMatchObject([{ kind: 'different', code: 'content,date' }]);
});
