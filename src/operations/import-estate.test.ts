import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Day } from '#domain/estate.ts';
import { openDates } from '#store/dates.ts';
import { testDatabase } from '#store/test-database.ts';
import { openWishesOf } from '#store/wishes.ts';
import { estateIn, importInto, type Made } from './import-estate.test-kit.ts';

const hospitals = ['R,Region,', 'RXY,Royal,R', 'RAB,"Abbey, the",R'];
const people = [
  'ann@x,person,RXY,1000,10,,,',
  'Bob@X,person,RXY,2000,20,2027-01-01,2027-02-01,pilot',
  'desk@x,shared,RAB,,,,,',
];
const grants = ['desk@x,ann@x,full-access', 'desk@x,ann@x,send-as', 'ann@x,bob@x,folder'];
const small: Made = { organisations: hospitals, mailboxes: people, grants };

async function rowsOf<Row>(
  db: { readonly sql: Parameters<ReturnType<typeof sql>['execute']>[0] },
  query: string,
): Promise<readonly Row[]> {
  return (await sql<Row>`${sql.raw(query)}`.execute(db.sql)).rows;
}

describe('a first import', () => {
  test('brings all that the files say', async () => {
    await using db = await testDatabase();
    const wide =
      'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,display_name,aliases,source_user,timezone';
    const { report } = await importInto(db, {
      organisations: hospitals,
      mailboxes: `${wide}\r\nAnn@X,person,RXY,9007199254740991,0,2027-01-01,,,"O'Neill \\ ""Ann"", {a,b}",A.N@x;an@x,dom\\ann,Europe/London\r\n`,
      grants: ['an@x,ann@x,folder'],
    });
    expect(report).toMatchObject({ problems: 0, changed: true, files: { mailboxes: { rows: 1 } } });
    expect(
      await rowsOf(
        db,
        'select o.code, o.name, above.code as parent from organisation o left join organisation above on above.id = o.parent order by o.id',
      ),
    ).toEqual([
      { code: 'R', name: 'Region', parent: null },
      { code: 'RXY', name: 'Royal', parent: 'R' },
      { code: 'RAB', name: 'Abbey, the', parent: 'R' },
    ]);
    expect(
      await rowsOf(
        db,
        'select address, kind, size_bytes, items, not_before::text, not_after, display_name, aliases, source_user, timezone, language, stage, mark from mailbox',
      ),
    ).toEqual([
      {
        address: 'ann@x',
        kind: 'person',
        size_bytes: Number.MAX_SAFE_INTEGER,
        items: 0,
        not_before: '2027-01-01',
        not_after: null,
        display_name: 'O\'Neill \\ "Ann", {a,b}',
        aliases: ['a.n@x', 'an@x'],
        source_user: 'dom\\ann',
        timezone: 'Europe/London',
        language: null,
        stage: 'known',
        mark: '',
      },
    ]);
  });

  test('is told by its numbers, and in the audit log by who it was and the digests of the files', async () => {
    await using db = await testDatabase();
    const { report, names } = await importInto(db, small);
    expect(report.changes).toEqual({
      organisations: { joiners: 3, movers: 0, leavers: 0, returners: 0, unchanged: 0 },
      mailboxes: {
        joiners: 3,
        movers: 0,
        leavers: 0,
        returners: 0,
        resized: 0,
        toOtherOrganisation: 0,
        leaversUnderWay: 0,
        unchanged: 0,
      },
      grants: { added: 3, removed: 0, unchanged: 0 },
    });
    expect(names).toEqual(['joiner R', 'joiner RAB', 'joiner RXY', 'joiner ann@x', 'joiner bob@x', 'joiner desk@x']);
    const [record] = await rowsOf<{ who: string; what: string; about: Record<string, unknown> }>(
      db,
      'select who, what, about from audit',
    );
    expect(record).toMatchObject({ who: 'operator ann', what: 'import', about: { changes: report.changes } });
    expect(record?.about['files']).toEqual(report.files);
    expect(await rowsOf(db, 'select sum(mailboxes) as all_of from tally')).toEqual([{ all_of: '3' }]);
  });

  test('that is only tried tells the same numbers and changes nothing', async () => {
    await using db = await testDatabase();
    const before = await estateIn(db);
    const tried = await importInto(db, small, { dryRun: true });
    expect(await estateIn(db)).toEqual(before);
    const done = await importInto(db, small);
    expect(tried.report).toEqual({ ...done.report, files: tried.report.files, dryRun: true, changed: false });
    expect(tried.names).toEqual(done.names);
  });

  test('of some files leaves the rest as it is', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals });
    await importInto(db, { mailboxes: people });
    const { report } = await importInto(db, { grants });
    expect(report.changes).toEqual({
      organisations: null,
      mailboxes: null,
      grants: { added: 3, removed: 0, unchanged: 0 },
    });
    const again = await importInto(db, small);
    expect(again.report.changed).toBe(false);
  });
});

describe('a later import', () => {
  test('of the same files changes nothing, not even inside, and says so', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    const before = await estateIn(db);
    const { report, names } = await importInto(db, small);
    expect(report).toMatchObject({
      changed: false,
      changes: { organisations: { unchanged: 3 }, mailboxes: { unchanged: 3 }, grants: { unchanged: 3 } },
    });
    expect(names).toEqual([]);
    expect(await estateIn(db)).toEqual(before);
  });

  test('forgets what was learnt with another account, of whoever waits to be copied, and nothing else', async () => {
    await using db = await testDatabase();
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,target_user';
    const named = (...users: readonly string[]): string =>
      [header, ...users.map((user, i) => `a${i}@x,person,RXY,,,,,,${user}`)].join('\n');
    await importInto(db, { organisations: hospitals, mailboxes: named('one', 'two') });
    await sql`
      insert into ledger_page (mailbox, direction, page, names, records)
      select id, 'there', 0, '', '' from mailbox`.execute(db.sql);
    await importInto(db, { mailboxes: named('one', 'other') });
    expect(await rowsOf(db, 'select address from ledger_page join mailbox on id = mailbox')).toEqual([
      { address: 'a0@x' },
    ]);
  });

  test('tells joiners, movers and leavers, keeps who leaves, and lets them come back to their journey', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    await sql`update mailbox set stage = 'following', wave = null, excluded = 'on call' where address = 'ann@x'`.execute(
      db.sql,
    );
    const second = await importInto(db, {
      mailboxes: ['bob@x,person,RAB,2000,20,2027-01-01,2027-02-01,', 'desk@x,room,RAB,,,,,', 'new@x,person,R,,,,,'],
    });
    expect(second.names).toEqual([
      'leaver ann@x',
      'mover bob@x organisation+wave_hint RXY>RAB',
      'mover desk@x kind RAB>RAB',
      'joiner new@x',
    ]);
    expect(second.report.changes?.mailboxes).toMatchObject({
      joiners: 1,
      movers: 2,
      toOtherOrganisation: 1,
      leavers: 1,
      leaversUnderWay: 1,
      unchanged: 0,
    });
    expect(
      await rowsOf(db, `select address, stage, left_at is not null as gone, mark from mailbox where address = 'ann@x'`),
    ).toEqual([{ address: 'ann@x', stage: 'following', gone: true, mark: 'left' }]);
    const third = await importInto(db, { mailboxes: [...people, 'new@x,person,R,,,,,'] });
    expect(third.names).toEqual([
      'returner ann@x',
      'mover bob@x organisation+wave_hint RAB>RXY',
      'mover desk@x kind RAB>RAB',
    ]);
    expect(await rowsOf(db, `select stage, left_at, mark from mailbox where address = 'ann@x'`)).toEqual([
      { stage: 'following', left_at: null, mark: 'excluded' },
    ]);
    expect(
      await rowsOf(
        db,
        `select what, m.address, a.about - 'columns' as about from audit a join mailbox m on m.id = a.mailbox where m.address <> 'desk@x' order by a.id`,
      ),
    ).toEqual([
      { what: 'move', address: 'bob@x', about: { before: 'RXY', after: 'RAB' } },
      { what: 'leave', address: 'ann@x', about: { before: 'RXY', after: null } },
      { what: 'come-back', address: 'ann@x', about: { before: 'RXY', after: 'RXY' } },
      { what: 'move', address: 'bob@x', about: { before: 'RAB', after: 'RXY' } },
    ]);
  });

  test('does not call those movers whose size alone is another', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    const { report, names } = await importInto(db, {
      mailboxes: people.map((line) => line.replace(',1000,10,', ',1001,11,')),
    });
    expect(report.changes?.mailboxes).toMatchObject({ movers: 0, resized: 1, unchanged: 2 });
    expect(names).toEqual([]);
    expect(await rowsOf(db, `select size_bytes, items from mailbox where address = 'ann@x'`)).toEqual([
      { size_bytes: 1001, items: 11 },
    ]);
  });

  test('leaves the size of who is on the way as it is: the journey knows better', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    await sql`update mailbox set stage = 'copying', excluded = 'x' where address = 'ann@x'`.execute(db.sql);
    const others = people.map((line) => line.replace(',1000,10,', ',1001,11,').replace(',2000,20,', ',2001,20,'));
    const { report } = await importInto(db, { mailboxes: others });
    expect(report.changes?.mailboxes).toMatchObject({ movers: 0, resized: 1, unchanged: 2 });
    expect(await rowsOf(db, `select address, size_bytes from mailbox where size_bytes > 0 order by 1`)).toEqual([
      { address: 'ann@x', size_bytes: 1000 },
      { address: 'bob@x', size_bytes: 2001 },
    ]);
    expect((await importInto(db, { mailboxes: others })).report.changed).toBe(false);
  });

  test('takes away what is empty, and leaves alone what the file has no column for', async () => {
    await using db = await testDatabase();
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,display_name,aliases';
    await importInto(db, { organisations: hospitals, mailboxes: `${header}\nann@x,person,RXY,1,1,,,pilot,Ann,a@x\n` });
    await importInto(db, { mailboxes: ['ann@x,person,RXY,1,1,,,'] });
    expect(await rowsOf(db, 'select wave_hint, display_name, aliases from mailbox')).toEqual([
      { wave_hint: null, display_name: 'Ann', aliases: ['a@x'] },
    ]);
    await importInto(db, { mailboxes: `${header}\nann@x,person,RXY,1,1,,,,,\n` });
    expect(await rowsOf(db, 'select display_name, aliases from mailbox')).toEqual([
      { display_name: null, aliases: null },
    ]);
  });

  test('lets organisations move, leave and come back', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals });
    const { names } = await importInto(db, { organisations: ['RXY,Royal,', 'RAB,Abbey,RXY', 'NEW,New,RAB'] });
    expect(names).toEqual(['leaver R', 'mover RAB name+parent null>null', 'mover RXY parent null>null', 'joiner NEW']);
    expect((await importInto(db, { organisations: hospitals })).names).toContain('returner R');
    expect(await rowsOf(db, `select code from organisation where left_at is not null`)).toEqual([{ code: 'NEW' }]);
  });

  test('replaces the grants as a set', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    const { report } = await importInto(db, { grants: ['desk@x,ann@x,send-as', 'desk@x,bob@x,send-on-behalf'] });
    expect(report.changes?.grants).toEqual({ added: 1, removed: 2, unchanged: 1 });
    expect(
      await rowsOf(
        db,
        'select m.address, g.address as grantee, p.kind from permission p join mailbox m on m.id = p.mailbox join mailbox g on g.id = p.grantee order by 2',
      ),
    ).toEqual([
      { address: 'desk@x', grantee: 'ann@x', kind: 'send-as' },
      { address: 'desk@x', grantee: 'bob@x', kind: 'send-on-behalf' },
    ]);
  });

  test('remarks on grants that lead nowhere, stand twice or lead back, on what was perhaps renamed, and goes on', async () => {
    await using db = await testDatabase();
    await importInto(db, small);
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,aliases';
    const { report, remarks } = await importInto(db, {
      mailboxes: `${header}\nann.new@x,person,RXY,,,,,,ann@x\nbob@x,person,RXY,,,,,,\n`,
      grants: [
        'bob@x,ghost@x,folder',
        'ANN@x,bob@x,folder',
        'desk@x,bob@x,folder',
        'ann.new@x,bob@x,folder',
        'bob@x,bob@x,send-as',
      ],
    });
    expect(remarks).toEqual([
      'mailboxes:2:9: This mailbox is new and has the alias ann@x, whose mailbox leaves: perhaps it is the same, renamed.',
      'grants:2:2: No mailbox of the estate has the address ghost@x: this grant is left out.',
      'grants:4:1: No mailbox of the estate has the address desk@x: this grant is left out.',
      'grants:5: This grant stands in line 3 already.',
      'grants:6:2: bob@x is granted to itself: this grant is left out.',
    ]);
    expect(report).toMatchObject({
      problems: 0,
      remarks: 5,
      changed: true,
      changes: { grants: { added: 1, removed: 3, unchanged: 0 } },
    });
  });
});

test('dates that were asked for, and a deferral, are as they were after the next import, and a planner hears of them', async () => {
  await using db = await testDatabase();
  await importInto(db, small);
  const whom = { kind: 'addresses', addresses: ['ann@x'] } as const;
  const days = { notBefore: '2999-01-01' as Day, notAfter: null };
  await openDates(db).ask(whom, days, 'lou', 'leave');
  await db.sql.transaction().execute(async (tx) => {
    await sql`update mailbox set held = 'on call', held_until = '2999-01-01' where address = 'bob@x'`.execute(tx);
  });
  await importInto(db, { ...small, mailboxes: ['ann@x,person,RAB,1001,11,2028-01-01,,', ...people.slice(1)] });
  expect(await openWishesOf(db).open(new AbortController().signal)).toEqual([
    { address: 'ann@x', organisation: 'RAB', ...days },
  ]);
  expect(await rowsOf(db, 'select address, held_until::text from mailbox where mark = $$held$$')).toEqual([
    { address: 'bob@x', held_until: '2999-01-01' },
  ]);
  // Whoever has left is nobody to plan for.
  await importInto(db, { ...small, mailboxes: people.slice(1), grants: [] });
  expect(await openWishesOf(db).open(new AbortController().signal)).toEqual([]);
});
