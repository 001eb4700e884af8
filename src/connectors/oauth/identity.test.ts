/** Signing in with a real provider on the loopback. */

import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SignInSettings } from '#domain/sign-in.ts';
import {
  Browser,
  clientId,
  clientSecret,
  type LabIdentityProvider,
  startIdentityProvider,
} from '../../../labs/identity-provider.ts';
import { freePort } from '../../../labs/server.ts';
import { OpenIdProvider } from './identity.ts';

const callback = new URL('http://127.0.0.1:1/v1/sign-in/callback');
const people = {
  ann: { email: 'ann@corp.example', email_verified: true, groups: ['mail-operators'] },
} as const;

let lab: LabIdentityProvider;
let reticent: LabIdentityProvider;
beforeAll(async () => {
  [lab, reticent] = await Promise.all([
    startIdentityProvider({ callback: callback.href, people }),
    startIdentityProvider({ callback: callback.href, people, inIdToken: false }),
  ]);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await reticent[Symbol.asyncDispose]();
});

function settingsOf(issuer: string): SignInSettings {
  return {
    issuer,
    clientId,
    clientSecret: null,
    origin: callback.origin,
    scopes: ['openid', 'email', 'groups'],
    whoClaim: 'email',
    groupsClaim: 'groups',
    lastsSeconds: 3_600,
    idleSeconds: 1_800,
    roles: [],
  };
}

function provider(issuer = lab.issuer, secret: string | null = clientSecret): OpenIdProvider {
  return new OpenIdProvider({
    settings: settingsOf(issuer),
    callback,
    secret: async () => secret,
    reach: null,
    clock: () => performance.now(),
  });
}

const refused = { code: 'access.sign-in.refused' };
const unavailable = { code: 'access.sign-in.unavailable' };

describe('whoever signs in', () => {
  test('is who the provider says, with what it says of them', async () => {
    const there = provider();
    const { url, attempt } = await there.begin();
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.href).not.toContain(attempt.verifier);
    const back = await new Browser().signIn(url, 'ann');
    expect(await there.finish(back, attempt)).toMatchObject({
      issuer: lab.issuer,
      subject: 'ann',
      claims: { email: 'ann@corp.example', groups: ['mail-operators'] },
    });
  });

  test('is asked about where the provider says it only to who asks', async () => {
    const there = provider(reticent.issuer);
    const { url, attempt } = await there.begin();
    const back = await new Browser().signIn(url, 'ann');
    expect(await there.finish(back, attempt)).toMatchObject({ claims: { email: 'ann@corp.example', sub: 'ann' } });
  });

  test('is nobody with a code that was used, or that is somebody else’s', async () => {
    const there = provider();
    const first = await there.begin();
    const back = await new Browser().signIn(first.url, 'ann');
    await there.finish(back, first.attempt);
    await expect(there.finish(back, first.attempt)).rejects.toMatchObject(refused);
    const second = await there.begin();
    const other = await new Browser().signIn(second.url, 'ann');
    const third = await there.begin();
    for (const part of ['state', 'nonce', 'verifier'] as const) {
      const attempt = { ...second.attempt, [part]: third.attempt[part] };
      await expect(there.finish(other, attempt)).rejects.toMatchObject(refused);
    }
  });

  test.each([
    '',
    '?code=x',
    '?state=x',
    '?error=access_denied',
    `?code=${'x'.repeat(5_000)}&state=y`,
    '?code=a&code=b&state=c&state=d',
  ])('is nobody who comes back with %j', async (query) => {
    const there = provider();
    const { attempt } = await there.begin();
    await expect(there.finish(new URL(query, callback), attempt)).rejects.toMatchObject(refused);
  });

  test('and gave up there is told so', async () => {
    const there = provider();
    const { attempt } = await there.begin();
    const back = new URL(`?error=access_denied&state=${attempt.state}&iss=${encodeURIComponent(lab.issuer)}`, callback);
    await expect(there.finish(back, attempt)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('access_denied'),
    });
  });
});

describe('a provider', () => {
  test('whose word is not signed with its key is not believed', async () => {
    const there = provider();
    const { url, attempt } = await there.begin();
    const back = await new Browser().signIn(url, 'ann');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keys = [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'lab', alg: 'RS256' }];
    lab.intercept = (request, response) => {
      if (request.url !== '/jwks') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
      return true;
    };
    await expect(there.finish(back, attempt)).rejects.toMatchObject(refused);
    lab.intercept = null;
  });

  test('that is not there, or answers with something else, lets nobody in; and it is asked anew by the next', async () => {
    const away = provider(`http://127.0.0.1:${await freePort()}`);
    await expect(away.begin()).rejects.toMatchObject(unavailable);
    const there = provider();
    lab.intercept = (_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      return true;
    };
    await expect(there.begin()).rejects.toMatchObject(refused);
    lab.intercept = (_, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ issuer: 'https://other.example' }));
      return true;
    };
    await expect(there.begin()).rejects.toMatchObject(refused);
    lab.intercept = null;
    expect((await there.begin()).url.origin).toBe(lab.issuer);
  });

  test('that does not know our secret is not told it again in a fault', async () => {
    const there = provider(lab.issuer, 'wrong-secret-8d21');
    const { url, attempt } = await there.begin();
    const back = await new Browser().signIn(url, 'ann');
    const error: unknown = await there.finish(back, attempt).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(unavailable);
    expect(String(error)).not.toContain('wrong-secret');
  });

  test('in clear text is asked on this machine alone', async () => {
    await expect(provider('http://id.corp.example').begin()).rejects.toMatchObject(refused);
  });
});
