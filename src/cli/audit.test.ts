import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditHead, note, seal } from '#store/audit.ts';
import { followsOn, verifyAudit } from '#store/audit-verify.ts';
import { auditLines } from '#store/audit-list.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { play, type Played } from './made-up-world.ts';
import type { Programme } from './world.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-audit-'));
});
afterAll(async () => rm(folder, { recursive: true }));

function played(db: TestDatabase, ...argv: readonly string[]): Promise<Played> {
  const audit: Programme['audit'] = {
    verify: async () => ({ finding: await verifyAudit(db.sql), kept: null }),
    list: (order) => auditLines(db, order),
    head: async () => {
      await seal(db);
      return auditHead(db.sql);
    },
    async firstLost(heads) {
      for (const [at, head] of heads.entries()) {
        const what = await followsOn(db.sql, head);
        if (what !== null) return { at, what };
      }
      return null;
    },
  };
  return play(['audit', ...argv], {
    openProgramme: async () => ({ audit, [Symbol.asyncDispose]: async () => {} }) as unknown as Programme,
  });
}

async function recorded(db: TestDatabase): Promise<void> {
  for (const [who, what] of [
    ['operator ann', 'hold'],
    ['worker 1', 'start'],
    ['operator Bob_1', 'hold'],
  ] as const)
    await note(db.sql, { who, what, why: 'on \u001b[31mcall' });
  await sql`insert into audit (at, who, what) values (now() - interval '9 days', 'operator ann', 'hold')`.execute(
    db.sql,
  );
}

describe('godwit audit list', () => {
  test('tells the latest first, in parts that neither lose nor repeat a record', async () => {
    await using db = await testDatabase();
    await recorded(db);
    const ids = async (...argv: string[]) =>
      (
        JSON.parse((await played(db, 'list', '-o', 'json', ...argv)).stdout) as { records: { id: number }[] }
      ).records.map(({ id }) => id);
    expect(await ids()).toEqual([4, 3, 2, 1]);
    expect(await ids('--limit', '2')).toEqual([4, 3]);
    expect(await ids('--limit', '2', '--after', '3')).toEqual([2, 1]);
    expect(await ids('--after', '1')).toEqual([]);
  });

  test('tells only what is asked for: since when, by whom, of what kind', async () => {
    await using db = await testDatabase();
    await recorded(db);
    const ids = async (...argv: string[]) =>
      (
        JSON.parse((await played(db, 'list', '-o', 'json', ...argv)).stdout) as { records: { id: number }[] }
      ).records.map(({ id }) => id);
    expect(await ids('--since', new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10))).toEqual([3, 2, 1]);
    expect(await ids('--who', 'ANN')).toEqual([4, 1]);
    expect(await ids('--who', 'bob_')).toEqual([3]);
    expect(await ids('--who', '%')).toEqual([]);
    expect(await ids('--what', 'start')).toEqual([2]);
    expect(await ids('--mailbox', 'nobody@corp.example')).toEqual([]);
  });

  test('shows nothing that could move a cursor, and takes no words for numbers', async () => {
    await using db = await testDatabase();
    await recorded(db);
    const { stdout, code } = await played(db, 'list');
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('operator ann');
    for (const argv of [
      ['--after', 'ann'],
      ['--since', 'soon'],
      ['--limit', '0'],
    ])
      expect((await played(db, 'list', ...argv)).code).toBe(2);
  });
});

describe('godwit audit head', () => {
  test('is a line to be kept elsewhere, which is held against the log later', async () => {
    await using db = await testDatabase();
    expect((await played(db, 'head')).stdout).toContain('no head');
    const file = join(folder, 'heads');
    let heads = '';
    for (let i = 0; i < 2; i++) {
      await recorded(db);
      heads += (await played(db, 'head')).stdout;
    }
    await writeFile(file, heads);
    expect(await played(db, 'head', '--against', file)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('all 2 heads'),
    });
    await sql`drop trigger audit_link_kept on audit_link`.execute(db.sql);
    await sql`delete from audit_link where seq = 2`.execute(db.sql);
    expect(await followsOn(db.sql, JSON.parse(heads.split('\n')[1] ?? '') as never)).toMatch(/cut off/);
    await recorded(db);
    const refused = await played(db, 'head', '--against', file);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(/line 2 of .*heads.*: it was written anew: link 2/);
  });

  test.each([
    ['', /no head in/],
    ['{"seq":1}\n', /line 1, is no head/],
    ['not json', /line 1, is no head/],
  ])('a file of %j is no file of heads', async (text, says) => {
    await using db = await testDatabase();
    const file = join(folder, 'bad');
    await writeFile(file, text);
    const { code, stderr } = await played(db, 'head', '--against', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect((await played(db, 'head', '--against', join(folder, 'nowhere'))).code).toBe(2);
  });
});
