import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { Log, LogFields } from '#lib/log.ts';
import type { Credential } from '#ports/credentials.ts';
import { applicationSecret, type Issuer, startIssuer } from '../../../labs/issuer.ts';
import { freePort } from '../../../labs/server.ts';
import { Authority } from '../../../labs/tls.ts';
import { OAuthFiles } from './credentials.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const never = new AbortController().signal;
let folder: string;
let closedPort: number;
let issuer: Issuer;
let rotating: Issuer;
let now = Date.now();
/** Everything that was logged in one test. */
let logged: string[] = [];
let secrets: Record<string, string> = {};

const log: Log = {
  error: note('error'),
  warn: note('warn'),
  info: note('info'),
  debug: note('debug'),
  trace: note('trace'),
  with: () => log,
};
function note(level: string) {
  return (phrase: string, fields?: LogFields): void => {
    logged.push(`${level} ${phrase} ${inspect(fields)}`);
  };
}

beforeAll(async () => {
  closedPort = await freePort();
  folder = await mkdtemp(join(tmpdir(), 'godwit-oauth-'));
  issuer = await startIssuer({ certifiedKey: rsa.publicKey, now: () => now });
  rotating = await startIssuer({ rotate: true });
  await writeFile(join(folder, 'app.pem'), new Authority().issue({ keys: rsa }).certificate);
  await writeFile(join(folder, 'app.key'), rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = { client_email: issuer.serviceEmail, private_key: issuer.serviceKeyPem, private_key_id: 'key-1' };
  await writeFile(join(folder, 'google.json'), JSON.stringify(key));
  await writeFile(
    join(folder, 'stranger.json'),
    JSON.stringify({ ...key, private_key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
  );
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await rotating[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  now = Date.now();
  logged = [];
  secrets = { SECRET: applicationSecret };
  issuer.lifetimeSeconds = 3_600;
  issuer.intercept = null;
});

const application = () => ({
  kind: 'client-credentials',
  client_id: 'application',
  client_secret: 'env:SECRET',
  token_endpoint: issuer.tokenEndpoint,
  scope: 'mail',
});
const certified = () => ({
  kind: 'client-credentials',
  client_id: 'certified',
  certificate: 'app.pem',
  private_key: 'file:app.key',
  token_endpoint: issuer.tokenEndpoint,
  scope: 'mail',
});
const service = () => ({
  kind: 'service-account',
  key: 'file:google.json',
  token_endpoint: issuer.serviceTokenEndpoint,
});
const person = () => ({
  kind: 'refresh-token',
  client_id: 'person',
  refresh_token: 'env:REFRESH',
  token_endpoint: issuer.tokenEndpoint,
});

/** Asks for mailboxes by one file of settings, as a process would. */
async function file(settings: object, insecure = true) {
  const path = join(folder, `oauth-${Math.random()}.json`);
  await writeFile(path, JSON.stringify(settings));
  const files = new OAuthFiles((name) => secrets[name], { now: () => now, allowInsecureRequests: insecure });
  return {
    of: (user: string) => files.credentials(path, user, log),
    token: async (user: string): Promise<string> =>
      tokenOf(await (await files.credentials(path, user, log)).current(never)),
  };
}
function tokenOf(credential: Credential): string {
  if (credential.kind !== 'oauth') throw new Error('no token');
  return credential.token;
}
async function refusalOf(work: Promise<unknown>): Promise<Fault> {
  const refusal: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(refusal instanceof Fault)) throw new Error(`no fault: ${inspect(refusal)}`);
  return refusal;
}
const asked = (): number => issuer.requests.length;

describe('every kind of OAuth file gives a token that the issuer knows', () => {
  test('an application with a secret, in the body or in the header', async () => {
    expect(await (await file(application())).token('ann@corp.example')).not.toBe('');
    expect(issuer.requests.at(-1)?.body).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'mail',
      client_secret: applicationSecret,
    });
    const basic = await file({ ...application(), client_id: 'application-basic', client_authentication: 'basic' });
    expect(await basic.token('ann@corp.example')).not.toBe('');
    expect(issuer.requests.at(-1)?.authorization).toMatch(/^Basic /);
  });

  test.each(['PS256', 'RS256'])(
    'an application with a certificate signs with %s and names the certificate',
    async (signing) => {
      expect(await (await file({ ...certified(), signing })).token('ann@corp.example')).not.toBe('');
      const assertion = issuer.requests.at(-1)?.body['client_assertion'] as string;
      expect(decodeProtectedHeader(assertion)).toMatchObject({
        alg: signing,
        x5t: expect.any(String),
        'x5t#S256': expect.any(String),
      });
      expect(decodeJwt(assertion)).toMatchObject({ iss: 'certified', sub: 'certified', aud: issuer.tokenEndpoint });
    },
  );

  test('an issuer that is named by its address alone is asked where its tokens are', async () => {
    const { token_endpoint: _, ...found } = certified();
    expect(await (await file({ ...found, issuer: issuer.url })).token('ann@corp.example')).not.toBe('');
    expect(decodeJwt(issuer.requests.at(-1)?.body['client_assertion'] as string).aud).toBe(issuer.url);
  });

  test('a service account asks for one token for each mailbox, in the name of its owner', async () => {
    const tokens = await file(service());
    const ann = await tokens.token('ann@corp.example');
    const bob = await tokens.token('bob@corp.example');
    expect(ann).not.toBe(bob);
    expect(await tokens.token('ann@corp.example')).toBe(ann);
    expect(issuer.assertions.slice(-2).map(({ claims }) => claims.sub)).toEqual([
      'ann@corp.example',
      'bob@corp.example',
    ]);
    expect(issuer.assertions.at(-1)).toMatchObject({
      header: { alg: 'RS256', typ: 'JWT', kid: 'key-1' },
      claims: { iss: issuer.serviceEmail, scope: 'https://mail.google.com/', aud: issuer.serviceTokenEndpoint },
    });
    const { iat = 0, exp = 0 } = issuer.assertions.at(-1)?.claims ?? {};
    expect(exp - iat).toBe(3_600);
    expect(Object.keys(issuer.requests.at(-1)?.body ?? {}).sort()).toEqual(['assertion', 'grant_type']);
  });

  test('a refresh token', async () => {
    secrets['REFRESH'] = await issuer.consent('ann@corp.example');
    expect(await (await file(person())).token('ann@corp.example')).not.toBe('');
  });

  test('a refresh token that the issuer replaces is used as replaced, and the operator is told', async () => {
    secrets['REFRESH'] = await rotating.consent('ann@corp.example');
    rotating.lifetimeSeconds = 60;
    const tokens = await file({ ...person(), token_endpoint: rotating.tokenEndpoint });
    const first = await tokens.token('ann@corp.example');
    for (let i = 0; i < 3; i++) {
      now += 60_000;
      expect(await tokens.token('ann@corp.example')).not.toBe(first);
    }
    expect(new Set(rotating.requests.map(({ body }) => body['refresh_token'])).size).toBe(4);
    expect(logged.filter((line) => line.startsWith('warn the issuer has replaced'))).toHaveLength(1);
  });
});

describe('tokens are fetched no more often than needed', () => {
  test('a hundred mailboxes of one application cost one request', async () => {
    const before = asked();
    const tokens = await file(application());
    const got = await Promise.all(Array.from({ length: 100 }, (_, i) => tokens.token(`user${i}@corp.example`)));
    expect(new Set(got).size).toBe(1);
    expect(asked() - before).toBe(1);
  });

  test('a token is renewed shortly before it expires', async () => {
    const tokens = await file(application());
    const first = await tokens.token('ann@corp.example');
    now += (3_600 - 301) * 1000;
    expect(await tokens.token('ann@corp.example')).toBe(first);
    now += 2_000;
    expect(await tokens.token('ann@corp.example')).not.toBe(first);
  });

  test('a token of a short life is used for most of it', async () => {
    issuer.lifetimeSeconds = 60;
    const tokens = await file(service());
    const first = await tokens.token('ann@corp.example');
    now += 53_000;
    expect(await tokens.token('ann@corp.example')).toBe(first);
    now += 2_000;
    expect(await tokens.token('ann@corp.example')).not.toBe(first);
  });

  test('a token that a server refused is not handed out again', async () => {
    const tokens = await file(service());
    const ann = await tokens.of('ann@corp.example');
    const first = tokenOf(await ann.current(never));
    ann.refused?.();
    const second = tokenOf(await ann.current(never));
    expect(second).not.toBe(first);
    expect(tokenOf(await ann.current(never))).toBe(second);
  });

  test('a hundred mailboxes whose shared token was revoked cost one new one', async () => {
    const tokens = await file(application());
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => tokens.of(`user${i}@corp.example`)));
    await Promise.all(all.map((each) => each.current(never)));
    now += 120_000;
    const before = asked();
    await Promise.all(
      all.map(async (each) => {
        each.refused?.();
        return each.current(never);
      }),
    );
    expect(asked() - before).toBe(1);
  });

  test('a mailbox that is closed to the application does not renew the token of all the others', async () => {
    const tokens = await file(application());
    const closed = await tokens.of('closed@corp.example');
    const first = tokenOf(await closed.current(never));
    const before = asked();
    for (let i = 0; i < 5; i++) {
      closed.refused?.();
      expect(tokenOf(await closed.current(never))).toBe(first);
    }
    expect(asked()).toBe(before);
  });

  test('who stops waiting does not stop the others', async () => {
    const tokens = await file(application());
    const stop = new AbortController();
    const one = (await tokens.of('ann@corp.example')).current(stop.signal);
    const other = tokens.token('bob@corp.example');
    stop.abort(new Error('stopped by hand'));
    await expect(one).rejects.toThrow('stopped by hand');
    expect(await other).not.toBe('');
  });
});

describe('an issuer that gives no token is understood', () => {
  test.each([
    [
      'a wrong secret',
      () => ({ ...application(), client_secret: 'env:WRONG' }),
      'oauth.client.refused',
      /invalid_client/,
    ],
    [
      'an unknown application',
      () => ({ ...application(), client_id: 'nobody' }),
      'oauth.client.refused',
      /invalid_client/,
    ],
    [
      'a grant it was not given',
      () => ({
        ...application(),
        client_id: 'person',
        kind: 'refresh-token',
        client_secret: undefined,
        refresh_token: 'env:WRONG',
      }),
      'oauth.grant.revoked',
      /invalid_grant/,
    ],
    [
      "somebody else's key",
      () => ({ ...service(), key: 'file:stranger.json' }),
      'oauth.client.refused',
      /Invalid JWT Signature/,
    ],
    [
      'nobody there',
      () => ({ ...application(), token_endpoint: `http://127.0.0.1:${closedPort}/token` }),
      'oauth.issuer.unreachable',
      /accepts no connection/,
    ],
    [
      'no such host',
      () => ({ ...application(), token_endpoint: 'http://nowhere.invalid/token' }),
      'oauth.issuer.unreachable',
      /address/,
    ],
    [
      'another page',
      () => ({ ...application(), token_endpoint: `${issuer.url}/elsewhere` }),
      'oauth.issuer.garbled',
      /HTTP status 404/,
    ],
  ])('%s', async (_, settings, code, says) => {
    secrets['WRONG'] = 'canary-wrong-secret-71cc';
    const refusal = await refusalOf((await file(settings())).token('ann@corp.example'));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(says);
    expect(inspect([refusal, logged], { depth: 20, showHidden: true })).not.toContain('canary-wrong-secret-71cc');
  });

  test('a consent that was taken back is told as such, with the mailbox it was for', async () => {
    secrets['REFRESH'] = await issuer.consent('gone@corp.example');
    const tokens = await file(person());
    const gone = await tokens.of('gone@corp.example');
    await gone.current(never);
    await issuer.revoke('gone@corp.example');
    now += 120_000;
    gone.refused?.();
    const refusal = await refusalOf(gone.current(never));
    expect(refusal).toMatchObject({ code: 'oauth.grant.revoked', retry: 'operator', reach: 'mailbox' });
    expect(refusal.message).toContain('gone@corp.example');
  });

  test('a mailbox that a service account may not act for leaves the others alone', async () => {
    const tokens = await file(service());
    await issuer.revoke('barred@corp.example');
    expect((await refusalOf(tokens.token('barred@corp.example'))).code).toBe('oauth.grant.revoked');
    expect(await tokens.token('free@corp.example')).not.toBe('');
  });

  test('a refusal is not asked for again by each of ten thousand mailboxes, but after a minute', async () => {
    secrets['LATER'] = 'not yet right';
    const tokens = await file({ ...application(), client_secret: 'env:LATER' });
    const before = asked();
    for (let i = 0; i < 20; i++) await refusalOf(tokens.token(`user${i}@corp.example`));
    expect(asked() - before).toBe(1);
    now += 61_000;
    await refusalOf(tokens.token('ann@corp.example'));
    expect(asked() - before).toBe(2);
  });

  test('an issuer that is ill for a while is asked again, and a token in hand is used meanwhile', async () => {
    const tokens = await file(application());
    const first = await tokens.token('ann@corp.example');
    issuer.intercept = (_, response) => {
      response.writeHead(503, { 'content-type': 'text/plain' }).end('ill');
      return true;
    };
    now += (3_600 - 200) * 1000;
    expect(await tokens.token('ann@corp.example')).toBe(first);
    now += 200_000;
    expect(await refusalOf(tokens.token('ann@corp.example'))).toMatchObject({
      code: 'oauth.issuer.unreachable',
      retry: 'paced',
    });
    issuer.intercept = null;
    now += 6_000;
    expect(await tokens.token('ann@corp.example')).not.toBe(first);
  });

  test.each([
    ['an answer that is no JSON', 'text/html', '<html>', 'oauth.issuer.garbled'],
    ['a token of no type', 'application/json', '{"access_token":"canary-token-5b"}', 'oauth.issuer.garbled'],
    ['no token', 'application/json', '{"token_type":"Bearer","x":"canary-token-5b"}', 'oauth.issuer.garbled'],
    ['an answer without an end', 'application/json', ' '.repeat(2_000_000), 'oauth.issuer.garbled'],
  ])('%s is no token, and is shown to nobody', async (_, type, body, code) => {
    issuer.intercept = (__, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
      return true;
    };
    const refusal = await refusalOf((await file(application())).token('ann@corp.example'));
    expect(refusal.code).toBe(code);
    expect(inspect([refusal, logged], { depth: 20, showHidden: true })).not.toContain('canary-token-5b');
  });

  test('an issuer that says nothing is not waited for for ever', async () => {
    issuer.intercept = () => true;
    const refusal = await refusalOf((await file({ ...application(), timeout_seconds: 1 })).token('ann@corp.example'));
    expect(refusal.code).toBe('oauth.issuer.unreachable');
    expect(refusal.message).toContain('did not answer in time');
  });

  test.each(['short 1', applicationSecret])(
    'an issuer that repeats the secret %s does not get it into the log',
    async (secret) => {
      secrets['SECRET'] = secret;
      issuer.intercept = (_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ error: 'invalid_client', error_description: `bad secret ${secret} in \x1b[31mrequest` }),
        );
        return true;
      };
      const refusal = await refusalOf((await file(application())).token('ann@corp.example'));
      expect(refusal.code).toBe('oauth.client.refused');
      expect(refusal.message).toContain('bad secret (…) in');
      const shown = inspect([refusal, logged], { depth: 20, showHidden: true });
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain('\x1b');
    },
  );

  test('no secret is sent without TLS', async () => {
    const before = asked();
    const refusal = await refusalOf((await file(application(), false)).token('ann@corp.example'));
    expect(refusal.code).toBe('oauth.settings.wrong');
    expect(refusal.message).toContain('https://');
    expect(
      (
        await refusalOf(
          (await file({ ...application(), token_endpoint: undefined, issuer: issuer.url }, false)).token('a'),
        )
      ).code,
    ).toBe('oauth.settings.wrong');
    expect(asked()).toBe(before);
  });
});

test('no token and no secret is ever logged', async () => {
  secrets['REFRESH'] = await issuer.consent('ann@corp.example');
  const got: string[] = [];
  for (const settings of [application(), certified(), service(), person()])
    got.push(await (await file(settings)).token('ann@corp.example'));
  expect(got).toHaveLength(4);
  expect(logged.length).toBeGreaterThan(3);
  for (const secret of [...got, applicationSecret, secrets['REFRESH']]) expect(logged.join('\n')).not.toContain(secret);
});
