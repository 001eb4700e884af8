import { describe, expect, test } from 'vitest';
import { redacted, withoutSecrets } from './redaction.ts';

const canary = 'canary-5e1f/of@all';

describe('a field whose name says what it bears', () => {
  test.each([
    'password',
    'passwd',
    'pass',
    'passphrase',
    'PGPASSWORD',
    'db_password',
    'userPass',
    'secret',
    'clientSecret',
    'client_secret',
    'token',
    'accessToken',
    'access_token',
    'refresh-token',
    'Authorization',
    'proxy-authorization',
    'bearer',
    'Cookie',
    'set-cookie',
    'credentials',
    'privateKey',
    'x-api-key',
    'apikey',
    'sealing_key',
    'keyMaterial',
    'saslResponse',
    'initialResponse',
    'connectionString',
    'DATABASE_URL',
  ])('is hidden: %s', (name) => {
    expect(redacted({ [name]: canary })).toEqual({ [name]: '[hidden]' });
    expect(redacted({ [name]: { inside: canary } })).toEqual({ [name]: '[hidden]' });
    expect(redacted({ [name]: Buffer.from(canary) })).toEqual({ [name]: '[hidden]' });
  });

  test.each(['mailbox', 'passes', 'folder', 'reference', 'host', 'key', 'text', 'bypass', 'compass', 'authors'])(
    'and one that says something else is shown: %s',
    (name) => {
      expect(redacted({ [name]: 'plain' })).toEqual({ [name]: 'plain' });
    },
  );

  test('that there is none, and whether there is one, is told', () => {
    const none = { password: null, token: undefined, cookie: '', secret: false };
    expect(redacted(none)).toEqual(none);
  });
});

test.each([
  ['a URL', 'postgres://u:p@h/d', 'postgres://u:[hidden]@h/d'],
  [
    'a URL with slash and at sign',
    `connect to postgresql://u:${canary}@h:5432/d failed`,
    'connect to postgresql://u:[hidden]@h:5432/d failed',
  ],
  ['a token before a host', 'https://ghp_0123456789@code.example/x', 'https://[hidden]@code.example/x'],
  ['a header', `Authorization: Bearer ${canary}`, 'Authorization: [hidden] [hidden]'],
  ['a header of the other kind', 'authorization: basic YW5uOmNhbmFyeQ==', 'authorization: [hidden] [hidden]'],
  ['a token by itself', 'sent Bearer abc.def-0123456789 to it', 'sent Bearer [hidden] to it'],
  ['a JWT', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl back', 'got [hidden] back'],
  [
    'a sign-in that was repeated',
    'BAD what is a1 AUTHENTICATE PLAIN AGFubgBjYW5hcnk=?',
    'BAD what is a1 AUTHENTICATE PLAIN [hidden]?',
  ],
  ['a sign-in in quotes', 'BAD a1 LOGIN "ann" "can\\"ary" ?', 'BAD a1 LOGIN "ann" [hidden] ?'],
  [
    'a connection in words',
    `host=h user=ann password=${canary} dbname=d`,
    'host=h user=ann password=[hidden] dbname=d',
  ],
  ['a document', `{"user":"ann","client_secret":"can \\"ary","n":1}`, '{"user":"ann","client_secret":[hidden],"n":1}'],
  [
    'a form',
    `grant_type=refresh_token&refresh_token=${canary}&scope=x`,
    'grant_type=refresh_token&refresh_token=[hidden]&scope=x',
  ],
  [
    'a key',
    '-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQ==\n-----END EC PRIVATE KEY-----\nmore',
    'EC PRIVATE KEY [hidden]\nmore',
  ],
  ['a key that was cut', 'read -----BEGIN PRIVATE KEY-----\nMHcC', 'read PRIVATE KEY [hidden]'],
])('of %s in a text the secret is hidden and the rest is told', (_, text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});

test.each([
  'imaps://ann@mail.corp.example:993',
  'imap://ann@corp.example@mail.corp.example',
  'no such password',
  'the token has expired; ask for another',
  'a1 LOGIN ***',
  'a1 AUTHENTICATE PLAIN ***',
  '* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 LOGINDISABLED SASL-IR',
  'secrets cannot be resolved here',
  'NO [AUTHENTICATIONFAILED] Authentication failed.',
])('words that hold no secret stay as they are: %s', (text) => {
  expect(withoutSecrets(text)).toBe(text);
});

describe('what lies deep', () => {
  test('is looked through like the rest: lists, objects, maps, and errors with their causes and fields', () => {
    const inner = Object.assign(new Error(`connect postgres://u:${canary}@h/d`), { config: { password: canary } });
    const outer = new Error('the database', { cause: inner });
    const deep = { a: [{ b: [{ password: canary, c: new Map([['u', `https://u:${canary}@h/`]]) }] }] };
    const both = new AggregateError([inner, outer], 'two');
    const shown = JSON.stringify(redacted({ error: outer, deep, both, url: new URL('https://u:canary-5e1f@h/') }));
    expect(shown).not.toContain('canary-5e1f');
    for (const told of [
      'the database',
      'connect postgres://u:[hidden]@h/d',
      'redaction.test.ts',
      'https://u:[hidden]@h/',
      'two',
    ])
      expect(shown).toContain(told);
  });

  test('of octets no more than their number is told', () => {
    expect(redacted({ body: Buffer.from(canary) })).toEqual({ body: `${canary.length} octets` });
  });

  test('has an end, also where it leads back to itself', () => {
    const loop: Record<string, unknown> = { password: canary };
    loop['self'] = [loop];
    expect(redacted({ loop })).toEqual({ loop: { password: '[hidden]', self: ['…'] } });
    let nested: unknown = { password: canary };
    for (let i = 0; i < 10_000; i++) nested = { nested };
    expect(JSON.stringify(redacted({ nested }))).not.toContain('canary');
    const shared = { host: 'h' };
    expect(redacted({ one: shared, two: shared })).toEqual({ one: shared, two: shared });
  });
});
