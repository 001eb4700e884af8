import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { Platform, PlatformSignIn } from '#domain/platform.ts';
import { sealingKey } from '#domain/sealed.ts';
import { silent } from '#lib/log.ts';
import { setSecrets } from '#operations/keep-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecrets } from '#ports/secrets.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { ringOf } from './keyring.test-kit.ts';
import { SecretResolver } from './secret-resolver.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-secrets-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const key = sealingKey(randomBytes(32));
const other = sealingKey(randomBytes(32));
const ring = ringOf(key);

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

function resolver(
  environment: Readonly<Record<string, string>>,
  kept: SealedSecrets | null = null,
  keys: Keyring | null = ring,
  clock = () => 0,
): SecretResolver {
  return new SecretResolver({ environment: (name) => environment[name], kept, keys, log: silent, clock });
}

const set = (kept: SealedSecrets, keys: Keyring | null, name: string, secret: string) =>
  setSecrets({ kept, keys, random: randomBytes, who: 'test' }, [{ name, secret }]);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Fault);
  return (thrown as Fault).code;
}

describe('a reference leads to its secret', () => {
  test('in a variable, in a file, and among the sealed ones', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await set(kept, ring, 'source-admin', 'three');
    const path = await fileOf('two', 'two\n');
    const secrets = resolver({ ONE: 'one' }, kept);
    expect(await secrets.resolve({ kind: 'env', name: 'ONE' })).toBe('one');
    expect(await secrets.resolve({ kind: 'file', path })).toBe('two');
    expect(await secrets.resolve({ kind: 'sealed', name: 'source-admin' })).toBe('three');
  });

  test('or to a fault that names it', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await set(kept, ringOf(other), 'elsewhere', 'x');
    const secrets = resolver({ EMPTY: '' }, kept);
    expect(await codeOf(secrets.resolve({ kind: 'env', name: 'MISSING' }))).toBe('secret.unresolved');
    expect(await codeOf(secrets.resolve({ kind: 'env', name: 'EMPTY' }))).toBe('secret.unresolved');
    expect(await codeOf(secrets.resolve({ kind: 'file', path: join(folder, 'none') }))).toBe('secret.unresolved');
    expect(await codeOf(secrets.resolve({ kind: 'sealed', name: 'none' }))).toBe('secret.unresolved');
    expect(await codeOf(secrets.resolve({ kind: 'sealed', name: 'elsewhere' }))).toBe('secret.key.other');
    const keyless = resolver({}, kept, null);
    expect(await codeOf(keyless.resolve({ kind: 'sealed', name: 'elsewhere' }))).toBe('secret.key.missing');
  });

  test('what was put under another name in the database does not open', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await set(kept, ring, 'theirs', 'x');
    const theirs = await kept.find('theirs');
    await kept.put([{ ...theirs, name: 'mine' } as NonNullable<typeof theirs>], 'an intruder');
    expect(await codeOf(resolver({}, kept).resolve({ kind: 'sealed', name: 'mine' }))).toBe('secret.altered');
  });

  test('is remembered for half a minute, or until it was refused', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    let now = 0;
    const secrets = resolver({}, kept, ring, () => now);
    const ask = () => secrets.resolve({ kind: 'sealed', name: 'admin' });
    await set(kept, ring, 'admin', 'first');
    expect(await ask()).toBe('first');
    await set(kept, ring, 'admin', 'second');
    expect(await ask()).toBe('first');
    now = 30_000;
    expect(await ask()).toBe('second');
    await set(kept, ring, 'admin', 'third');
    secrets.forget({ kind: 'sealed', name: 'admin' });
    expect(await ask()).toBe('third');
  });
});

describe("a mailbox's own secret", () => {
  test('is found in a list, however its address is written', async () => {
    const path = await fileOf(
      'list.csv',
      '\ufeffAddress, Secret\r\nann@corp.example,env:ANN\r\n\r\n "Ben.Lee@Corp.example" ,  env:BEN\r\ncyd@corp.example,hunter2\r\ndee@corp.example,env:DEE',
    );
    const secrets = resolver({ ANN: 'a', BEN: 'b', DEE: 'd' });
    const of = (address: string) => secrets.ofMailbox({ kind: 'list', path }, address);
    expect(await of('Ann@corp.example')).toBe('a');
    expect(await of('ben.lee@corp.example')).toBe('b');
    expect(await of('dee@corp.example')).toBe('d');
    expect(await codeOf(of('eve@corp.example'))).toBe('secret.mailbox.none');
    const wrong: unknown = await of('cyd@corp.example').catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'secret.mailbox.wrong' });
    expect(String(wrong)).not.toContain('hunter2');
  });

  test('is found among many thousands, and in a list that was replaced meanwhile', async () => {
    const count = 5_000;
    const line = (i: number) => `person-${i}@corp.example,env:V${i % 7}`;
    const lines = (from: number) => ['address,secret', ...Array.from({ length: count }, (_, i) => line(from + i))];
    const environment = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`V${i}`, `secret ${i}`]));
    const path = await fileOf('many.csv', lines(0).join('\n'));
    const secrets = resolver(environment);
    const of = (i: number) => secrets.ofMailbox({ kind: 'list', path }, `person-${i}@corp.example`);
    // All of them: some lines lie across the ends of what is read at once.
    for (let i = 0; i < count; i++) expect(await of(i)).toBe(`secret ${i % 7}`);
    // So many that some of them look like one that is there.
    for (let i = count; i < 2 * count; i++) expect(await codeOf(of(i))).toBe('secret.mailbox.none');
    await writeFile(path, lines(1).join('\n'));
    expect(await of(count)).toBe(`secret ${count % 7}`);
    expect(await codeOf(of(0))).toBe('secret.mailbox.none');
  });

  test('a list that is none says so', async () => {
    const path = await fileOf('odd.csv', 'ann@corp.example,env:ANN\n');
    expect(await codeOf(resolver({}).ofMailbox({ kind: 'list', path }, 'ann@corp.example'))).toBe('secret.unresolved');
  });

  test('is found among the sealed ones, under its address behind the prefix', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await set(kept, ring, 'source/ann@corp.example', 'a');
    const secrets = resolver({}, kept);
    const where = { kind: 'sealed', prefix: 'source/' } as const;
    expect(await secrets.ofMailbox(where, 'Ann@Corp.example')).toBe('a');
    expect(await codeOf(secrets.ofMailbox(where, 'ben@corp.example'))).toBe('secret.mailbox.none');
  });
});

describe('what a worker lacks', () => {
  const platform = (signIn: PlatformSignIn) => ({ signIn }) as Platform;
  const shared = (name: string) => platform({ kind: 'shared', secret: { kind: 'env', name } });

  test('is nothing when all can be had', async () => {
    expect(await resolver({ A: 'a', B: 'b' }).lacking([shared('A'), shared('B')])).toEqual([]);
  });

  test('is named, each once, and never a secret', async () => {
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    await set(kept, ringOf(other), 'target/ann@corp.example', 'canary');
    const list = join(folder, 'nowhere.csv');
    const oauth = await fileOf(
      'oauth.json',
      '{"kind":"refresh-token","issuer":"https://x","client_id":"c","refresh_token":"env:TOKEN"}',
    );
    const platforms = [
      shared('A'),
      shared('A'),
      platform({ kind: 'admin', admin: 'root', style: 'authzid', secret: { kind: 'sealed', name: 'root' } }),
      platform({ kind: 'each', secrets: { kind: 'list', path: list } }),
      platform({ kind: 'each', secrets: { kind: 'sealed', prefix: 'target/' } }),
      platform({ kind: 'oauth', file: oauth }),
    ];
    const lacking = await resolver({}, kept).lacking(platforms);
    expect(lacking).toEqual(['env:A', 'sealed:root', `file:${list}`, 'sealed:target/', `file:${oauth}`]);
    const alsoHere = [
      { kind: 'env', name: 'LDAP' },
      { kind: 'env', name: 'A' },
    ] as const;
    expect(await resolver({ A: 'a' }, kept).lacking([], alsoHere)).toEqual(['env:LDAP']);
    expect(await resolver({ TOKEN: 't' }, kept, ringOf(key, other)).lacking(platforms.slice(4))).toEqual([]);
    expect(await resolver({}, kept, null).lacking(platforms.slice(4, 5))).toEqual(['sealed:target/']);
  });

  test('a database that is away is no lack', async () => {
    const away = async () => Promise.reject(new Error('away'));
    const kept = { keyIds: away, find: away } as unknown as SealedSecrets;
    const each = platform({ kind: 'each', secrets: { kind: 'sealed', prefix: 'x/' } });
    const one = platform({ kind: 'shared', secret: { kind: 'sealed', name: 'x' } });
    for (const signIn of [each, one]) await expect(resolver({}, kept).lacking([signIn])).rejects.toThrow('away');
  });

  test('a secret that others can read is used, and said so once', async () => {
    const path = await fileOf('open.pw', 'x');
    await chmod(path, 0o644);
    const warnings: string[] = [];
    const log = { ...silent, warn: (phrase: string) => warnings.push(phrase) };
    const secrets = new SecretResolver({ environment: () => undefined, kept: null, keys: null, log, clock: () => 0 });
    const signIn = { kind: 'shared', secret: { kind: 'file', path } } as const;
    expect(await secrets.lacking([platform(signIn), platform(signIn)])).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});
