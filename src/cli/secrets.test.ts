import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ringOf } from '#app/keyring.test-kit.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { readSealingKey, type SealingKey, sealingKey } from '#domain/sealed.ts';
import { opening } from '#operations/seal-secrets.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { type MadeUp, play, type Played } from './made-up-world.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-secret-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const [key, next] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];

/** \`godwit secret …\` on an estate in \`db\`, in a process with these keys. */
function played(db: Database, argv: readonly string[], made: MadeUp = {}, keys = [key]): Promise<Played> {
  return play(['secret', ...argv], {
    keys: keys.map(() => ({ kind: 'env', name: 'KEY' })),
    readEstate: async () => ({}) as EstateSettings,
    openSecrets: async () => ({
      kept: sealedSecrets(db),
      keys: keys[0] ? ringOf(keys[0], ...keys.slice(1)) : null,
      random: randomBytes,
      who: 'operator ann',
      [Symbol.asyncDispose]: async () => {},
    }),
    ...made,
  });
}

async function sealedIn(db: Database, name: string, by: SealingKey = key): Promise<string | null> {
  const kept = sealedSecrets(db);
  const found = await kept.find(name);
  if (!found) return null;
  const opened = await opening({ keys: ringOf(by), estate: await kept.estate() }, found);
  return opened instanceof Error ? opened.code : opened.toString();
}

describe('godwit secret set', () => {
  test('takes the secret from a pipe, without the line break at its end', async () => {
    await using db = await testDatabase();
    const { code, stdout } = await played(db, ['set', 'Source-Admin'], { input: 'p4ss wörd \n' });
    expect(code).toBe(0);
    expect(stdout).toBe('sealed:source-admin is set.\n');
    expect(await sealedIn(db, 'source-admin')).toBe('p4ss wörd ');
  });

  test('on a terminal asks for it twice, and changes nothing when these are two', async () => {
    await using db = await testDatabase();
    const { code, asked } = await played(db, ['set', 'a'], { typed: 'hunter2' });
    expect(code).toBe(0);
    expect(asked).toEqual(['Secret a', 'The same again']);
    expect(await sealedIn(db, 'a')).toBe('hunter2');
    const slip = await played(db, ['set', 'a'], { typed: ['hunter3', 'hunter4'] });
    expect(slip.code).toBe(2);
    expect(slip.stderr).toContain('two different ones');
    expect(slip.stderr).not.toContain('hunter');
    expect((await played(db, ['set', 'a'], { typed: null })).code).toBe(5);
    expect(await sealedIn(db, 'a')).toBe('hunter2');
  });

  test.each([
    ['nothing', '', 'is empty'],
    ['two lines', 'one\ntwo\n', 'more than one line'],
    ['a book', 'x'.repeat(65_537), 'larger than any secret'],
  ])('refuses %s', async (_, input, says) => {
    await using db = await testDatabase();
    const { code, stderr } = await played(db, ['set', 'a'], { input });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(await sealedIn(db, 'a')).toBeNull();
  });

  test('refuses a name that is none without repeating it, and a second word', async () => {
    await using db = await testDatabase();
    for (const argv of [
      ['set', 'hunter 2'],
      ['set', 'a', 'hunter2'],
    ]) {
      const { code, stdout, stderr } = await played(db, argv, { input: 'x' });
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain('hunter');
    }
  });

  test('without a key says how to get one, and starts nothing', async () => {
    await using db = await testDatabase();
    const unopened = { openSecrets: async () => Promise.reject(new Error('opened')), input: 'x' };
    const { code, stderr } = await played(db, ['set', 'a'], unopened, []);
    expect(code).toBe(2);
    expect(stderr).toContain('GODWIT_KEY is not set');
    expect(stderr).toContain('godwit secret key');
  });
});

describe('godwit secret set --from', () => {
  const listed = async (name: string, text: string | Buffer): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };

  test("seals each mailbox's own, under its address behind the prefix", async () => {
    await using db = await testDatabase();
    const many = Array.from({ length: 2_500 }, (_, i) => `person-${i}@corp.example,secret ${i}`).join('\n');
    const file = await listed('good.csv', `address,secret\nAnn@corp.example,"a ""quoted"", one"\n${many}\n`);
    const { code, stdout } = await played(db, ['set', 'source/', '--from', file]);
    expect(stdout).toBe('2,501 secrets set: sealed:source/ and an address each.\n');
    expect(code).toBe(0);
    expect(await sealedIn(db, 'source/ann@corp.example')).toBe('a "quoted", one');
    expect(await sealedIn(db, 'source/person-2499@corp.example')).toBe('secret 2499');
  });

  test('tells every line that is wrong, repeats none, and seals nothing', async () => {
    await using db = await testDatabase();
    const lines = [
      'address,secret',
      'ann@corp.example,canary-1',
      'Ann@corp.example,canary-2',
      'ben@corp.example,canary-3,canary-4',
      'canary 5,canary-6',
      'cyd@corp.example,',
      'dee@corp.example,"canary-7',
    ];
    const file = await listed(
      'bad.csv',
      Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from('eve@x,canary-\xe9', 'latin1')]),
    );
    const { code, stderr, stdout } = await played(db, ['set', 'source/', '--from', file]);
    expect(code).toBe(2);
    for (const line of [3, 4, 5, 6, 7, 8]) expect(stderr).toContain(`bad.csv, line ${line}`);
    expect(stderr).toContain('6 problems; nothing was started.');
    expect(stderr + stdout).not.toContain('canary');
    expect(await sealedSecrets(db).list('', null, 1)).toEqual([]);
  });

  test.each([
    ['another header', 'user,password\na,b\n', 'The first line of the list is address,secret.'],
    ['nothing in it', '', 'its first line is address,secret'],
  ])('refuses a list with %s', async (_, text, says) => {
    await using db = await testDatabase();
    const file = await listed('odd.csv', text);
    const { code, stderr } = await played(db, ['set', 'x/', '--from', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test('refuses a list that is not there', async () => {
    await using db = await testDatabase();
    const { code, stderr } = await played(db, ['set', 'x/', '--from', join(folder, 'none.csv')]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no such file');
  });
});

describe('what is set', () => {
  test('is listed by name and key, and can be removed', async () => {
    await using db = await testDatabase();
    for (const name of ['b', 'a/1', 'a/2']) await played(db, ['set', name], { input: 'canary' });
    const all = await played(db, ['list']);
    expect(all.stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['a/1', 'a/2', 'b', '']);
    expect(all.stdout).toMatch(
      new RegExp(`key ${key.id} +set \\d{4}-\\d\\d-\\d\\dT.* +by operator ann +fingerprint [0-9a-f]{16}\\n`),
    );
    expect(all.stdout).not.toContain('canary');
    expect((await played(db, ['list', 'A/'])).stdout.split('\n')).toHaveLength(3);
    expect(JSON.parse((await played(db, ['list', '-o', 'json'])).stdout)).toMatchObject({
      secrets: [{ name: 'a/1', key: key.id }, {}, {}],
      isMore: false,
    });
    expect((await played(db, ['remove', 'B'])).stdout).toBe('sealed:b is removed.\n');
    const again = await played(db, ['remove', 'b']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('There is no sealed secret b.');
    expect((await played(db, ['list', 'z'])).stdout).toBe('There are none.\n');
  });

  test('is brought under another key; what no key opens is named, with exit code 3', async () => {
    await using db = await testDatabase();
    await played(db, ['set', 'a'], { input: 'canary' });
    const done = await played(db, ['rotate'], {}, [next, key]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain(`1 secret brought under the key ${next.id}; all that opens is under it now.`);
    expect(await sealedIn(db, 'a', next)).toBe('canary');
    const left = await played(db, ['rekey'], {}, [key]);
    expect(left.code).toBe(3);
    expect(left.stdout).toMatch(/1 secret left as before[^]*\n {2}a\n/);
  });
});

describe('godwit secret erase', () => {
  const erase = ['erase', '--all', '--why', 'all released'];

  test('tells first, then erases, and the list proves it: there are none, and when, by whom and why', async () => {
    await using db = await testDatabase();
    for (const name of ['a', 'b']) await played(db, ['set', name], { input: 'canary' });
    const told = await played(db, erase);
    expect(told.stdout).toContain('2 secrets would be erased for good.');
    expect((await played(db, ['list'])).stdout).toContain('a ');
    const { code, stdout } = await played(db, [...erase, '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain('2 secrets erased, each with its fingerprint in the audit log.');
    expect(stdout).toMatch(/link 1 of the audit log {2}[0-9a-f]{64}/);
    expect(stdout).toContain(`sealed under the key ${key.id}: destroy it`);
    const list = await played(db, ['list']);
    expect(list.stdout).toMatch(
      /^There are none.\n2 secrets erased on .*Z by operator ann: all released \(record \d+ of/,
    );
    expect(JSON.parse((await played(db, ['list', '-o', 'json'])).stdout)).toMatchObject({
      secrets: [],
      erased: { secrets: 2, who: 'operator ann', why: 'all released' },
    });
    expect((await played(db, [...erase, '--yes'])).stdout).toContain('There was nothing to erase.');
  });

  test('is refused while somebody is on the way', async () => {
    await using db = await testDatabase();
    await played(db, ['set', 'a'], { input: 'canary' });
    await sql`insert into organisation (code, name) values ('R', 'R')`.execute(db.sql);
    await sql`insert into wave (name, opens_at, closes_at, day) values ('w', now(), now() + '1h', now())`.execute(
      db.sql,
    );
    await sql`insert into mailbox (address, kind, organisation, stage, wave)
              select 'ann@corp.example', 'person', o.id, 'settled', w.id from organisation o, wave w`.execute(db.sql);
    const refused = await played(db, [...erase, '--yes']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('1 mailbox is on the way, or may still be called back');
    expect(await sealedIn(db, 'a')).toBe('canary');
    expect((await played(db, [...erase, '--yes', '--under-way'])).code).toBe(0);
    expect(await sealedIn(db, 'a')).toBeNull();
  });

  test.each([
    ['neither --all nor a prefix', ['erase', '--why', 'x', '--yes'], '--all, or a PREFIX'],
    ['both', ['erase', 'a', '--all', '--why', 'x', '--yes'], '--all, or a PREFIX'],
    ['no reason', ['erase', '--all', '--yes'], '--why is wanted'],
    ["a prefix for Godwit's own", ['erase', 'D', '--own', '--why', 'x', '--yes'], '--own goes with --all'],
  ])('with %s erases nothing', async (_, argv, says) => {
    await using db = await testDatabase();
    await played(db, ['set', 'a'], { input: 'canary' });
    const { code, stderr } = await played(db, argv);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(await sealedIn(db, 'a')).toBe('canary');
  });
});

describe('godwit secret key', () => {
  test('writes a key for its owner alone, says its name and not the key', async () => {
    const out = join(folder, 'new.key');
    const { code, stdout } = await play(['secret', 'key', '--out', out]);
    expect(code).toBe(0);
    const text = await readFile(out, 'utf8');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(stdout).toContain(`Wrote the key ${readSealingKey(text)?.id}`);
    expect(stdout).toContain(`GODWIT_KEY=file:${out}`);
    expect(stdout).not.toContain(text.trim());
  });

  test('never writes over one', async () => {
    const out = join(folder, 'old.key');
    await writeFile(out, 'precious');
    const { code, stderr } = await play(['secret', 'key', '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toContain('is there already');
    expect(await readFile(out, 'utf8')).toBe('precious');
  });
});
