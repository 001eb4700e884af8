/** Where keys come from: a file, a variable, a credential of systemd, or Vault; and secrets of an estate with each of them. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startVaultDouble } from '#connectors/vault/vault-double.test-kit.ts';
import { isFault } from '#domain/fault.ts';
import { readKeyReference } from '#domain/secret-reference.ts';
import { silent } from '#lib/log.ts';
import { rotateSecrets, setSecrets } from '#operations/keep-secrets.ts';
import { opening } from '#operations/seal-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { testDatabase } from '#store/test-database.ts';
import { readKeyring } from './keyring.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-keys-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const key = randomBytes(32).toString('base64');

async function ringOf(text: string, variables: Readonly<Record<string, string>> = {}): Promise<Keyring> {
  const references = text.split(',').map((each) => readKeyReference(each));
  const good = references.flatMap((each) => ('kind' in each ? [each] : []));
  expect(good).toHaveLength(references.length);
  const ring = await readKeyring(good, (name) => variables[name], silent);
  if (!ring) throw new Error('no key was read');
  return ring;
}

async function written(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

describe('the same key', () => {
  test('is had from a file, a variable and a credential of systemd', async () => {
    const file = await written('godwit-key', `${key}\n`);
    const rings = await Promise.all([
      ringOf(`file:${file}`),
      ringOf('env:KEY', { KEY: key }),
      ringOf('credential:godwit-key', { CREDENTIALS_DIRECTORY: folder }),
    ]);
    const ids = await Promise.all(rings.map(({ current }) => current.keyId()));
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each([
    ['without systemd', {}, 'has given this process no credentials'],
    ['where it has another name', { CREDENTIALS_DIRECTORY: '/nowhere' }, 'there is no such file'],
  ])('is not had as a credential %s', async (_, variables, says) => {
    await expect(ringOf('credential:godwit-key', variables)).rejects.toMatchObject({
      code: 'secret.key.unreadable',
      message: expect.stringContaining(says),
    });
  });

  test.each(['credential:', 'credential:..', 'credential:../key', 'credential:a/b', 'vault:', 'sealed:a', 'hunter2'])(
    'is not named by %s',
    (text) => {
      expect(readKeyReference(text)).toHaveProperty('problem');
    },
  );
});

describe('a key in Vault', () => {
  test('seals the secrets of an estate, goes with its rotations there, and can take over from a file and give back', async () => {
    await using vault = await startVaultDouble();
    await using db = await testDatabase();
    const kept = sealedSecrets(db);
    const token = await written('token', vault.token);
    const ca = await written('ca.pem', vault.ca);
    const place = { address: vault.address.origin, key: 'godwit', token: `file:${token}`, ca };
    const inVault = `vault:${await written('vault.json', JSON.stringify(place))}`;
    const inFile = `file:${await written('file-key', key)}`;
    const names = Array.from({ length: 60 }, (_, i) => `source/${i}`);
    const keeping = async (keys: string) => ({ kept, keys: await ringOf(keys), random: randomBytes, who: 'ann' });
    const { signal } = new AbortController();
    const all = async (keys: string): Promise<readonly string[]> => {
      const sealing = { keys: await ringOf(keys), estate: await kept.estate() };
      return await Promise.all(
        names.map(async (name) => {
          const found = await kept.find(name);
          const opened = found && (await opening(sealing, found));
          return opened instanceof Error ? opened.code : String(opened);
        }),
      );
    };
    const good = names.map((name) => `secret of ${name}`);

    await setSecrets(
      await keeping(inFile),
      names.map((name) => ({ name, secret: `secret of ${name}` })),
    );
    expect(await rotateSecrets(await keeping(`${inVault},${inFile}`), signal)).toMatchObject({
      changed: 60,
      leftCount: 0,
    });
    expect([...(await kept.keyIds(''))]).toEqual(['vault:transit/godwit/v1']);
    expect(await all(inVault)).toEqual(good);
    expect(await all(inFile)).toEqual(names.map(() => 'secret.key.other'));
    vault.rotate();
    expect(await rotateSecrets(await keeping(inVault), signal)).toMatchObject({
      changed: 60,
      key: 'vault:transit/godwit/v2',
    });
    expect(await rotateSecrets(await keeping(inVault), signal)).toMatchObject({ changed: 0 });
    vault.oldest = 2;
    expect(await all(inVault)).toEqual(good);
    // An agent renews the token in its file.
    vault.token = 'hvs.another-token';
    await expect(all(inVault)).rejects.toMatchObject({ code: 'secret.key.refused' });
    await writeFile(token, 'hvs.another-token');
    expect(await all(inVault)).toEqual(good);
    expect(await rotateSecrets(await keeping(`${inFile},${inVault}`), signal)).toMatchObject({ changed: 60 });
    expect(await all(inFile)).toEqual(good);
    // Nothing but data keys ever went there.
    const sent = JSON.stringify(vault.asked);
    for (const form of ['utf8', 'base64', 'hex'] as const)
      expect(sent).not.toContain(Buffer.from('secret of').toString(form));
  });

  const good = { address: 'https://vault.example:8200', key: 'godwit', token: 'env:VAULT_TOKEN' };
  test.each([
    ['no JSON', 'canary', 'it is no JSON'],
    ['no object', '[]', ''],
    ['an unknown setting', JSON.stringify({ ...good, tokn: 'env:X' }), 'did you mean "token"'],
    ['no key', JSON.stringify({ ...good, key: undefined }), 'key is missing'],
    ['the token itself', JSON.stringify({ ...good, token: 'hvs.canary' }), 'token'],
    ['a token sealed with it', JSON.stringify({ ...good, token: 'sealed:canary' }), 'token'],
    [
      'clear text to another machine',
      JSON.stringify({ ...good, address: 'http://vault.example:8200' }),
      'https:// only',
    ],
    ['a password in its address', JSON.stringify({ ...good, address: 'https://a:canary@vault.example' }), 'address'],
    ['a path in its address', JSON.stringify({ ...good, address: 'https://vault.example/v1/' }), 'address'],
    ['a mount that leads up', JSON.stringify({ ...good, mount: '../sys' }), 'mount'],
    ['a key with a question behind it', JSON.stringify({ ...good, key: 'a?b' }), 'key'],
    ['authorities that are not there', JSON.stringify({ ...good, ca: 'none.pem' }), 'there is no such file'],
  ])('is not asked by a file with %s, which is not repeated', async (_, text, says) => {
    const file = await written('bad.json', text);
    const thrown: unknown = await ringOf(`vault:${file}`).catch((error: unknown) => error);
    if (!isFault(thrown, 'secret.key.unreadable')) throw new Error(String(thrown));
    expect(thrown.message).toContain(says);
    expect(thrown.message).not.toContain('canary');
  });

  test('may be asked in clear text where an agent listens on this machine', async () => {
    const file = await written('agent.json', JSON.stringify({ ...good, address: 'http://127.0.0.1:8100' }));
    expect((await ringOf(`vault:${file}`)).current.opens('vault:transit/godwit/v7')).toBe(true);
  });
});
