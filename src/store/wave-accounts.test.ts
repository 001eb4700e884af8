import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { reportWave, type WaveReport } from '#operations/report-wave.ts';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';
import { openAcceptances } from './acceptance.ts';
import { people, recorded, standAt } from './estate.test-kit.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaveAccounts } from './wave-accounts.ts';

/** `ann`, `bob` and `cem` of the wave `pilot`, and `dot` of none. */
async function pilot(): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`insert into wave (name, day, opens_at, closes_at) values ('pilot', current_date, now(), now() + interval '1 hour')`.execute(
    db.sql,
  );
  await people(db.sql, ['cem', 'ann', 'bob', 'dot']);
  for (const mailbox of [1, 2, 3]) await standAt(db.sql, mailbox, 'following', 1);
  return db;
}

interface SomeException {
  readonly mailbox: number;
  readonly uid: number;
  readonly kind?: 'refused' | 'different' | 'kept' | 'removed';
  readonly code?: string;
  readonly folder?: string;
  readonly direction?: 'there' | 'back';
}

async function listed(db: TestDatabase, ...of: readonly SomeException[]): Promise<void> {
  for (const { mailbox, uid, kind = 'refused', code = 'too-big', folder = 'INBOX', direction = 'there' } of of)
    await sql`
      insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
      values (${mailbox}, ${direction}, 1, ${uid}, ${kind}, ${folder}, 7, ${code}, 'as the server said')`.execute(
      db.sql,
    );
}

async function reported(db: TestDatabase): Promise<WaveReport> {
  const report = await reportWave(openWaveAccounts(db), 'pilot');
  if (report.kind !== 'found') throw new Error('the wave is there');
  return report;
}

async function pagesIn<Item>(pages: AsyncIterable<readonly Item[]>): Promise<(readonly Item[])[]> {
  const read: (readonly Item[])[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

async function all<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  return (await pagesIn(pages)).flat();
}

test('what was found of each mailbox is what was copied, was there already or was refused, and the sums are theirs', async () => {
  await using db = await pilot();
  await sql`
    update mailbox
       set found = 10 * id, already_there = id, refused = 2, copied = 100, copied_bytes = 5000, carry_ms = 1500,
           lag_ms = 40 * id, caught_up_at = now(), interrupted_ms = 300 * id
     where id < 3`.execute(db.sql);
  await listed(
    db,
    { mailbox: 1, uid: 4, code: 'too-big' },
    { mailbox: 1, uid: 5, code: 'message' },
    { mailbox: 1, uid: 6, kind: 'different', code: 'nul,date' },
    { mailbox: 1, uid: 7, kind: 'kept', code: 'left-the-source' },
    { mailbox: 1, uid: 8, direction: 'back' },
    { mailbox: 4, uid: 9 },
  );
  const report = await reported(db);
  const accounts = await all<MailboxAccount>(report.accounts());
  expect(accounts.map(({ address }) => address)).toEqual(['ann@x.example', 'bob@x.example', 'cem@x.example']);
  expect(accounts[2]).toMatchObject({
    found: 10,
    copied: 7,
    alreadyThere: 1,
    refused: 2,
    refusedFor: { 'too-big': 1, message: 1 },
    differentIn: { nul: 1, date: 1 },
    open: 3,
    accepted: 0,
    interruptedMs: 300,
  });
  expect(accounts[1]).toMatchObject({ found: null, copied: 0, milliseconds: 0, lagMs: null, open: 0 });
  const { totals, interruptions } = await report.summary();
  expect(totals).toMatchObject({
    mailboxes: 3,
    found: 30,
    copied: 23,
    alreadyThere: 3,
    refused: 4,
    bytes: 10_000,
    milliseconds: 3_000,
    longestLagMs: 80,
    open: 3,
    stages: { following: 3 },
  });
  expect(interruptions).toEqual({ half: 300, p99: 600, longest: 600, byAttempts: 0, byStamps: 2 });
  expect((await all<ListedException>(report.exceptions())).map(({ address, uid }) => `${address} ${uid}`)).toEqual([
    'cem@x.example 4',
    'cem@x.example 5',
    'cem@x.example 6',
  ]);
});

test('a wave that is not there is told, with the one that may have been meant', async () => {
  await using db = await pilot();
  expect(await reportWave(openWaveAccounts(db), 'pilots')).toEqual({ kind: 'unknown', nearest: 'pilot' });
});

test('who has a certificate is told with its grade, the latest; one from before the last change of sides is no grade', async () => {
  await using db = await pilot();
  const made = (mailbox: number, ago: string, grade: string, wave: string | null = null) =>
    sql`
    insert into certificate (id, mailbox, made_at, grade, leaf, wave_certificate, text)
    values (gen_random_uuid(), ${mailbox}, now() - ${ago}::interval, ${grade}, decode(repeat('00', 32), 'hex'), ${wave}, '')`.execute(
      db.sql,
    );
  const root = '0d4b4c3e-4a5a-4c0e-8f7a-1f3bb8a4d7aa';
  await sql`
    insert into wave_certificate (id, seq, wave, made_at, hash, text) values (${root}, 1, 1, now(), 'x', '')`.execute(
    db.sql,
  );
  await sql`
    insert into route (mailbox, side, turned_at) values (2, 'target', now() - interval '2 days'),
           (3, 'source', now() - interval '1 hour')`.execute(db.sql);
  await made(2, '1 day', 'poor', root);
  await made(2, '1 hour', 'good');
  await made(3, '1 day', 'perfect', root);
  const report = await reported(db);
  const grades = (await all(report.accounts())).map(({ address, certified }) => [address, certified?.grade ?? null]);
  expect(grades).toEqual([
    ['ann@x.example', 'good'],
    ['bob@x.example', null],
    ['cem@x.example', null],
  ]);
  expect(await report.summary()).toMatchObject({
    totals: { grades: { good: 1 } },
    grade: { grade: 'poor', because: ['2 mailboxes have no certificate', '1 mailboxes are good'] },
  });
});

test('thousands that are listed by name come once each, in pages', async () => {
  await using db = await pilot();
  await sql`
    insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
    select m, 'there', 1 + uid / 1000, uid, 'refused', 'f', 7, 'quota', ''
      from generate_series(1, 2) as m, generate_series(1, 1250) as uid`.execute(db.sql);
  const pages = await pagesIn((await reported(db)).exceptions());
  expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(1_000);
  expect(new Set(pages.flat().map(({ address, uid }) => `${address} ${uid}`)).size).toBe(2_500);
});

test('what a person accepts is no longer open, and the report and the log say who it was and why', async () => {
  await using db = await pilot();
  const { accept } = openAcceptances(db);
  await listed(db, { mailbox: 2, uid: 4 }, { mailbox: 2, uid: 5, folder: 'S&APw-d' }, { mailbox: 2, uid: 6 });
  const message = { kind: 'message', folders: ['Süd', 'S&APw-d'], uid: 5 } as const;
  expect(await accept('ANN@x.example', message, 'operator max', 'a film')).toEqual({ kind: 'accepted', exceptions: 1 });
  expect(await accept('ann@x.example', message, 'operator max', 'again')).toEqual({ kind: 'nothing' });
  expect(await accept('eve@x.example', { kind: 'all' }, 'operator max', 'why')).toEqual({ kind: 'unknown' });
  const report = await reported(db);
  expect(await all<MailboxAccount>(report.accounts())).toMatchObject([
    { open: 2, accepted: 1, acceptedBy: ['operator max'] },
    {},
    {},
  ]);
  expect((await all<ListedException>(report.exceptions())).map(({ accepted }) => accepted?.why ?? null)).toEqual([
    null,
    'a film',
    null,
  ]);
  expect(await recorded(db.sql, 2)).toEqual(['operator max exceptions accepted a film']);
  expect(await accept('ann@x.example', { kind: 'all' }, 'operator max', 'all')).toEqual({
    kind: 'accepted',
    exceptions: 2,
  });
});

test('what was accepted is open again when it has become something else', async () => {
  await using db = await pilot();
  const { accept } = openAcceptances(db);
  await listed(db, { mailbox: 2, uid: 4, kind: 'different', code: 'date' });
  await accept('ann@x.example', { kind: 'all' }, 'operator max', 'only a date');
  await sql`update ledger_exception set source_uid_validity = 8`.execute(db.sql);
  expect(await all<MailboxAccount>((await reported(db)).accounts())).toMatchObject([{ open: 1, accepted: 0 }, {}, {}]);
  await sql`update ledger_exception set source_uid_validity = 7, code = 'date,content'`.execute(db.sql);
  expect(await all<MailboxAccount>((await reported(db)).accounts())).toMatchObject([{ open: 1, accepted: 0 }, {}, {}]);
  expect(await accept('ann@x.example', { kind: 'all' }, 'operator eve', 'seen')).toMatchObject({ exceptions: 1 });
  expect(await all<MailboxAccount>((await reported(db)).accounts())).toMatchObject([{ open: 0, accepted: 1 }, {}, {}]);
});

test('what both sides changed after the switch is listed with the wave, and a person may say that they have seen it', async () => {
  await using db = await pilot();
  await standAt(db.sql, 1, 'settled', 1);
  await listed(
    db,
    { mailbox: 1, uid: 3, kind: 'different', code: 'conflict', direction: 'back' },
    { mailbox: 1, uid: 4, kind: 'different', code: 'keywords,source-only', direction: 'back' },
    { mailbox: 1, uid: 5, kind: 'different', code: 'keywords', direction: 'back' },
    { mailbox: 1, uid: 6, kind: 'refused', code: 'too-big', direction: 'back' },
  );
  const [cem] = await openWaveAccounts(db).accounts([1]);
  expect(cem).toMatchObject({ refused: 0, open: 2, differentIn: { conflict: 1, keywords: 1, 'source-only': 1 } });
  const told = await all(openWaveAccounts(db).exceptions([1]));
  expect(told.map(({ uid }) => uid)).toEqual([3, 4]);
  expect(await openAcceptances(db).accept('cem@x.example', { kind: 'all' }, 'operator eve', 'seen')).toEqual({
    kind: 'accepted',
    exceptions: 2,
  });
});
