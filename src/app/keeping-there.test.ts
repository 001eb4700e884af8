/** `secret`, `notices preview` and `send`, and `doctor estate`, on the estate itself and by the API of a server. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DeskParts } from '#app/api.ts';
import { bearerOf, deskFor, type Served, served } from '#api/served.test-kit.ts';
import { type MadeUp, type Played, play } from '#cli/made-up-world.ts';
import { mailSink, type MailSink } from '#connectors/smtp/mail-sink.test-kit.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { noticeMoments } from '#domain/notice-kinds.ts';
import { type SealingKey, sealingKey } from '#domain/sealed.ts';
import { silent } from '#lib/log.ts';
import type { Keyring } from '#ports/key-service.ts';
import { opening } from '#operations/seal-secrets.ts';
import { people, standAt } from '#store/estate.test-kit.ts';
import { waveIn } from '#store/notices.test-kit.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openDesksThere } from './desks-there.ts';
import { ringOf } from './keyring.test-kit.ts';
import { noticeDeskOn } from './notices.ts';

type Say = (words: readonly string[], made?: MadeUp) => Promise<Played>;

function there(api: Pick<Served, 'url'>, bearer: string): Say {
  return (words, made = {}) =>
    play([...words, '--server', api.url, '--token', 'env:TOKEN'], {
      environment: { TOKEN: bearer },
      config: '/nowhere/godwit.yaml',
      openDesksThere: async (options) => openDesksThere(options, '1.2.3'),
      ...made,
    });
}

const [key, next] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];

function secretsHere(db: TestDatabase, keys: Keyring): Say {
  return (words, made = {}) =>
    play(words, {
      keys: [{ kind: 'env', name: 'KEY' }],
      readEstate: async () => ({}) as EstateSettings,
      openSecrets: async () => ({
        kept: sealedSecrets(db),
        keys,
        random: randomBytes,
        who: 'operator ann',
        [Symbol.asyncDispose]: async () => {},
      }),
      ...made,
    });
}

async function secretsThere(db: TestDatabase, parts: Partial<DeskParts>): Promise<Say> {
  return there(await served(db, { desk: deskFor(db, parts) }), await bearerOf(db, 'operator'));
}

/** What differs from one estate to the other: who it was and when, and whatever is made of chance. */
function still({ code, stdout, stderr }: Played) {
  return {
    code,
    stderr,
    stdout: stdout
      .replaceAll(/operator ann|token \d+ \([^)]*\)/g, 'WHO')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\.\d+)?Z/g, 'WHEN')
      .replaceAll(/\b[0-9a-f]{16,64}\b/g, 'DIGEST')
      .replaceAll(/link \d+|record \d+|"(seq|record)": \d+/g, 'PLACE'),
  };
}

async function openedWith(db: TestDatabase, name: string, by: SealingKey): Promise<string> {
  const kept = sealedSecrets(db);
  const found = await kept.find(name);
  if (!found) return 'gone';
  const opened = await opening({ keys: ringOf(by), estate: await kept.estate() }, found);
  return opened instanceof Error ? opened.code : opened.toString();
}

const canary = 'correct-horse-battery';

describe('godwit secret', () => {
  const orders: readonly (readonly [words: readonly string[], made?: MadeUp])[] = [
    [['secret', 'list']],
    [['secret', 'set', 'Source/Ann@x.example'], { input: `${canary}\n` }],
    [['secret', 'set', 'source/bob@x.example'], { input: canary }],
    [['secret', 'set', 'target-admin'], { input: canary }],
    [['secret', 'set', 'a b'], { input: canary }],
    [['secret', 'list']],
    [['secret', 'list', 'source/', '-o', 'json']],
    [['secret', 'remove', 'source/bob@x.example']],
    [['secret', 'remove', 'source/bob@x.example']],
    [['secret', 'rotate']],
    [['secret', 'rotate', '-o', 'json']],
    [['secret', 'erase', 'source/']],
    [['secret', 'erase', 'source/', '--yes']],
    [['secret', 'erase', 'source/', '--yes', '--why', 'it is over']],
    [['secret', 'erase', '--all', '--own', '-o', 'json']],
    [['secret', 'erase', '--all', '--under-way', '--yes', '--why', 'it is over', '-o', 'json']],
    [['secret', 'erase', '--all', '--yes', '--why', 'again']],
    [['secret', 'list']],
  ];

  test('seals, lists, rotates and erases by a server as on the database, and no secret ever comes back', async () => {
    const prepared = async () => {
      const db = await testDatabase();
      await people(db.sql, ['ann']);
      await standAt(db.sql, 1, 'following', (await waveIn(db, 'w', 48)).id);
      return db;
    };
    await using db = await prepared();
    await using twin = await prepared();
    const keys = ringOf(key, next);
    const [near, far] = [secretsHere(db, keys), await secretsThere(twin, { keys })];
    for (const [words, made] of orders) {
      const [one, other] = [await near(words, made), await far(words, made)];
      expect([words, still(other)]).toEqual([words, still(one)]);
      expect(other.stdout + other.stderr).not.toContain(canary);
    }
    const recorded = (of: TestDatabase) =>
      sql`select what, why from audit where what like 'secret%' order by id`.execute(of.sql).then(({ rows }) => rows);
    expect(await recorded(twin)).toEqual(await recorded(db));
  });

  test('rotate goes on, a part at a time, until everything is under the first key of the server', async () => {
    await using db = await testDatabase();
    const before = await secretsThere(db, { keys: ringOf(key) });
    for (const name of ['a', 'b', 'c']) await before(['secret', 'set', name], { input: canary });
    const after = await secretsThere(db, { keys: ringOf(next, key), orderMaxMs: 0 });
    const rotated = await after(['secret', 'rotate', '-o', 'json']);
    expect([rotated.code, JSON.parse(rotated.stdout)]).toEqual([
      0,
      { changed: 3, left: [], leftCount: 0, key: await ringOf(next).current.keyId() },
    ]);
    expect(await openedWith(db, 'b', next)).toBe(canary);
    // What no key of the server opens is told by its name.
    const lost = await secretsThere(db, { keys: ringOf(key), orderMaxMs: 0 });
    const told = await lost(['secret', 'rotate']);
    expect([told.code, told.stdout]).toEqual([3, expect.stringContaining('3 secrets left as before')]);
  });

  test('erase asks a server for a reason, and is refused while mailboxes are on their way', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    await standAt(db.sql, 1, 'following', (await waveIn(db, 'w', 48)).id);
    const far = await secretsThere(db, { keys: ringOf(key) });
    await far(['secret', 'set', 'source/ann'], { input: canary });
    const told = await far(['secret', 'erase', 'source/', '--yes', '--why', 'over']);
    expect([told.code, told.stderr]).toEqual([2, expect.stringContaining('Nothing was erased')]);
    expect(await openedWith(db, 'source/ann', key)).toBe(canary);
    const planner = there(await served(db), await bearerOf(db, 'planner'));
    expect(await planner(['secret', 'erase', 'source/', '--yes', '--why', 'x', '--under-way'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(manage-secrets)'),
    });
  });

  test('that wants a key says so where the server has none', async () => {
    await using db = await testDatabase();
    const far = await secretsThere(db, {});
    for (const words of [
      ['secret', 'rotate'],
      ['secret', 'set', 'a'],
    ]) {
      const told = await far(words, { input: canary });
      expect([told.code, told.stderr]).toEqual([expect.any(Number), expect.stringContaining('(secret.key.missing)')]);
      expect(told.stderr).not.toContain(canary);
    }
  });
});

/** Two people in a wave that moves in a week, and settings of messages that lead to `sink`. */
async function tellingAt(sink: MailSink, names: readonly string[]) {
  const db = await testDatabase();
  onTestFinished(() => db[Symbol.asyncDispose]());
  await people(db.sql, [...names, 'zoe']);
  const { id } = await waveIn(db, 'w', 7 * 24);
  for (const [i] of names.entries()) await standAt(db.sql, i + 1, 'following', id);
  const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
  const quietFrom = (minute + 600) % 1_440;
  const settings = {
    timezone: 'UTC',
    endpoints: null,
    file: 'godwit.yaml',
    notices: {
      smtp: sink.server,
      from: { name: 'The move', address: 'move@x.example' },
      replyTo: null,
      templates: null,
      language: 'en',
      perMinute: 60_000,
      quiet: { from: quietFrom, until: (quietFrom + 120) % 1_440 },
      at: '00:00',
      moments: noticeMoments,
      shared: false,
    },
  } satisfies Parameters<typeof noticeDeskOn>[0]['settings'];
  const desk = noticeDeskOn({ db, settings, keys: null, environment: () => undefined, log: silent });
  const near: Say = (words) =>
    play(words, {
      readEstate: async () => settings as unknown as EstateSettings,
      openNotices: async () => ({ ...desk, [Symbol.asyncDispose]: async () => {} }),
    });
  const far = async (parts: Partial<DeskParts> = {}) =>
    there(await served(db, { desk: deskFor(db, { notices: desk, ...parts }) }), await bearerOf(db, 'planner'));
  return { db, near, far };
}

describe('godwit notices', () => {
  test('previews and counts what is due by a server as on the machine, from the templates that are there', async () => {
    await using sink = await mailSink();
    const { near, far } = await tellingAt(sink, ['ann', 'bob']);
    const say = await far();
    for (const words of [
      ['preview', 'ann@x.example'],
      ['preview', 'ann@x.example', '--moment', 'T+1', '--language', 'de', '-o', 'json'],
      ['preview', 'nobody@x.example'],
      ['preview', 'zoe@x.example'],
      ['preview', 'ann@x.example', '--language', 'no_such'],
      ['send', '--dry-run'],
      ['send', '--dry-run', '--wave', 'w', '--moment', 'T-14', '-o', 'json'],
      ['send', '--dry-run', '--wave', 'nothing'],
    ]) {
      const [one, other] = [await near(['notices', ...words]), await say(['notices', ...words])];
      // Two of them are not made in the same moment, and each has an id of its own.
      const same = ({ code, stdout, stderr }: Played) => [
        code,
        stderr,
        stdout.replaceAll(/"(date|messageId|octets)": .*/g, ''),
      ];
      expect([words, ...same(other)]).toEqual([words, ...same(one)]);
    }
    expect((await say(['notices', 'preview', 'ann@x.example', '--raw'])).stdout).toContain('Subject: ');
  });

  test('sends what is due once, however many times the server is asked until all is sent', async () => {
    await using sink = await mailSink();
    const names = ['ann', 'bob', 'cat', 'dan', 'eve'];
    const { far } = await tellingAt(sink, names);
    const say = await far({ orderMaxMs: 0 });
    expect(await say(['notices', 'send'])).toMatchObject({ code: 0, stdout: '5 messages sent.\n' });
    expect(await say(['notices', 'send'])).toMatchObject({ code: 0, stdout: 'Nothing is due at this moment.\n' });
    expect(sink.taken.flatMap(({ to }) => to).toSorted()).toEqual(names.map((name) => `${name}@x.example`));
  });

  test('says what the mail server said where it takes nothing, as on the machine', async () => {
    const sink = await mailSink();
    await sink[Symbol.asyncDispose]();
    const { near, far } = await tellingAt(sink, ['ann']);
    const [one, other] = [await near(['notices', 'send']), await (await far())(['notices', 'send'])];
    expect(other).toMatchObject({ code: one.code, stdout: one.stdout, stderr: one.stderr });
    expect(one.stdout + one.stderr).toContain('(notice.server.');
  });
});

test('godwit doctor estate tells by a server what is found from there, and who may not see that is refused', async () => {
  await using db = await testDatabase();
  const findings: readonly Diagnosis[] = [
    {
      check: 'work',
      about: '',
      reach: 'estate',
      state: 'wrong',
      says: 'nobody is\u001b[2J at work',
      remedy: 'godwit serve',
    },
    {
      check: 'secrets',
      about: '/etc/key',
      reach: 'machine',
      state: 'look',
      says: 'others read it',
      remedy: 'chmod 600',
    },
    { check: 'settings', about: 'godwit.yaml', reach: 'estate', state: 'ok', says: 'can be read', remedy: null },
  ];
  const api = await served(db, { desk: deskFor(db, { examine: async () => findings }) });
  const near: Say = (words) =>
    play(words, { readEstate: async () => ({}) as EstateSettings, doctorEstate: async () => findings });
  const far = there(api, await bearerOf(db, 'auditor'));
  for (const words of [
    ['doctor', 'estate'],
    ['doctor', 'estate', '-q'],
    ['doctor', 'estate', '-o', 'json'],
  ])
    expect(await far(words)).toMatchObject({ ...(await near(words)), emergency: expect.any(Function) });
  const desk = there(api, await bearerOf(db, 'service-desk'));
  expect(await desk(['doctor', 'estate'])).toMatchObject({ code: 2, stderr: expect.stringContaining('(see-works)') });
});
