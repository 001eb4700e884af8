/**
 * Whoever sees a part of an estate is answered as if the rest did not exist: two estates, one of which has another hospital besides, give
 * the same answers to everything that can be asked, slips included.
 */

import { sql } from 'kysely';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import type { Holder, Within } from '#domain/rights.ts';
import { openAcceptances } from './acceptance.ts';
import { openBrake } from './brake.ts';
import type { Database } from './db.ts';
import { openDescriptions } from './descriptions.ts';
import { openEstateLists } from './estate-lists.ts';
import { openEstateParts } from './estate-parts.ts';
import { openEstateView } from './estate-view.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { openTailView } from './tail.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaveAccounts } from './wave-accounts.ts';

/** A hospital RXY with a ward W1, where Ann, Bob and Cid are; `zeta`: and another one, whose every word has "zeta" in it. */
async function estate({ zeta }: { readonly zeta: boolean }): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`insert into organisation (code, name) values ('REGION', 'Region'), ('RXY', 'Hospital'), ('W1', 'Ward')`.execute(
    db.sql,
  );
  await sql`update organisation set parent = case code when 'RXY' then 1 when 'W1' then 2 end where code <> 'REGION'`.execute(
    db.sql,
  );
  await sql`
    insert into wave (name, state, day, opens_at, closes_at, paused_why) values
      ('pilot', 'paused', '2026-12-01', '2026-12-01T19:00Z', '2026-12-02T06:00Z', 'zeta is not ready')`.execute(db.sql);
  await mailboxes(db, 'x.example', [2, 3, 3]);
  if (zeta) {
    await sql`insert into organisation (code, name, parent) values ('ZETA', 'Zeta hospital', 1)`.execute(db.sql);
    await sql`
      insert into wave (name, state, day, opens_at, closes_at) values
        ('zeta-wave', 'running', '2026-12-01', '2026-12-01T19:00Z', '2026-12-02T06:00Z')`.execute(db.sql);
    await mailboxes(db, 'zeta.example', [4, 4, 4]);
    await sql`update mailbox set aliases = array['a.zeta@x.example'] where id = 4`.execute(db.sql);
    await sql`insert into mailbox (address, kind, organisation, stage, wave) values ('dan@zeta.example', 'room', 4, 'planned', 2)`.execute(
      db.sql,
    );
    // Bob belongs together with somebody of the other hospital.
    await sql`insert into party (mailbox, wave, party, met, met_of) values (2, 1, 1, 1, 2), (5, 1, 1, 1, 2)`.execute(
      db.sql,
    );
    await sql`
      insert into tail_use (name, side, door, protocol, client, host, times, first_at, last_at, networks, senders, days, hours, gaps)
      values ('zeta-scanner', 'source', 'dovecot', 'pop3', 'zeta', '', 1, ${seen})`.execute(db.sql);
    await sql`
      insert into tail_plan (name, mailbox, owner, plan, who)
      values ('ann@zeta.example', 4, 'zed', 'goes', 'zed'), ('zeta-scanner', null, 'zed', 'goes', 'zed')`.execute(
      db.sql,
    );
    await sql`insert into tail_loss (why, sightings) values ('zeta', 7)`.execute(db.sql);
  }
  await sql`
    insert into audit (at, who, what, wave, about)
    values ('2026-11-01Z', 'operator zed', 'wave created', 1, ${JSON.stringify({ mailboxes: zeta ? 6 : 3 })}::jsonb)`.execute(
    db.sql,
  );
  await openBrake(db).pull('operator zed', 'zeta burns');
  await sql`update brake set at = '2026-11-01Z'`.execute(db.sql);
  return db;
}

/** From when to when, and the rest of what is kept of a use. */
const seen = sql`'2026-11-01Z', '2026-11-02Z', '{}', '{}', int4multirange(int4range(20758, 20760)), 16777215, '{}'`;

/** Three of them, one of whom is blocked; of the third a message is listed, and they have settled. */
async function mailboxes(db: Database, domain: string, organisations: readonly number[]): Promise<void> {
  const theirs = sql`address like ${`%@${domain}`}`;
  for (const [at, organisation] of organisations.entries())
    await sql`
      insert into mailbox (address, kind, organisation, size_bytes, stage, wave, stage_since)
      values (${`${['ann', 'bob', 'cid'][at]}@${domain}`}, 'person', ${organisation}, 100, 'following', 1, '2026-11-01Z')`.execute(
      db.sql,
    );
  await sql`update mailbox set blocked = 'target.quota', blocked_about = ${JSON.stringify({ message: `${domain} is full` })}::jsonb
             where ${theirs} and address like 'ann@%'`.execute(db.sql);
  await sql`update mailbox set stage = 'settled', interrupted_ms = 700, home_late = 'target.quota', home_late_since = '2026-11-01Z'
             where ${theirs} and address like 'cid@%'`.execute(db.sql);
  await sql`
    insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
    select id, 'there', 1, 1, 'refused', ${domain}, 7, 'too-big', '' from mailbox where ${theirs} and address like 'cid@%'`.execute(
    db.sql,
  );
  await sql`
    insert into audit (at, who, what, mailbox, why, about)
    select '2026-11-01Z', 'operator zed', 'hold', id, 'a ward on call', '{"with": "eve@zeta.example"}' from mailbox where ${theirs}`.execute(
    db.sql,
  );
  await sql`
    insert into tail_use (mailbox, name, side, door, protocol, client, host, known_by, times, first_at, last_at, networks, senders, days, hours, gaps)
    select id, address, 'source', 'dovecot', 'pop3', 'fetchmail', '', 'address', 1, ${seen} from mailbox where ${theirs}`.execute(
    db.sql,
  );
}

const page = { after: null, max: 100 } as const;
const tail = {
  after: null,
  max: 100,
  organisation: null,
  protocols: [],
  sinceMs: null,
  side: null,
  oldOnly: false,
  unknownOnly: false,
  movedOnly: false,
} as const;

type Question = (db: Database, within: Within) => Promise<unknown>;

const questions: Readonly<Record<string, Question>> = {
  'how it stands': (db, within) => openEstateView(db, within).now(),
  'its gauges': (db, within) => openEstateView(db, within).gauged(),
  'its mailboxes': (db, within) => openEstateLists(db, within).mailboxes({ ...page, selector: {} }),
  'its mailboxes, in pages': (db, within) =>
    openEstateLists(db, within).mailboxes({ selector: {}, after: 'ann@x.example', max: 1 }),
  'its mailboxes that stand somewhere': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { stage: ['following'] } }),
  'its mailboxes that are blocked': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { fault: ['target.*'] } }),
  'its mailboxes by their addresses': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { address: ['ann@*'] } }),
  'its mailboxes of a wave': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { wave: ['pilot'] } }),
  'mailboxes of a wave of others': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { wave: ['zeta-wave'] } }),
  'mailboxes of others': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { organisation: ['ZETA'] } }),
  'mailboxes of the region': (db, within) =>
    openEstateLists(db, within).mailboxes({ ...page, selector: { under: ['REGION'] } }),
  'how many mailboxes': (db, within) => openEstateLists(db, within).count({}),
  'how many of a wave': (db, within) => openEstateLists(db, within).count({ wave: ['pilot'] }),
  'its organisations': (db, within) => openEstateLists(db, within).organisations(page),
  'its waves': (db, within) => openEstateLists(db, within).waves(),
  'one of its own': (db, within) => openDescriptions(db, within).mailbox('bob@x.example'),
  'one of others': (db, within) => openDescriptions(db, within).mailbox('ann@zeta.example'),
  'one of others, by an alias': (db, within) => openDescriptions(db, within).mailbox('a.zeta@x.example'),
  'one that is nearly one of others': (db, within) => openDescriptions(db, within).mailbox('amn@zeta.example'),
  'a wave': (db, within) => openDescriptions(db, within).wave('pilot'),
  'a wave of others': (db, within) => openDescriptions(db, within).wave('zeta-wave'),
  'a wave that is nearly one of others': (db, within) => openDescriptions(db, within).wave('zeta-wavy'),
  'the report of a wave': async (db, within) => {
    const accounts = openWaveAccounts(db, within);
    const members = await accounts.members(1);
    const exceptions = await all(accounts.exceptions(members));
    return [
      await accounts.find('pilot'),
      await accounts.accounts(members),
      exceptions,
      await accounts.interruptions(1),
    ];
  },
  'the report of a wave of others': async (db, within) => {
    const accounts = openWaveAccounts(db, within);
    return [await accounts.find('zeta-wave'), await accounts.members(2), await accounts.accounts([4, 5, 6])];
  },
  'who signs in': (db, within) => openTailView(db, within).list(tail),
  'who signs in of others': (db, within) => openTailView(db, within).list({ ...tail, organisation: 'ZETA' }),
  'how signing in went down': (db, within) => openTailView(db, within).burnDown({ organisation: null, days: 400 }),
  'an organisation of others': (db, within) => openTailView(db, within).organisation('ZETA'),
  'programs that sign in': (db, within) =>
    all(openTailView(db, within).applications({ organisation: null, sinceMs: null })),
  'what was lost of it': (db, within) => openTailView(db, within).losses(),
  'what is planned for others': (db, within) =>
    openTailView(db, within).assign(
      { name: 'zeta-scanner', owner: 'me', plan: 'to be replaced', by: null },
      'local lou',
    ),
  'what is planned for a mailbox of others': (db, within) =>
    openTailView(db, within).unassign('ann@zeta.example', 'local lou'),
  'what is planned for an alias of others': (db, within) =>
    openTailView(db, within).assign({ name: 'a.zeta@x.example', owner: 'me', plan: 'goes', by: null }, 'local lou'),
  'what is planned': (db, within) => openTailView(db, within).plans(),
  'a hold of one of others': (db, within) =>
    openMailboxOrders(db, within).order(
      { kind: 'addresses', addresses: ['bob@x.example', 'ann@zeta.example'] },
      'hold',
      'local lou',
      null,
    ),
  'a hold of a wave of others': (db, within) =>
    openMailboxOrders(db, within).order(
      { kind: 'selector', selector: { wave: ['zeta-wave'] } },
      'hold',
      'local lou',
      null,
    ),
  'what did not arrive of others': (db, within) =>
    openAcceptances(db, within).accept('cid@zeta.example', { kind: 'all' }, 'local lou', 'a film'),
};

async function all<Each>(pages: AsyncIterable<readonly Each[]>): Promise<readonly Each[]> {
  const found: Each[] = [];
  for await (const some of pages) found.push(...some);
  return found;
}

let [with_, without]: TestDatabase[] = [];
beforeAll(async () => {
  [with_, without] = await Promise.all([estate({ zeta: true }), estate({ zeta: false })]);
});
afterAll(async () => {
  await with_?.[Symbol.asyncDispose]();
  await without?.[Symbol.asyncDispose]();
});

/** Ids differ where others came first, which tells nothing. */
async function told(db: Database | undefined, question: Question, within: Within): Promise<string> {
  const answer = await question(db as Database, within);
  return JSON.stringify(answer, null, 1).replace(/"id": \d+/g, '"id": 0');
}

describe('whoever sees one hospital', () => {
  test.each(Object.entries(questions))('is told of %s as if there were no other', async (_, question) => {
    const [answer, alone] = [await told(with_, question, ['RXY']), await told(without, question, ['RXY'])];
    expect(answer).toBe(alone);
    // Of what was written for those who see all of it.
    expect(answer).not.toMatch(/zeta (is|burns)|eve@zeta/);
  });

  test('is told of their own, those below included', async () => {
    const list = await openEstateLists(with_ as Database, ['RXY']).mailboxes({ ...page, selector: {} });
    expect(list).toMatchObject({
      lines: [{ address: 'ann@x.example' }, { address: 'bob@x.example' }, { address: 'cid@x.example' }],
    });
    expect(await openEstateLists(with_ as Database, ['RXY']).count({})).toBe(3);
    expect(await openDescriptions(with_ as Database, ['RXY']).mailbox('bob@x.example')).toMatchObject({
      mailbox: { organisation: { code: 'W1', above: ['RXY'] } },
    });
    expect(await openEstateLists(with_ as Database, ['RXY']).organisations(page)).toMatchObject({
      lines: [
        { code: 'RXY', parent: null },
        { code: 'W1', parent: 'RXY' },
      ],
    });
    expect(await openEstateView(with_ as Database, ['W1']).gauged()).toMatchObject({
      standings: [{ mailboxes: 1 }, { mailboxes: 1, stage: 'settled' }],
    });
  });
});

test('whoever sees nothing is told of nothing', async () => {
  const db = with_ as Database;
  expect(await openEstateLists(db, []).mailboxes({ ...page, selector: {} })).toMatchObject({ lines: [] });
  expect(await openEstateLists(db, []).waves()).toEqual([]);
  expect(await openEstateLists(db, []).organisations(page)).toMatchObject({ lines: [] });
  expect(await openEstateView(db, []).now()).toMatchObject({ standings: [], waves: [], interruptions: null });
  expect(await openDescriptions(db, ['NOWHERE']).mailbox('ann@x.example')).toEqual({ kind: 'unknown', nearest: null });
});

test('these questions would tell of others if nothing was kept from whoever asks', async () => {
  const telling = await Promise.all(
    [
      'how it stands',
      'its mailboxes',
      'its waves',
      'its organisations',
      'one of its own',
      'a wave',
      'who signs in',
    ].map(async (name) => [name, /zeta/i.test(await told(with_, questions[name] as Question, null))]),
  );
  expect(telling.filter(([, tells]) => !tells)).toEqual([]);
});

test('an order of whoever sees a part reaches nobody outside of it', async () => {
  await using db = await estate({ zeta: true });
  const order = openMailboxOrders(db, ['RXY']).order;
  const all = { kind: 'selector', selector: { stage: ['following', 'settled', 'blocked'] } } as const;
  expect(await order(all, 'hold', 'local lou', null)).toMatchObject({
    done: ['ann@x.example', 'bob@x.example', 'cid@x.example'],
  });
  const both = { kind: 'addresses', addresses: ['bob@x.example', 'bob@zeta.example'] } as const;
  expect(await order(both, 'exclude', 'local lou', null)).toEqual({
    kind: 'unknown-mailboxes',
    addresses: ['bob@zeta.example'],
  });
  const { rows } = await sql`
    select address from mailbox where (held is not null) <> (address like '%@x.example') or excluded is not null`.execute(
    db.sql,
  );
  expect(rows).toEqual([]);
  expect(await openAcceptances(db, ['W1']).accept('cid@x.example', { kind: 'all' }, 'lou', 'a film')).toMatchObject({
    kind: 'accepted',
  });
});

test('who may hold and not exclude lets those go on who were held, and nobody who was excluded', async () => {
  await using db = await estate({ zeta: false });
  const whom = { kind: 'addresses', addresses: ['bob@x.example', 'cid@x.example'] } as const;
  const max: Holder = { who: 'max', person: 'max', roles: [{ role: 'operator', organisation: 'W1' }], scopes: null };
  const lou: Holder = { ...max, roles: [...max.roles, { role: 'local-administrator', organisation: 'RXY' }] };
  const parts = openEstateParts(db);
  await openMailboxOrders(db).order(whom, 'exclude', 'planner', null);
  await sql`update mailbox set organisation = 2 where address = 'bob@x.example'`.execute(db.sql);
  const ordered = await parts.of(lou, 'hold-mailbox').mailboxes.order(whom, 'release', 'lou', null);
  expect(ordered).toMatchObject({ done: ['cid@x.example'], refused: [{ address: 'bob@x.example', mark: 'excluded' }] });
  expect(await parts.of(max, 'hold-mailbox').mailboxes.order(whom, 'release', 'max', null)).toEqual({
    kind: 'unknown-mailboxes',
    addresses: ['bob@x.example'],
  });
  expect(await openMailboxOrders(db).order(whom, 'release', 'planner', null)).toMatchObject({
    done: ['bob@x.example'],
  });
});
