/** What doctor says of keys of the estate's own that lie in a state folder though they need not. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sealingKey } from '#domain/sealed.ts';
import { silent } from '#lib/log.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { keysInClear } from './doctor-keys.ts';
import { ringOf } from './keyring.test-kit.ts';
import { rootKeyOf } from './root-key.ts';
import { rotateSigningKey, signingKeyOf } from './signing-key.ts';

const ring = ringOf(sealingKey(randomBytes(32)));

async function stateFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'godwit-doctor-keys-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const serves = (db: Database, stateDir: string, keys: Keyring | null) =>
  rootKeyOf({ db, stateDir, keys, mayMake: true, log: silent });
const signs = (db: Database, stateDir: string, keys: Keyring | null) => ({
  db,
  stateDir,
  keys,
  who: 'a test',
  log: silent,
});

test('an estate without a key for secrets hears nothing of its files: there is nothing that they could be sealed under', async () => {
  await using db = await testDatabase();
  const stateDir = await stateFolder();
  await serves(db, stateDir, null);
  expect(await keysInClear({ db, stateDir, hasKey: false })).toEqual([]);
});

test('given a key later, it is told of the key of its digests until that is sealed and its file removed', async () => {
  await using db = await testDatabase();
  const stateDir = await stateFolder();
  const file = join(stateDir, 'digest.key');
  await serves(db, stateDir, null);
  expect(await keysInClear({ db, stateDir, hasKey: true })).toMatchObject([
    { about: file, state: 'look', remedy: expect.stringContaining('Start godwit serve') },
  ]);
  await serves(db, stateDir, ring);
  // Whoever has no key sees that others do.
  expect(await keysInClear({ db, stateDir, hasKey: false })).toMatchObject([
    { about: file, state: 'look', remedy: expect.stringContaining(`rm ${file}`) },
  ]);
  await rm(file);
  expect(await keysInClear({ db, stateDir, hasKey: true })).toMatchObject([{ state: 'ok' }]);
});

test('and of the key that signs, until another has taken its place', async () => {
  await using db = await testDatabase();
  const stateDir = await stateFolder();
  const { id } = await signingKeyOf(signs(db, stateDir, null));
  expect(await keysInClear({ db, stateDir, hasKey: true })).toMatchObject([
    { about: join(stateDir, `signing-${id}.key`), remedy: expect.stringContaining('certificate key rotate') },
  ]);
  await rotateSigningKey(signs(db, stateDir, ring));
  expect(await keysInClear({ db, stateDir, hasKey: true })).toMatchObject([{ state: 'ok' }]);
});

test('nobody is told to remove the key of another estate, which may be the only one', async () => {
  await using db = await testDatabase();
  await using other = await testDatabase();
  const stateDir = await stateFolder();
  await serves(other, stateDir, null);
  await serves(db, await stateFolder(), ring);
  expect(await keysInClear({ db, stateDir, hasKey: true })).toMatchObject([{ state: 'ok' }]);
});
