/**
 * Whatever is asked of a door, by whoever can reach it: each gets the error of its protocol and nothing else, nobody learns or changes
 * anything by it, and the door answers the next question as if nothing had been.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import { Asking } from './asking.test-kit.ts';
import { openAuthHttp } from './auth-http.ts';
import { openAutodiscover } from './autodiscover.ts';
import { openDeliveries } from './deliveries.ts';
import { openDovecotDict } from './dict.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { netstring } from './netstring.ts';
import { MadeUpBook } from './route-book.test-kit.ts';
import { openSocketmap } from './socketmap.ts';

/** Names that have been the end of other programs. None of them is anybody's. */
const strange = [
  "' or '1'='1",
  "x'; drop table route; --",
  '$1 $$ \\',
  '*)(uid=*))(|(mail=*',
  String.raw`\2a\28\00`,
  '*',
  '%u%00%0d%0a',
  '{address}',
  '${jndi:ldap://x}',
  '../../etc/passwd',
  '`id`',
  '<script>',
  '&amp;&lt;',
  'a\tb',
  'a\rb',
  'a\nb',
  'a\r\nAuth-Status: OK',
  'a\0b',
  '\u0001',
  '\u202egro.elpmaxe',
  '\ud800',
  '\u0130',
  'é',
  '",,"',
  '""',
  '"',
  '@',
  '@@',
  'x@',
  '@x',
  '+',
  '+@x',
  'a'.repeat(1_025),
  'é'.repeat(600),
  `${'a'.repeat(400)}@${'b'.repeat(400)}.example`,
  '__proto__',
  'constructor',
  'toString',
] as const;
const anything = fc.oneof(
  fc.constantFrom(...strange),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'@+"\\\'%*(){}<>\0\r\n\t:,;= aé\u0001'), maxLength: 60 }),
);
const octets = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const runs = { numRuns: 100 };

const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
const ann = 'ann@corp.example';

let book: MadeUpBook;
let ends: AsyncDisposableStack;

beforeEach(() => {
  ends = new AsyncDisposableStack();
  book = new MadeUpBook();
  book.add(ann, 'target');
});
afterEach(() => ends[Symbol.asyncDispose]());

/** Says these octets on a connection of their own, and all that came back until either side has had enough. */
async function said(door: Door, text: string | Buffer): Promise<string> {
  using asking = new Asking(door.at);
  asking.say(text);
  asking.socket.end();
  return await asking.untilClosed();
}

describe('the door that Postfix asks', () => {
  const good = 'OK smtp:[new.example]';
  let door: Door;

  beforeEach(async () => {
    const view = { source: 'smtp:[old.example]', target: 'smtp:[new.example]', moving: 'godwit:x' };
    door = ends.use(await openSocketmap({ at, allowed, book, views: new Map([['', view]]), log: silent }));
  });

  test('says of any name one of the four words of its protocol, in one netstring', async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom('transport', 'relay-recipients', 'virtual'), async (name, map) => {
        const answer = await said(door, `${netstring(`${map} ${name}`)}${netstring(`transport ${ann}`)}`);
        const second = netstring(good);
        expect(answer.slice(-second.length)).toBe(second);
        const first = answer.slice(answer.indexOf(':') + 1, -second.length - 1);
        expect(first).toMatch(/^(NOTFOUND |PERM [ -~]+)$/);
        expect(answer).toBe(`${netstring(first)}${second}`);
      }),
      runs,
    );
  });

  test('makes no second recipient of what a sender writes behind a plus, in whichever letters', async () => {
    const behind = fc.string({ unit: fc.constantFrom(...',;:<>()[]"\\ @.+aä\u00a0\u2028\u3000\uff0c'), maxLength: 30 });
    const virtual = async (extension: string) => {
      const quoted = `"${`ann+${extension}`.replaceAll(/["\\]/g, String.raw`\$&`)}"@corp.example`;
      const answer = await said(door, netstring(`virtual ${quoted}`));
      const octetsSaid = Buffer.from(answer);
      const list = octetsSaid.subarray(octetsSaid.indexOf(':') + 1, -1).toString();
      return list.startsWith('OK ') ? list.slice('OK '.length) : '';
    };
    // One address in quotes, or one whose every sign can stand in an atom.
    const one = /^(?:"(?:[^"\\]|\\["\\])*"|[^\s,;:<>()[\]"\\@\uff0c]+)@corp\.example$/u;
    expect(await virtual('ä,victim@evil.example,x')).toBe('"ann+ä,victim@evil.example,x"@corp.example');
    expect(await virtual('grüße')).toBe('ann+grüße@corp.example');
    await fc.assert(
      fc.asyncProperty(behind, async (extension) => {
        expect(await virtual(extension)).toMatch(one);
      }),
      runs,
    );
  });

  test('closes what is no netstring, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(octets, async (bytes) => {
        const answer = await said(door, bytes);
        expect(answer).toMatch(/^(\d+:(PERM|NOTFOUND|TEMP)[ -~]*,)*$/);
      }),
      runs,
    );
    expect(await said(door, netstring(`transport ${ann}`))).toBe(netstring(good));
  });
});

describe('the door that nginx asks', () => {
  const key = 'a key that nginx knows';
  const known = /^(Auth-(Status|Server|Port|Wait|Error-Code)|Content-Length|Connection|Keep-Alive)$/;
  let door: Door;

  beforeEach(async () => {
    const places = {
      source: { imap: { address: '192.0.2.1', port: 143 } },
      target: { imap: { address: '192.0.2.2', port: 143 } },
    };
    const more = { key, waitMs: 50, signInsPerMinute: 1_000_000, log: silent };
    door = ends.use(await openAuthHttp({ at, allowed, book, places, substitutes: {}, ...more }));
  });

  const question = (headers: Readonly<Record<string, string>>): string =>
    `GET / HTTP/1.0\r\nX-Auth-Key: ${key}\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
  const usual = { 'Auth-Protocol': 'imap', 'Auth-Pass': 'x', 'Client-IP': '192.0.2.7' };
  /** As nginx writes it: `%`, blanks and controls are escaped. */
  const escaped = (name: string): string => encodeURIComponent(name.toWellFormed());

  function headersIn(answer: string): readonly (readonly [string, string])[] {
    const [head = '', body] = answer.split('\r\n\r\n');
    expect(body).toBe('');
    const [status, ...lines] = head.split('\r\n');
    expect(status).toMatch(/^HTTP\/1\.[01] 200 OK$/);
    return lines.map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    });
  }

  test('says of any name, password and client no header but its own, and nothing of what it was told', async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, anything, async (user, password, client) => {
        const told = { 'Auth-User': escaped(`${user}!`), 'Auth-Pass': escaped(password), 'Client-IP': escaped(client) };
        const headers = headersIn(await said(door, question({ ...usual, ...told })));
        for (const [name, value] of headers) {
          expect(name).toMatch(known);
          expect(value).toMatch(/^[ -~]*$/);
        }
        // Nobody of ours has such a name: it is for the source to say.
        const { 'Auth-Server': server = '192.0.2.1' } = Object.fromEntries(headers);
        expect(server).toBe('192.0.2.1');
      }),
      runs,
    );
  });

  test('has nobody take the place of its headers, by whatever stands in the credentials of ours', async () => {
    for (const name of ['x\r\nAuth-Server: 6.6.6.6', 'x\nAuth-Status: OK', 'x\0']) {
      const substitute = { user: () => name, password: async () => 'ours', check: async () => 'right' as const };
      const places = { source: {}, target: { imap: { address: '192.0.2.2', port: 143 } } };
      const more = { key, waitMs: 50, signInsPerMinute: 1_000, log: silent };
      await using one = await openAuthHttp({ at, allowed, book, places, substitutes: { target: substitute }, ...more });
      const headers = Object.fromEntries(headersIn(await said(one, question({ ...usual, 'Auth-User': ann }))));
      expect(headers['Auth-Status']).toMatch(/^\[UNAVAILABLE\] /);
      expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|ours/);
    }
  });

  test('says nothing to what is no question, nor to one without end, and lives on', async () => {
    const long = `GET / HTTP/1.0\r\nX-Auth-Key: ${'a'.repeat(100_000)}\r\n\r\n`;
    const twice = question({ ...usual, 'Auth-User': ann }).replace('\r\n\r\n', `\r\nX-Auth-Key: other\r\n\r\n`);
    const smuggled = `POST / HTTP/1.1\r\nHost: x\r\nX-Auth-Key: ${key}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    for (const text of [long, smuggled, question({ 'Auth-User': 'a\0b' }), 'GET / HTTP/9.9\r\n\r\n'])
      expect(await said(door, text)).not.toContain('Auth-Server');
    // A second key is none: Node joins both into one that is wrong, or keeps the first.
    expect(await said(door, twice)).toMatch(/^HTTP\/1\.1 (403|200) /);
    await fc.assert(
      fc.asyncProperty(octets, async (bytes) => {
        expect(await said(door, bytes)).not.toContain('Auth-');
      }),
      runs,
    );
    const headers = Object.fromEntries(headersIn(await said(door, question({ ...usual, 'Auth-User': ann }))));
    expect(headers).toMatchObject({ 'Auth-Status': 'OK', 'Auth-Server': '192.0.2.2' });
  });
});

describe('the door that a Dovecot proxy asks', () => {
  let door: Door;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'godwit-hostile-'));
    ends.defer(() => rm(folder, { recursive: true, force: true }));
    const imap = (host: string) => ({ imap: { host, port: 143, security: 'clear', ca: null, verify: true } as const });
    const backends = { source: imap('192.0.2.1'), target: imap('192.0.2.2') };
    const place = { kind: 'unix', path: join(folder, 'dict') } as const;
    const more = { waitMs: 50, signInsPerMinute: 1_000_000, log: silent };
    door = ends.use(await openDovecotDict({ at: place, allowed, book, backends, ...more }));
  });

  /** As Dovecot writes what would break a line or a field. */
  const escaped = (name: string): string => {
    const codes: Readonly<Record<string, string>> = { '\0': '0', '\u0001': '1', '\t': 't', '\r': 'r', '\n': 'n' };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the protocol's own
    return name.replaceAll(/[\0\u0001\t\r\n]/g, (character) => `\u0001${codes[character]}`);
  };
  const look = (name: string): string => `Lshared/passdb/imap/from=192.0.2.7/${escaped(name)}\t${escaped(name)}\n`;

  test('says of any name one line: the source, or that there is no such key', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (name) => {
        const answer = await said(door, `H3\t2\t0\t\tgodwit\n${look(`${name}!`)}${look(ann)}`);
        const lines = answer.split('\n');
        expect(lines.length).toBe(3);
        const [first = '', second = ''] = lines;
        if (first !== 'N') expect(JSON.parse(first.slice(1))).toMatchObject({ host: '192.0.2.1', nopassword: 'y' });
        expect(JSON.parse(second.slice(1))).toMatchObject({ host: '192.0.2.2' });
        expect(answer).not.toMatch(/master|"pass"|"user"/);
      }),
      runs,
    );
  });

  test('says to any octets only failures, or that there is no such key, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(octets, async (bytes) => {
        expect(await said(door, Buffer.concat([bytes, Buffer.from('\n')]))).toMatch(/^((F[ -~]*|N)\n)*$/);
      }),
      runs,
    );
    expect(await said(door, look(ann))).toContain('192.0.2.2');
  });
});

describe('the door for deliveries', () => {
  let door: Door;
  let delivered: string[];

  beforeEach(async () => {
    delivered = [];
    const behind = new SMTPServer({
      lmtp: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      onData: (stream, { envelope }, done) => {
        stream.resume().once('end', () => {
          delivered.push(...envelope.rcptTo.map(({ address }) => address));
          done(
            null,
            envelope.rcptTo.map(() => '2.0.0 saved'),
          );
        });
      },
    });
    behind.on('error', () => {});
    await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
    ends.defer(() => new Promise<void>((resolve) => behind.close(() => resolve())));
    const place = { kind: 'tcp', host: '127.0.0.1', port: (behind.server.address() as AddressInfo).port } as const;
    const backend = { protocol: 'lmtp', place, security: 'clear', ca: null, verify: true } as const;
    const backends = { source: backend, target: backend };
    door = ends.use(await openDeliveries({ at, allowed, book, backends, waitMs: 50, log: silent }));
  });

  const replies = /^(\d{3}[ -][ -~\u0080-\uffff]*\r\n)*$/;

  /** Who speaks before it has greeted is sent away, whatever they say. */
  async function saidAfterGreeting(text: string | Buffer): Promise<string> {
    using asking = new Asking(door.at);
    expect(await asking.until('\r\n')).toMatch(/^220 /);
    asking.say(text);
    asking.socket.end();
    return await asking.untilClosed();
  }

  test('takes any recipient or refuses it by a line of its own, and never keeps a neighbour from their mail', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (name) => {
        const before = delivered.length;
        using asking = new Asking(door.at);
        await asking.until('\r\n');
        asking.say('LHLO a.example\r\n');
        await asking.until('\r\n250 ');
        await asking.until('\r\n');
        asking.say('MAIL FROM:<x@elsewhere.example>\r\n');
        await asking.until('\r\n');
        // A line break in it would be another command.
        asking.say(`RCPT TO:<${name.replaceAll(/[\r\n]/g, '')}>\r\nRCPT TO:<${ann}>\r\nDATA\r\n`);
        const answers = await asking.until('354 ');
        expect(answers).toMatch(/^[245]\d\d /);
        asking.say('Subject: s\r\n\r\nt\r\n.\r\nQUIT\r\n');
        const rest = await asking.until('221 ');
        expect(rest).toMatch(/2\.0\.0 saved/);
        expect(delivered.slice(before)).toContain(ann);
      }),
      { numRuns: 30 },
    );
  });

  test('says to any octets nothing but replies of its protocol, delivers nothing, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(octets, async (bytes) => {
        expect(await saidAfterGreeting(bytes)).toMatch(replies);
      }),
      { numRuns: 30 },
    );
    const long = await saidAfterGreeting(`LHLO ${'a'.repeat(200_000)}\r\nQUIT\r\n`);
    expect(long).toMatch(replies);
    expect(delivered).toEqual([]);
    expect(await said(door, 'LHLO a\r\n')).toMatch(/^421 /);
    expect(await saidAfterGreeting('LHLO a\r\nQUIT\r\n')).toMatch(/^250[ -].*\r\n221 /s);
  });
});

describe('the door that mail programs ask', () => {
  let door: Door;

  beforeEach(async () => {
    const imap = (host: string) => ({ imap: { host, port: 993, security: 'tls', ca: null, verify: true } as const });
    const backends = { source: imap('mail.old.example'), target: imap('mail.new.example') };
    door = ends.use(
      await openAutodiscover({
        at,
        allowed,
        book,
        backends,
        elsewhere: { source: null, target: null },
        questionsPerMinute: 1_000_000,
      }),
    );
  });

  const get = (query: string): string => `GET /mail/config-v1.1.xml?${query} HTTP/1.0\r\n\r\n`;
  const asked = (address: string): string => get(`emailaddress=${encodeURIComponent(address.toWellFormed())}`);

  test('tells of any address the source, in sound XML, or that this is no address', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (name) => {
        const answer = await said(door, asked(`${name}!@corp.example`));
        expect(answer).toMatch(/^HTTP\/1\.1 (200 OK|400 Bad Request)\r\n/);
        expect(answer).not.toContain('mail.new.example');
        const user = /<username>(.*?)<\/username>/s.exec(answer)?.[1] ?? '';
        expect(user).not.toMatch(/[<>"]|&(?!amp;|lt;|gt;|quot;|#39;)/);
      }),
      runs,
    );
  });

  test('refuses any octets, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(octets, async (bytes) => {
        expect(await said(door, bytes)).not.toContain('mail.');
      }),
      runs,
    );
    expect(await said(door, asked(ann))).toContain('mail.new.example');
  });
});
