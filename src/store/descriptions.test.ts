import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { MailboxDescription } from '#domain/description.ts';
import { openDescriptions } from './descriptions.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const noQueue = { send: () => Promise.reject(new Error('nothing is sent')) };

/** Ann and Bob follow in a wave that runs, in a ward under a region. */
async function estate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  await sql`insert into organisation (code, name, parent) values ('Q1', 'Region', null), ('W1', 'Ward', 1)`.execute(
    db.sql,
  );
  await sql`update organisation set parent = 2 where code = 'RXY'`.execute(db.sql);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  for (const id of [1, 2]) await standAt(db.sql, id, 'following', 1);
  await sql`update mailbox set organisation = 3, aliases = '{a.smith@x.example}', not_before = '2026-12-01' where id = 1`.execute(
    db.sql,
  );
  return db;
}

async function described(db: TestDatabase, address: string): Promise<MailboxDescription> {
  const found = await openDescriptions(db).mailbox(address);
  if (found.kind === 'unknown') throw new Error(`${address} is not there`);
  return found.mailbox;
}

describe('a mailbox', () => {
  test('is found by its address in any case and by an alias, with the organisations above it', async () => {
    await using db = await estate();
    for (const address of ['ann@x.example', 'ANN@X.example ', 'A.Smith@x.example'])
      expect(await described(db, address)).toMatchObject({
        address: 'ann@x.example',
        organisation: { code: 'W1', name: 'Ward', above: ['RXY', 'Q1'] },
        notBefore: '2026-12-01',
        stage: 'following',
        wave: { name: 'pilot', state: 'running' },
        side: 'source',
        turnedAt: null,
        marks: [],
        fault: null,
        inHandOf: null,
      });
  });

  test('that is not there is told with the address that was probably meant, and takes no hostile words for SQL', async () => {
    await using db = await estate();
    const { mailbox } = openDescriptions(db);
    expect(await mailbox('anm@x.example')).toEqual({ kind: 'unknown', nearest: 'ann@x.example' });
    expect(await mailbox('bob@elsewhere.example.org')).toEqual({ kind: 'unknown', nearest: 'bob@x.example' });
    expect(await mailbox(`zzzzzzzzzzzz' or true --`)).toEqual({ kind: 'unknown', nearest: null });
  });

  test('that is blocked tells for what, how far it reaches, when again and what to do, and since when', async () => {
    await using db = await estate();
    const { block } = openJourneys(db, noQueue);
    await block(1, 'target.quota', { message: 'new.example has no room for ann.', stage: 'following' }, 'worker 7');
    const { fault, marks } = await described(db, 'ann@x.example');
    expect(fault).toMatchObject({
      code: 'target.quota',
      message: 'new.example has no room for ann.',
      reach: 'mailbox',
      retry: 'operator',
      remedy: expect.stringMatching(/\.$/),
      isBlocking: true,
      at: expect.any(Date),
    });
    expect(marks).toEqual([{ mark: 'blocked', why: 'target.quota', who: 'worker 7', at: fault?.at }]);
  });

  test('that is tried again tells what it met last, and one that was blocked without words has those of the catalogue', async () => {
    await using db = await estate();
    const { failed, block } = openJourneys(db, noQueue);
    await failed(1, 60_000, { code: 'imap.server.bye', message: 'old.example ended the session: maintenance' });
    expect(await described(db, 'ann@x.example')).toMatchObject({
      failures: 1,
      fault: { code: 'imap.server.bye', retry: 'paced', isBlocking: false, at: expect.any(Date) },
    });
    await block(2, 'worker.vanished', { attempts: 3 }, 'the leader');
    expect((await described(db, 'bob@x.example')).fault?.message).toMatch(/^3 workers vanished/);
    await sql`update mailbox set blocked = 'of.tomorrow' where id = 2`.execute(db.sql);
    expect((await described(db, 'bob@x.example')).fault).toMatchObject({
      code: 'of.tomorrow',
      remedy: null,
      reach: null,
    });
  });

  test('that several keep back names all of them, the gravest first, and who said so last', async () => {
    await using db = await estate();
    await sql`update mailbox set held = 'on call', excluded = 'not yet', left_at = now() where id = 1`.execute(db.sql);
    await sql`
      insert into audit (who, what, mailbox, why)
      values ('operator bob', 'hold', 1, 'away'), ('operator eve', 'hold', 1, 'on call'), ('operator dan', 'exclude', 1, 'not yet')`.execute(
      db.sql,
    );
    const { marks } = await described(db, 'ann@x.example');
    expect(marks.map(({ mark, why, who }) => [mark, why, who])).toEqual([
      ['left', null, null],
      ['excluded', 'not yet', 'operator dan'],
      ['held', 'on call', 'operator eve'],
    ]);
  });

  test('lists by folder what did not arrive, and who has accepted it', async () => {
    await using db = await estate();
    await sql`
      insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
      values (1, 'there', 2, 9, 'refused', 'Lists', 7, 'too-big', 'it is larger than the target takes'),
             (1, 'there', 0, 5, 'different', 'INBOX', 7, 'flags', 'lacks $Label1'),
             (2, 'there', 0, 1, 'refused', 'INBOX', 7, 'too-big', 'of somebody else')`.execute(db.sql);
    await sql`
      insert into acceptance (mailbox, folder, uid, kind, source_uid_validity, code, who, why)
      values (1, 'INBOX', 5, 'different', 7, 'flags', 'operator eve', 'ann does not mind')`.execute(db.sql);
    const { exceptions, account } = await described(db, 'ann@x.example');
    expect(exceptions.map(({ folder, uid, accepted }) => [folder, uid, accepted?.who ?? null])).toEqual([
      ['INBOX', 5, 'operator eve'],
      ['Lists', 9, null],
    ]);
    expect(account).toMatchObject({ open: 1, accepted: 1, acceptedBy: ['operator eve'] });
  });

  test('tells in whose hand it is, where its mail belongs, and the newest twenty of its log', async () => {
    await using db = await estate();
    await sql`insert into worker (id, host, pid, version, role) values (gen_random_uuid(), 'north', 42, '0', 'worker')`.execute(
      db.sql,
    );
    await sql`insert into mailbox_lease (mailbox, worker, token) select 1, id, 1 from worker`.execute(db.sql);
    await sql`insert into route (mailbox, side, turned_at) values (1, 'target', now())`.execute(db.sql);
    await sql`
      insert into audit (who, what, mailbox, stage_before, stage_after)
      select 'worker 7', 'step ' || n, 1, 'planned', 'copying' from generate_series(1, 30) as n`.execute(db.sql);
    await sql`insert into verification (mailbox, found) values (1, '{"outcome": "whole"}')`.execute(db.sql);
    await sql`insert into readiness (mailbox, remarks) values (1, '[]')`.execute(db.sql);
    const { inHandOf, side, turnedAt, log, verification, readiness } = await described(db, 'ann@x.example');
    expect(inHandOf).toMatchObject({ host: 'north', pid: 42 });
    expect([side, turnedAt]).toEqual(['target', expect.any(Date)]);
    expect(log).toHaveLength(20);
    expect(log[0]).toMatchObject({
      what: 'step 30',
      stageBefore: 'planned',
      stageAfter: 'copying',
      at: expect.any(Date),
    });
    expect(verification).toEqual({ at: expect.any(Date), found: { outcome: 'whole' } });
    expect(readiness?.found).toEqual([]);
  });
});

describe('a wave', () => {
  test('tells who stands where, what they are blocked for with what to do, and its log', async () => {
    await using db = await estate();
    const { block } = openJourneys(db, noQueue);
    for (const id of [1, 2]) await block(id, 'target.quota', { message: 'full' }, 'worker 7');
    await sql`insert into audit (who, what, wave, why) values ('operator eve', 'wave pause', 1, 'the help desk is full')`.execute(
      db.sql,
    );
    const found = await openDescriptions(db).wave('pilot');
    expect(found).toMatchObject({
      kind: 'found',
      wave: {
        name: 'pilot',
        mailboxes: 2,
        marks: { blocked: 2 },
        faults: [{ code: 'target.quota', mailboxes: 2, example: 'ann@x.example', retry: 'operator' }],
        log: [{ what: 'wave pause', why: 'the help desk is full' }],
      },
    });
  });

  test('that is not there is told with the name that was probably meant', async () => {
    await using db = await estate();
    expect(await openDescriptions(db).wave('pilots')).toEqual({ kind: 'unknown', nearest: 'pilot' });
    expect(await openDescriptions(db).wave(`'; drop table wave`)).toEqual({ kind: 'unknown', nearest: null });
  });
});
