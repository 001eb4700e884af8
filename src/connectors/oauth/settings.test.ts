import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import { Authority } from '../../../labs/tls.ts';
import { readOAuthFile } from './settings.ts';

const canary = 'canary-9d1f-never-shown';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaPem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const environment = (name: string): string | undefined => ({ SECRET: canary, EMPTY: '' })[name];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-oauth-'));
  const authority = new Authority();
  const encrypted = rsa.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  });
  await Promise.all([
    writeFile(join(folder, 'app.pem'), authority.issue({ keys: rsa }).certificate),
    writeFile(join(folder, 'app.key'), rsaPem),
    writeFile(join(folder, 'locked.key'), encrypted),
    writeFile(join(folder, 'passphrase'), 'open sesame\n'),
    writeFile(join(folder, 'ec.pem'), authority.issue().certificate),
    writeFile(join(folder, 'ec.key'), authority.issue().key),
    writeFile(
      join(folder, 'old.pem'),
      authority.issue({ keys: rsa, notAfter: new Date(Date.now() - 1_000) }).certificate,
    ),
    writeFile(join(folder, 'token'), `${canary}\n`),
    writeFile(
      join(folder, 'google.json'),
      JSON.stringify({
        type: 'service_account',
        client_email: 'a@b.example',
        private_key: rsaPem,
        private_key_id: 'k1',
      }),
    ),
    writeFile(join(folder, 'odd.json'), JSON.stringify({ client_email: 'a@b.example' })),
    writeFile(join(folder, 'bad-key.json'), JSON.stringify({ client_email: 'a@b.example', private_key: canary })),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

async function read(settings: unknown) {
  const file = join(folder, 'oauth.json');
  await writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return readOAuthFile(file, environment);
}

const entraSecret = {
  kind: 'client-credentials',
  tenant: 'corp.example',
  client_id: 'app',
  client_secret: 'env:SECRET',
};
const entraCertificate = {
  kind: 'client-credentials',
  tenant: 'corp.example',
  client_id: 'app',
  certificate: 'app.pem',
  private_key: 'file:app.key',
};
const googleKey = { kind: 'service-account', key: 'file:google.json' };
const personal = { kind: 'refresh-token', issuer: 'https://id.example', client_id: 'app', refresh_token: 'file:token' };

describe('a file says all about signing in by OAuth', () => {
  test('Exchange Online with a secret: tenant and scope are known', async () => {
    const settings = await read(entraSecret);
    expect(settings.place).toEqual({
      kind: 'endpoint',
      url: new URL('https://login.microsoftonline.com/corp.example/oauth2/v2.0/token'),
    });
    expect(settings.scope).toBe('https://outlook.office365.com/.default');
    expect(settings.grant).toMatchObject({
      kind: 'client-credentials',
      clientId: 'app',
      proof: { kind: 'secret', by: 'post' },
    });
  });

  test('Exchange Online with a certificate: its fingerprints are what the certificate has', async () => {
    const { grant } = await read(entraCertificate);
    if (grant.kind !== 'client-credentials' || grant.proof.kind !== 'certificate') throw new Error('no certificate');
    const mine = new X509Certificate(await readFile(join(folder, 'app.pem'), 'utf8')).raw;
    expect(grant.proof.key.x5t).toBe(createHash('sha1').update(mine).digest('base64url'));
    expect(grant.proof.key.x5tS256).toBe(createHash('sha256').update(mine).digest('base64url'));
    expect(grant.proof.key.key.algorithm.name).toBe('RSA-PSS');
    expect(grant.proof.key.key.extractable).toBe(false);
  });

  test('a key with a passphrase is opened', async () => {
    const { grant } = await read({
      ...entraCertificate,
      private_key: 'file:locked.key',
      private_key_passphrase: 'file:passphrase',
      signing: 'RS256',
    });
    expect(grant).toMatchObject({ proof: { key: { algorithm: 'RS256' } } });
  });

  test("Google's service account: its key file as it was downloaded", async () => {
    const settings = await read(googleKey);
    expect(settings.place.url.href).toBe('https://oauth2.googleapis.com/token');
    expect(settings.scope).toBe('https://mail.google.com/');
    expect(settings.grant).toMatchObject({
      kind: 'service-account',
      email: 'a@b.example',
      signer: { algorithm: 'RS256', keyId: 'k1' },
    });
  });

  test('a refresh token, its line end taken off', async () => {
    const settings = await read(personal);
    expect(settings.place.kind).toBe('issuer');
    expect(settings.scope).toBeNull();
    if (settings.grant.kind !== 'refresh-token') throw new Error('another kind');
    expect(settings.grant.refreshToken.reveal()).toBe(canary);
    expect(settings.grant.proof).toEqual({ kind: 'none' });
  });

  test('settings show no secret, however they are printed', async () => {
    for (const written of [entraSecret, entraCertificate, googleKey, personal]) {
      const settings = await read(written);
      const shown = `${inspect(settings, { depth: 20, showHidden: true })}${JSON.stringify(settings)}`;
      expect(shown).not.toContain(canary);
      expect(shown).not.toContain('PRIVATE KEY');
    }
  });
});

describe('a file that cannot be used is refused with the key that is wrong, and without its value', () => {
  test.each([
    ['not JSON at all', `{ "client_secret": "${canary}`, /it is not JSON/],
    ['a list', [], /one JSON object/],
    ['no kind', { client_id: 'x' }, /"kind" must be one of "client-credentials"/],
    ['an unheard-of kind', { kind: canary }, /"kind" must be one of/],
    ['a key that is missing', { ...entraSecret, client_id: undefined }, /"client_id" is missing/],
    [
      'a key that is misspelt',
      { ...entraSecret, client_secrt: 'env:SECRET' },
      /"client_secrt" is no setting.*Did you mean "client_secret"/,
    ],
    ['a key of another kind', { ...personal, xyz: 1 }, /"xyz" is no setting of "refresh-token". They are kind/],
    [
      'the secret itself',
      { ...entraSecret, client_secret: canary },
      /"client_secret" must be a reference to the secret of the application, env:NAME/,
    ],
    ['the token itself', { ...personal, refresh_token: canary }, /"refresh_token" must be a reference/],
    [
      'a variable that is not set',
      { ...entraSecret, client_secret: 'env:MISSING' },
      /environment variable MISSING is not set/,
    ],
    [
      'a variable that is empty',
      { ...entraSecret, client_secret: 'env:EMPTY' },
      /environment variable EMPTY is not set/,
    ],
    ['a file that is not there', { ...personal, refresh_token: 'file:nowhere' }, /there is no file .*nowhere/],
    ['a folder', { ...personal, refresh_token: 'file:.' }, /is a folder/],
    ['two places', { ...entraSecret, issuer: 'https://x.example' }, /only one can be given/],
    ['no place', { ...personal, issuer: undefined }, /does not say where tokens are had/],
    ['a tenant with a path', { ...entraSecret, tenant: 'a/../b' }, /"tenant" must be the id or a domain/],
    ['no address', { ...personal, issuer: 'id.example' }, /"issuer" must be an https:\/\/ address/],
    [
      'an address with a password',
      { ...personal, issuer: `https://me:${canary}@id.example` },
      /must hold no user name or password/,
    ],
    [
      'neither secret nor certificate',
      { ...entraSecret, client_secret: undefined },
      /needs either "client_secret", or "certificate"/,
    ],
    ['secret and certificate', { ...entraCertificate, client_secret: 'env:SECRET' }, /needs either/],
    ['a certificate without key', { ...entraCertificate, private_key: undefined }, /needs either/],
    ['a key of another certificate', { ...entraCertificate, certificate: 'ec.pem' }, /is not the key of "certificate"/],
    ['no certificate', { ...entraCertificate, certificate: 'app.key' }, /is not a certificate in PEM/],
    ['an expired certificate', { ...entraCertificate, certificate: 'old.pem' }, /has expired/],
    [
      'a key that is none',
      { ...entraCertificate, private_key: 'env:SECRET' },
      /"private_key" is not a private key in PEM/,
    ],
    ['a key that is not RSA', { ...entraCertificate, private_key: 'file:ec.key' }, /must be an RSA key/],
    ['a key without its passphrase', { ...entraCertificate, private_key: 'file:locked.key' }, /or it has a passphrase/],
    [
      'another passphrase',
      { ...entraCertificate, private_key: 'file:locked.key', private_key_passphrase: 'env:SECRET' },
      /the passphrase is not its own/,
    ],
    ['a wrong way to sign', { ...entraCertificate, signing: 'none' }, /"signing" must be "PS256" or "RS256"/],
    [
      'a wrong time limit',
      { ...entraSecret, timeout_seconds: 0 },
      /"timeout_seconds" must be a number of seconds from 1 to 300/,
    ],
    ['another JSON file for a key', { ...googleKey, key: 'file:odd.json' }, /is not the JSON key of a service account/],
    [
      'a service account whose key is none',
      { ...googleKey, key: 'file:bad-key.json' },
      /private key of the service account is not a private key/,
    ],
    ['no JSON for a key', { ...googleKey, key: 'file:token' }, /what "key" refers to is not JSON/],
  ])('%s', async (_, settings, says) => {
    const refused: unknown = await read(settings).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Fault);
    expect((refused as Fault).code).toBe('oauth.settings.wrong');
    expect((refused as Fault).message).toMatch(says);
    expect(inspect(refused, { depth: 20, showHidden: true })).not.toContain(canary);
  });

  test('a file that is not there', async () => {
    await expect(readOAuthFile(join(folder, 'no.json'), environment)).rejects.toMatchObject({
      code: 'oauth.settings.wrong',
    });
  });

  test('a file that is far too long', async () => {
    await expect(read(' '.repeat(70_000))).rejects.toThrow(/larger than 64 kB/);
  });
});
