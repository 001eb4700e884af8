/** What was done to the log afterwards is found, also where it was done with all the rights that there are. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { note, seal, Sealer } from './audit.ts';
import { verifyAudit } from './audit-verify.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** A log of links 1 to 3: records 1 and 2, 3 and 4, 5 and 6. */
async function sealedLog(db: TestDatabase): Promise<void> {
  for (let link = 0; link < 3; link++) {
    for (const what of ['hold', 'release']) {
      await note(db.sql, { who: 'operator ann', what, mailbox: link + 1, why: 'on call', about: { b: 1, a: [null] } });
    }
    await seal(db);
  }
}

/** What only the owner of the tables can do. */
async function withoutGuards(db: TestDatabase): Promise<void> {
  await sql`drop trigger audit_kept on audit`.execute(db.sql);
  await sql`drop trigger audit_link_kept on audit_link`.execute(db.sql);
}

describe('the log', () => {
  test('that nobody touched is intact, and says how much of it is sealed', async () => {
    await using db = await testDatabase();
    expect(await verifyAudit(db.sql)).toEqual({ intact: true, records: 0, head: null, unsealed: 0 });
    await sealedLog(db);
    await note(db.sql, { who: 'operator ann', what: 'hold' });
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    const head = { seq: 3, hash, beginning: hash };
    expect(await verifyAudit(db.sql)).toEqual({ intact: true, records: 6, head, unsealed: 1 });
    expect(await seal(db)).toBe(1);
    expect(await seal(db)).toBe(0);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 7, unsealed: 0 });
  });

  test('is sealed whole, however long it has become', async () => {
    await using db = await testDatabase();
    await sql`insert into audit (who, what) select 'worker', 'start' from generate_series(1, 4500)`.execute(db.sql);
    expect(await seal(db)).toBe(4_500);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 4_500, unsealed: 0 });
  });

  test('has the record of a transaction that ended late, however much was sealed and settled before it', async () => {
    await using db = await testDatabase();
    const sealer = new Sealer(db);
    const others = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await note(db.sql, { who: 'operator bob', what: 'hold' });
        await sealer.seal();
      }
    };
    await others(5);
    await db.sql.transaction().execute(async (late) => {
      await note(late, { who: 'operator ann', what: 'release' });
      await others(10);
    });
    await others(1);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 17, unsealed: 0 });
    await others(10);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 27, unsealed: 0 });
  });

  test('is not read from its beginning each time that something is added', async () => {
    await using db = await testDatabase();
    const sealer = new Sealer(db);
    await sql`insert into audit (who, what) select 'worker', 'start' from generate_series(1, 6000)`.execute(db.sql);
    for (let looks = 0; looks < 6; looks++) await sealer.seal();
    // Who looks only behind what is settled does not miss what was taken out before it.
    await withoutGuards(db);
    await sql`delete from audit_link where seq = 1`.execute(db.sql);
    await note(db.sql, { who: 'operator ann', what: 'hold' });
    expect(await sealer.seal()).toBe(1);
  });

  test('is sealed bit by bit where that is asked for', async () => {
    await using db = await testDatabase();
    await sql`insert into audit (who, what) select 'worker', 'start' from generate_series(1, 5000)`.execute(db.sql);
    const sealer = new Sealer(db);
    expect([await sealer.seal(1), await sealer.seal(1), await sealer.seal(1), await sealer.seal(1)]).toEqual([
      2_000, 2_000, 1_000, 0,
    ]);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 5_000, unsealed: 0 });
  });

  test('has each record in one link, though several processes seal at the same time', async () => {
    await using db = await testDatabase();
    await sql`insert into audit (who, what) select 'worker', 'start' from generate_series(1, 300)`.execute(db.sql);
    const counts = await Promise.all([seal(db), seal(db), seal(db)]);
    expect(counts.reduce((sum, each) => sum + each)).toBe(300);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 300 });
  });

  test('keeps the record of a transaction that ended after later ones were sealed', async () => {
    await using db = await testDatabase();
    await db.sql.transaction().execute(async (tx) => {
      await note(tx, { who: 'worker slow', what: 'start' });
      await note(db.sql, { who: 'worker quick', what: 'start' });
      expect(await seal(db)).toBe(1);
    });
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 1, unsealed: 1 });
    expect(await seal(db)).toBe(1);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 2, unsealed: 0 });
  });

  test.each([
    `update audit set why = 'none'`,
    'delete from audit',
    'truncate audit',
    'update audit_link set seq = seq + 1',
    'delete from audit_link',
    'truncate audit_link',
  ])('is only ever added to: %s is refused', async (statement) => {
    await using db = await testDatabase();
    await sealedLog(db);
    await expect(sql.raw(statement).execute(db.sql)).rejects.toThrow(/records of \w+ are never changed/);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true, records: 6 });
  });
});

describe('where somebody got past the guards', () => {
  test.each([
    [`update audit set who = 'operator bob' where id = 3`, 'record 3 was changed', 3],
    [`update audit set what = 'retry' where id = 3`, 'record 3 was changed', 3],
    [`update audit set at = at + interval '1 microsecond' where id = 3`, 'record 3 was changed', 3],
    ['update audit set mailbox = 9 where id = 3', 'record 3 was changed', 3],
    ['update audit set wave = 9 where id = 3', 'record 3 was changed', 3],
    [`update audit set stage_before = 'known' where id = 3`, 'record 3 was changed', 3],
    [`update audit set stage_after = 'known' where id = 3`, 'record 3 was changed', 3],
    ['update audit set why = null where id = 3', 'record 3 was changed', 3],
    [`update audit set about = '{}' where id = 3`, 'record 3 was changed', 3],
    ['delete from audit where id = 4', 'record 4 was removed', 4],
    [`update audit_link set hash = sha256('x') where seq = 2`, 'link 2 was changed', 3],
    [`update audit_link set digests = overlay(digests placing '\\x00' from 1) where seq = 2`, 'link 2 was changed', 3],
    [`update audit_link set records = '{[3,4)}' where seq = 2`, 'the record behind 3 was taken out of its link', 3],
    [`update audit_link set records = '{[3,4),[6,7)}' where seq = 2`, 'record 6 was changed', 6],
    [
      `update audit_link set records = '{[3,9000000000000)}' where seq = 2`,
      'the record behind 3 was taken out of its link',
      3,
    ],
    ['delete from audit_link where seq = 1', 'a link is missing after 0 records', 1],
    ['delete from audit_link where seq = 2', 'a link is missing after 2 records', 3],
    [
      `update audit a set who = b.who, what = b.what, mailbox = b.mailbox, at = b.at from audit b where a.id + b.id = 7`,
      'record 1 was changed',
      1,
    ],
    [
      `update audit a set what = b.what, at = b.at from audit b where a.id in (3, 4) and b.id = 7 - a.id`,
      'record 3 was reordered: it stands as record 4',
      3,
    ],
    [`update audit a set at = b.at from audit b where a.id in (3, 4) and b.id = 7 - a.id`, 'record 3 was changed', 3],
    [
      `begin; update audit_link set seq = -seq where seq in (2, 3); update audit_link set seq = 5 + seq where seq < 0; commit`,
      'link 2 was reordered: it stands as link 3',
      3,
    ],
  ] as const)('%s: it is told what was done, and to which record', async (statement, what, record) => {
    await using db = await testDatabase();
    await sealedLog(db);
    await withoutGuards(db);
    await sql.raw(statement).execute(db.sql);
    expect(await verifyAudit(db.sql)).toEqual({ intact: false, what, record });
  });

  test('a record that was taken out together with its place in a link, hash and all, breaks the next link', async () => {
    await using db = await testDatabase();
    await sealedLog(db);
    await withoutGuards(db);
    await sql`delete from audit where id = 2`.execute(db.sql);
    await sql`update audit_link set records = '{[1,2)}', digests = substr(digests, 1, 32) where seq = 1`.execute(
      db.sql,
    );
    await sql`update audit_link set hash = sha256('\\x310a'::bytea || digests) where seq = 1`.execute(db.sql);
    expect(await verifyAudit(db.sql)).toEqual({ intact: false, what: 'link 2 was changed', record: 3 });
  });

  test('a log that was sealed anew from its beginning has another head than the one that was noted elsewhere', async () => {
    await using db = await testDatabase();
    await sealedLog(db);
    const before = await verifyAudit(db.sql);
    await withoutGuards(db);
    await sql`truncate audit_link`.execute(db.sql);
    await sql`update audit set who = 'operator bob' where id = 1`.execute(db.sql);
    await seal(db);
    const after = await verifyAudit(db.sql);
    if (!before.intact || !after.intact) throw new Error('neither shows by itself');
    expect(after.head).not.toEqual(before.head);
  });
});
