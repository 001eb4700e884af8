import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Holder } from '#domain/rights.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openTokens } from '#store/access-tokens.ts';
import { openApprovals } from '#store/approvals.ts';
import { openBearers } from '#store/bearers.ts';
import type { Database } from '#store/db.ts';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { play, type Played } from './made-up-world.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-access-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const owner: Holder = {
  who: 'operator max',
  person: 'operator max',
  roles: [{ role: 'owner', organisation: null }],
  scopes: null,
};

/** `godwit access …` by operator max. */
function played(db: Database, ...argv: readonly string[]): Promise<Played> {
  return play(['access', ...argv], {
    config: join(folder, 'none.yaml'),
    readEstate: async () => ({ database: 'embedded' }) as never,
    openAccess: async () => ({
      holder: owner,
      tokens: openTokens(db),
      sessions: openSessions(db),
      approvals: openApprovals(db),
      [Symbol.asyncDispose]: async () => {},
    }),
  });
}

const create = ['token', 'create', '--name', 'nightly report', '--role', 'operator'] as const;

describe('godwit access token', () => {
  test('shows a token once, with what it is good for, and it lets its holder in', async () => {
    await using db = await testDatabase();
    const { code, stdout } = await played(db, ...create);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Token 1 \(nightly report\): operator of the whole estate, until \d{4}-\d\d-\d\d \d\d:\d\dZ\.\n/,
    );
    const [, bearer = ''] = stdout.split('\n');
    expect(await openBearers(db).holderOf(bearer)).toMatchObject({
      kind: 'holder',
      holder: { person: 'operator max' },
    });
    const { stdout: listed } = await played(db, 'token', 'list');
    expect(listed).toContain('nightly report');
    expect(listed).toContain('operator of the whole estate');
    expect(listed).not.toContain(bearer.slice(-43));
  });

  test('shows nothing but the token with --quiet, for a program to take', async () => {
    await using db = await testDatabase();
    const { stdout } = await played(db, ...create, '--quiet');
    expect(stdout).toMatch(/^godwit_1_[\w-]{43}\n$/);
  });

  test('writes it to a file of its own instead, for nobody else to read, and over nothing', async () => {
    await using db = await testDatabase();
    const file = join(folder, 'token');
    const { code, stdout, stderr } = await played(db, ...create, '--out', file);
    expect(code).toBe(0);
    const bearer = (await readFile(file, 'utf8')).trim();
    expect(stdout + stderr).not.toContain(bearer.slice(-43));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await openBearers(db).holderOf(bearer)).toMatchObject({ kind: 'holder' });
    await writeFile(join(folder, 'precious'), 'x');
    const again = await played(db, ...create, '--out', join(folder, 'precious'));
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already; nothing was made');
    expect((await played(db, ...create, '--out', join(folder, 'no', 'where'))).code).toBe(2);
    expect(await openTokens(db).list({ ended: true })).toHaveLength(1);
  });

  test('is made for an organisation and for some acts, which the list shows', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const local = ['token', 'create', '--name', 'ward', '--role', 'local-administrator', '--organisation'] as const;
    const slip = await played(db, ...local, 'RXZ');
    expect(slip.code).toBe(2);
    expect(slip.stderr).toContain('There is no organisation RXZ in this estate; did you mean RXY?');
    expect(
      (await played(db, ...local, 'RXY', '--scope', 'see', '--scope', 'hold-mailbox', '--expires', '12h')).code,
    ).toBe(0);
    expect((await played(db, 'token', 'list')).stdout).toContain('local-administrator of RXY: see, hold-mailbox');
    const [token] = await openTokens(db).list({ ended: false });
    expect((token?.expiresAt.getTime() ?? 0) - (token?.createdAt.getTime() ?? 0)).toBe(12 * 3_600_000);
  });

  test('tells all that is wrong with one at once, and makes none', async () => {
    await using db = await testDatabase();
    const { code, stderr } = await played(
      db,
      'token',
      'create',
      '--name',
      ' \u001b[2J',
      '--role',
      'local-administrator',
      '--expires',
      '10y',
      '--scope',
      'seee',
      '--scope',
      'start-wave',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--name: say in 1 to 100 characters');
    expect(stderr).toContain('add --organisation CODE');
    expect(stderr).toContain('--expires: write a time such as 90d or 12h, at most 366d');
    expect(stderr).toContain('--scope seee: there is no such act; did you mean see?');
    expect(stderr).toContain('--scope start-wave: local-administrator');
    expect(stderr).not.toContain('\u001b');
    expect((await played(db, 'token', 'create', '--name', 'x', '--role', 'king')).code).toBe(2);
    expect(await openTokens(db).list({ ended: true })).toEqual([]);
  });

  test('lets nobody in once it is revoked, and says so again', async () => {
    await using db = await testDatabase();
    const { stdout } = await played(db, ...create, '--quiet');
    expect((await played(db, 'token', 'revoke', '1', '--why', 'it was in a repository')).stdout).toBe(
      'Token 1 lets nobody in any more.\n',
    );
    expect(await openBearers(db).holderOf(stdout.trim())).toEqual({ kind: 'refused', why: 'revoked' });
    expect((await played(db, 'token', 'revoke', '1')).stdout).toBe('Token 1 had ended before.\n');
    expect((await played(db, 'token', 'list')).stdout).toBe('There are none.\n');
    expect((await played(db, 'token', 'list', '--all')).stdout).toContain('revoked');
  });

  test.each(['2', '0', '-1', '1e3', 'all', '99999999999', "1'; drop table access_token --"])(
    '%j is none that could be revoked',
    async (id) => {
      await using db = await testDatabase();
      await played(db, ...create);
      const { code } = await played(db, 'token', 'revoke', id);
      expect(code).toBe(2);
      expect(await openTokens(db).list({ ended: false })).toHaveLength(1);
    },
  );
});

test('who is signed in is listed without their secrets, and is signed out', async () => {
  await using db = await testDatabase();
  const { bearer } = await openSessions(db).begin({
    who: 'ann\u001b[31m@corp.example',
    issuer: 'https://id.corp.example',
    subject: '4711',
    groups: [],
    roles: [{ role: 'planner', organisation: null }],
    lastsMs: 3_600_000,
    idleMs: 3_600_000,
  });
  const { stdout } = await played(db, 'session', 'list');
  expect(stdout).toContain('planner of the whole estate');
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain(bearer.slice(-43));
  expect((await played(db, 'session', 'revoke', '1')).stdout).toBe('Session 1 is ended.\n');
  expect(await openBearers(db).holderOf(bearer)).toEqual({ kind: 'refused', why: 'revoked' });
  expect((await played(db, 'session', 'list')).stdout).toBe('Nobody is signed in.\n');
  expect((await played(db, 'session', 'revoke', '7')).code).toBe(2);
});

describe('godwit access approve', () => {
  const meaning = { count: 12, digest: '00'.repeat(32) };
  const order = { act: 'start-wave', on: 'wave pilot', meaning, why: 'it is Friday' } as const;
  const ann: Holder = { ...owner, who: 'token 3 (script)', person: 'ann' };

  test('is the word of a second person, with what they have seen to', async () => {
    await using db = await testDatabase();
    await openApprovals(db).need(order, ann);
    const { stdout } = await played(db, 'approvals');
    expect(stdout).toContain('1  start-wave: wave pilot (12 mailboxes)');
    expect(stdout).toContain('asked by token 3 (script)');
    expect((await played(db, 'approve', '1')).code).toBe(2);
    expect((await played(db, 'approve', '1', '--why', ' ')).stderr).toContain('What have you seen to?');
    const approved = await played(db, 'approve', '1', '--why', 'all is ready');
    expect(approved.stdout).toContain(
      'Approved: start-wave, wave pilot (12 mailboxes). token 3 (script) may do it once, until',
    );
    expect((await played(db, 'approvals')).stdout).toContain('approved by operator max, to be done by');
    await openApprovals(db).use(1, ann);
    expect((await played(db, 'approvals')).stdout).toBe('Nothing waits for a second person.\n');
    expect((await played(db, 'approvals', '--all')).stdout).toContain('approved by operator max, done');
  });

  test('is refused to whoever asked, and where there is nothing to approve any more', async () => {
    await using db = await testDatabase();
    await openApprovals(db).need(order, { ...ann, who: 'token 9 (mine)', person: 'operator max' });
    const own = await played(db, 'approve', '1', '--why', 'of course');
    expect(own.code).toBe(2);
    expect(own.stderr).toContain('a second person is somebody else');
    expect((await played(db, 'approve', '2', '--why', 'yes')).stderr).toContain('Nobody has asked for 2');
    await openApprovals(db).need(order, ann);
    await sql`
      update access_approval set asked_at = now() - interval '2 days', expires_at = now() - interval '1 day'`.execute(
      db.sql,
    );
    expect((await played(db, 'approve', '2', '--why', 'yes')).stderr).toContain('has expired');
    expect((await played(db, 'approvals', '--all')).stdout).toContain('approved by nobody, expired');
  });
});
