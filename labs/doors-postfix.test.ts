/** A real Postfix asks the doors where mail goes, and brings the mail of who moves to the door where it waits. */

import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDeliveries } from '../src/doors/deliveries.ts';
import type { Door } from '../src/doors/door.ts';
import { allowedOf, type Allowed } from '../src/doors/listening.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import { openSocketmap } from '../src/doors/socketmap.ts';
import { silent } from '../src/lib/log.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { type PostfixServer, startPostfix } from './postfix.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const postfix = await labAvailable('postfix');
const dovecot = await labAvailable('dovecot');
skipAloud('Postfix at the doors', postfix, dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const bert = { name: 'bert@corp.example', password: 'secret of bert' };
const patience = { timeout: 20_000, interval: 20 };
const anyPort = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const allowed = allowedOf([]) as Allowed;

describe.runIf(postfix.ok && dovecot.ok)('Postfix at the doors', () => {
  let ends: AsyncDisposableStack;
  let book: MadeUpBook;
  let old: DovecotServer;
  let fresh: DovecotServer;
  let socketmap: Door;
  let mx: PostfixServer;
  let mainCf: Readonly<Record<string, string>>;
  const masterCf = 'godwit unix - - n - - lmtp\n  -o soft_bounce=yes';

  beforeEach(async () => {
    ends = new AsyncDisposableStack();
    book = new MadeUpBook();
    old = ends.use(await startDovecot({ users: [anna, bert], lmtp: true }));
    fresh = ends.use(await startDovecot({ users: [anna, bert], lmtp: true }));
    const behind = ({ lmtpPort }: DovecotServer) =>
      ({
        protocol: 'lmtp',
        place: { kind: 'tcp', host: '127.0.0.1', port: lmtpPort as number },
        security: 'clear',
        ca: null,
        verify: true,
      }) as const;
    const backends = { source: behind(old), target: behind(fresh) };
    const deliveries = ends.use(
      await openDeliveries({ at: anyPort, allowed, book, backends, waitMs: 20_000, log: silent }),
    );
    const view = {
      source: `lmtp:inet:127.0.0.1:${old.lmtpPort}`,
      target: `lmtp:inet:127.0.0.1:${fresh.lmtpPort}`,
      moving: `godwit:inet:127.0.0.1:${(deliveries.at as { port: number }).port}`,
    };
    const views = new Map([['mx', view]]);
    socketmap = ends.use(await openSocketmap({ at: anyPort, allowed, book, views, log: silent }));
    const map = `socketmap:inet:127.0.0.1:${(socketmap.at as { port: number }).port}`;
    mainCf = {
      relay_domains: 'corp.example',
      transport_maps: `${map}:transport@mx`,
      relay_recipient_maps: `${map}:relay-recipients`,
      godwit_destination_recipient_limit: '1',
      minimal_backoff_time: '5s',
    };
    mx = ends.use(await startPostfix({ mainCf, masterCf }));
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  async function send(...to: readonly string[]): Promise<string> {
    const subject = randomUUID();
    const transport = createTransport({ host: mx.host, port: mx.port, ignoreTLS: true });
    await transport.sendMail({ from: 'sender@elsewhere.example', to: [...to], subject, text: 'a letter' });
    return subject;
  }

  async function howOften(server: DovecotServer, user: typeof anna, subject: string): Promise<number> {
    await using wire = await Wire.signedIn(server.port, user);
    await wire.ok('SELECT INBOX');
    const { untagged } = await wire.ok(`UID SEARCH HEADER Subject ${subject}`);
    const found = untagged.find(([name]) => name === 'SEARCH');
    return found === undefined ? 0 : found.length - 1;
  }

  async function arrives(server: DovecotServer, user: typeof anna, subject: string): Promise<void> {
    await expect.poll(() => howOften(server, user, subject), patience).toBe(1);
  }

  test('each message goes to the side its mailbox is on, and who is not known is refused at the door of the MX', async () => {
    book.add(anna.name, 'source');
    book.add(bert.name, 'target');
    const subject = await send(anna.name, bert.name);
    await arrives(old, anna, subject);
    await arrives(fresh, bert, subject);
    await expect(send('nobody@corp.example')).rejects.toThrow(/550 5\.1\.1/);
  });

  test('whatever is asked through Postfix, a stranger is nobody, and the next is answered as ever', async () => {
    book.add(anna.name, 'target');
    const table = mainCf['transport_maps'] as string;
    const view = `lmtp:inet:127.0.0.1:${fresh.lmtpPort}`;
    const odd = [
      "x'; drop table route; --@corp.example",
      '*)(uid=*))(|(mail=*@corp.example',
      'a\r\nOK smtp:[evil]@corp.example',
      '5:hello,@corp.example',
      'jürgen@corp.example',
      '"an na"@corp.example',
      '+news@corp.example',
      `${'a'.repeat(900)}@corp.example`,
      'anna@elsewhere.example',
      '@',
      '*',
    ];
    for (const key of odd) {
      // What is no question at all is refused in the words of the protocol, and postmap says so.
      const answer = await mx.lookUp(table, key).catch((error: unknown) => String(error));
      if (answer !== null) expect(answer).toMatch(/this is no question/);
      expect(await mx.lookUp(table, anna.name)).toBe(view);
    }
    expect(await mx.lookUp(table, 'Anna+news@corp.example')).toBe(view);
  });

  test('while nothing is certain the sender is asked to come again, and nobody is told to be unknown', async () => {
    book.isUnsure = true;
    await expect(send('nobody@corp.example')).rejects.toThrow(/451 4\.3\.0/);
    book.isUnsure = false;
    book.add(anna.name, 'source');
    await arrives(old, anna, await send(anna.name));
  });

  test('mail that comes while a mailbox moves is taken from the sender, waits, and is on the new side the moment it opens', async () => {
    const number = book.add(anna.name, 'source');
    book.add(bert.name, 'source');
    await book.set(number, 'announced');
    await arrives(old, anna, await send(anna.name));
    await book.set(number, 'held');
    const subjects = [await send(anna.name, bert.name), await send(anna.name)];
    // A neighbour of the same message waits for nobody.
    await arrives(old, bert, subjects[0] as string);
    await expect.poll(() => book.waiting, patience).toBe(2);
    await book.set(number, 'open', 'target');
    for (const subject of subjects) {
      await arrives(fresh, anna, subject);
      expect(await howOften(old, anna, subject)).toBe(0);
    }
    await expect.poll(() => mx.queue(), patience).toEqual([]);
  });

  test('where it brings several at once, who can have their mail has it, and who is held has theirs later, each of them once', async () => {
    const several = { ...mainCf, godwit_destination_recipient_limit: '50', myhostname: 'other.example' };
    mx = ends.use(await startPostfix({ mainCf: several, masterCf }));
    const number = book.add(anna.name, 'source');
    await book.set(book.add(bert.name, 'source'), 'announced');
    await book.set(number, 'held');
    const subject = await send(anna.name, bert.name);
    await arrives(old, bert, subject);
    await expect.poll(async () => (await mx.queue()).map(({ queue }) => queue), patience).toEqual(['deferred']);
    // Nobody waits at the door, though her mailbox is not open yet: it is Postfix that has her mail.
    expect(book.waiting).toBe(0);
    await book.set(number, 'announced', 'target');
    await expect
      .poll(async () => {
        await mx.flush();
        return await howOften(fresh, anna, subject);
      }, patience)
      .toBe(1);
    await expect.poll(() => mx.queue(), patience).toEqual([]);
    expect([await howOften(old, bert, subject), await howOften(old, anna, subject)]).toEqual([1, 0]);
  });

  test('mail that is addressed with a plus, in quotes or in capitals finds its mailbox while it moves, too', async () => {
    const number = book.add(anna.name, 'target');
    await book.set(number, 'announced');
    for (const written of ['anna+news@corp.example', '"anna"@corp.example', 'ANNA@corp.example']) {
      await arrives(fresh, anna, await send(written));
    }
  });

  test('a message that was on its way when a mailbox was held is delivered once, and nothing bounces when the new side is away', async () => {
    const number = book.add(anna.name, 'source');
    await book.set(number, 'held');
    const subject = await send(anna.name);
    await expect.poll(() => book.waiting, patience).toBe(1);
    await fresh.stop();
    await book.set(number, 'announced', 'target');
    await expect.poll(async () => (await mx.queue()).map(({ queue }) => queue), patience).toEqual(['deferred']);
    await fresh.start();
    await expect
      .poll(async () => {
        await mx.flush();
        return await howOften(fresh, anna, subject);
      }, patience)
      .toBe(1);
    expect(await mx.logTail(200)).not.toContain('status=bounced');
  });
});
