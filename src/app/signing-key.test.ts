/** The key that signs certificates: one at a time, had by nobody who has the database alone, and replaced without a gap. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
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
import { signingKeys } from '#store/signing-keys.ts';
import { testDatabase } from '#store/test-database.ts';
import { ringOf } from './keyring.test-kit.ts';
import { rotateSigningKey, signingKeyOf } from './signing-key.ts';

const [key, next] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];
const ring = ringOf(key);

async function machine(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'godwit-signing-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const at = (db: Database, stateDir: string, keys: Keyring | null) => {
  return { db, stateDir, keys, who: 'operator ann', log: silent };
};

test('it is sealed where there is a key for that, so that another machine signs with the same one, and no file holds it', async () => {
  await using db = await testDatabase();
  const [here, there] = [await machine(), await machine()];
  const made = await signingKeyOf(at(db, here, ring));
  expect((await signingKeyOf(at(db, there, ring))).id).toBe(made.id);
  expect([...(await readdir(here)), ...(await readdir(there))]).toEqual([]);
  await expect(signingKeyOf(at(db, there, null))).rejects.toMatchObject({ code: 'secret.key.missing' });
});

test('it is sealed anew with everything else when the key of secrets is changed', async () => {
  await using db = await testDatabase();
  const here = await machine();
  const made = await signingKeyOf(at(db, here, ring));
  const both = ringOf(next, key);
  const keeping = { kept: sealedSecrets(db), keys: both, random: randomBytes, who: 'operator ann' };
  await rotateSecrets(keeping, new AbortController().signal);
  expect((await signingKeyOf(at(db, here, ringOf(next)))).id).toBe(made.id);
});

test('without a key for secrets it lies in the state folder, for its owner alone', async () => {
  await using db = await testDatabase();
  const [here, elsewhere] = [await machine(), await machine()];
  const made = await signingKeyOf(at(db, here, null));
  expect((await signingKeyOf(at(db, here, null))).id).toBe(made.id);
  expect(await readdir(here)).toEqual([`signing-${made.id}.key`]);
  expect((await stat(join(here, `signing-${made.id}.key`))).mode & 0o777).toBe(0o600);
  await expect(signingKeyOf(at(db, elsewhere, null))).rejects.toMatchObject({ code: 'evidence.key.missing' });
});

test('a new one takes its place, also where the old one is lost; the public half of the old one is kept, the private one is gone', async () => {
  await using db = await testDatabase();
  const here = await machine();
  const first = await signingKeyOf(at(db, here, null));
  const second = await rotateSigningKey(at(db, here, null));
  expect(await readdir(here)).toEqual([`signing-${second.id}.key`]);
  const third = await rotateSigningKey(at(db, await machine(), ring));
  expect((await signingKeyOf(at(db, here, ring))).id).toBe(third.id);
  const known = await signingKeys(db).list();
  expect(known.map(({ id, retiredAt }) => [id, retiredAt === null])).toEqual([
    [first.id, false],
    [second.id, false],
    [third.id, true],
  ]);
  const { rows } = await sql<{ who: string; about: unknown }>`
    select who, about from audit where what = 'signing key' order by id`.execute(db.sql);
  expect(rows).toEqual([
    { who: 'operator ann', about: { id: first.id, before: null } },
    { who: 'operator ann', about: { id: second.id, before: first.id } },
    { who: 'operator ann', about: { id: third.id, before: second.id } },
  ]);
});

test('of several processes that sign for the first time at once, one makes the key and all sign with it', async () => {
  await using db = await testDatabase();
  const here = await machine();
  const made = await Promise.all(Array.from({ length: 4 }, () => signingKeyOf(at(db, here, null))));
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(await readdir(here)).toHaveLength(1);
});
