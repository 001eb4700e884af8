import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CopyReport, UsageProblem } from '#domain/report.ts';
import { accountsOf } from './accounts.ts';
import { play } from './made-up-world.ts';
import { Problems, type UsageError } from './usage.ts';

function read(text: string) {
  const problems = new Problems();
  const accounts = accountsOf(text, 'accounts.csv', problems).map(({ at: _at, ...account }) => account);
  let found: readonly UsageProblem[] = [];
  try {
    problems.settle();
  } catch (error) {
    found = (error as UsageError).problems;
  }
  return {
    accounts,
    places: found.map(({ line, column }) => `${line}:${column}`),
    says: found.map(({ says }) => says).join('\n'),
  };
}

const header = 'source,target,source_secret,target_secret';
const good = 'imaps://a@old,imaps://a@new,env:A,file:a.pw';

describe('the list of accounts', () => {
  test('is read with any order of columns, quotes, blank lines, a byte order mark and either line end', () => {
    const expected = {
      source: 'imaps://a@old',
      target: 'imaps://a@new',
      sourceSecret: 'env:A',
      targetSecret: 'file:a.pw',
    };
    const texts = [
      `${header}\n${good}\n`,
      `\ufeff${header}\r\n${good}\r\n\r\n`,
      `target,source,target_secret,source_secret\nimaps://a@new,imaps://a@old,file:a.pw,env:A`,
      `${header}\n"imaps://a@old" , imaps://a@new,  env:A,"file:a.pw"\n`,
      `Source,TARGET,Source_Secret,target_secret\n${good}`,
    ];
    for (const text of texts) expect(read(text)).toEqual({ accounts: [expected], places: [], says: '' });
    expect(read('source,target\nimaps://a@old,imaps://a@new').accounts).toEqual([
      { ...expected, sourceSecret: null, targetSecret: null },
    ]);
    expect(read(`${header}\nimaps://a@old,imaps://a@new,,"file:a, b ""c"".pw"`).accounts[0]).toMatchObject({
      sourceSecret: null,
      targetSecret: 'file:a, b "c".pw',
    });
  });

  test('every mistake in it is told with its line and column', () => {
    const { places, says } = read(
      `${header}\n${good}\nimaps://b@old,imaps://b@new\n,imaps://c@new,x,y\n\nimaps://d"@old,imaps://d@new,x,y\n"imaps://e@old"x,imaps://e@new,x,y\n${good},more`,
    );
    expect(new Set(places)).toEqual(new Set(['3:2', '4:1', '6:1', '7:1', '8:4']));
    expect(says).toContain('2 fields, the header has 4');
    expect(says).toContain('The source is missing');
  });

  test('a header that is wrong or missing is told with what was meant', () => {
    expect(read('').says).toContain('empty');
    expect(read(header).says).toContain('no account below it');
    expect(read(`source,traget\n${good}`)).toMatchObject({
      places: ['1:2'],
      says: expect.stringContaining('did you mean target') as string,
    });
    expect(read(`source,source,target\n`).says).toContain('a second time');
    expect(read(`source,source_secret\nx,y`).says).toContain('column target is missing');
    const headless = read('imaps://a:hunter2@old,imaps://a@new');
    expect(headless.says).toContain('looks like an account');
    expect(headless.says).not.toContain('hunter2');
  });

  test('a quote that is never closed is told where it was opened', () => {
    expect(read(`${header}\n${good}\n"imaps://b@old,imaps://b@new,x,y\n`).says).toContain('never closed');
  });
});

describe('a copy of many accounts', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'godwit-accounts-'));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  async function copy(text: string | Uint8Array, ...flags: string[]) {
    const path = join(folder, 'accounts.csv');
    await writeFile(path, text);
    return await play(['copy', '--accounts', path, ...flags, '-o', 'json'], {
      environment: { A: 'a', B: 'b', ALL: 'all' },
      typed: 'typed',
    });
  }

  test('each line has its own secrets, and those of the command line serve the rest', async () => {
    const { code, orders, asked } = await copy(
      `${header}\nimaps://a@old,imaps://a@new,env:A,env:B\nimaps://b@old,imaps://b@new,,env:B`,
      '--source-secret',
      'env:ALL',
    );
    expect(code).toBe(0);
    expect(orders.map(({ source, target }) => [source.signIn, target.signIn])).toMatchObject([
      [{ user: 'a', password: 'a' }, { password: 'b' }],
      [{ user: 'b', password: 'all' }, { password: 'b' }],
    ]);
    expect(asked).toEqual([]);
  });

  test('nothing is started while anything is wrong, and all of it is told by line and column', async () => {
    const { code, orders, stdout, stderr } = await copy(
      [
        header,
        'imaps://a@old,imaps://a@new,env:A,env:NOT_SET',
        'imaps://b:hunter2@old,imaps://b@new,env:A,hunter3',
        'imaps://c@old,imaps://c@new/INBOX,,env:A',
        'imaps://d@old,imaps://d@new,,env:A',
      ].join('\n'),
    );
    expect([code, orders]).toEqual([2, []]);
    const problems = (JSON.parse(stdout) as CopyReport).error?.problems ?? [];
    expect(new Set(problems.map(({ line, column }) => `${line}:${column}`))).toEqual(
      new Set(['2:4', '3:1', '3:4', '4:2', '4:3', '5:3']),
    );
    expect(stdout + stderr).not.toMatch(/hunter/);
    expect(stderr).toContain(`${problems.length} problems; nothing was started`);
  });

  test('the same mailbox twice is refused, however it is spelt', async () => {
    const twice = await copy(
      `${header}\nimaps://a@old,imaps://a@new,env:A,env:A\nimap://a@OLD,imaps://b@new,env:A,env:A\nimaps://c@old,imaps://%61@new:993/,env:A,env:A`,
    );
    expect(twice.code).toBe(2);
    const places = ((JSON.parse(twice.stdout) as CopyReport).error?.problems ?? []).map(
      ({ line, column }) => `${line}:${column}`,
    );
    expect(places).toEqual(['3:1', '4:2']);
  });

  test('a file that cannot be read is named', async () => {
    expect((await play(['copy', '--accounts', join(folder, 'absent.csv')])).stderr).toContain('no such file');
    expect((await play(['copy', '--accounts', folder])).stderr).toContain('a folder');
    expect((await copy(Uint8Array.of(0x73, 0xff, 0xfe))).stderr).toContain('not UTF-8');
  });
});
