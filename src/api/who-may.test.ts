/**
 * Every operation of the contract, asked by every role, over the whole estate and over a part of it, of what is theirs, of what is
 * somebody else's and of what does not exist. Who may what is written down here once more, by hand: the table of `domain/rights.ts` says
 * nothing here. One operation more in the contract does not build before it stands in this table.
 */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { type Role, roles } from '#domain/rights.ts';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { openWorkforce } from '#store/workforce.ts';
import { contract, type OperationName } from './contract.ts';
import type { Operation } from './operation.ts';
import { ask, bearerOf, type Served, served, type Told } from './served.test-kit.ts';

/** What an operation is asked about. */
interface Subject {
  readonly address: string;
  readonly wave: string;
  readonly organisation: string;
  readonly login: string;
}

/** Everything of the other hospital has a word in it by which it would be known wherever it came out. */
const own: Subject = { address: 'ann@own.example', wave: 'ours', organisation: 'RXY', login: 'ann-login' };
const foreign: Subject = {
  address: 'zoe@foreign.example',
  wave: 'foreign',
  organisation: 'FOREIGN',
  login: 'zoe-foreign',
};
/** As far from what there is as the other, so that nobody is offered what is near. */
const nothing: Subject = {
  address: 'nix@elsewhere.example',
  wave: 'elsewhere',
  organisation: 'ELSEWHERE',
  login: 'nix-elsewhere',
};
const leaks = /foreign|zoe/i;

const all: readonly Role[] = roles;
const but = (...without: readonly Role[]): readonly Role[] => all.filter((role) => !without.includes(role));
const operators: readonly Role[] = ['owner', 'operator'];
const planners: readonly Role[] = ['owner', 'planner', 'operator'];
const owners: readonly Role[] = ['owner'];
const nobody: readonly Role[] = [];
const auditors: readonly Role[] = ['owner', 'operator', 'auditor'];
const lookers: readonly Role[] = ['owner', 'planner', 'operator', 'auditor'];
const helpers: readonly Role[] = ['owner', 'operator', 'service-desk', 'local-administrator'];
const holders: readonly Role[] = but('auditor');
const keyTakers: readonly Role[] = ['owner', 'auditor', 'local-administrator'];
const takers: readonly Role[] = but('service-desk');
const deferrers: readonly Role[] = but('auditor', 'service-desk');

/** Who may over the whole estate, and who over a part; and how it is asked of something. */
type Row = readonly [whole: readonly Role[] | 'everybody', part: readonly Role[], asks?: Asks];
type Asks = (of: Subject) => {
  readonly query?: string;
  readonly order?: object;
  readonly octets?: string;
  readonly param?: string;
};

const why = 'as agreed';
const later = { opensAt: Date.now() + 86_400_000, closesAt: Date.now() + 90_000_000 };
const byAddress = (of: Subject) => ({ order: { addresses: [of.address], why } });
const byOrganisation = (of: Subject) => ({ order: { select: `organisation=${of.organisation}`, why } });
const selecting = (of: Subject) => ({ query: `select=under%3D${of.organisation}` });
const because = () => ({ order: { why } });
const waveOrder = (of: Subject) => ({ param: of.wave, order: { why } });
const asked: Asks = () => ({ order: {} });
const noFile = { file: '0'.repeat(64), name: 'none.csv' };

/** What goes on until somebody has enough is asked in change-stream.test.ts. */
type Asked = Exclude<OperationName, 'follow-changes'>;

const rows: Readonly<Record<Asked, Row>> = {
  'describe-fault': ['everybody', all, () => ({ param: 'target.quota' })],
  'see-self': [all, all],
  'see-status': [all, all],
  'see-programme': [all, all],
  'list-organisations': [all, all],
  'see-forecast': [lookers, nobody],
  'see-past-forecasts': [lookers, nobody],
  'see-brake': [lookers, nobody],
  'pull-brake': [planners, nobody, because],
  'release-brake': [operators, nobody, because],
  'list-workers': [lookers, nobody],
  'drain-worker': [operators, nobody, () => ({ param: '8a6e0804-2bd0-4672-b79d-d97027f9071a', order: {} })],
  'list-doors': [lookers, nobody],
  'forget-door': [operators, nobody, () => ({ param: '8a6e0804-2bd0-4672-b79d-d97027f9071a', order: { why } })],
  'verify-audit': [auditors, nobody],
  'list-audit': [auditors, nobody],
  'see-audit-head': [auditors, nobody],
  'compare-audit-heads': [auditors, nobody, () => ({ query: `heads=1.${'0'.repeat(64)}.${'0'.repeat(64)}` })],
  'list-mailboxes': [all, all, selecting],
  'count-mailboxes': [all, all, selecting],
  'describe-mailbox': [all, all, (of) => ({ param: of.address })],
  'hold-mailboxes': [holders, holders, byAddress],
  'release-mailboxes': [holders, holders, byAddress],
  'retry-mailboxes': [helpers, helpers, byOrganisation],
  'defer-mailboxes': [deferrers, deferrers, (of) => ({ order: { addresses: [of.address], why, until: '2999-01-01' } })],
  'ask-for-dates': [
    holders,
    holders,
    (of) => ({ order: { select: `organisation=${of.organisation}`, why, notBefore: '2999-01-01' } }),
  ],
  'withdraw-wishes': [holders, holders, byAddress],
  'list-wishes': [all, all],
  'decline-wish': [['owner', 'planner'], nobody, (of) => ({ param: of.address, order: { why } })],
  'exclude-mailboxes': [planners, planners, byAddress],
  'same-account': [operators, operators, byAddress],
  'other-account': [operators, operators, byOrganisation],
  'bring-mailboxes-back': [operators, operators, byAddress],
  'accept-exceptions': [operators, operators, (of) => ({ param: of.address, order: { why, which: { kind: 'all' } } })],
  'list-waves': [all, all],
  'describe-wave': [all, all, (of) => ({ param: of.wave })],
  'report-wave': [all, all, (of) => ({ param: of.wave })],
  'create-wave': [planners, nobody, (of) => ({ order: { name: `${of.wave}-2`, window: later } })],
  'start-wave': [operators, nobody, waveOrder],
  'pause-wave': [operators, nobody, waveOrder],
  'resume-wave': [operators, nobody, waveOrder],
  'reschedule-wave': [planners, nobody, (of) => ({ param: of.wave, order: { window: later } })],
  'bring-wave-back': [operators, nobody, waveOrder],
  'release-wave': [operators, nobody, (of) => ({ param: of.wave, order: { why, dryRun: true } })],
  'accept-ways-in': [operators, nobody, waveOrder],
  'cancel-wave': [operators, nobody, waveOrder],
  'see-ways-in': [operators, nobody, (of) => ({ param: of.wave })],
  'check-wave': [operators, nobody, (of) => ({ param: of.wave })],
  'verify-wave': [operators, nobody, (of) => ({ param: of.wave })],
  // Of a file that nobody has sent.
  'make-plan': [['owner', 'planner'], nobody, () => ({ order: { calendar: noFile } })],
  'rehearse-plan': [['owner', 'planner'], nobody, () => ({ order: { calendar: noFile, plan: noFile } })],
  'apply-plan': [['owner', 'planner'], nobody, () => ({ order: { calendar: noFile, plan: noFile } })],
  'list-tail': [all, all, (of) => ({ query: `organisation=${of.organisation}` })],
  'see-burn-down': [all, all, (of) => ({ query: `organisation=${of.organisation}` })],
  'list-applications': [all, all, (of) => ({ query: `organisation=${of.organisation}` })],
  'plan-application': [planners, planners, (of) => ({ order: { name: of.address, owner: 'IT', plan: 'OAuth' } })],
  'forget-application': [planners, planners, (of) => ({ order: { name: of.login } })],
  'import-estate': [planners, nobody, () => ({ order: { grants: { unreadable: 'it is gone' }, dryRun: true } })],
  'read-log': [operators, nobody, () => ({ order: { file: '0'.repeat(64), format: 'dovecot' } })],
  'know-names-again': [operators, nobody, asked],
  'send-file': [planners, nobody, () => ({ octets: 'address,kind\n' })],
  'see-file': [planners, nobody, () => ({ param: '0'.repeat(64) })],
  'list-secrets': [operators, nobody],
  'set-secret': [operators, nobody, () => ({ order: { name: 'source/x', secret: 'hunter2' } })],
  'remove-secret': [operators, nobody, () => ({ order: { name: 'source/x' } })],
  'list-notices': [planners, nobody, (of) => ({ query: `wave=${of.wave}` })],
  'send-notices-again': [planners, nobody, (of) => ({ order: { wave: of.wave } })],
  'see-certificate': [takers, takers, (of) => ({ param: of.address })],
  'see-wave-certificate': [takers, takers, (of) => ({ param: of.wave })],
  'export-evidence': [takers, takers, (of) => ({ param: of.organisation })],
  'certify-mailbox': [operators, nobody, (of) => ({ param: of.address, order: {} })],
  'certify-wave': [operators, nobody, (of) => ({ param: of.wave, order: {} })],
  'take-digest-keys': [keyTakers, keyTakers, (of) => ({ order: { addresses: [of.address] } })],
  'rotate-signing-key': [operators, nobody],
  'list-signing-keys': [all, all],
  'preview-notice': [planners, nobody, (of) => ({ query: `address=${of.address}` })],
  'see-notices-due': [planners, nobody, (of) => ({ query: `wave=${of.wave}` })],
  'send-notices': [planners, nobody, (of) => ({ order: { wave: of.wave } })],
  'rotate-secrets': [operators, nobody],
  'see-erasable': [operators, nobody, () => ({ query: 'prefix=source/' })],
  'erase-secrets': [operators, nobody, () => ({ order: { prefix: 'source/', why } })],
  'examine-estate': [lookers, nobody],
  'list-tokens': [owners, nobody],
  'create-token': [owners, nobody, () => ({ order: { name: 'x', role: 'auditor' } })],
  'revoke-token': [owners, nobody, () => ({ param: '99', order: {} })],
  'list-sessions': [owners, nobody],
  'revoke-session': [owners, nobody, () => ({ param: '99', order: {} })],
  'list-approvals': [all, all],
  approve: [all, all, () => ({ param: '99', order: { why } })],
};
const names = Object.keys(rows) as readonly Asked[];

/** Two hospitals, one with a ward below it, a wave of each and one of both. */
async function estate(db: Database): Promise<void> {
  await sql`
    insert into organisation (code, name) values ('RXY', 'Own'), ('FOREIGN', 'The foreign hospital')`.execute(db.sql);
  await sql`
    insert into organisation (code, name, parent) values ('RXA', 'Ward', 1), ('FOREIGN2', 'Their ward', 2)`.execute(
    db.sql,
  );
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    select name, 'planned', now()::date, now(), now() + interval '2 hours'
      from unnest(array['ours', 'foreign', 'both']) as name`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation, size_bytes, stage, wave, source_user)
    values ('ann@own.example', 'person', 1, 100, 'planned', 1, 'ann-login'),
           ('bob@own.example', 'person', 3, 100, 'planned', 3, null),
           ('zoe@foreign.example', 'person', 2, 7000000, 'planned', 2, 'zoe-foreign'),
           ('yan@foreign.example', 'shared', 4, 7000000, 'planned', 3, null)`.execute(db.sql);
  await sql`
    insert into date_wish (mailbox, not_before, who, why)
    select id, '2999-01-01', 'lou', 'leave' from mailbox where address in ('bob@own.example', 'yan@foreign.example')`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation, size_bytes)
    values ('cat@own.example', 'person', 1, 100), ('xia@foreign.example', 'person', 2, 7000000)`.execute(db.sql);
}

async function tell(api: Served, name: Asked, of: Subject, bearer: string | undefined): Promise<Told> {
  const operation: Operation = contract[name];
  const asks = rows[name][2] ?? (operation.method === 'POST' ? asked : () => ({}));
  const { query = '', order, octets, param = '' }: ReturnType<Asks> = asks(of);
  const path = operation.path.replace(/:\w+/, encodeURIComponent(param));
  return ask(api, `${path}${query && `?${query}`}`, {
    ...(bearer === undefined ? {} : { bearer }),
    ...(order === undefined ? {} : { order }),
    ...(octets === undefined ? {} : { octets }),
  });
}

/** What is told, but for the names that were asked for and the id of the question. */
function plain({ status, text }: Told, of: Subject): string {
  const words = [of.address, of.login, of.wave, of.organisation];
  const without = words.reduce((told, word) => told.replaceAll(word, '…'), text);
  return `${status} ${without.replace(/"request-id":"[^"]+"/, '')}`;
}

const refusedCodes = [401, 403];
/** What the right one is told, whatever then becomes of it. */
function isLetIn({ status }: Told): boolean {
  return !refusedCodes.includes(status) && status !== 422 && status < 500;
}

describe('over the whole estate', () => {
  test.each(roles.filter((role) => role !== 'local-administrator'))('%s may what the table says', async (role) => {
    await using db = await testDatabase();
    await estate(db);
    const api = await served(db);
    const bearer = await bearerOf(db, role);
    for (const name of names) {
      const [whole] = rows[name];
      const isMeant = whole === 'everybody' || whole.includes(role);
      for (const of of [own, foreign]) {
        const told = await tell(api, name, of, bearer);
        const found = isLetIn(told) ? 'let in' : told.status;
        expect([name, found, told.text]).toEqual([name, isMeant ? 'let in' : 403, told.text]);
      }
    }
  });
});

describe('over a part of it', () => {
  test.each(roles)('%s may what the table says, and nothing foreign is there for them', async (role) => {
    await using db = await testDatabase();
    await estate(db);
    const api = await served(db);
    const bearer = await bearerOf(db, role, 'RXY');
    const before = await foreignRows(db);
    for (const name of names) {
      const [whole, part] = rows[name];
      const isMeant = whole === 'everybody' || part.includes(role);
      // What is not there first: what is theirs changes by being ordered about.
      const [not, others] = [await tell(api, name, nothing, bearer), await tell(api, name, foreign, bearer)];
      expect([name, plain(others, foreign)]).toEqual([name, plain(not, nothing)]);
      const theirs = await tell(api, name, own, bearer);
      const found = isLetIn(theirs) ? 'let in' : theirs.status;
      expect([name, found, theirs.text]).toEqual([name, isMeant ? 'let in' : 403, theirs.text]);
      for (const told of [theirs, { ...others, text: plain(others, foreign) }]) {
        expect([name, leaks.test(told.text)]).toEqual([name, false]);
        // A digest may spell anything; what it is of was looked at.
        const headers = [...told.headers].filter(([header]) => header !== 'etag');
        expect(headers.filter((header) => leaks.test(header.join(' ')))).toEqual([]);
      }
    }
    expect(await foreignRows(db)).toEqual(before);
  });

  test('what they are told of lists and counts is theirs alone', async () => {
    await using db = await testDatabase();
    await estate(db);
    const api = await served(db);
    const bearer = await bearerOf(db, 'local-administrator', 'RXY');
    const told = async (path: string) => (await ask(api, path, { bearer })).body;
    expect(await told('/v1/mailbox-count')).toEqual({ mailboxes: 3 });
    expect(await told('/v1/mailboxes?limit=2')).toMatchObject({
      lines: [{ address: 'ann@own.example' }, { address: 'bob@own.example' }],
      next: 'bob@own.example',
    });
    expect(await told('/v1/mailboxes?after=bob@own.example')).toMatchObject({
      lines: [{ address: 'cat@own.example' }],
      next: null,
    });
    expect(await told('/v1/organisations')).toMatchObject({ lines: [{ code: 'RXA' }, { code: 'RXY' }], next: null });
    // Of the wave that they share with others they see their own person.
    expect(await told('/v1/waves')).toMatchObject({
      waves: expect.arrayContaining([expect.objectContaining({ name: 'both', mailboxes: 1, bytes: 100 })]),
    });
    expect((await told('/v1/waves')) as { waves: unknown[] }).toHaveProperty('waves.length', 2);
    expect(await told('/v1/waves/both')).toMatchObject({ mailboxes: 1, stages: { planned: 1 } });
    const report = (await ask(api, '/v1/waves/both/report', { bearer })).text.trimEnd().split('\n');
    expect(report.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { mailbox: { address: 'bob@own.example' } },
      { summary: { totals: { mailboxes: 1 } } },
    ]);
    const status = (await told('/v1/status')) as { standings: { mailboxes: number }[]; workers: unknown[] };
    expect(status.standings.reduce((sum, { mailboxes }) => sum + mailboxes, 0)).toBe(3);
    expect(status.workers).toEqual([]);
  });

  test('what may have been meant is never somebody else’s', async () => {
    await using db = await testDatabase();
    await estate(db);
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator', 'RXY');
    for (const path of ['/v1/mailboxes/zo@foreign.example', '/v1/waves/foregn', '/v1/mailboxes?select=under%3DFOREIG'])
      expect((await ask(api, path, { bearer })).body).not.toHaveProperty('nearest');
    expect((await ask(api, '/v1/waves/our', { bearer })).body).toHaveProperty('nearest', 'ours');
  });

  test('an order for two, one of them somebody else’s, is obeyed for neither', async () => {
    await using db = await testDatabase();
    await estate(db);
    const api = await served(db);
    const bearer = await bearerOf(db, 'local-administrator', 'RXY');
    const order = { addresses: [own.address, foreign.address], why };
    expect((await ask(api, '/v1/mailboxes/hold', { bearer, order })).status).toBe(404);
    const { rows: held } = await sql`select 1 from mailbox where mark <> ''`.execute(db.sql);
    expect(held).toEqual([]);
  });
});

test('who does not say who they are is told nothing but what everybody is told', async () => {
  await using db = await testDatabase();
  await estate(db);
  const api = await served(db);
  for (const name of names) {
    const told = await tell(api, name, own, undefined);
    expect([name, told.status]).toEqual([name, rows[name][0] === 'everybody' ? 200 : 401]);
  }
});

test('who works on it and what platforms say is told to whoever may see that, in the status as in its own list', async () => {
  await using db = await testDatabase();
  await estate(db);
  await openWorkforce(db).register({ host: 'ward-7', pid: 1, version: '1', role: 'worker', lacks: [] });
  const api = await served(db);
  const hosts = async (role: Role, organisation: string | null = null) => {
    const { body } = await ask(api, '/v1/status', { bearer: await bearerOf(db, role, organisation) });
    return (body as { workers: { host: string }[] }).workers.map(({ host }) => host);
  };
  expect(await hosts('auditor')).toEqual(['ward-7']);
  expect(await hosts('service-desk')).toEqual([]);
  expect(await hosts('auditor', 'RXY')).toEqual([]);
});

test('a token does no more than what it was limited to', async () => {
  await using db = await testDatabase();
  await estate(db);
  const api = await served(db);
  const bearer = await bearerOf(db, 'owner', null, ['see', 'manage-access']);
  expect((await ask(api, '/v1/mailboxes', { bearer })).status).toBe(200);
  expect((await ask(api, '/v1/brake/on', { bearer, order: { why } })).status).toBe(403);
  // Nor does one that it makes.
  const made = (scopes: readonly string[] | undefined) =>
    ask(api, '/v1/tokens', { bearer, order: { name: 'x', role: 'owner', scopes } });
  expect((await made(undefined)).status).toBe(409);
  expect((await made(['see', 'brake-on'])).status).toBe(409);
  expect((await made(['see'])).status).toBe(200);
});

/** All that is kept of the other hospital, and what was recorded of it. */
async function foreignRows(db: Database): Promise<unknown> {
  const { rows: mailboxes } = await sql`
    select m.*, (select count(*) from audit a where a.mailbox = m.id) as records
      from mailbox m where address like '%foreign%' order by id`.execute(db.sql);
  const { rows: wishes } = await sql`
    select d.* from date_wish d join mailbox m on m.id = d.mailbox where address like '%foreign%'`.execute(db.sql);
  const { rows: waves } = await sql`select * from wave where name in ('foreign', 'both') order by id`.execute(db.sql);
  return { mailboxes, waves, wishes };
}
