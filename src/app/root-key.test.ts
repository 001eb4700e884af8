/** The key of the digests: one for an estate, had by everybody at work and by nobody who has the database alone. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { sealingKey } from '#domain/sealed.ts';
import { silent } from '#lib/log.ts';
import { rotateSecrets } from '#operations/keep-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { ringOf } from './keyring.test-kit.ts';
import { rootKeyOf } from './root-key.ts';

const [key, next] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];
const ring = ringOf(key);

async function machine(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'godwit-digests-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const serves = (db: Database, stateDir: string, keys: Keyring | null) =>
  rootKeyOf({ db, stateDir, keys, mayMake: true, log: silent });
const works = (db: Database, stateDir: string, keys: Keyring | null) =>
  rootKeyOf({ db, stateDir, keys, mayMake: false, log: silent });

test('a worker on another machine has it by the key of the sealed secrets, and no file holds it', async () => {
  await using db = await testDatabase();
  const [here, there] = [await machine(), await machine()];
  const made = await serves(db, here, ring);
  expect(made).toHaveLength(32);
  expect(await works(db, there, ring)).toEqual(made);
  expect(await serves(db, there, ring)).toEqual(made);
  expect([...(await readdir(here)), ...(await readdir(there))]).toEqual([]);
});

test('whoever has the database alone does not have it', async () => {
  await using db = await testDatabase();
  const made = Buffer.from(await serves(db, await machine(), ring)).toString('hex');
  const { rows } = await sql<{ all: string }>`
    select (select string_agg(s::text, '') from secret s) || (select string_agg(d::text, '') from digest_key d) as all`.execute(
    db.sql,
  );
  expect(rows[0]?.all).toContain('DIGEST-KEY');
  expect(rows[0]?.all).not.toContain(made);
});

test('without a key for secrets it lies in the state folder, for its owner alone and for workers that share it', async () => {
  await using db = await testDatabase();
  const here = await machine();
  const made = await serves(db, here, null);
  expect(await works(db, here, null)).toEqual(made);
  expect(await readFile(join(here, 'digest.key'))).toEqual(Buffer.from(made));
  expect((await stat(join(here, 'digest.key'))).mode & 0o777).toBe(0o600);
});

test('a worker that cannot have it, and a control plane that would need another one, say so and make none', async () => {
  await using db = await testDatabase();
  const [here, there] = [await machine(), await machine()];
  await expect(works(db, here, null)).rejects.toMatchObject({ code: 'digests.key.missing' });
  await serves(db, here, null);
  await expect(works(db, there, null)).rejects.toMatchObject({ code: 'digests.key.missing' });
  await expect(serves(db, there, null)).rejects.toMatchObject({ code: 'digests.key.missing' });
  await expect(serves(db, there, ring)).rejects.toMatchObject({ code: 'digests.key.missing' });
  expect(await readdir(there)).toEqual([]);
  await using other = await testDatabase();
  await serves(other, there, null);
  await expect(works(db, there, null)).rejects.toMatchObject({ code: 'digests.key.other' });
});

test('an estate that is given a key for secrets later has the same key for its digests, sealed from then on, with a record', async () => {
  await using db = await testDatabase();
  const here = await machine();
  const made = await serves(db, here, null);
  const records = async () =>
    (await sql`select who, what, about from audit where what = 'secret set'`.execute(db.sql)).rows;
  expect(await records()).toEqual([]);
  expect(await serves(db, here, ring)).toEqual(Buffer.from(made));
  const sealed = { who: 'godwit', what: 'secret set', about: { name: 'DIGEST-KEY', key: key.id } };
  expect(await records()).toEqual([sealed]);
  expect(await serves(db, here, ring)).toEqual(Buffer.from(made));
  expect(await records()).toEqual([sealed]);
  expect(await works(db, await machine(), ring)).toEqual(Buffer.from(made));
  await expect(works(db, await machine(), null)).rejects.toMatchObject({ code: 'secret.key.missing' });
  await expect(works(db, await machine(), ringOf(next))).rejects.toMatchObject({ code: 'secret.key.other' });
});

test('when the key of the secrets is changed, digests stay what they are', async () => {
  await using db = await testDatabase();
  const made = await serves(db, await machine(), ring);
  const keeping = { kept: sealedSecrets(db), keys: ringOf(next, key), random: randomBytes, who: 'a test' };
  expect(await rotateSecrets(keeping, new AbortController().signal)).toMatchObject({ changed: 1, leftCount: 0 });
  expect(await works(db, await machine(), ringOf(next))).toEqual(Buffer.from(made));
});

test('two control planes that begin at once have one key between them', async () => {
  await using db = await testDatabase();
  const machines = await Promise.all([machine(), machine(), machine()]);
  const keys = await Promise.all(machines.map((stateDir) => serves(db, stateDir, ring)));
  expect(new Set(keys.map((each) => Buffer.from(each).toString('hex'))).size).toBe(1);
});
