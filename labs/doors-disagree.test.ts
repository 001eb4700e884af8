/**
 * Two doors that say of one mailbox that it is on the other side, each to the Postfix of its own side: what a door that is lost might
 * do, or a Postfix that remembers. By the ready-made configuration mail goes to a mailbox then, and never round.
 */

import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDeliveries } from '../src/doors/deliveries.ts';
import type { Door } from '../src/doors/door.ts';
import { type Allowed, allowedOf } from '../src/doors/listening.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import { openSocketmap, type TransportView } from '../src/doors/socketmap.ts';
import { silent } from '../src/lib/log.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { type PostfixServer, startPostfix } from './postfix.ts';
import { readyMadeMain, readyMadeMaster } from './ready-made.ts';
import { freePort } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const postfix = await labAvailable('postfix');
const dovecot = await labAvailable('dovecot');
skipAloud('two doors that disagree', postfix, dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const patience = { timeout: 20_000, interval: 50 };
const anyPort = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const allowed = allowedOf([]) as Allowed;

/** One side: its mailboxes, its doors with a book of their own, and its Postfix. */
interface Side {
  readonly book: MadeUpBook;
  readonly dovecot: DovecotServer;
  readonly postfix: PostfixServer;
}

describe.runIf(postfix.ok && dovecot.ok)('two doors that disagree', () => {
  let ends: AsyncDisposableStack;
  let old: Side;
  let fresh: Side;

  beforeEach(async () => {
    ends = new AsyncDisposableStack();
    const [source, target] = [
      ends.use(await startDovecot({ users: [anna], lmtp: true })),
      ends.use(await startDovecot({ users: [anna], lmtp: true })),
    ];
    const [toOld, toFresh] = [await freePort(), await freePort()];
    const behind = ({ lmtpPort }: DovecotServer) =>
      ({
        protocol: 'lmtp',
        place: { kind: 'tcp', host: '127.0.0.1', port: lmtpPort as number },
        security: 'clear',
        ca: null,
        verify: true,
      }) as const;
    const backends = { source: behind(source), target: behind(target) };
    const side = async (name: string, own: DovecotServer, across: number, view: Partial<TransportView>) => {
      const book = new MadeUpBook();
      const deliveries = ends.use(
        await openDeliveries({ at: anyPort, allowed, book, backends, waitMs: 20_000, log: silent }),
      );
      const home = `lmtp:inet:127.0.0.1:${own.lmtpPort}`;
      const moving = `godwit:inet:127.0.0.1:${portOf(deliveries)}`;
      const views = new Map([[name, { source: home, target: home, moving, ...view }]]);
      const socketmap = ends.use(await openSocketmap({ at: anyPort, allowed, book, views, log: silent }));
      const map = `socketmap:inet:127.0.0.1:${portOf(socketmap)}`;
      const postfix = ends.use(
        await startPostfix({
          name: `${name}.lab.example`,
          mainCf: {
            relay_domains: 'corp.example',
            transport_maps: `${map}:transport@${name}`,
            relay_recipient_maps: `${map}:relay-recipients`,
            ...readyMadeMain(),
          },
          masterCf: readyMadeMaster({ deliveries: portOf(deliveries), across }),
        }),
      );
      return { book, dovecot: own, postfix };
    };
    old = await side('old', source, toOld, { target: `smtp:[127.0.0.1]:${toFresh}` });
    fresh = await side('new', target, toFresh, { source: `smtp:[127.0.0.1]:${toOld}` });
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  test('send nothing round and have nothing bounce: each message is in one mailbox, once', async () => {
    old.book.add(anna.name, 'target');
    fresh.book.add(anna.name, 'source');
    const subjects = [
      ...(await sendThrough(old.postfix, 'from old')),
      ...(await sendThrough(fresh.postfix, 'from new')),
    ];
    const became = async () => ({
      arrived: [...(await subjectsOn(old)), ...(await subjectsOn(fresh))].toSorted(),
      bounced: [...(await bouncedAt(old)), ...(await bouncedAt(fresh))],
    });
    await expect.poll(became, patience).toEqual({ arrived: subjects.toSorted(), bounced: [] });
    for (const { postfix } of [old, fresh]) await expect.poll(() => postfix.queue(), patience).toEqual([]);
  });

  test('keep waiting what comes for a mailbox that one of them holds, and bring it where that one opens it', async () => {
    old.book.add(anna.name, 'target');
    const mailbox = fresh.book.add(anna.name, 'source');
    await fresh.book.set(mailbox, 'held');
    const subjects = await sendThrough(old.postfix, 'while held');
    // Postfix brings five of them at a time.
    await expect.poll(() => fresh.book.waiting, patience).toBe(5);
    await fresh.book.set(mailbox, 'announced', 'target');
    await expect.poll(() => subjectsOn(fresh), patience).toHaveLength(10);
    expect((await subjectsOn(fresh)).toSorted()).toEqual(subjects.toSorted());
    expect(await subjectsOn(old)).toEqual([]);
  });
});

async function sendThrough(server: PostfixServer, words: string): Promise<readonly string[]> {
  const transport = createTransport({ host: server.host, port: server.port, ignoreTLS: true, pool: true });
  const subjects = Array.from({ length: 10 }, (_, nth) => `${words} ${nth}`);
  for (const subject of subjects)
    await transport.sendMail({ from: 'sender@elsewhere.example', to: anna.name, subject, text: 'a letter' });
  transport.close();
  return subjects;
}

async function bouncedAt({ postfix }: Side): Promise<readonly string[]> {
  const log = await postfix.logTail(10_000);
  return log.split('\n').filter((line) => line.includes('status=bounced'));
}

/** Of all that is in the inbox on this side. */
async function subjectsOn({ dovecot }: Side): Promise<readonly string[]> {
  await using wire = await Wire.signedIn(dovecot.port, anna);
  await wire.ok('SELECT INBOX');
  // An empty inbox refuses 1:*.
  const { untagged } = await wire.command('FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])');
  const headers = untagged.flat(9).filter((value) => Buffer.isBuffer(value));
  return headers.flatMap((header) => /^Subject: (.*)\r$/m.exec(header.toString('latin1'))?.[1] ?? []);
}

function portOf({ at }: Door): number {
  return (at as { readonly port: number }).port;
}
