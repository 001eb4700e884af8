import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Attempt } from '#domain/attempt-fold.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';
import { silent } from '#lib/log.ts';
import { Asking } from './asking.test-kit.ts';
import { type DictOptions, openDovecotDict } from './dict.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

/** A server behind that greets with its name and says again what it hears. */
async function behind(name: string): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write(`* OK ${name}\r\n`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

let folder: string;
let book: MadeUpBook;
let door: Door;
let source: Server;
let target: Server;
let port: (server: Server) => number;

async function open(more: Partial<DictOptions> = {}): Promise<Door> {
  const guard = { ca: null, verify: true } as const;
  const backends = {
    source: { imap: { host: '127.0.0.1', port: port(source), security: 'clear' as const, ...guard } },
    target: { imap: { host: '127.0.0.1', port: port(target), security: 'clear' as const, ...guard } },
  };
  const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
  const at = { kind: 'unix', path: join(folder, 'dict') } as const;
  return await openDovecotDict({
    at,
    allowed,
    book,
    backends,
    waitMs: 20_000,
    signInsPerMinute: 10_000,
    log: silent,
    ...more,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-dict-'));
  book = new MadeUpBook();
  port = (server) => (server.address() as AddressInfo).port;
  [source, target] = [await behind('source'), await behind('target')];
  door = await open();
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
  source.close();
  target.close();
  await rm(folder, { recursive: true, force: true });
});

/** As Dovecot's auth process asks. */
async function look(user: string, key = `shared/passdb/${user}`): Promise<string> {
  using asking = new Asking(door.at);
  asking.say(`H3\t2\t0\tdovecot\tgodwit\nL${key}\t${user}\n`);
  return (await asking.until('\n')).trimEnd();
}

const fieldsOf = (answer: string) => JSON.parse(answer.slice(1)) as Record<string, string | number>;

describe('where a Dovecot proxy signs in', () => {
  test('is the side the mailbox is on, with the password that the person gave', async () => {
    book.add('ann@corp.example', 'source', ['ann']);
    book.add('bob@corp.example', 'target');
    const common = { nopassword: 'y', proxy: 'y', host: '127.0.0.1' };
    expect(fieldsOf(await look('Ann@corp.example'))).toEqual({ ...common, port: port(source) });
    expect(fieldsOf(await look('ann', 'shared/passdb/imap/ann'))).toEqual({ ...common, port: port(source) });
    expect(fieldsOf(await look('bob@corp.example'))).toEqual({ ...common, port: port(target) });
  });

  test('on whose behalf an administrator signs in is who is looked for', async () => {
    book.add('bob@corp.example', 'target');
    expect(fieldsOf(await look('bob@corp.example*prober'))).toMatchObject({ port: port(target) });
    expect(fieldsOf(await look('nobody@corp.example*prober'))).toMatchObject({ port: port(source) });
  });

  test('of somebody who is not known is the source, which refuses by itself', async () => {
    book.add('ann@corp.example', 'source');
    expect(await look('nobody@corp.example')).toBe(await look('ann@corp.example'));
  });

  test('is verified by TLS where that side has it, under its name', async () => {
    await door[Symbol.asyncDispose]();
    const imap = { host: 'mail.new.example', port: 993, security: 'tls', ca: null, verify: true } as const;
    door = await open({ backends: { source: { imap }, target: { imap: { ...imap, verify: false } } } });
    book.add('bob@corp.example', 'target');
    expect(fieldsOf(await look('x'))).toMatchObject({ host: 'mail.new.example', port: 993, ssl: 'yes' });
    expect(fieldsOf(await look('bob@corp.example'))).toMatchObject({ ssl: 'any-cert' });
  });

  test('is never told with credentials of ours: with them any password would do', async () => {
    book.add('ann@corp.example', 'source');
    const fields = fieldsOf(await look('ann@corp.example'));
    expect(Object.keys(fields).filter((name) => /master|pass$|user/.test(name))).toEqual([]);
  });

  test('cannot be told by a protocol that side does not speak, and that is a failure and no unknown user', async () => {
    book.add('ann@corp.example', 'source');
    expect(await look('ann@corp.example', 'shared/passdb/pop3/ann@corp.example')).toMatch(/^F/);
  });

  test('names that are guessed while nothing is certain leave room for who is held, and a mailbox has one port', async () => {
    const ann = book.add('ann@corp.example', 'source');
    book.isUnsure = true;
    const answers: string[] = [];
    for (let guessed = 0; guessed < 550; guessed += 50)
      answers.push(
        ...(await Promise.all(Array.from({ length: 50 }, (_, i) => look(`guess${guessed + i}@corp.example`)))),
      );
    expect(answers.filter((answer) => answer.startsWith('O'))).toHaveLength(500);
    expect(answers.filter((answer) => answer.startsWith('F'))).toHaveLength(50);
    book.isUnsure = false;
    await book.set(ann, 'held');
    const { port: waitsAt, host } = fieldsOf(await look('ann@corp.example'));
    expect(host).toBe('127.0.0.1');
    expect(fieldsOf(await look('Ann@Corp.Example'))['port']).toBe(waitsAt);
  });
});

describe('who signs in through a Dovecot proxy', () => {
  test('is told to the tail with protocol, name, side, and the client where the proxy tells it', async () => {
    await door[Symbol.asyncDispose]();
    const seen: TailSighting[] = [];
    door = await open({ tail: { seen: (sighting) => void seen.push(sighting) } });
    book.add('ann@corp.example', 'source', ['ann']);
    book.add('bob@corp.example', 'target');
    const ann = await look('ann', 'shared/passdb/imap/from=2001:db8::7/ann');
    expect(ann).toBe(await look('ann'));
    await look('bob@corp.example', 'shared/passdb/imap/bob@corp.example');
    await look('nobody@corp.example');
    const common = { door: 'godwit', protocol: 'imap', client: null, host: null };
    expect(seen.map(({ at: _at, ...rest }) => rest)).toEqual([
      { ...common, name: 'ann', side: 'source', ip: '2001:db8::7' },
      { ...common, name: 'ann', side: 'source', ip: null },
      { ...common, name: 'bob@corp.example', side: 'target', ip: null },
    ]);
  });
});

describe('a client that tries names as fast as it can', () => {
  test('is told that it cannot be told now, known or not, and others are not', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ signInsPerMinute: 2 });
    book.add('ann@corp.example', 'source');
    const by = (client: string, name: string): Promise<string> =>
      look(name, `shared/passdb/imap/from=${client}/${name}`);
    expect(await by('192.0.2.7', 'ann@corp.example')).toMatch(/^O/);
    expect(await by('192.0.2.7', 'nobody@corp.example')).toMatch(/^O/);
    const refused = await by('192.0.2.7', 'ann@corp.example');
    expect(refused).toMatch(/^F/);
    expect(await by('192.0.2.7', 'nobody@corp.example')).toBe(refused);
    expect(await by('2001:db8::7', 'ann@corp.example')).toMatch(/^O/);
    // Where the proxy does not tell who it is, nobody is counted with the others.
    for (let times = 0; times < 5; times += 1) expect(await look('ann@corp.example')).toMatch(/^O/);
  });
});

describe('while a mailbox moves', () => {
  async function wait(name: string): Promise<Asking> {
    const { host, port: at } = fieldsOf(await look(name)) as { host: string; port: number };
    return new Asking({ host, port: at });
  }

  test('a sign-in waits in silence, and is led to the new side when it opens there; what it said meanwhile is said there', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using guest = await wait('ann@corp.example');
    guest.say('a LOGIN ann hunter2\r\n');
    while (book.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(guest.heard).toBe('');
    await book.set(ann, 'open', 'target');
    expect(await guest.until('hunter2\r\n')).toBe('* OK target\r\na LOGIN ann hunter2\r\n');
  });

  test('for how long each had to wait is told, and who came when nobody has to', async () => {
    await door[Symbol.asyncDispose]();
    const attempts: Attempt[] = [];
    door = await open({ attempts: { attempted: (attempt) => void attempts.push(attempt) } });
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using guest = await wait('ann@corp.example');
    while (book.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(attempts).toEqual([]);
    await book.set(ann, 'open', 'target');
    await guest.until('OK target\r\n');
    await look('ann@corp.example');
    expect(attempts.map(({ mailbox, isThrough, wasHeld }) => [mailbox, isThrough, wasHeld])).toEqual([
      [ann, true, true],
      [ann, true, false],
    ]);
  });

  test('the question itself is answered at once, for a hundred at a time, and nobody else waits', async () => {
    const people = Array.from({ length: 100 }, (_, i) => book.add(`p${i}@corp.example`, 'source'));
    for (const person of people) await book.set(person, 'held');
    book.add('ann@corp.example', 'target');
    const ports = await Promise.all(people.map(async (_, i) => fieldsOf(await look(`p${i}@corp.example`))['port']));
    expect(new Set(ports).size).toBe(100);
    expect(fieldsOf(await look('ann@corp.example'))['port']).toBe(port(target));
    // Who comes again waits at the same port.
    expect(fieldsOf(await look('p7@corp.example'))['port']).toBe(ports[7]);
  });

  test('who waited too long is told to come again, in words that ask nobody for a password', async () => {
    await door[Symbol.asyncDispose]();
    door = await open({ waitMs: 50 });
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using guest = await wait('ann@corp.example');
    expect(await guest.untilClosed()).toMatch(/^\* BYE \[UNAVAILABLE\] /);
  });

  test('while nothing is certain people wait, too', async () => {
    book.add('ann@corp.example', 'target');
    book.isUnsure = true;
    using guest = await wait('ann@corp.example');
    book.isUnsure = false;
    expect(await guest.until('\r\n')).toBe('* OK target\r\n');
  });

  test('a session that came by the waiting room ends at the next hold', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using guest = await wait('ann@corp.example');
    await book.set(ann, 'open');
    expect(await guest.until('\r\n')).toBe('* OK source\r\n');
    await book.set(ann, 'held');
    await guest.untilClosed();
  });

  test('a side that cannot be reached is told as "not now"', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using guest = await wait('ann@corp.example');
    target.close();
    await book.set(ann, 'open', 'target');
    expect(await guest.untilClosed()).toMatch(/^\* BYE \[UNAVAILABLE\] /);
  });
});

describe('whoever asks otherwise', () => {
  test.each(['', 'X', 'GET / HTTP/1.1', 'Sshared/passdb/ann', 'U1'])('%j is no question', async (line) => {
    using asking = new Asking(door.at);
    asking.say(`${line}\n`);
    expect(await asking.until('\n')).toMatch(/^F/);
  });

  test('another key than that of a passdb is unknown', async () => {
    expect(await look('x', 'priv/userdb/x')).toBe('N');
    expect(await look('', 'shared/passdb/')).toBe('N');
  });

  test('a line without end is not kept', async () => {
    using asking = new Asking(door.at);
    asking.say('L'.repeat(100_000));
    await asking.untilClosed();
  });

  test('questions that come together are answered in their order', async () => {
    book.add('ann@corp.example', 'source');
    const bob = book.add('bob@corp.example', 'target');
    await book.set(bob, 'held');
    using asking = new Asking(door.at);
    asking.say('H3\t2\t0\t\tgodwit\nLshared/passdb/bob@corp.example\tb\nLshared/passdb/ann@corp.example\ta\n');
    expect(fieldsOf(await asking.until('\n'))['port']).not.toBe(port(target));
    expect(fieldsOf(await asking.until('\n'))['port']).toBe(port(source));
  });
});

test('a socket in a folder that is not there is refused, and the folder is named', async () => {
  const path = join(tmpdir(), 'godwit-no-such-folder', 'dovecot');
  const opening = openDovecotDict({
    at: { kind: 'unix', path },
    allowed: () => true,
    book: new MadeUpBook(),
    backends: { source: {}, target: {} },
    waitMs: 1_000,
    signInsPerMinute: 600,
    log: silent,
  });
  await expect(opening).rejects.toThrow(`unix:${path}: there is no folder ${join(tmpdir(), 'godwit-no-such-folder')}.`);
});
