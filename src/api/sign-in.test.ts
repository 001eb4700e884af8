/** People sign in with a real provider, by a browser as far as that takes one. */

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { OpenIdProvider } from '#connectors/oauth/index.ts';
import type { SignInSettings } from '#domain/sign-in.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openBearers } from '#store/bearers.ts';
import { people, recorded, standing } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import {
  Browser,
  clientId,
  clientSecret,
  type LabIdentityProvider,
  startIdentityProvider,
} from '../../labs/identity-provider.ts';
import { freePort } from '../../labs/server.ts';
import { Judge } from './judge.ts';
import { bearerOf, served, type ServedOptions } from './served.test-kit.ts';
import { callbackPath } from './sign-in.ts';

const told = {
  ann: { email: 'ann@corp.example', email_verified: true, groups: ['mail-operators'] },
  lou: { email: 'lou@corp.example', email_verified: true, groups: ['rxy-it'] },
  eve: { email: 'eve@corp.example', email_verified: true, groups: ['staff'] },
  mel: { email: 'ann@corp.example', email_verified: false, groups: ['mail-operators'] },
} as const;

let port = 0;
let lab: LabIdentityProvider;
beforeAll(async () => {
  port = await freePort();
  lab = await startIdentityProvider({ callback: `http://127.0.0.1:${port}${callbackPath}`, people: told });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

interface Site {
  readonly origin: string;
  readonly db: TestDatabase;
  /** Asks as a page of that origin does. */
  ask(browser: Browser, path: string, order?: unknown, origin?: string): Promise<Response>;
  /** Signs in, and answers with how the callback was answered. */
  signIn(browser: Browser, login: string, to?: string): Promise<Response>;
}

async function site(more: Partial<ServedOptions> = {}): Promise<Site> {
  const origin = `http://127.0.0.1:${port}`;
  const db = await testDatabase();
  onTestFinished(() => db[Symbol.asyncDispose]());
  const settings: SignInSettings = {
    issuer: lab.issuer,
    clientId,
    clientSecret: null,
    origin,
    scopes: ['openid', 'email', 'groups'],
    whoClaim: 'email',
    groupsClaim: 'groups',
    lastsSeconds: 3_600,
    idleSeconds: 1_800,
    roles: [
      { group: 'mail-operators', role: 'operator', organisation: null },
      { group: 'rxy-it', role: 'local-administrator', organisation: 'RXY' },
    ],
  };
  const clock = (): number => performance.now();
  const callback = new URL(callbackPath, origin);
  const provider = new OpenIdProvider({ settings, callback, secret: async () => clientSecret, reach: null, clock });
  await served(db, {
    at: { kind: 'tcp', host: '127.0.0.1', port },
    judge: new Judge(openBearers(db, settings), clock, origin),
    signIn: { provider, settings, sessions: openSessions(db) },
    ...more,
  });
  return {
    origin,
    db,
    ask(browser, path, order, from = origin) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), origin: from };
      return browser.ask(
        new URL(path, origin),
        order === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(order) },
      );
    },
    async signIn(browser, login, to = '/v1/self') {
      const sent = await browser.ask(new URL(`/v1/sign-in?to=${encodeURIComponent(to)}`, origin));
      expect(sent.status).toBe(303);
      return browser.ask(await browser.signIn(new URL(sent.headers.get('location') ?? ''), login));
    },
  };
}

const session = '__Host-godwit';

describe('whoever signs in', () => {
  test('is let in by a cookie that no script and no neighbour can have, with the roles of their groups', async () => {
    const { ask, signIn, origin, db } = await site();
    const browser = new Browser();
    const back = await signIn(browser, 'ann', '/v1/waves?all=true');
    expect([back.status, back.headers.get('location')]).toEqual([303, '/v1/waves?all=true']);
    const given = back.headers.getSetCookie().find((line) => line.startsWith(`${session}=`));
    expect(given).toMatch(/^__Host-godwit=godwit_s1_[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/);
    expect(await (await ask(browser, '/v1/self')).json()).toMatchObject({
      who: 'ann@corp.example',
      roles: [{ role: 'operator', organisation: null }],
    });
    expect(browser.cookie(origin, '__Host-godwit-sign-in')).toBeUndefined();
    expect(await recorded(db.sql, null)).toEqual(['ann@corp.example signed in']);
  });

  test('of a part of the estate is told of that part', async () => {
    const { ask, signIn, db } = await site();
    await people(db.sql, ['ann']);
    await sql`insert into organisation (code, name) values ('OTHER', 'Other')`.execute(db.sql);
    const browser = new Browser();
    await signIn(browser, 'lou');
    expect(await (await ask(browser, '/v1/organisations')).json()).toMatchObject({
      lines: [{ code: 'RXY' }],
      next: null,
    });
  });

  test('is out once they sign out, wherever the cookie may have been copied to', async () => {
    const { ask, signIn, origin, db } = await site();
    const browser = new Browser();
    await signIn(browser, 'ann');
    const copied = browser.cookie(origin, session) ?? '';
    expect((await ask(browser, '/v1/sign-out', {}, 'https://evil.example')).status).toBe(403);
    expect((await ask(browser, '/v1/self')).status).toBe(200);
    expect((await ask(browser, '/v1/sign-out', {})).status).toBe(204);
    expect(browser.cookie(origin, session)).toBeUndefined();
    const again = await fetch(`${origin}/v1/self`, { headers: { cookie: `${session}=${copied}` } });
    expect([again.status, await again.json()]).toMatchObject([401, { code: 'api.bearer.refused' }]);
    expect(await recorded(db.sql, null)).toContain('ann@corp.example signed out');
  });

  test('is not signed out by somebody who knows the number of their session and has a token of their own', async () => {
    const { ask, signIn, origin, db } = await site();
    await people(db.sql, ['ann']);
    const browser = new Browser();
    await signIn(browser, 'ann');
    const authorization = `Bearer ${await bearerOf(db, 'service-desk', 'RXY')}`;
    const made = `${session}=godwit_s1_${'A'.repeat(43)}`;
    for (const cookie of [made, `${session}=${browser.cookie(origin, session)?.slice(0, -1)}_`]) {
      const headers = { authorization, cookie, origin, 'content-type': 'application/json' };
      const answer = await fetch(`${origin}/v1/sign-out`, { method: 'POST', headers, body: '{}' });
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'api.bearer.refused' }]);
    }
    expect((await ask(browser, '/v1/self')).status).toBe(200);
  });

  test('has no role, or no name that is certain, does not get in and is told why', async () => {
    const { signIn, db } = await site();
    const eve = await signIn(new Browser(), 'eve');
    expect([eve.status, await eve.json()]).toMatchObject([
      403,
      { code: 'access.sign-in.without-role', detail: '"eve@corp.example" is in no group that has a role here.' },
    ]);
    const mel = await signIn(new Browser(), 'mel');
    expect([mel.status, await mel.json()]).toMatchObject([403, { code: 'access.sign-in.nameless' }]);
    expect(await openSessions(db).list({ ended: true })).toEqual([]);
  });
});

describe('a page that is not ours', () => {
  test('orders nothing in the name of whoever is signed in', async () => {
    const { ask, signIn, origin, db } = await site();
    await people(db.sql, ['ann']);
    const browser = new Browser();
    await signIn(browser, 'ann');
    const order = { addresses: ['ann@x.example'] };
    for (const from of ['https://evil.example', 'null', `${origin}.evil.example`, origin.replace('http', 'https')]) {
      const refused = await ask(browser, '/v1/mailboxes/hold', order, from);
      expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'api.origin.foreign' }]);
    }
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
    expect((await ask(browser, '/v1/mailboxes/hold', order)).status).toBe(200);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: 'held' });
  });

  test('begins nothing that takes long by a link, though people come from one when they have signed in', async () => {
    const { signIn, origin } = await site();
    const browser = new Browser();
    await signIn(browser, 'ann');
    const cookie = `${session}=${browser.cookie(origin, session)}`;
    const statusOf = async (path: string, from: string): Promise<number> =>
      (await fetch(`${origin}${path}`, { headers: { cookie, 'sec-fetch-site': from } })).status;
    for (const path of ['/v1/audit/verification', '/v1/waves/pilot/check', '/v1/events'])
      expect([path, await statusOf(path, 'cross-site')]).toEqual([path, 403]);
    expect(await statusOf('/v1/audit/verification', 'same-origin')).toBe(200);
    expect(await statusOf('/v1/status', 'cross-site')).toBe(200);
  });

  test('neither begins a sign-in that another browser ends, nor sends anybody elsewhere afterwards', async () => {
    const { signIn, origin } = await site();
    const [own, other] = [new Browser(), new Browser()];
    const sent = await own.ask(new URL('/v1/sign-in', origin));
    const back = await own.signIn(new URL(sent.headers.get('location') ?? ''), 'ann');
    const refused = await other.ask(back);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'access.sign-in.refused' }]);
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '/.//evil.example',
      '/v1/..//evil.example/path',
      'evil',
      '/x\r\nSet-Cookie: a=b',
    ])
      expect((await signIn(new Browser(), 'ann', to)).headers.get('location')).toBe('/');
  });
});

test('two cookies of one name, or one that is a token of a machine, say nobody is asking', async () => {
  const { signIn, origin } = await site();
  const browser = new Browser();
  await signIn(browser, 'ann');
  const good = `${session}=${browser.cookie(origin, session)}`;
  const cookies = [`${good}; ${good}`, `${session}=godwit_1_${'A'.repeat(43)}`, `${session}=`, `x${good}`];
  for (const cookie of cookies) {
    const answer = await fetch(`${origin}/v1/self`, { headers: { cookie } });
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'api.bearer.missing' }]);
  }
});

test('who comes back ten times with what the provider did not send is not asked about again, and others are', async () => {
  const { origin } = await site({ behindProxy: true });
  const back = async (from: string) => {
    const attempt = { state: 's', nonce: 'n', verifier: 'v'.repeat(43) };
    const cookie = `__Host-godwit-sign-in=${Buffer.from(JSON.stringify(attempt)).toString('base64url')}`;
    const answer = await fetch(`${origin}${callbackPath}?state=s&code=made-up`, {
      headers: { cookie, 'x-forwarded-for': from },
      redirect: 'manual',
    });
    return [
      answer.status,
      ((await answer.json()) as { readonly code?: string }).code,
      answer.headers.get('retry-after'),
    ];
  };
  for (let i = 0; i < 10; i++) expect(await back('198.51.100.7')).toEqual([403, 'access.sign-in.refused', null]);
  expect(await back('198.51.100.7')).toEqual([429, 'access.sign-in.too-many', expect.stringMatching(/^(60|59)$/)]);
  expect(await back('198.51.100.8')).toEqual([403, 'access.sign-in.refused', null]);
});

test('where no provider is named nobody signs in, and no cookie counts', async () => {
  await using db = await testDatabase();
  const { url } = await served(db);
  const { bearer } = await openSessions(db).begin({
    who: 'ann@corp.example',
    issuer: lab.issuer,
    subject: 'ann',
    groups: [],
    roles: [{ role: 'owner', organisation: null }],
    lastsMs: 60_000,
    idleMs: 60_000,
  });
  const answer = await fetch(`${url}/v1/sign-in`, { redirect: 'manual' });
  expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'access.sign-in.none' }]);
  expect((await fetch(`${url}/v1/self`, { headers: { cookie: `${session}=${bearer}` } })).status).toBe(401);
});
