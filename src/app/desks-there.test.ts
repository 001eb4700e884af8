/** `access`, `tail`, `notices` and looks at a wave, on the database of an estate and by the API of a server: the same words and ends. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { WaveLooks } from '#api/estate.ts';
import { bearerOf, deskFor, type Served, served } from '#api/served.test-kit.ts';
import { type MadeUp, type Played, play } from '#cli/made-up-world.ts';
import type { EstateInspection } from '#cli/world.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import type { ReadinessRemark } from '#domain/readiness.ts';
import type { Holder } from '#domain/rights.ts';
import { notCopied } from '#domain/wave-verification.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openApprovals } from '#store/approvals.ts';
import { note, seal } from '#store/audit.ts';
import type { Database } from '#store/db.ts';
import { people, standAt } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import { openAccess } from './access.ts';
import { openDesksThere } from './desks-there.ts';
import { openNoticesWork } from './notices.ts';
import { openProgramme } from './programme.ts';
import { openProgrammeThere } from './programme-there.ts';
import { openTail } from './tail.ts';

type Say = (...words: readonly string[]) => Promise<Played>;

function there(api: Pick<Served, 'url'>, bearer: string): Say {
  return (...words) =>
    play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config: '/nowhere/godwit.yaml',
      openProgrammeThere: async (options) => openProgrammeThere(options, '1.2.3'),
      openDesksThere: async (options) => openDesksThere(options, '1.2.3'),
    });
}

function here(db: TestDatabase): Say {
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  const made: MadeUp = {
    config: '/nowhere/godwit.yaml',
    readEstate: async () => ({ database: 'embedded', notices: null }) as EstateSettings,
    openProgramme: (options) => openProgramme(options, environment),
    openAccess: (options) => openAccess(options, environment),
    openTail: (options) => openTail(options, environment),
    openNotices: (options) => openNoticesWork(options, environment),
    openInspection: async () => inspectionHere(db),
  };
  return (...words) => play(words, made);
}

const { code, message, remedy } = fault('imap.server.bye', { host: 'new.example', text: 'later' });
const remarks: readonly ReadinessRemark[] = [
  { kind: 'source-sign-in', weight: 'trouble', says: 'no \u001b[31msuch user' },
  { kind: 'too-large', weight: 'trouble', says: 'one of 70 MB' },
];

/** What the platforms would say: somebody is ready, somebody is not, and of one nobody knows. */
function looksOf(db: Database): WaveLooks {
  const accounts = openWaveAccounts(db);
  const addresses = async (members: readonly number[]) =>
    (await accounts.accounts(members)).map(({ address }) => address);
  return {
    async find(name) {
      const found = await accounts.find(name);
      return found.kind === 'found' ? { ...found, members: await accounts.members(found.wave.id) } : found;
    },
    ways: async () => ({ isPromised: false, organisations: [], unknown: ['RXQ'] }),
    async *check({ members, freshSeconds }) {
      for (const [i, address] of (await addresses(members)).entries())
        yield [
          {
            address,
            remarks: i === 0 ? remarks : [],
            fault: i === 1 ? { code, message, remedy } : null,
            isEarlier: i > 1 && freshSeconds > 0,
          },
        ];
    },
    async *verify({ members, sample }) {
      for (const [i, address] of (await addresses(members)).entries())
        yield [
          {
            address,
            ...notCopied({ stage: 'planned', side: 'source' }),
            ...(i === 0
              ? {
                  outcome: 'differs' as const,
                  share: sample ?? 1,
                  open: 1,
                  findings: [
                    {
                      folder: 'Ab',
                      path: 'Ab',
                      uid: 3,
                      uidValidity: 7,
                      kind: 'missing' as const,
                      code: 'missing',
                      detail: 'gone',
                    },
                  ],
                }
              : {}),
          },
        ];
    },
  };
}

function inspectionHere(db: Database): EstateInspection {
  const looks = looksOf(db);
  const members = async (name: string) => {
    const found = await looks.find(name);
    return found.kind === 'found' ? found.members : [];
  };
  return {
    atOnce: 4,
    async find(name) {
      const found = await looks.find(name);
      return found.kind === 'found' ? { kind: 'found', wave: found.wave, mailboxes: found.members.length } : found;
    },
    ways: ({ id }) => looks.ways(id),
    async *check({ wave, freshSeconds }, signal) {
      yield* looks.check({ members: await members(wave.name), freshSeconds }, signal);
    },
    async *verify({ wave, sample }, signal) {
      yield* looks.verify({ members: await members(wave.name), sample }, signal);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cat']);
  await sql`insert into organisation (code, name) values ('RXZ', 'Elsewhere')`.execute(db.sql);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'planned', '2026-11-02', '2026-11-02T19:00Z', '2026-11-03T06:00Z')`.execute(db.sql);
  for (const mailbox of [1, 2, 3]) await standAt(db.sql, mailbox, 'planned', 1);
  await sql`
    insert into tail_use (mailbox, name, side, door, protocol, client, host, known_by, times, first_at, last_at, networks, senders, days, hours, gaps)
    select id, case id when 1 then address else 'old-' || id end, case id when 3 then 'target' else 'source' end, 'dovecot',
           case id when 2 then 'imap' else 'pop3' end, 'fetchmail', '', case id when 1 then 'address' else 'alias' end, 30,
           now() - interval '3 days', now() - interval '1 hour', '{10.0.0.0/24}', '{}', '{}', 5, '{}'
      from mailbox where id < 4`.execute(db.sql);
  await sql`
    insert into tail_use (name, side, door, protocol, client, host, times, first_at, last_at, networks, senders, days, hours, gaps)
    values ('scan\u001bner', 'source', 'postfix', 'submission', '', '', 90, now() - interval '3 days', now(), '{}', '{a@x.example}', '{}', 7, '{}')`.execute(
    db.sql,
  );
  await sql`
    insert into notice (mailbox, kind, occasion, wave, language, state, began_at, why)
    select id, 'T-2', '2026-11-02T19:00Z', 'pilot', 'en', case id when 2 then 'refused' else 'sent' end, '2026-10-31T09:00Z',
           case id when 2 then '550 no such user' end
      from mailbox where id < 4`.execute(db.sql);
  await note(db.sql, { who: 'operator bob', what: 'hold', mailbox: 1, why: 'on call' });
  await seal(db);
  return db;
}

/** Who did it, when it was, and secrets differ from one estate to the other. */
function still({ code: exit, stdout, stderr }: Played) {
  return {
    exit,
    stderr,
    stdout: stdout
      .replaceAll(/operator \w+|token \d+ \([^)]*\)/g, 'WHO')
      .replaceAll(/godwit_\d+_[\w-]{43}/g, 'BEARER')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\.\d+)?Z/g, 'WHEN'),
  };
}

const looks: readonly (readonly string[])[] = [
  ['access', 'token', 'list'],
  ['access', 'token', 'list', '--all', '-o', 'json'],
  ['access', 'session', 'list'],
  ['access', 'session', 'list', '-o', 'json'],
  ['tail', 'list'],
  ['tail', 'list', '-o', 'json'],
  ['tail', 'list', '-o', 'csv', '--old'],
  ['tail', 'list', '--limit', '2'],
  ['tail', 'list', '--limit', '2', '--after', 'ann@x.example/1', '-o', 'json'],
  ['tail', 'list', '--protocol', 'pop3', '--protocol', 'submission', '--since', '30000d'],
  ['tail', 'list', '--protocol', 'pop'],
  ['tail', 'list', '--unknown', '--side', 'source', '-o', 'json'],
  ['tail', 'list', '--moved'],
  ['tail', 'list', '--organisation', 'RXZ'],
  ['tail', 'list', '--organisation', 'RXA'],
  ['tail', 'burn-down'],
  ['tail', 'burn-down', '-o', 'json', '--organisation', 'RXY'],
  ['tail', 'burn-down', '-o', 'csv', '--since', '999d'],
  ['tail', 'burn-down', '--organisation', 'RXA'],
  ['tail', 'applications'],
  ['tail', 'applications', '-o', 'json', '--since', '7d'],
  ['tail', 'applications', '-o', 'csv', '--organisation', 'RXY'],
  ['tail', 'applications', '--organisation', 'RXA'],
  ['notices', 'list'],
  ['notices', 'list', '-o', 'json'],
  ['notices', 'list', '-o', 'csv', '--limit', '2'],
  ['notices', 'list', '--became', 'refused', '--wave', 'pilot'],
  ['notices', 'list', '--wave', 'pilt'],
  ['wave', 'check', 'pilot'],
  ['wave', 'check', 'pilot', '--again', '-o', 'json'],
  ['wave', 'check', 'pilot', '-o', 'csv'],
  ['wave', 'check', 'pilt'],
  ['verify', '--wave', 'pilot'],
  ['verify', '--wave', 'pilot', '-o', 'json', '--sample', '5%'],
  ['verify', '--wave', 'pilot', '-o', 'json', '--sample', '0'],
  ['verify', '--wave', 'pilt'],
  ['audit', 'head', '-o', 'json'],
];

test('every desk tells the same by a server as on the database, to the letter', async () => {
  await using db = await anEstate();
  const session = {
    who: 'zoe@corp.example',
    issuer: 'https://id.corp.example',
    subject: '1',
    groups: [],
    lastsMs: 3_600_000,
    idleMs: 3_600_000,
  };
  await openSessions(db).begin({ ...session, roles: [{ role: 'planner', organisation: 'RXY' }] });
  await bearerOf(db, 'local-administrator', 'RXZ', ['see']);
  const owner = await bearerOf(db, 'owner');
  const api = await served(db, { desk: deskFor(db, { looks: looksOf(db) }) });
  const [near, far] = [here(db), there(api, owner)];
  // So that its last use is the same for both.
  await far('status');
  for (const words of looks) {
    const [one, other] = [await near(...words), await far(...words)];
    expect([words, still(other)]).toEqual([words, still(one)]);
  }
});

const orders: readonly (readonly string[])[] = [
  ['access', 'token', 'create', '--name', 'nightly', '--role', 'auditor', '--expires', '12h'],
  [
    'access',
    'token',
    'create',
    '--name',
    'ward',
    '--role',
    'local-administrator',
    '--organisation',
    'RXY',
    '-o',
    'json',
  ],
  ['access', 'token', 'create', '--name', 'ward', '--role', 'auditor', '--organisation', 'RXQ'],
  ['access', 'token', 'create', '--name', 'some', '--role', 'operator', '--scope', 'see,brake-on', '-q'],
  ['access', 'token', 'list'],
  ['access', 'token', 'revoke', '2', '--why', 'lost'],
  ['access', 'token', 'revoke', '2'],
  ['access', 'token', 'revoke', '77'],
  ['access', 'session', 'revoke', '1', '-o', 'json'],
  ['access', 'session', 'revoke', '9'],
  ['access', 'approvals'],
  ['access', 'approve', '1', '--why', 'seen to'],
  ['access', 'approve', '1', '--why', 'seen to'],
  ['access', 'approve', '7', '--why', 'seen to'],
  ['access', 'approvals', '--all', '-o', 'json'],
  ['tail', 'assign', 'old-2', '--owner', 'IT', '--plan', 'x'.repeat(400), '--by', '2027-03-31', '-o', 'json'],
  ['tail', 'assign', 'ann@x.example', '--owner', 'IT', '--plan', 'OAuth'],
  ['tail', 'assign', 'ann@x.exampel', '--owner', 'IT', '--plan', 'OAuth'],
  ['tail', 'applications'],
  ['tail', 'assign', 'ann@x.example', '--clear'],
];

test('every order at a desk does and tells the same by a server as on the database', async () => {
  const ann: Holder = {
    who: 'operator ann',
    person: 'ann',
    roles: [{ role: 'owner', organisation: null }],
    scopes: null,
  };
  const prepared = async () => {
    const db = await anEstate();
    const session = {
      who: 'zoe@corp.example',
      issuer: 'https://id.corp.example',
      subject: '1',
      groups: [],
      lastsMs: 3_600_000,
      idleMs: 3_600_000,
    };
    await openSessions(db).begin({ ...session, roles: [] });
    await openApprovals(db).need({ act: 'start-wave', on: 'wave pilot', meaning: null, why: 'it is Friday' }, ann);
    return { db, owner: await bearerOf(db, 'owner') };
  };
  const [{ db }, { db: twin, owner }] = [await prepared(), await prepared()];
  await using _both = {
    [Symbol.asyncDispose]: async () => void (await Promise.all([db, twin].map((each) => each[Symbol.asyncDispose]()))),
  };
  const [near, far] = [here(db), there(await served(twin), owner)];
  // As if it had been used there, too.
  await sql`update access_token set used_at = now() where id = 1`.execute(db.sql);
  for (const words of orders) {
    const [one, other] = [await near(...words), await far(...words)];
    expect([words, still(other)]).toEqual([words, still(one)]);
  }
  const kept = async (of: TestDatabase) => [
    (
      await sql`select name, role, scopes, expires_at - created_at as lasts, revoked_at is null as good from access_token order by id`.execute(
        of.sql,
      )
    ).rows,
    (await sql`select name, owner, plan, by_day::text from tail_plan order by name`.execute(of.sql)).rows,
    (await sql`select what, why from audit order by id`.execute(of.sql)).rows,
  ];
  expect(await kept(twin)).toEqual(await kept(db));
});

describe('by a server', () => {
  test('nobody gives more than they may do, approves their own, or looks where their role does not', async () => {
    await using db = await anEstate();
    const owner = await bearerOf(db, 'owner', null, ['see', 'manage-access']);
    const api = await served(db);
    const narrow = there(api, owner);
    const more = await narrow('access', 'token', 'create', '--name', 'x', '--role', 'owner');
    expect([more.code, more.stderr]).toEqual([
      2,
      expect.stringContaining('Nobody gives more than they may do themselves'),
    ]);
    const desk = there(api, await bearerOf(db, 'service-desk'));
    for (const words of ['access token list', 'wave check pilot', 'notices list', 'audit head']) {
      const told = await desk(...words.split(' '));
      expect([words, told.code, told.stdout]).toEqual([words, 2, '']);
      expect(told.stderr).toContain('Your role does not let you do this');
    }
    const holder: Holder = {
      who: 'x',
      person: 'operator bob',
      roles: [{ role: 'owner', organisation: null }],
      scopes: null,
    };
    await openApprovals(db).need({ act: 'start-wave', on: 'wave pilot', meaning: null, why: 'it is Friday' }, holder);
    const own = await there(api, await bearerOf(db, 'owner'))('access', 'approve', '1', '--why', 'yes');
    expect([own.code, own.stderr]).toEqual([2, expect.stringContaining('a second person is somebody else')]);
  });

  test('how many are looked at at a time is not for whoever asks to say', async () => {
    await using db = await anEstate();
    const far = there(await served(db), await bearerOf(db, 'owner'));
    for (const words of [
      ['wave', 'check', 'pilot'],
      ['verify', '--wave', 'pilot'],
    ]) {
      const told = await far(...words, '--at-once', '3');
      expect([told.code, told.stdout, told.stderr]).toEqual([
        2,
        '',
        expect.stringContaining('--at-once does not go by a server'),
      ]);
    }
    const alone = await far('verify', 'imaps://a@x', 'imaps://b@y');
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--server goes with --wave')]);
  });

  test('heads of the audit log that were kept are held against it, many at a time, and the first that is lost is told', async () => {
    await using db = await anEstate();
    const { writeFile, mkdtemp } = await import('node:fs/promises');
    const file = `${await mkdtemp('/tmp/godwit-heads-')}/heads`;
    const far = there(await served(db), await bearerOf(db, 'auditor'));
    const head = (await far('audit', 'head')).stdout.trim();
    expect(JSON.parse(head)).toMatchObject({ godwit: 'audit-head', seq: 2 });
    await writeFile(file, `${head}\n`.repeat(120));
    expect(await far('audit', 'head', '--against', file)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('holds all 120 heads that were kept'),
    });
    const lost = head.replace(/"hash":"[0-9a-f]{8}/, '"hash":"00000000');
    await writeFile(file, `${`${head}\n`.repeat(77)}${lost}\n${head}\n`);
    const told = await far('audit', 'head', '--against', file);
    expect([told.code, told.stdout]).toEqual([3, expect.stringContaining('(line 78 of ')]);
    expect(told.stdout).toEqual((await here(db)('audit', 'head', '--against', file)).stdout);
  });
});
