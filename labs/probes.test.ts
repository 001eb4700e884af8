/** Sign-ins through real proxies, nginx and Dovecot, while a mailbox changes sides: what they tell, and that they harm nobody. */

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { trySignIn } from '../src/connectors/imap/try-sign-in.ts';
import type { Attempt } from '../src/domain/attempt-fold.ts';
import { parseEndpoint } from '../src/domain/endpoint.ts';
import { openAuthHttp } from '../src/doors/auth-http.ts';
import { openDovecotDict } from '../src/doors/dict.ts';
import { allowedOf, type Allowed } from '../src/doors/listening.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import { silent } from '../src/lib/log.ts';
import { signInProbes } from '../src/operations/probe-sign-ins.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { startDovecotProxy } from './dovecot-proxy.ts';
import { labAvailable } from './namespace.ts';
import { startNginxMail } from './nginx.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';

const nginx = await labAvailable('nginx');
const dovecot = await labAvailable('dovecot');
skipAloud('probes through nginx and Dovecot', nginx, dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const prober = { name: 'prober', password: 'secret of the prober' };
const allowed = allowedOf([]) as Allowed;
const never = new AbortController().signal;

describe.runIf(nginx.ok && dovecot.ok)('probes of a switch', () => {
  let ends: AsyncDisposableStack;
  let book: MadeUpBook;
  let old: DovecotServer;
  let fresh: DovecotServer;
  let folder: string;
  let seenByDoor: Attempt[];
  let said: unknown[];

  beforeEach(async () => {
    [seenByDoor, said] = [[], []];
    ends = new AsyncDisposableStack();
    book = new MadeUpBook();
    old = ends.use(await startDovecot({ users: [anna], master: prober }));
    fresh = ends.use(await startDovecot({ users: [anna], master: prober }));
    folder = await makeScratch('probes');
    ends.defer(() => removeScratch(folder));
    await chmod(folder, 0o755);
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  const attempts = { attempted: (attempt: Attempt) => void seenByDoor.push(attempt) };
  const common = { allowed, waitMs: 15_000, attempts, log: silent };

  async function throughNginx(): Promise<number> {
    const place = (server: DovecotServer) => ({ imap: { address: '127.0.0.1', port: server.port } });
    const at = { kind: 'unix', path: join(folder, 'nginx') } as const;
    const places = { source: place(old), target: place(fresh) };
    const key = 'a key that nginx knows';
    ends.use(await openAuthHttp({ ...common, at, book, places, substitutes: {}, key, signInsPerMinute: 10_000 }));
    const proxy = await startNginxMail({
      authHttp: `http://unix:${at.path}:/`,
      header: { name: 'X-Auth-Key', value: key },
      protocols: ['imap'],
      authHttpTimeoutS: 60,
    });
    return ends.use(proxy).ports.imap as number;
  }

  async function throughDovecot(): Promise<number> {
    const behind = ({ port }: DovecotServer) => ({
      imap: { host: '127.0.0.1', port, security: 'clear' as const, ca: null, verify: true },
    });
    const at = { kind: 'unix', path: join(folder, 'dovecot') } as const;
    ends.use(
      await openDovecotDict({
        ...common,
        signInsPerMinute: 10_000,
        at,
        book,
        backends: { source: behind(old), target: behind(fresh) },
      }),
    );
    // Without a word Dovecot takes no `*` in a name, and so nobody who signs in for another.
    const extra = 'auth_username_chars =';
    return ends.use(await startDovecotProxy({ dictSocket: at.path, extra })).ports.imap as number;
  }

  function probesAt(port: number, user: string, password: string) {
    const parsed = parseEndpoint(`imap+plain://127.0.0.1:${port}`, 'optional');
    if (parsed.kind === 'refused') throw new Error(parsed.says);
    const signsIn = trySignIn({ endpoint: parsed.endpoint, ca: null, verify: true });
    const log = { ...silent, warn: (phrase: string, fields?: object) => void said.push([phrase, fields]) };
    return signInProbes({ attempt: (_, signal) => signsIn(user, password, signal), atOnce: 40, perMinute: 500, log });
  }

  const mailbox = { address: anna.name, sourceUser: null, targetUser: null };

  test.each([
    ['nginx', 'the password of the person', throughNginx, anna.name, anna.password],
    ['Dovecot', 'the password of the person', throughDovecot, anna.name, anna.password],
    [
      'Dovecot',
      'a probe that may sign in for everybody',
      throughDovecot,
      `${anna.name}*${prober.name}`,
      prober.password,
    ],
    ['nginx', 'a probe that may sign in for everybody', throughNginx, `${anna.name}*${prober.name}`, prober.password],
  ] as const)(
    'through %s, with %s, tell for how long a sign-in waits, and leave no session behind',
    async (_proxy, _with, through, user, password) => {
      const id = book.add(anna.name, 'source');
      using watch = probesAt(await through(), user, password).watch({ ...mailbox, id });
      await watch.seeUsual(never);
      watch.begin();
      await book.set(id, 'held');
      await expect.poll(() => book.waiting, { timeout: 10_000 }).toBeGreaterThan(1);
      await sleep(1_500);
      await book.set(id, 'announced', 'target');
      const found = await watch.end(never);
      expect(said).toEqual([]);
      expect(found).toMatchObject({ mailbox: id, kind: 'sign-in' });
      expect(found?.ms).toBeGreaterThan(1_500);
      // The door has seen the same people wait.
      const waited = seenByDoor.filter(({ wasHeld, isThrough }) => wasHeld && isThrough);
      expect(waited.length).toBeGreaterThan(1);
      expect(Math.max(...waited.map(({ fromMs, untilMs }) => untilMs - fromMs))).toBeGreaterThan(1_400);
      for (const server of [old, fresh])
        await expect.poll(() => server.doveadm(['who', '-1']), { timeout: 10_000 }).not.toContain(anna.name);
    },
  );

  test('with a wrong password give up before anybody waits, and say so without it', async () => {
    const id = book.add(anna.name, 'source');
    using watch = probesAt(await throughDovecot(), anna.name, 'canary-hunter2').watch({ ...mailbox, id });
    await watch.seeUsual(never);
    watch.begin();
    expect(await watch.end(never)).toBeNull();
    expect(JSON.stringify(said)).toContain('not let in');
    expect(JSON.stringify(said)).not.toContain('hunter2');
  });
});
