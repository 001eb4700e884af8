import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryBackend } from '#domain/door-backends.ts';
import { silent } from '#lib/log.ts';
import { Asking } from './asking.test-kit.ts';
import { openDeliveries } from './deliveries.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

interface Delivered {
  readonly from: string;
  readonly to: readonly string[];
  readonly octets: number;
  readonly sha256: string;
}

/** A mail system behind: takes all but what its user names say. */
class Behind implements AsyncDisposable {
  readonly delivered: Delivered[] = [];
  readonly begun: string[] = [];
  /** Set: it reads no message until this resolves. */
  slow: Promise<void> | null = null;
  readonly #server: SMTPServer;
  readonly protocol: 'lmtp' | 'smtp';

  constructor(protocol: 'lmtp' | 'smtp', options: SMTPServerOptions = {}) {
    this.protocol = protocol;
    this.#server = new SMTPServer({
      lmtp: protocol === 'lmtp',
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: true,
      onRcptTo: ({ address }, _, done) =>
        done(
          address.startsWith('nobody') ? Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }) : null,
        ),
      onData: (stream, { envelope }, done) => {
        const to = envelope.rcptTo.map(({ address }) => address);
        this.begun.push(...to);
        const hash = createHash('sha256');
        let octets = 0;
        const read = async (): Promise<void> => {
          await this.slow;
          for await (const chunk of stream as AsyncIterable<Buffer>) {
            hash.update(chunk);
            octets += chunk.length;
          }
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const taken = to.filter((address) => !address.startsWith('full'));
          if (taken.length > 0) this.delivered.push({ from, to: taken, octets, sha256: hash.digest('hex') });
          if (protocol === 'smtp') return done(null, '2.0.0 queued');
          const full = Object.assign(new Error('5.2.2 over quota'), { responseCode: 552 });
          done(
            null,
            to.map((address) => (address.startsWith('full') ? full : '2.0.0 saved')),
          );
        };
        read().catch(() => {});
      },
      ...options,
    });
    this.#server.on('error', () => {});
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get backend(): DeliveryBackend {
    const { port } = this.#server.server.address() as AddressInfo;
    const place = { kind: 'tcp', host: '127.0.0.1', port } as const;
    return { protocol: this.protocol, place, security: 'clear', ca: null, verify: true };
  }

  /** Cuts all who are connected. */
  cut(): void {
    for (const connection of (this.#server as unknown as { connections: Set<{ _socket: { destroy(): void } }> })
      .connections)
      connection._socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.server.close(() => resolve()));
  }
}

let book: MadeUpBook;
let source: Behind;
let target: Behind;
let door: Door;

async function open(waitMs: number, from: Behind, to: Behind): Promise<Door> {
  const backends = { source: from.backend, target: to.backend };
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
  return await openDeliveries({ at, allowed, book, backends, waitMs, log: silent });
}

beforeEach(async () => {
  book = new MadeUpBook();
  source = await new Behind('lmtp').open();
  target = await new Behind('lmtp').open();
  door = await open(30_000, source, target);
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
  await source[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const text = 'Subject: hello\r\n\r\n.a line with a dot\r\n..and two\r\n\r\nthe end\r\n';
const sha256 = (message: string): string => createHash('sha256').update(message).digest('hex');

async function greeted(): Promise<Asking> {
  const asking = new Asking(door.at);
  expect(await asking.until('\r\n')).toMatch(/^220 .* LMTP/);
  return asking;
}

/** Speaks LMTP up to the end of the message. */
async function bring(to: readonly string[], message = text, from = 'bob@corp.example'): Promise<Asking> {
  const asking = await greeted();
  asking.say('LHLO mx.corp.example\r\n');
  await asking.until('\r\n250 ');
  await asking.until('\r\n');
  asking.say(`MAIL FROM:<${from}> SIZE=${message.length}\r\n`);
  expect(await asking.until('\r\n')).toMatch(/^250 /);
  for (const recipient of to) {
    asking.say(`RCPT TO:<${recipient}>\r\n`);
    expect(await asking.until('\r\n')).toMatch(/^250 /);
  }
  asking.say('DATA\r\n');
  expect(await asking.until('\r\n')).toMatch(/^354 /);
  asking.say(`${message.replaceAll(/^\./gm, '..')}.\r\n`);
  return asking;
}

async function replies(asking: Asking, count: number): Promise<readonly string[]> {
  const said: string[] = [];
  for (let i = 0; i < count; i += 1) said.push((await asking.until('\r\n')).trimEnd());
  return said;
}

describe('mail of who is about to move', () => {
  test('is delivered to the side they live on, octet for octet', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'announced');
    using asking = await bring(['ann@corp.example']);
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    const expected = { from: 'bob@corp.example', to: ['ann@corp.example'], octets: text.length, sha256: sha256(text) };
    expect(source.delivered).toEqual([expected]);
    expect(target.delivered).toEqual([]);
  });

  test('a bounce has no sender, and keeps none', async () => {
    book.add('ann@corp.example', 'target');
    using asking = await bring(['ann@corp.example'], text, '');
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    expect(target.delivered[0]?.from).toBe('');
  });

  test('whoever is not known here is for the source to refuse, in its own words', async () => {
    using asking = await bring(['nobody@corp.example']);
    expect(await replies(asking, 1)).toEqual(['550 5.1.1 no such user']);
  });

  test('a large message passes through to a slow server without being kept', async () => {
    book.add('ann@corp.example', 'target');
    let go: () => void = () => {};
    target.slow = new Promise((resolve) => {
      go = resolve;
    });
    const large = `Subject: large\r\n\r\n${`${'x'.repeat(98)}\r\n`.repeat(500_000)}`;
    const before = process.memoryUsage().arrayBuffers;
    using asking = await bring(['ann@corp.example'], large);
    await until(() => target.begun.length > 0);
    // What was written to us stays with the sender: our own buffers are some hundred kilobytes.
    const unsent = asking.socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asking.socket.writableLength).toBeGreaterThan(large.length - 15_000_000);
    expect(unsent).toBeGreaterThan(0);
    go();
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    expect(target.delivered[0]?.sha256).toBe(sha256(large));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000);
  });
});

describe('mail of who is moving', () => {
  test('waits at the door, and goes to the new side the moment the mailbox opens there', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using asking = await bring(['ann@corp.example']);
    await until(() => book.waiting > 0);
    expect([source.begun, target.begun, asking.heard]).toEqual([[], [], '']);
    await book.set(ann, 'open', 'target');
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    expect([source.delivered.length, target.delivered.length]).toEqual([0, 1]);
  });

  test('goes to the old side when the switch was withdrawn', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using asking = await bring(['ann@corp.example']);
    await until(() => book.waiting > 0);
    await book.set(ann, 'announced');
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    expect(source.delivered.length).toBe(1);
  });

  test('is to be tried again when it takes too long, and only that of the one who is held', async () => {
    await door[Symbol.asyncDispose]();
    door = await open(200, source, target);
    const ann = book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'source');
    await book.set(ann, 'held');
    using asking = await bring(['ann@corp.example', 'bob@corp.example']);
    expect(await replies(asking, 2)).toEqual([
      '451 4.3.2 This mailbox is being moved; to be tried again',
      '250 2.0.0 saved',
    ]);
    expect(source.delivered.map(({ to }) => to)).toEqual([['bob@corp.example']]);
  });

  test('while nothing is certain, mail waits, and is never refused', async () => {
    await door[Symbol.asyncDispose]();
    door = await open(100, source, target);
    book.isUnsure = true;
    using asking = await bring(['nobody@corp.example']);
    expect(await replies(asking, 1)).toEqual(['451 4.3.2 This mailbox is being moved; to be tried again']);
  });

  test('a hold is acknowledged only when what was on its way has arrived', async () => {
    const ann = book.add('ann@corp.example', 'source');
    let go: () => void = () => {};
    source.slow = new Promise((resolve) => {
      go = resolve;
    });
    using asking = await bring(['ann@corp.example']);
    await until(() => source.begun.length > 0);
    let acknowledged = false;
    const holding = book.set(ann, 'held').then(() => {
      acknowledged = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(acknowledged).toBe(false);
    go();
    await holding;
    expect(source.delivered.length).toBe(1);
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
  });

  test('a message that dawdles is broken off for a hold, has not arrived, and comes again', async () => {
    const ann = book.add('ann@corp.example', 'source');
    using asking = await greeted();
    asking.say('LHLO a\r\nMAIL FROM:<b@corp.example>\r\nRCPT TO:<ann@corp.example>\r\nDATA\r\n');
    await asking.until('354 ');
    asking.say('Subject: the beginning\r\n\r\n');
    await until(() => source.begun.length > 0);
    await book.set(ann, 'held');
    asking.say('the end\r\n.\r\n');
    expect(await asking.until('451 4.3.2')).toMatch(/451 4\.3\.2$/);
    expect([source.delivered, target.delivered]).toEqual([[], []]);
  });
});

describe('mail to several', () => {
  test('goes to each side once, at the same time, and each recipient has an answer of their own', async () => {
    book.add('ann@corp.example', 'source');
    book.add('full@corp.example', 'source');
    book.add('bob@corp.example', 'target');
    book.add('nobody@corp.example', 'target');
    book.add('eve@corp.example', 'target');
    const to = ['ann', 'bob', 'full', 'nobody', 'eve'].map((local) => `${local}@corp.example`);
    using asking = await bring(to);
    expect(await replies(asking, 5)).toEqual([
      '250 2.1.5 Delivered',
      '250 2.0.0 saved',
      '552 5.2.2 over quota',
      '550 5.1.1 no such user',
      '250 2.0.0 saved',
    ]);
    expect(source.delivered.map(({ to }) => to)).toEqual([['ann@corp.example']]);
    expect(target.delivered.map(({ to }) => to)).toEqual([['bob@corp.example', 'eve@corp.example']]);
  });

  test('one who is named twice is told so, since there is but one answer for them', async () => {
    book.add('ann@corp.example', 'source');
    using asking = await greeted();
    asking.say('LHLO a\r\nMAIL FROM:<b@corp.example>\r\nRCPT TO:<ann@corp.example>\r\nRCPT TO:<Ann@corp.example>\r\n');
    expect(await asking.until('452 ')).toMatch(/250 .*\r\n452 $/s);
  });
});

describe('when something breaks', () => {
  test('a sender who is cut in the middle delivers nothing', async () => {
    book.add('ann@corp.example', 'source');
    const asking = await greeted();
    asking.say('LHLO a\r\nMAIL FROM:<b@corp.example>\r\nRCPT TO:<ann@corp.example>\r\nDATA\r\n');
    await asking.until('354 ');
    asking.say('Subject: the beginning\r\n\r\nand more\r\n');
    await until(() => source.begun.length > 0);
    asking.socket.destroy();
    await until(() => door.answers.of('deferred') > 0);
    expect(source.delivered).toEqual([]);
  });

  test('a server that is cut before it has answered has the message come again', async () => {
    book.add('ann@corp.example', 'source');
    source.slow = new Promise(() => {});
    using asking = await bring(['ann@corp.example']);
    await until(() => source.begun.length > 0);
    source.cut();
    expect((await replies(asking, 1))[0]).toMatch(/^451 4\.4\.2 /);
  });

  test('a server that is away has the message come again, and the other side has its own', async () => {
    book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'target');
    await source[Symbol.asyncDispose]();
    using asking = await bring(['ann@corp.example', 'bob@corp.example']);
    const [first, second] = await replies(asking, 2);
    expect(first).toMatch(/^451 /);
    expect(second).toBe('250 2.0.0 saved');
    source = await new Behind('lmtp').open();
  });

  test('a server that takes no message of this size says so itself', async () => {
    await using small = await new Behind('lmtp', { size: 1_000 }).open();
    await using behind = await new Behind('lmtp').open();
    book.add('ann@corp.example', 'source');
    await door[Symbol.asyncDispose]();
    door = await open(1_000, small, behind);
    using asking = await bring(['ann@corp.example'], `${text}${'x'.repeat(2_000)}\r\n`);
    expect((await replies(asking, 1))[0]).toMatch(/^552 /);
  });

  test('a side that speaks SMTP is spoken to so', async () => {
    await using smtp = await new Behind('smtp').open();
    await using behind = await new Behind('lmtp').open();
    book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'source');
    await door[Symbol.asyncDispose]();
    door = await open(1_000, smtp, behind);
    using asking = await bring(['ann@corp.example', 'bob@corp.example', 'nobody@corp.example']);
    expect(await replies(asking, 3)).toEqual(['250 2.0.0 queued', '250 2.0.0 queued', '550 5.1.1 no such user']);
    expect(smtp.delivered.map(({ to }) => to)).toEqual([['ann@corp.example', 'bob@corp.example']]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
