/** Real proxies, nginx and Dovecot, ask the doors where somebody signs in, while their mailbox changes sides. */

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignInBackends } from '../src/domain/door-backends.ts';
import type { TailSighting } from '../src/domain/tail-sighting.ts';
import { openAuthHttp, type AuthHttpOptions } from '../src/doors/auth-http.ts';
import { openDovecotDict } from '../src/doors/dict.ts';
import type { Door } from '../src/doors/door.ts';
import { allowedOf, type Allowed } from '../src/doors/listening.ts';
import { checkByImap } from '../src/doors/password-check.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import { silent } from '../src/lib/log.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { startDovecotProxy } from './dovecot-proxy.ts';
import { labAvailable } from './namespace.ts';
import { startNginxMail } from './nginx.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const nginx = await labAvailable('nginx');
const dovecot = await labAvailable('dovecot');
skipAloud('nginx and Dovecot at the doors', nginx, dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const bert = { name: 'bert@corp.example', password: 'secret of bert' };
const allowed = allowedOf([]) as Allowed;

describe.runIf(nginx.ok && dovecot.ok)('proxies at the doors', () => {
  let ends: AsyncDisposableStack;
  let book: MadeUpBook;
  let old: DovecotServer;
  let fresh: DovecotServer;
  let folder: string;
  let seen: TailSighting[];

  beforeEach(async () => {
    seen = [];
    ends = new AsyncDisposableStack();
    book = new MadeUpBook();
    old = ends.use(await startDovecot({ users: [anna, bert] }));
    fresh = ends.use(await startDovecot({ users: [anna, bert] }));
    folder = await makeScratch('doors');
    ends.defer(() => removeScratch(folder));
    await chmod(folder, 0o755);
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  const tail = { seen: (sighting: TailSighting) => void seen.push(sighting) };

  /** Which side this session is on. */
  async function sideOf(wire: Wire): Promise<string> {
    const mark = `Mark${Math.random().toString(36).slice(2)}`;
    await wire.ok(`CREATE ${mark}`);
    for (const [side, server] of [
      ['source', old],
      ['target', fresh],
    ] as const) {
      const there = await server.doveadm(['mailbox', 'list', '-u', anna.name]);
      if (there.includes(mark)) return side;
    }
    return 'neither';
  }

  async function throughNginx(more: Partial<AuthHttpOptions> = {}): Promise<{ door: Door; port: number }> {
    const place = (server: DovecotServer) => ({ imap: { address: '127.0.0.1', port: server.port } });
    const at = { kind: 'unix', path: join(folder, 'nginx') } as const;
    const places = { source: place(old), target: place(fresh) };
    const key = 'a key that nginx knows';
    const usual = {
      at,
      allowed,
      book,
      places,
      substitutes: {},
      key,
      waitMs: 15_000,
      signInsPerMinute: 1_000,
      tail,
      log: silent,
    };
    const door = ends.use(await openAuthHttp({ ...usual, ...more }));
    const proxy = ends.use(
      await startNginxMail({
        authHttp: `http://unix:${at.path}:/`,
        header: { name: 'X-Auth-Key', value: key },
        protocols: ['imap'],
        authHttpTimeoutS: 60,
      }),
    );
    return { door, port: proxy.ports.imap as number };
  }

  async function throughDovecot(waitMs = 15_000): Promise<{ door: Door; port: number }> {
    const behind = (server: DovecotServer): SignInBackends => ({
      imap: { host: '127.0.0.1', port: server.port, security: 'clear', ca: null, verify: true },
    });
    const at = { kind: 'unix', path: join(folder, 'dovecot') } as const;
    const backends = { source: behind(old), target: behind(fresh) };
    const door = ends.use(
      await openDovecotDict({ at, allowed, book, backends, waitMs, signInsPerMinute: 1_000, tail, log: silent }),
    );
    const passwordKey = 'passdb/%s/from=%r/%u';
    const proxy = ends.use(await startDovecotProxy({ dictSocket: at.path, passwordKey }));
    return { door, port: proxy.ports.imap as number };
  }

  describe.each([
    ['nginx', throughNginx],
    ['Dovecot', throughDovecot],
  ] as const)('%s', (_, through) => {
    test('leads each to the side their mailbox is on, and there again when it has changed', async () => {
      const number = book.add(anna.name, 'source');
      const { port } = await through();
      await using before = await Wire.signedIn(port, anna);
      expect(await sideOf(before)).toBe('source');
      await book.set(number, 'open', 'target');
      await using after = await Wire.signedIn(port, anna);
      expect(await sideOf(after)).toBe('target');
      const common = { door: 'godwit', protocol: 'imap', name: anna.name, ip: '127.0.0.1' };
      expect(seen).toMatchObject([
        { ...common, side: 'source' },
        { ...common, side: 'target' },
      ]);
      expect(JSON.stringify(seen)).not.toContain(anna.password);
    });

    test('keeps a sign-in waiting while the mailbox is held, and everybody else waits for nothing', async () => {
      const number = book.add(anna.name, 'source');
      book.add(bert.name, 'source');
      const { port } = await through();
      await book.set(number, 'held');
      const waiting = Wire.signedIn(port, anna);
      await expect.poll(() => book.waiting, { timeout: 10_000 }).toBe(1);
      await using other = await Wire.signedIn(port, bert);
      await other.ok('NOOP');
      await book.set(number, 'open', 'target');
      await using wire = await waiting;
      expect(await sideOf(wire)).toBe('target');
    });

    test('lets nobody in with a wrong password, known or not', async () => {
      book.add(anna.name, 'target');
      const { port } = await through();
      await expect(Wire.signedIn(port, { ...anna, password: 'a guess' })).rejects.toThrow(/AUTHENTICATIONFAILED/);
      await expect(Wire.signedIn(port, { name: 'nobody@corp.example', password: 'x' })).rejects.toThrow(
        /AUTHENTICATIONFAILED/,
      );
    });
  });

  test('a sign-in at nginx that waited too long is told to come again', async () => {
    const number = book.add(anna.name, 'source');
    const { port } = await throughNginx({ waitMs: 200 });
    await book.set(number, 'held');
    await using wire = await Wire.connect(port);
    const refused = await wire.command(`LOGIN ${anna.name} "${anna.password}"`);
    expect(refused).toMatchObject({ status: 'NO' });
    expect(refused.text).toMatch(/^\[UNAVAILABLE\]/);
    await wire.ok('NOOP');
  });

  test('a sign-in at Dovecot that waited too long is told to come again', async () => {
    const number = book.add(anna.name, 'source');
    const { port } = await throughDovecot(300);
    await book.set(number, 'held');
    await expect(Wire.signedIn(port, anna)).rejects.toThrow(/UNAVAILABLE/);
  });

  test('where nginx signs in with credentials of ours, a wrong password never gets in, and the right one does', async () => {
    book.add(anna.name, 'target');
    const stranger = { name: anna.name, password: 'another on the new side' };
    const other = ends.use(await startDovecot({ users: [stranger] }));
    const check = checkByImap({ host: '127.0.0.1', port: old.port, security: 'clear', ca: null, verify: true });
    const substitutes = {
      target: { user: () => stranger.name, password: async () => stranger.password, check },
    };
    const places = {
      source: { imap: { address: '127.0.0.1', port: old.port } },
      target: { imap: { address: '127.0.0.1', port: other.port } },
    };
    const { port } = await throughNginx({ substitutes, places });
    await using wire = await Wire.signedIn(port, anna);
    await wire.ok('CREATE InByOurs');
    expect(await other.doveadm(['mailbox', 'list', '-u', anna.name])).toContain('InByOurs');
    for (const password of ['a guess', stranger.password])
      await expect(Wire.signedIn(port, { ...anna, password })).rejects.toThrow(/AUTHENTICATIONFAILED/);
  });
});
