/**
 * A sign-in at nginx's door while the mailbox is held, with a real OpenLDAP that knows the passwords: whoever does not know them learns
 * nothing from waiting, and nobody who does is sent away.
 */

import { expect, test } from 'vitest';
import { openDoors } from '../src/app/doors.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import type { DoorSettings, PasswordPlace } from '../src/domain/door-settings.ts';
import { silent } from '../src/lib/log.ts';
import { labAvailable } from './namespace.ts';
import { startOpenLdap } from './openldap.ts';
import { skipAloud } from './skip-aloud.ts';

const openldap = await labAvailable('openldap');
skipAloud('passwords of who is held', openldap);

const key = 'a key that nginx knows';
const base = 'ou=people,dc=corp,dc=example';
const ann = { name: 'ann@corp.example', password: 'secret of ann' };
const nobodyThere = { tail: { seen: () => undefined }, attempts: { attempted: () => undefined }, log: silent };

test.runIf(openldap.ok)(
  'only who has the right password waits; who has another, and who is nobody, is answered at once',
  async () => {
    const person = { objectClass: 'inetOrgPerson', uid: 'ann', cn: 'ann', sn: 'ann', userPassword: ann.password };
    const entries = [
      { dn: base, attributes: { objectClass: 'organizationalUnit', ou: 'people' } },
      { dn: `uid=ann,${base}`, attributes: person },
    ];
    await using server = await startOpenLdap({ entries });
    const book = new MadeUpBook();
    const number = book.add(ann.name, 'source');
    await using opened = await open(book, { kind: 'directory', url: server.url, dn: `uid={local},${base}` });
    await book.set(number, 'held');
    const refused = await ask(opened.at, ann.name, 'a guess');
    expect(refused).toMatch(/^\[AUTHENTICATIONFAILED\]/);
    expect(await ask(opened.at, ann.name, '')).toBe(refused);
    expect(await ask(opened.at, 'nobody@corp.example', 'a guess')).toBe('OK');
    expect(book.waiting).toBe(0);
    const waiting = ask(opened.at, ann.name, ann.password);
    await expect.poll(() => book.waiting, { timeout: 10_000 }).toBe(1);
    // What the directory does not tell keeps nobody from waiting.
    await server.stop();
    const unsure = ask(opened.at, ann.name, 'a guess');
    await expect.poll(() => book.waiting, { timeout: 10_000 }).toBe(2);
    await book.set(number, 'open', 'target');
    expect(await Promise.all([waiting, unsure])).toEqual(['OK', 'OK']);
  },
);

/** The doors of a godwit.yaml with nginx in it. */
async function open(book: MadeUpBook, check: PasswordPlace): Promise<AsyncDisposable & { readonly at: string }> {
  const side = (address: string) => ({
    deliver: null,
    signIns: {},
    autodiscover: null,
    nginx: { imap: { address, port: 143 } },
    asAdmin: false,
  });
  const settings: DoorSettings = {
    allow: [],
    signInsWaitMs: 20_000,
    source: side('192.0.2.1'),
    target: side('192.0.2.2'),
    postfix: null,
    deliveries: null,
    nginx: {
      listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      key: { kind: 'env', name: 'KEY' },
      signInsPerMinute: 600,
      check,
    },
    dovecot: null,
    clients: null,
  };
  const platform = { user: null, signIn: { kind: 'oauth', file: '' }, ca: null, verify: true } as const;
  const platforms = { source: platform, target: platform };
  const noOther = (): Promise<never> => Promise.reject(new Error('nobody else has a secret'));
  const secrets = { resolve: async () => key, ofMailbox: noOther, forget: () => undefined, lacking: async () => [] };
  const doors = await openDoors({ settings, platforms, book, secrets, ...nobodyThere });
  const [door] = doors.doors;
  if (door?.at.kind !== 'tcp') throw new Error('nginx has no door');
  const { port } = door.at;
  return { at: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: () => doors[Symbol.asyncDispose]() };
}

/** What nginx is told of this sign-in. */
async function ask(at: string, user: string, password: string): Promise<string | null> {
  const about = { 'Auth-User': encodeURIComponent(user), 'Auth-Pass': encodeURIComponent(password) };
  const headers = { 'X-Auth-Key': key, 'Auth-Protocol': 'imap', 'Client-IP': '192.0.2.7', ...about };
  return (await fetch(at, { headers })).headers.get('auth-status');
}
