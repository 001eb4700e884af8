import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TailFold } from '#domain/tail-fold.ts';
import type { TailListOrder } from '#domain/tail.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';
import type { FileReached, FileStep, TailIntake, TailView } from '#ports/tail.ts';
import { note } from './audit.ts';
import { openDescriptions } from './descriptions.ts';
import { openTailIntake, openTailView } from './tail.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let intake: TailIntake;
let view: TailView;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db[Symbol.asyncDispose]());

beforeEach(async () => {
  await sql`truncate tail_use, tail_file, tail_plan, tail_loss, route`.execute(db.sql);
  await sql`alter table mailbox disable trigger mailbox_kept`.execute(db.sql);
  await sql`delete from mailbox`.execute(db.sql);
  await sql`
    insert into organisation (code, name, parent)
    values ('Q1', 'Region', null), ('RXY', 'Hospital', (select id from organisation where code = 'Q1')), ('RZZ', 'Other', null)
    on conflict do nothing`.execute(db.sql);
  await sql`update organisation set parent = (select id from organisation where code = 'Q1') where code = 'RXY'`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation, source_user, target_user, aliases)
    select address, kind, (select id from organisation where code = org), su, tu, aliases
      from (values ('ann@x.example', 'person', 'RXY', 'CORP\\ASmith', null, array['a.smith@old.example']),
                   ('bob@x.example', 'person', 'RZZ', null, 'robert', null),
                   ('scan@x.example', 'application', 'RXY', null, null, null),
                   ('sam@x.example', 'person', 'RXY', null, null, null),
                   ('sam@y.example', 'person', 'RZZ', null, null, null)) as v (address, kind, org, su, tu, aliases)`.execute(
    db.sql,
  );
  intake = openTailIntake(db, { source: null, target: null });
  view = openTailView(db);
});

const noon = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 12 * 3_600_000;
const seen = (name: string, change: Partial<TailSighting> = {}): TailSighting => ({
  at: noon,
  door: 'dovecot',
  side: 'source',
  protocol: 'imap',
  name,
  client: 'Thunderbird/128',
  ip: '192.0.2.7',
  host: null,
  ...change,
});
const folded = (...sightings: readonly TailSighting[]) => {
  const fold = new TailFold();
  for (const sighting of sightings) fold.add(sighting);
  return fold.take();
};
const everything: TailListOrder = {
  organisation: null,
  protocols: [],
  sinceMs: null,
  side: null,
  oldOnly: false,
  unknownOnly: false,
  movedOnly: false,
  after: null,
  max: 100,
};
async function lines(order: Partial<TailListOrder> = {}) {
  const page = await view.list({ ...everything, ...order });
  if (page.kind !== 'page') throw new Error('unknown');
  return page.lines;
}
const known = async (order: Partial<TailListOrder> = {}) =>
  (await lines(order)).map(({ address, name, knownBy }) => [name, address, knownBy]);

test('whoever signs in by an alias, an old name or another case is found to be the mailbox that it is', async () => {
  await intake.keep(
    folded(
      seen('Ann@X.example'),
      seen('a.smith@OLD.example'),
      seen('corp\\asmith'),
      seen('robert', { side: 'target' }),
      seen('bob'),
      seen('sam'),
      seen('nobody@x.example'),
    ),
    null,
  );
  const found = await known();
  expect(found.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
    ['a.smith@old.example', 'ann@x.example', 'alias'],
    ['ann@x.example', 'ann@x.example', 'address'],
    ['bob', 'bob@x.example', 'local-part'],
    ['corp\\asmith', 'ann@x.example', 'source-user'],
    ['nobody@x.example', null, null],
    ['robert', 'bob@x.example', 'target-user'],
    // Two of that name: nobody can say which.
    ['sam', null, null],
  ]);
});

test('users made of a template are known again', async () => {
  intake = openTailIntake(db, { source: '{local}@legacy.example', target: null });
  await intake.keep(folded(seen('bob@legacy.example'), seen('sam@legacy.example')), null);
  expect(await known()).toEqual([
    ['bob@legacy.example', 'bob@x.example', 'local-part'],
    ['sam@legacy.example', null, null],
  ]);
});

test('a use that was told in two parts reads as if it had been told in one', async () => {
  const all = Array.from({ length: 40 }, (_, i) =>
    seen('ann@x.example', { at: noon + i * 300_000 + (i % 3), ip: `198.51.${i}.9`, sender: `s${i % 11}@x.example` }),
  );
  await intake.keep(folded(...all), null);
  const [whole] = await lines();
  await sql`truncate tail_use`.execute(db.sql);
  await intake.keep(folded(...all.slice(0, 17)), null);
  await intake.keep(folded(...all.slice(17)), null);
  const [parts] = await lines();
  expect(parts).toMatchObject({ times: 40, gaps: whole?.gaps, hours: whole?.hours });
  expect([parts?.firstAt, parts?.lastAt]).toEqual([whole?.firstAt, whole?.lastAt]);
  expect(parts?.networks).toHaveLength(32);
  expect(parts?.senders).toHaveLength(8);
  const { rows } = await sql<{ days: string }>`select days::text from tail_use`.execute(db.sql);
  expect(rows[0]?.days).toBe(`{[${Math.floor(noon / 86_400_000)},${Math.floor(noon / 86_400_000) + 1})}`);
});

test('of an address on the network nothing but the network reaches the database', async () => {
  await intake.keep(folded(seen('ann@x.example'), seen('bob@x.example', { ip: '2001:db8:1:2:3::9' })), null);
  const { rows } = await sql<{ row: string }>`select t::text as row from tail_use t`.execute(db.sql);
  expect(rows.map(({ row }) => row).join()).not.toMatch(/192\.0\.2\.7|::9|1:2:3/);
  expect((await lines()).map(({ networks }) => networks)).toEqual([['192.0.2.0/24'], ['2001:db8:1::/48']]);
});

test('strangers are kept as long as there is room, and counted beyond it', async () => {
  const many = Array.from({ length: 10_020 }, (_, i) => seen(`stranger${String(i).padStart(5, '0')}`));
  const kept = await intake.keep(folded(...many), null);
  expect(kept).toMatchObject({ ofMailboxes: 0, ofStrangers: 10_000, lost: 20 });
  // Those who were there before still count.
  expect(await intake.keep(folded(seen('stranger00001'), seen('one.more')), null)).toMatchObject({
    ofStrangers: 1,
    lost: 1,
  });
  expect(await view.losses()).toEqual([{ why: 'strangers', sightings: 21 }]);
});

test('a message handed in without signing in is a sender of the estate, or nobody', async () => {
  const smtp = { protocol: 'smtp', door: 'postfix' } as const;
  const kept = await intake.keep(
    folded(seen('scan@x.example', smtp), seen('someone@elsewhere.example', smtp), seen('sam', smtp)),
    null,
  );
  expect(kept).toMatchObject({ ofMailboxes: 1, ofStrangers: 0, passedBy: 2 });
  expect(await known()).toEqual([['scan@x.example', 'scan@x.example', 'address']]);
});

test('a mailbox whose client calls itself something else each time does not fill the list', async () => {
  const words = Array.from({ length: 400 }, (_, i) => String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26)));
  await intake.keep(folded(...words.map((word) => seen('ann@x.example', { client: `Client${word}/1` }))), null);
  expect((await lines({ max: 1000 })).length).toBeLessThanOrEqual(201);
  await intake.keep(folded(seen('ann@x.example', { client: 'Yet Another/1' })), null);
  expect((await lines({ max: 1000 })).reduce((sum, { times }) => sum + times, 0)).toBe(401);
  expect((await lines({ max: 1000 })).length).toBeLessThanOrEqual(201);
});

test('a list of one organisation holds those below it and nobody else, and can be read in parts', async () => {
  await intake.keep(
    folded(
      seen('ann@x.example'),
      seen('ann@x.example', { protocol: 'pop3' }),
      seen('bob@x.example'),
      seen('scan@x.example', { side: 'target' }),
      seen('stranger'),
    ),
    null,
  );
  expect((await known({ organisation: 'Q1' })).map(([name]) => name)).toEqual([
    'ann@x.example',
    'ann@x.example',
    'scan@x.example',
  ]);
  expect(await view.list({ ...everything, organisation: 'RXZ' })).toMatchObject({ kind: 'unknown', nearest: 'RXY' });
  expect((await known({ protocols: ['pop3'] })).length).toBe(1);
  expect((await known({ oldOnly: true })).map(([name]) => name)).not.toContain('scan@x.example');
  expect(await known({ unknownOnly: true })).toEqual([['stranger', null, null]]);
  expect(await known({ sinceMs: Date.now() + 1000 })).toEqual([]);
  const all = await lines();
  const found = [];
  for (let after: string | null = null; ; ) {
    const page = await view.list({ ...everything, after, max: 2 });
    if (page.kind !== 'page') throw new Error();
    found.push(...page.lines);
    const last = page.lines.at(-1);
    if (!page.hasMore || !last) break;
    after = `${last.address ?? `:${last.name}`}/${last.id}`;
  }
  expect(found).toEqual(all);
});

test('the burn-down counts mailboxes and not lines, day by day, and knows who had moved by then', async () => {
  const day = 86_400_000;
  await intake.keep(
    folded(
      seen('ann@x.example'),
      seen('ann@x.example', { protocol: 'pop3' }),
      seen('a.smith@old.example', { at: noon - day, side: 'target' }),
      seen('bob@x.example', { at: noon - day }),
      seen('bob@x.example', { at: noon, side: 'target' }),
      seen('stranger'),
    ),
    null,
  );
  await sql`insert into route select id, 'target', to_timestamp(${(noon - day) / 1000}) from mailbox where address = 'bob@x.example'`.execute(
    db.sql,
  );
  const days = await view.burnDown({ organisation: null, days: 4 });
  if ('kind' in days) throw new Error();
  expect(days).toHaveLength(4);
  const dayOf = (at: number) => days.find((each) => each.day === new Date(at).toISOString().slice(0, 10));
  expect(dayOf(noon - 2 * day)).toMatchObject({ seen: 0, old: 0, byProtocol: {} });
  expect(dayOf(noon - day)).toMatchObject({
    seen: 2,
    old: 2,
    atSource: 1,
    movedAtSource: 1,
    byOldName: 1,
    byProtocol: { imap: 2 },
    unknownNames: 0,
  });
  expect(dayOf(noon)).toMatchObject({
    seen: 2,
    old: 1,
    atSource: 1,
    byProtocol: { imap: 1, pop3: 1 },
    unknownNames: 1,
  });
  const there = await view.burnDown({ organisation: 'RZZ', days: 4 });
  if ('kind' in there) throw new Error();
  expect(there.map((each) => each.seen).toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
});

async function applications(organisation: string | null = null) {
  const found = [];
  for await (const some of view.applications({ organisation, sinceMs: null })) found.push(...some);
  return found;
}

test('pollers and senders are told with what speaks for it, and people are not', async () => {
  const poll = Array.from({ length: 60 }, (_, i) =>
    seen('scan@x.example', { protocol: 'pop3', client: null, at: noon - (60 - i) * 300_000 }),
  );
  const person = [0, 1, 5, 47, 48, 121, 300]
    .map((minute) => seen('ann@x.example', { at: noon - minute * 60_000 }))
    .toReversed();
  await intake.keep(
    folded(
      ...poll,
      ...person,
      seen('ann@x.example', { protocol: 'submission', door: 'postfix', client: null }),
      ...Array.from({ length: 9 }, () =>
        seen('erp', { protocol: 'submission', door: 'postfix', sender: 'orders@x.example' }),
      ),
    ),
    null,
  );
  const found = await applications();
  expect(found.map(({ address, name, natures }) => [address ?? name, natures])).toEqual([
    ['scan@x.example', ['poller']],
    ['erp', ['sender']],
  ]);
  expect(found[0]?.signs.map(({ kind }) => kind)).toEqual(['declared', 'pop3', 'regular']);
  expect(found[1]).toMatchObject({ senders: ['orders@x.example'] });
  expect((await applications('RZZ')).length).toBe(0);
});

test('who answers for an application is kept, shown, put on record, and goes with a name that becomes a mailbox', async () => {
  await intake.keep(folded(seen('erp'), seen('scan@x.example')), null);
  const plan = { owner: 'IT, Ward 5', plan: 'OAuth by spring', by: '2027-03-31' };
  expect(await view.assign({ name: 'Scan@x.example', ...plan }, 'operator eve')).toEqual({
    kind: 'done',
    name: 'scan@x.example',
    address: 'scan@x.example',
  });
  expect(await view.assign({ name: 'erp', ...plan }, 'operator eve')).toMatchObject({ kind: 'done', address: null });
  expect(await view.assign({ name: 'scann@x.example', ...plan }, 'operator eve')).toEqual({
    kind: 'unknown',
    nearest: 'scan@x.example',
  });
  expect((await lines()).map((each) => each.plan)).toMatchObject([plan, plan]);
  const { rows } = await sql`select who, what from audit where what = 'tail planned'`.execute(db.sql);
  expect(rows).toHaveLength(2);
  const described = await openDescriptions(db).mailbox('scan@x.example');
  expect(described).toMatchObject({ mailbox: { plan, tail: [{ name: 'scan@x.example', protocol: 'imap' }] } });

  await sql`
    insert into mailbox (address, kind, organisation, source_user)
    select 'erp.system@x.example', 'application', id, 'ERP' from organisation where code = 'RXY'`.execute(db.sql);
  expect(await intake.knowAgain()).toBe(1);
  expect(await lines({ organisation: 'RXY' })).toMatchObject([
    { name: 'erp', address: 'erp.system@x.example', plan },
    {},
  ]);
  await view.unassign('erp', 'operator eve');
  expect((await view.plans()).map(({ name }) => name)).toEqual(['scan@x.example']);
  await note(db.sql, { who: 'test', what: 'end' });
});

const digest = (text: string) => createHash('sha256').update(text).digest();
const reached = (readOctets: number): FileReached => ({
  head: digest('head'),
  headOctets: 4,
  mark: digest(`at ${readOctets}`),
  markOctets: 4,
  readOctets,
  lines: 1,
  malformed: 0,
  state: { waiting: [] },
  path: '/var/log/mail.log',
});

test('what a batch told and how far its file was read are kept together or not at all, by one reader at a time', async () => {
  const step: FileStep = {
    format: 'dovecot',
    side: 'source',
    id: null,
    fromOctets: 0,
    newest: 0,
    reached: reached(10),
  };
  const { file } = await intake.keep(folded(seen('ann@x.example')), step);
  // Another who opened it before the first had written anything.
  await expect(intake.keep(folded(seen('ann@x.example')), step)).rejects.toMatchObject({ code: 'tail.file.elsewhere' });
  await intake.keep(folded(seen('ann@x.example')), { ...step, id: file, fromOctets: 10, reached: reached(20) });
  await expect(
    intake.keep(folded(seen('ann@x.example')), { ...step, id: file, fromOctets: 10, reached: reached(15) }),
  ).rejects.toMatchObject({ code: 'tail.file.elsewhere' });
  expect((await lines())[0]?.times).toBe(2);
  const found = await intake.filesBeginning({ format: 'dovecot', side: 'source' }, () => digest('head'));
  expect(found).toMatchObject([{ readOctets: 20, lines: 2, state: { waiting: [] } }]);
  expect(await intake.filesBeginning({ format: 'postfix', side: 'source' }, () => digest('head'))).toEqual([]);
});
