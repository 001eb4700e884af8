import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Attempt } from '#domain/attempt-fold.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';
import { type Log, silent } from '#lib/log.ts';
import { type AuthHttpOptions, openAuthHttp } from './auth-http.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

const key = 'a key of forty characters, more or less';
const places = {
  source: { imap: { address: '192.0.2.1', port: 143 }, smtp: { address: '192.0.2.1', port: 587 } },
  target: { imap: { address: '192.0.2.2', port: 1143 } },
};

let book: MadeUpBook;
let door: Door;
let logged: string[];

const log: Log = {
  ...silent,
  error: (phrase, fields) => void logged.push(`${phrase} ${JSON.stringify(fields)}`),
  with: () => log,
};

async function open(more: Partial<AuthHttpOptions> = {}): Promise<Door> {
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
  const usual = { at, allowed, book, places, substitutes: {}, key, waitMs: 20_000, signInsPerMinute: 10_000, log };
  return await openAuthHttp({ ...usual, ...more });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
}

/** As nginx asks. */
function ask(user: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const headers = {
    'X-Auth-Key': key,
    'Auth-Method': 'plain',
    'Auth-User': encodeURIComponent(user),
    'Auth-Pass': 'canary-hunter2',
    'Auth-Protocol': 'imap',
    'Auth-Login-Attempt': '1',
    'Client-IP': '198.51.100.7',
    ...more,
  };
  return new Promise((resolve, reject) => {
    const { host, port } = door.at as { host: string; port: number };
    request({ host, port, path: '/', headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        const told = Object.fromEntries(
          response.rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, response.rawHeaders[i + 1] as string]] : [])),
        );
        const { 'Content-Length': _length, Connection: _connection, 'Keep-Alive': _alive, ...rest } = told;
        resolve({
          status: response.statusCode,
          headers: rest,
          raw: response.rawHeaders.join() + body,
        });
      });
    })
      .on('error', reject)
      .end();
  });
}

beforeEach(async () => {
  logged = [];
  book = new MadeUpBook();
  door = await open();
});
afterEach(async () => door[Symbol.asyncDispose]());

describe('where a person signs in', () => {
  test('is the side their mailbox is on, by protocol, under any of their names', async () => {
    book.add('ann@corp.example', 'source', ['ann']);
    book.add('bob@corp.example', 'target');
    const source = { 'Auth-Status': 'OK', 'Auth-Server': '192.0.2.1', 'Auth-Port': '143' };
    expect((await ask('Ann@Corp.example')).headers).toEqual(source);
    expect((await ask('ann')).headers).toEqual(source);
    expect((await ask('ann', { 'Auth-Protocol': 'smtp' })).headers).toEqual({ ...source, 'Auth-Port': '587' });
    expect((await ask('bob@corp.example')).headers).toEqual({
      'Auth-Status': 'OK',
      'Auth-Server': '192.0.2.2',
      'Auth-Port': '1143',
    });
  });

  test('of somebody who is not known is the source, as of everybody before: nothing is learnt here', async () => {
    book.add('ann@corp.example', 'source');
    expect((await ask('nobody@corp.example')).headers).toEqual((await ask('ann@corp.example')).headers);
    expect((await ask('%zz', { 'Auth-User': '%zz' })).headers['Auth-Status']).toMatch(/AUTHENTICATIONFAILED/);
  });

  test('on whose behalf an administrator signs in is who is looked for, and their side says whether they may', async () => {
    book.add('bob@corp.example', 'target');
    const { headers } = await ask('bob@corp.example*prober');
    expect(headers).toMatchObject({ 'Auth-Status': 'OK', 'Auth-Server': '192.0.2.2' });
    await door[Symbol.asyncDispose]();
    const check = async () => 'right' as const;
    const substitute = { user: () => 'bob*mover', password: async () => 'a secret', check };
    door = await open({ substitutes: { target: substitute } });
    expect((await ask('bob@corp.example*prober')).headers).toMatchObject({ 'Auth-Server': '192.0.2.1' });
    expect((await ask('bob@corp.example*prober')).headers['Auth-User']).toBeUndefined();
  });

  test('cannot be told where the new side does not speak that protocol, and the client is not asked for its password', async () => {
    book.add('bob@corp.example', 'target');
    const { headers } = await ask('bob@corp.example', { 'Auth-Protocol': 'smtp' });
    expect(headers).toMatchObject({ 'Auth-Error-Code': '454 4.7.0', 'Auth-Wait': '5' });
    expect(headers['Auth-Server']).toBeUndefined();
  });
});

describe('who signs in', () => {
  test('is told to the tail with protocol, name, client and side, and never with a password', async () => {
    await door[Symbol.asyncDispose]();
    const seen: TailSighting[] = [];
    door = await open({ tail: { seen: (sighting) => void seen.push(sighting) } });
    book.add('ann@corp.example', 'source', ['ann']);
    book.add('bob@corp.example', 'target');
    await ask('Ann', { 'Auth-Protocol': 'smtp' });
    await ask('bob@corp.example');
    const common = { door: 'godwit', client: null, ip: '198.51.100.7', host: null };
    expect(seen.map(({ at: _at, ...rest }) => rest)).toEqual([
      { ...common, protocol: 'submission', name: 'Ann', side: 'source' },
      { ...common, protocol: 'imap', name: 'bob@corp.example', side: 'target' },
    ]);
    expect(Math.abs(Date.now() - (seen[0]?.at ?? 0))).toBeLessThan(60_000);
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });

  test('is not told of strangers, of those who are refused or too many, nor of those who are told to come again', async () => {
    await door[Symbol.asyncDispose]();
    const seen: TailSighting[] = [];
    const check = async (): Promise<'wrong'> => 'wrong';
    const substitutes = { target: { user: () => 'bob', password: async () => 'ours', check } };
    const tail = { seen: (sighting: TailSighting) => void seen.push(sighting) };
    door = await open({ tail, waitMs: 20, substitutes });
    const ann = book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'target');
    await ask('nobody@corp.example');
    await ask('bob@corp.example');
    await ask('ann@corp.example', { 'X-Auth-Key': 'a guess' });
    await book.set(ann, 'held');
    await ask('ann@corp.example');
    expect(seen).toEqual([]);
    await book.set(ann, 'open');
    await ask('ann@corp.example');
    expect(seen).toHaveLength(1);
  });
});

describe('while a mailbox moves', () => {
  test('a sign-in waits, and goes to the new side the moment it is open', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    const asked = ask('ann@corp.example');
    while (book.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await book.set(ann, 'open', 'target');
    expect((await asked).headers['Auth-Server']).toBe('192.0.2.2');
  });

  test.each([
    ['imap', { 'Auth-Status': expect.stringMatching(/^\[UNAVAILABLE\] /), 'Auth-Wait': '2' }],
    ['pop3', { 'Auth-Status': expect.stringMatching(/^\[SYS\/TEMP\] /), 'Auth-Wait': '2' }],
    ['smtp', { 'Auth-Error-Code': '454 4.7.0', 'Auth-Wait': '2' }],
  ])(
    'a sign-in by %s that waited too long is told to come again, and never that its password is wrong',
    async (protocol, says) => {
      await door[Symbol.asyncDispose]();
      door = await open({ waitMs: 50 });
      const ann = book.add('ann@corp.example', 'source');
      await book.set(ann, 'held');
      expect((await ask('ann@corp.example', { 'Auth-Protocol': protocol })).headers).toMatchObject(says);
      await book.set(ann, 'open');
      book.isUnsure = true;
      expect((await ask('ann@corp.example', { 'Auth-Protocol': protocol })).headers).toMatchObject(says);
    },
  );

  test('for how long each had to wait is told, who was refused and who got in, and never with a password', async () => {
    await door[Symbol.asyncDispose]();
    const attempts: Attempt[] = [];
    door = await open({ waitMs: 50, attempts: { attempted: (attempt) => void attempts.push(attempt) } });
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    await ask('ann@corp.example');
    await book.set(ann, 'open', 'target');
    await ask('ann@corp.example');
    await ask('nobody@corp.example');
    expect(attempts.map(({ mailbox, kind, isThrough, wasHeld }) => [mailbox, kind, isThrough, wasHeld])).toEqual([
      [ann, 'sign-in', false, true],
      [ann, 'sign-in', true, false],
    ]);
    const [first] = attempts;
    expect((first?.untilMs ?? 0) - (first?.fromMs ?? 0)).toBeGreaterThan(40);
    expect(JSON.stringify(attempts)).not.toContain('hunter2');
  });

  test('only who has the right password waits, where it can be checked: nobody else learns that there is such a mailbox', async () => {
    await door[Symbol.asyncDispose]();
    const asked: string[] = [];
    const check = async (user: string, password: string): Promise<'right' | 'wrong' | 'unsure'> => {
      asked.push(user);
      return password === 'canary-hunter2' ? 'right' : password === 'away' ? 'unsure' : 'wrong';
    };
    door = await open({ checksOfHeld: { source: check } });
    const ann = book.add('ann@corp.example', 'source');
    const bob = book.add('bob@corp.example', 'target');
    // Who is not held is not asked for here: the side they live on does that.
    expect((await ask('ann@corp.example', { 'Auth-Pass': 'a guess' })).headers['Auth-Status']).toBe('OK');
    expect(asked).toEqual([]);
    for (const one of [ann, bob]) await book.set(one, 'held');
    expect((await ask('ann@corp.example', { 'Auth-Pass': 'a guess' })).headers).toMatchObject({
      'Auth-Status': '[AUTHENTICATIONFAILED] Authentication failed.',
    });
    expect((await ask('nobody@corp.example', { 'Auth-Pass': 'a guess' })).headers['Auth-Status']).toBe('OK');
    expect(book.waiting).toBe(0);
    // On Bob's side nothing checks it; and what cannot be told keeps nobody from waiting.
    const waiting = [
      ask('ann@corp.example'),
      ask('ann@corp.example', { 'Auth-Pass': 'away' }),
      ask('bob@corp.example'),
    ];
    while (book.waiting < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked).toEqual(['ann@corp.example', 'ann@corp.example', 'ann@corp.example']);
    for (const one of [ann, bob]) await book.set(one, 'open', 'target');
    for (const { headers } of await Promise.all(waiting)) expect(headers['Auth-Server']).toBe('192.0.2.2');
  });

  test('who hangs up is waited for no longer', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    const { host, port } = door.at as { host: string; port: number };
    const asking = request({
      host,
      port,
      headers: { 'X-Auth-Key': key, 'Auth-User': 'ann@corp.example', 'Auth-Protocol': 'imap' },
    });
    asking.on('error', () => {});
    asking.end();
    while (book.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    asking.destroy();
    while (book.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('whoever else asks', () => {
  test('without the key nothing is said, of anybody', async () => {
    book.add('ann@corp.example', 'source');
    for (const wrong of ['', 'x', `${key}x`, key.toUpperCase()]) {
      expect(await ask('ann@corp.example', { 'X-Auth-Key': wrong })).toMatchObject({ status: 403, headers: {} });
    }
  });

  test('a client that tries names as fast as it can is slowed down, whether they are known or not, and others are not', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ signInsPerMinute: 3 });
    book.add('ann@corp.example', 'source');
    const first = await Promise.all(['ann@corp.example', 'x@corp.example', 'y@corp.example'].map((user) => ask(user)));
    expect(first.map(({ headers }) => headers['Auth-Status'])).toEqual(['OK', 'OK', 'OK']);
    expect((await ask('ann@corp.example')).headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\] Too many/);
    expect((await ask('x@corp.example')).headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\] Too many/);
    expect((await ask('ann@corp.example', { 'Client-IP': '198.51.100.8' })).headers['Auth-Status']).toBe('OK');
  });

  test('who is refused for the number of sign-ins is counted as not in, until they get in', async () => {
    await door[Symbol.asyncDispose]();
    const tried: Attempt[] = [];
    door = await open({ signInsPerMinute: 1, attempts: { attempted: (each) => void tried.push(each) } });
    const ann = book.add('ann@corp.example', 'source');
    for (const user of ['ann@corp.example', 'ann@corp.example', 'x@corp.example']) await ask(user);
    await ask('ann@corp.example', { 'Client-IP': '198.51.100.8' });
    expect(tried.map(({ mailbox, isThrough }) => [mailbox, isThrough])).toEqual([
      [ann, true],
      [ann, false],
      [ann, true],
    ]);
  });

  test('a password is neither answered nor logged, not even by a fault of ours', async () => {
    book.add('ann@corp.example', 'source');
    const said = [await ask('ann@corp.example'), await ask('nobody')];
    book.find = () => {
      throw new Error('broken by canary-hunter2');
    };
    said.push(await ask('ann@corp.example'));
    expect(said.at(-1)?.headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\]/);
    expect(logged.length).toBe(1);
    expect(said.map(({ raw }) => raw).join() + logged.join()).not.toContain('canary');
  });
});

describe('where the proxy signs in with credentials of ours', () => {
  const right = 'canary-hunter2';
  const substitute = (verdict: 'asked' | 'unsure') => ({
    user: ({ address }: { address: string }) => `${address}*master`,
    password: async () => 'secret of ours',
    check: async (_: string, password: string) =>
      verdict === 'unsure' ? ('unsure' as const) : password === right ? ('right' as const) : ('wrong' as const),
  });

  test('nobody is led to a side that is left while our own password is looked up', async () => {
    await door[Symbol.asyncDispose]();
    const ann = book.add('ann@corp.example', 'source');
    const password = async () => {
      await book.set(ann, 'held');
      return 'secret of ours';
    };
    door = await open({ substitutes: { source: { ...substitute('asked'), password } } });
    const { headers } = await ask('ann@corp.example', { 'Auth-Pass': right });
    expect(headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\]/);
    expect(headers).not.toHaveProperty('Auth-Server');
  });

  test('the person signs in with their own password, and with no other', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ substitutes: { target: substitute('asked') } });
    book.add('bob@corp.example', 'target');
    expect((await ask('bob@corp.example')).headers).toMatchObject({
      'Auth-Status': 'OK',
      'Auth-User': 'bob@corp.example*master',
      'Auth-Pass': 'secret of ours',
    });
    for (const wrong of ['', 'x', 'secret of ours', '%00', '%']) {
      const { headers, raw } = await ask('bob@corp.example', { 'Auth-Pass': wrong });
      expect(headers['Auth-Status']).toBe('[AUTHENTICATIONFAILED] Authentication failed.');
      expect(raw).not.toContain('secret of ours');
    }
  });

  test('where a password cannot be checked nobody gets in, and all are told to come again', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ substitutes: { target: substitute('unsure') } });
    book.add('bob@corp.example', 'target');
    const { headers, raw } = await ask('bob@corp.example');
    expect(headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\]/);
    expect(raw).not.toContain('secret of ours');
  });

  test('who is not known gets no credentials of ours, whatever they say', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ substitutes: { source: substitute('asked') } });
    expect((await ask('nobody@corp.example')).headers).toEqual({
      'Auth-Status': 'OK',
      'Auth-Server': '192.0.2.1',
      'Auth-Port': '143',
    });
  });
});
