import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DatabaseInfo } from '#domain/database-state.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { RestoredQuestion, RestoredReport } from '#domain/restored.ts';
import type { DatabaseOptions } from './world.ts';

const state: DatabaseInfo = {
  name: 'postgresql://db.example:5432/godwit',
  isEmbedded: false,
  isInTheClear: true,
  version: '17.2',
  bytes: 12_345_678,
  migrations: [
    { name: '0001-estate', state: 'ran', ranAt: new Date('2026-11-21T10:11:12Z'), checksum: 'ab'.repeat(32) },
    { name: '0002-ledger', state: 'missing', ranAt: null, checksum: 'cd'.repeat(32) },
  ],
  queue: { here: 41, wanted: 43 },
  tables: [
    { name: 'mailbox', rows: 2_100_000, bytes: 512_000_000 },
    { name: 'audit', rows: null, bytes: 16_384 },
  ],
};

const restored: RestoredReport = {
  noticed: 'its audit log ends before link 9, which was there',
  audit: { kept: 9, here: 4 },
  knowsUntil: new Date('2026-11-21T02:00:00Z'),
  witnesses: [
    { path: '/state/routes/a', revision: 41, why: null },
    { path: '/state/routes/b', revision: null, why: 'it is no file of routes' },
  ],
  doubted: [
    { address: 'ann@x', stage: 'following', here: 'source', seen: 'target', becomes: 'settled', why: null },
    { address: 'b\u001b[31mob@x', stage: 'switching', here: 'source', seen: null, becomes: 'switching', why: null },
  ],
  ended: { tokens: 2, sessions: 1 },
  isDone: false,
};

function database(
  opened: DatabaseOptions[] = [],
  steps = [{ name: '0002-ledger', sql: 'create table x ();' }],
  asked: RestoredQuestion[] = [],
): MadeUp {
  return {
    config: '/nowhere/godwit.yaml',
    openDatabase: async (options) => {
      opened.push(options);
      return {
        info: async () => state,
        plan: async () => steps,
        migrate: async () => steps.map(({ name }) => name),
        restored: async (question) => {
          asked.push(question);
          return { ...restored, isDone: question.why !== null };
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

test('db info tells on one screen where the database is, what has been run in it, and how large it is', async () => {
  const { code, stdout } = await play(['db', 'info'], database());
  expect(code).toBe(0);
  expect(stdout).toBe(`database    postgresql://db.example:5432/godwit
protection  none: what is said to it can be read along on the way
PostgreSQL  17.2
size        12.3 MB
queue       version 41; this Godwit wants 43

Migrations
  0001-estate  run 2026-11-21T10:11Z  sha256 abababababababab
  0002-ledger  not run yet            sha256 cdcdcdcdcdcdcdcd

Tables
  mailbox   512 MB  about 2,100,000 rows
  audit    16.4 kB
`);
  const json = await play(['db', 'info', '-o', 'json'], database());
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(state)));
});

test('db plan prints the SQL, and nothing but SQL', async () => {
  const { stdout } = await play(['db', 'plan'], database());
  expect(stdout).toBe('-- 0002-ledger\ncreate table x ();\n\n');
  const none = await play(['db', 'plan'], database([], []));
  expect(none.stdout).toBe('-- Nothing to run: everything of this version is there.\n');
});

test('db migrate says what it ran', async () => {
  expect((await play(['db', 'migrate'], database())).stdout).toBe('Ran 0002-ledger.\n');
  expect((await play(['db', 'migrate', '-q'], database())).stdout).toBe('');
  expect(JSON.parse((await play(['db', 'migrate', '-o', 'json'], database([], []))).stdout)).toEqual({ ran: [] });
});

test('it is the database that godwit.yaml names, where there is one', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-db-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const [config, opened] = [join(folder, 'godwit.yaml'), [] as DatabaseOptions[]];
  const named = { kind: 'env', name: 'URL' } as const;
  const made = { ...database(opened), config, readEstate: async () => ({ database: named }) as EstateSettings };
  await play(['db', 'info', '--state', '/elsewhere'], made);
  fs.writeFileSync(config, '');
  await play(['db', 'info'], made);
  expect(opened).toMatchObject([
    { database: 'embedded', stateDir: '/elsewhere' },
    { database: named, stateDir: '/nowhere/state' },
  ]);
});

test('a database that is away is told with what to do, and is worth another try', async () => {
  const { code, stderr } = await play(['db', 'info'], {
    ...database(),
    openDatabase: () =>
      Promise.reject(fault('database.away', { name: 'postgresql://db.example/godwit', text: 'connect ECONNREFUSED' })),
  });
  expect(code).toBe(5);
  expect(stderr).toContain('godwit: The database postgresql://db.example/godwit does not answer: connect ECONNREFUSED');
  expect(stderr).toContain('What to do: Check that PostgreSQL runs');
});

test('after a restore it is told whom it concerns, and nothing is changed without --yes and a reason', async () => {
  const asked: RestoredQuestion[] = [];
  const made = database([], [], asked);
  const { code, stdout } = await play(['db', 'restored', '--routes', '/other/routes/c'], made);
  expect(code).toBe(3);
  expect(asked).toMatchObject([{ routes: ['/other/routes/c'], why: null }]);
  expect(stdout).toContain('ends with link 4; link 9 was there');
  expect(stdout).toContain('/state/routes/a: knows the routes up to change 41');
  expect(stdout).toContain('/state/routes/b: it is no file of routes');
  expect(stdout).toMatch(/To be held: 1 mailbox that changed .*\n +ann@x +on the target +following, now settled/);
  expect(stdout).toContain('To be ended: 2 tokens and 1 session.');
  expect(stdout).toContain('Nothing was changed.');
  expect(stdout).not.toContain('\u001b');
  expect(await play(['db', 'restored', '--yes', '--why', ' '], made)).toMatchObject({ code: 2 });
  expect(asked).toHaveLength(1);
  const done = await play(['db', 'restored', '--yes', '--why', 'the disk'], made);
  expect(done.stdout).toContain('Held: 1 mailbox that changed sides');
  expect(done.stdout).toContain('the brake is on');
  expect(asked[1]).toMatchObject({ routes: [], why: 'the disk' });
});
