/** The same verbs on the database of an estate and by the API of a server: what they write and end with is the same. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bearerOf, type Served, served } from '#api/served.test-kit.ts';
import { type MadeUp, type Played, play } from '#cli/made-up-world.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { note, seal } from '#store/audit.ts';
import { hourMs, people, standAt } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openProgramme } from './programme.ts';
import { openProgrammeThere } from './programme-there.ts';

type Say = (...words: readonly string[]) => Promise<Played>;

/** Plays command lines against a server, by a token in the environment. */
function there(api: Pick<Served, 'url'>, bearer: string, made: MadeUp = {}): Say {
  return (...words) =>
    play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config: '/nowhere/godwit.yaml',
      openProgrammeThere: async (options) => openProgrammeThere(options, '1.2.3'),
      ...made,
    });
}

/** Plays them on the database itself. */
async function here(db: TestDatabase): Promise<Say> {
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const environment = (name: string) => (name === 'DATABASE_URL' ? db.url : undefined);
  return (...words) =>
    play([...words, '--state', stateDir], {
      config: '/nowhere/godwit.yaml',
      openProgramme: (options) => openProgramme(options, environment),
    });
}

/** What there is to be told of: waves in every state, marks, faults, exceptions, a door, a worker, the brake. */
async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve', 'flo']);
  await sql`insert into organisation (code, name, parent) values ('RXZ', 'Elsewhere', null), ('RXZ-1', 'A ward', 2)`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation, size_bytes, display_name)
    values ('zoe@z.example', 'person', 2, 7000, 'Zoë Z'), ('ward@z.example', 'shared', 3, null, null)`.execute(db.sql);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at) values
      ('pilot', 'running', now()::date, now() - interval '1 hour', now() + interval '1 hour'),
      ('second', 'planned', now()::date, now() + interval '5 hours', now() + interval '7 hours')`.execute(db.sql);
  for (const [mailbox, stage] of [
    [1, 'following'],
    [2, 'switching'],
    [3, 'settled'],
    [4, 'copying'],
  ] as const)
    await standAt(db.sql, mailbox, stage, 1);
  await standAt(db.sql, 7, 'planned', 2);
  for (const mailbox of [1, 2]) await note(db.sql, { who: 'operator bob', what: 'hold', mailbox, why: 'on call' });
  await seal(db);
  await sql`update mailbox set excluded = 'asked to wait' where id = 5`.execute(db.sql);
  await sql`
    insert into certificate (id, mailbox, made_at, grade, leaf, text)
    values (gen_random_uuid(), 3, now(), 'good', decode(repeat('00', 32), 'hex'), '')`.execute(db.sql);
  const grade = { grade: 'good', because: ['1 mailboxes are good'] };
  const certificate = { madeAt: '2026-12-01T10:00:00.000Z', mailboxes: 1, grade, root: 'aa' };
  await sql`
    insert into wave_certificate (id, seq, wave, made_at, hash, text)
    values (gen_random_uuid(), 1, 1, now(), 'x', ${JSON.stringify({ certificate })})`.execute(db.sql);
  return db;
}

/** Words that differ from one moment to the next. */
function still({ code, stdout, stderr }: Played) {
  return {
    code,
    stderr,
    stdout: stdout.replaceAll(/"(silentMs|lostForMs|forMs|lagMs)": \d+/g, '"$1": 0'),
  };
}

const looks: readonly (readonly string[])[] = [
  ['status'],
  ['status', '-o', 'json'],
  ['get', 'mailboxes'],
  ['get', 'mailboxes', '-o', 'json'],
  ['get', 'mailboxes', '-o', 'csv', '--select', 'organisation=RXY stage=following,settled'],
  ['get', 'mailboxes', '--limit', '2'],
  ['get', 'mailboxes', '--limit', '2', '--after', 'bob@x.example', '-o', 'json'],
  ['get', 'mailboxes', '--select', 'organisation=RXA'],
  ['get', 'mailboxes', '--select', 'under=RXYZ,RXZ'],
  ['get', 'mailboxes', '--select', 'wave=pilt'],
  ['get', 'mailboxes', '--select', 'stage=flying'],
  ['get', 'organisations'],
  ['get', 'organisations', '-o', 'json', '--limit', '1'],
  ['get', 'waves'],
  ['get', 'waves', '-o', 'json'],
  ['get', 'workers'],
  ['describe', 'mailbox', 'ann@x.example'],
  ['describe', 'mailbox', 'ann@x.example', '-o', 'json'],
  ['describe', 'mailbox', 'eve@x.example', '-o', 'json'],
  ['describe', 'mailbox', 'cat@x.example'],
  ['describe', 'mailbox', 'ZOE@z.example'],
  ['describe', 'mailbox', 'anm@x.example'],
  ['describe', 'wave', 'pilot'],
  ['describe', 'wave', 'pilot', '-o', 'json'],
  ['describe', 'wave', 'pilt'],
  ['wave', 'list'],
  ['wave', 'list', '-o', 'json'],
  ['report', 'wave', 'pilot'],
  ['report', 'wave', 'pilot', '-o', 'json'],
  ['report', 'wave', 'pilot', '-o', 'csv'],
  ['report', 'wave', 'pilot', '-o', 'csv', '--exceptions'],
  ['report', 'wave', 'second', '-o', 'json'],
  ['report', 'wave', 'pilt'],
  ['forecast', '--history'],
  ['forecast', '--wave', 'nobody'],
  ['coexist', 'doors'],
  ['coexist', 'forget', 'x', '--why', 'gone'],
  ['worker', 'drain', 'x'],
  ['audit', 'verify'],
  ['audit', 'list', '-o', 'json'],
  ['audit', 'list', '--what', 'hold', '--limit', '1'],
  ['mailbox', 'hold'],
];

const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const windowIn = (hours: number) =>
  `${minute(Date.now() + hours * hourMs)}/${minute(Date.now() + (hours + 2) * hourMs)}`;

/** One after the other, on an estate of its own each. */
const orders: readonly (readonly string[])[] = [
  ['wave', 'create', 'third', '--window', windowIn(48), '--select', 'organisation=RXY'],
  ['wave', 'create', 'third', '--window', windowIn(48)],
  ['wave', 'create', 'fourth', '--window', windowIn(48), '--select', 'organisation=RXA'],
  ['wave', 'create', 'fourth', '--window', windowIn(48), '--select', 'address=nobody@x.example'],
  ['wave', 'create', 'late', '--window', windowIn(-48)],
  ['wave', 'start', 'second', '--why', 'it is time'],
  ['wave', 'start', 'second', '--why', 'it is time', '-o', 'json'],
  ['wave', 'start', 'secnd', '--why', 'it is time'],
  ['wave', 'pause', 'pilot'],
  ['wave', 'resume', 'pilot', '--why', 'on'],
  ['wave', 'reschedule', 'third', '--window', windowIn(72)],
  ['wave', 'move', 'third', '--window', windowIn(-72)],
  ['wave', 'cancel', 'third'],
  ['wave', 'cancel', 'third'],
  ['wave', 'release', 'pilot', '--why', 'all is well'],
  ['wave', 'go-back', 'pilot', '--why', 'nothing is well', '-o', 'json'],
  ['wave', 'go-back', 'pilt', '--why', 'nothing is well'],
  ['wave', 'accept-ways-in', 'second', '--why', 'we know'],
  ['wave', 'accept-ways-in', 'sekond', '--why', 'we know'],
  ['mailbox', 'hold', 'ann@x.example', 'bob@x.example', '--why', 'on call'],
  ['mailbox', 'hold', 'bob@x.example'],
  ['mailbox', 'hold', 'ann@x.example', 'nobody@x.example', 'nor@x.example'],
  ['mailbox', 'defer', 'ann@x.example', 'bob@x.example', '--until', '2999-01-01', '--why', 'on call', '-o', 'json'],
  ['mailbox', 'defer', 'nobody@x.example', '--until', '2999-01-01', '--why', 'on call'],
  ['mailbox', 'ask', '--select', 'organisation=RXY', '--not-before', '2999-01-01', '--why', 'leave'],
  ['mailbox', 'ask', 'nobody@x.example', '--not-before', '2999-01-01', '--not-after', '2999-01-02', '--why', 'leave'],
  ['mailbox', 'answer', 'flo@x.example', '--decline', '--why', 'no'],
  ['mailbox', 'answer', 'flo@x.example', '--decline', '--why', 'no'],
  ['mailbox', 'ask', 'flo@x.example', '--withdraw', '--why', 'back early'],
  ['mailbox', 'ask', '--select', 'organisation=RXY', '--withdraw', '--why', 'back early', '-o', 'json'],
  ['mailbox', 'ask', 'nobody@x.example', '--withdraw', '--why', 'back early'],
  ['mailbox', 'answer', 'nobody@x.example', '--decline', '--why', 'no'],
  ['mailbox', 'release', '--select', 'organisation=RXY mark=held,excluded', '-o', 'json'],
  ['mailbox', 'release', '--select', 'organisation=RXA'],
  ['mailbox', 'retry', 'dan@x.example'],
  ['mailbox', 'exclude', 'flo@x.example', '--why', 'left'],
  ['mailbox', 'same-account', 'flo@x.example'],
  ['mailbox', 'accept', 'ann@x.example', '--all', '--why', 'old'],
  ['mailbox', 'accept', 'nobody@x.example', '--all', '--why', 'old'],
  ['brake', 'on', '--why', 'smoke'],
  ['brake', 'off', '--why', 'no fire'],
  ['brake', 'off', '--why', 'no fire'],
];

test('every look tells the same by a server as on the database, to the letter', async () => {
  await using db = await anEstate();
  const api = await served(db);
  const [near, far] = [await here(db), there(api, await bearerOf(db, 'owner'))];
  for (const words of looks) {
    const [one, other] = [await near(...words), await far(...words)];
    expect([words, still(other)]).toEqual([words, still(one)]);
  }
});

test('every order does and tells the same by a server as on the database', async () => {
  await using db = await anEstate();
  await using twin = await anEstate();
  const [near, far] = [await here(db), there(await served(twin), await bearerOf(twin, 'owner'))];
  for (const words of orders) {
    const [one, other] = [await near(...words), await far(...words)];
    expect([words, still(other)]).toEqual([words, still(one)]);
  }
  const stand = (of: TestDatabase) =>
    sql`select address, stage, mark, wave, held, held_until, excluded, d.state, d.not_before, d.not_after, d.answer
          from mailbox left join date_wish d on d.mailbox = mailbox.id order by mailbox.id`
      .execute(of.sql)
      .then(({ rows }) => rows);
  expect(await stand(twin)).toEqual(await stand(db));
});

test('a local administrator is told of their own, and of nothing else', async () => {
  await using db = await anEstate();
  const far = there(await served(db), await bearerOf(db, 'local-administrator', 'RXZ'));
  expect(JSON.parse((await far('get', 'mailboxes', '-o', 'json')).stdout)).toMatchObject({
    mailboxes: [{ address: 'ward@z.example' }, { address: 'zoe@z.example' }],
    total: 2,
  });
  for (const words of [
    ['status'],
    ['get', 'waves'],
    ['get', 'organisations', '-o', 'csv'],
    ['describe', 'mailbox', 'ann@x.example'],
    ['describe', 'wave', 'pilot'],
    ['report', 'wave', 'pilot'],
    ['get', 'mailboxes', '--select', 'organisation=RXY'],
    ['mailbox', 'hold', 'ann@x.example'],
  ]) {
    const told = await far(...words);
    expect([words, told.stdout]).toEqual([words, expect.not.stringMatching(/RXY|pilot|@x\.example/)]);
  }
  expect((await far('describe', 'mailbox', 'ann@x.example')).stderr).toBe(
    'godwit: There is no mailbox ann@x.example in this estate; did you mean zoe@z.example?\n',
  );
  expect(await far('brake', 'on', '--why', 'smoke')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Your role does not let you do this (brake-on).'),
  });
  expect(await far('mailbox', 'hold', 'zoe@z.example')).toMatchObject({ code: 0, stdout: 'zoe@z.example: hold.\n' });
});

describe('a token', () => {
  test('is read from where --token or GODWIT_TOKEN says, with or without the header that curl wants, and is never typed', async () => {
    await using db = await anEstate();
    const api = await served(db);
    const bearer = await bearerOf(db, 'auditor');
    const file = join(await mkdtemp(join(tmpdir(), 'godwit-token-')), 'token');
    await writeFile(file, `Authorization: Bearer ${bearer}\n`, { mode: 0o600 });
    const open = {
      openProgrammeThere: async (options: Parameters<typeof openProgrammeThere>[0]) => openProgrammeThere(options, '1'),
    };
    expect((await play(['status', '--server', api.url, '--token', `file:${file}`], open)).code).toBe(0);
    expect((await play(['status'], { ...open, server: api.url, token: `file:${file}` })).code).toBe(0);
    const typed = await play(['status', '--server', api.url, '--token', bearer], open);
    expect([typed.code, typed.stderr]).toEqual([2, expect.stringContaining('--token takes env:NAME or file:PATH')]);
    expect(typed.stderr).not.toContain(bearer);
    const none = await play(['status', '--server', api.url], open);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--token env:NAME or file:PATH')]);
    const alone = await play(['status', '--token', `file:${file}`], open);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--server')]);
  });

  test('that is not good, or none, is told as the server tells it', async () => {
    await using db = await anEstate();
    const far = there(await served(db), 'gwt_nothing');
    const told = await far('status');
    expect([told.code, told.stdout]).toEqual([4, '']);
    expect(told.stderr).toBe(
      [
        'godwit: What was sent to prove who is asking is unknown.',
        '  How far:    this whole run.',
        '  When again: when someone has put it right.',
        '  What to do: Ask whoever gave it out for another; whoever signed in signs in again.',
        '  (api.bearer.refused)',
        '',
      ].join('\n'),
    );
  });
});

describe('a server', () => {
  test.each([
    ['http://godwit.corp.example', 'in clear text'],
    ['https://ann:secret@godwit.corp.example', 'said by a token'],
    ['ftp://x', 'is written as'],
    ['unix:api', 'from the root on'],
  ])('%s is refused before anything is sent', async (server, why) => {
    const told = await play(['status', '--server', server, '--token', 'env:T'], { environment: { T: 'x' } });
    expect([told.code, told.stderr]).toEqual([2, expect.stringContaining(why)]);
    expect(told.stderr).not.toContain('secret@');
  });

  test('that is not there is said to be so', async () => {
    const told = await there({ url: 'http://127.0.0.1:9' }, 'x')('status');
    expect([told.code, told.stderr]).toEqual([
      4,
      expect.stringMatching(
        /^godwit: http:\/\/127\.0\.0\.1:9 cannot be asked: nobody answers there\.\n[^]*\(api\.server\.unreachable\)\n$/,
      ),
    ]);
  });

  test.each([
    ['sends elsewhere', 302, { location: 'http://127.0.0.1:1/' }, '', 'status 302'],
    ['shows a page', 200, { 'content-type': 'text/html' }, '<p>Sign in</p>', 'text/html where application/json'],
    [
      'answers something else',
      200,
      { 'content-type': 'application/json' },
      '{"standings": 1}',
      'does not answer as Godwit',
    ],
    ['fails without a word', 502, { 'content-type': 'text/html' }, 'Bad gateway', 'text/html where'],
    ['sends no JSON', 200, { 'content-type': 'application/json' }, '{', 'it is no JSON'],
  ])('that %s is not taken for one of ours', async (_, status, headers, body, why) => {
    const api = await pretended((_asked, answer) => answer.writeHead(status, headers).end(body));
    const told = await there(api, 'x')('status');
    expect([told.code, told.stderr]).toEqual([4, expect.stringContaining(why)]);
  });

  test('is asked again under the same key when a connection breaks, so that an order is obeyed once', async () => {
    const keys: (string | undefined)[] = [];
    const api = await pretended((asked, answer) => {
      if (asked.method === 'POST') keys.push(asked.headers['idempotency-key'] as string | undefined);
      if (keys.length === 1) return void asked.socket.destroy();
      const problem = {
        type: '/faults/api.refused',
        title: 'x',
        status: 409,
        detail: 'It is\u001b[31m so.',
        code: 'api.refused',
        reach: 'estate',
        retry: 'operator',
        remedy: 'x',
        'request-id': 'x',
      };
      answer.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const told = await there(api, 'x')('mailbox', 'hold', 'ann@x.example');
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{36}$/), keys[0]]);
    // Words of others do not move the cursor.
    expect([told.code, told.stderr]).toEqual([
      2,
      expect.stringMatching(/^godwit: It is \[31m so\.\n[^]*\(api\.refused\)\n$/),
    ]);
  });

  test('whose report breaks off is not taken for whole', async () => {
    await using db = await anEstate();
    const real = await served(db);
    const bearer = await bearerOf(db, 'owner');
    const told = async (asked: IncomingMessage, answer: ServerResponse) => {
      const response = await fetch(`${real.url}${asked.url}`, { headers: { authorization: `Bearer ${bearer}` } });
      const text = await response.text();
      answer.writeHead(200, { 'content-type': response.headers.get('content-type') ?? '' });
      answer.end(asked.url?.endsWith('/report') === true ? text.slice(0, text.indexOf('\n') + 1) : text);
    };
    const api = await pretended((asked, answer) => void told(asked, answer));
    const report = await there(api, 'x')('report', 'wave', 'pilot');
    expect([report.code, report.stderr]).toEqual([4, expect.stringContaining('broke off')]);
  });
});

test.each(['db info', 'serve', 'worker', 'coexist'])(
  'godwit %s says that it does not go by a server',
  async (words) => {
    const side = { user: 'mail' };
    const readEstate = async () => ({ source: side, target: side }) as unknown as EstateSettings;
    const server = 'http://127.0.0.1:9';
    for (const told of [
      await play([...words.split(' '), '--server', server, '--token', 'env:T']),
      await play(words.split(' '), { server, token: 'env:T', readEstate, config: 'package.json' }),
    ])
      expect([told.code, told.stderr]).toEqual([
        2,
        expect.stringMatching(/^godwit: This works on the machine of the estate/),
      ]);
  },
);

type Handler = Parameters<typeof createServer>[1];

async function pretended(handle: NonNullable<Handler>): Promise<Pick<Served, 'url'>> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
