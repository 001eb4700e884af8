import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Attempt } from '#domain/attempt-fold.ts';
import { silent } from '#lib/log.ts';
import { Asking } from './asking.test-kit.ts';
import { Behind } from './behind.test-kit.ts';
import { openDeliveries } from './deliveries.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

let book: MadeUpBook;
let source: Behind;
let target: Behind;
let door: Door;

const attempts: Attempt[] = [];

async function open(waitMs: number, from: Behind, to: Behind): Promise<Door> {
  const backends = { source: from.backend, target: to.backend };
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const allowed = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;
  return await openDeliveries({
    at,
    allowed,
    book,
    backends,
    waitMs,
    attempts: { attempted: (each) => void attempts.push(each) },
    log: silent,
  });
}

beforeEach(async () => {
  book = new MadeUpBook();
  attempts.length = 0;
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
async function bring(
  to: readonly string[],
  message = text,
  from = 'bob@corp.example',
  size = ` SIZE=${message.length}`,
): Promise<Asking> {
  const asking = await greeted();
  asking.say('LHLO mx.corp.example\r\n');
  await asking.until('\r\n250 ');
  await asking.until('\r\n');
  asking.say(`MAIL FROM:<${from}>${size}\r\n`);
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

  test('waits however the address is written, and goes on as it was written', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using asking = await bring(['ann+news@corp.example']);
    await until(() => book.waiting > 0);
    await book.set(ann, 'open', 'target');
    expect(await replies(asking, 1)).toEqual(['250 2.0.0 saved']);
    expect([source.begun, target.delivered.map(({ to }) => to)]).toEqual([[], [['ann+news@corp.example']]]);
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

  test('goes nowhere when its sender has left meanwhile, and will bring it again', async () => {
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    const asking = await bring(['ann@corp.example']);
    await until(() => book.waiting > 0);
    asking.socket.destroy();
    await until(() => door.answers.of('held') > 0);
    await book.set(ann, 'open', 'target');
    using again = await bring(['ann@corp.example']);
    expect(await replies(again, 1)).toEqual(['250 2.0.0 saved']);
    expect([source.begun.length, target.delivered.length]).toEqual([0, 1]);
  });

  test('is to be tried again when it takes too long', async () => {
    await door[Symbol.asyncDispose]();
    door = await open(200, source, target);
    const ann = book.add('ann@corp.example', 'source');
    await book.set(ann, 'held');
    using asking = await bring(['ann@corp.example']);
    expect(await replies(asking, 1)).toEqual(['451 4.3.2 This mailbox is being moved; to be tried again']);
    expect(source.delivered).toEqual([]);
  });

  test('is told with how long it took from when it was offered first, though it was put off meanwhile', async () => {
    await door[Symbol.asyncDispose]();
    door = await open(100, source, target);
    const ann = book.add('ann@corp.example', 'source');
    using before = await bring(['ann@corp.example']);
    await replies(before, 1);
    await book.set(ann, 'held');
    const longer = `${text}one line more\r\n`;
    using first = await bring(['ann@corp.example'], longer);
    expect(await replies(first, 1)).toEqual([expect.stringMatching(/^451/)]);
    await book.set(ann, 'open', 'target');
    using another = await bring(['ann@corp.example']);
    await replies(another, 1);
    using again = await bring(['ann@corp.example'], longer);
    await replies(again, 1);
    expect(attempts.map(({ kind, isThrough, wasHeld }) => [kind, isThrough, wasHeld])).toEqual([
      ['delivery', true, false],
      ['delivery', false, true],
      ['delivery', true, false],
      ['delivery', true, true],
    ]);
    expect(attempts[3]?.fromMs).toBe(attempts[1]?.fromMs);
    expect(attempts[3]?.mailbox).toBe(ann);
  });

  test.each([
    ['was refused for good', 'nobody@corp.example', undefined],
    ['did not say its size', 'ann@corp.example', ''],
  ])('does not make the next of its sender one that has waited, where it was put off and %s', async (_, to, size) => {
    await door[Symbol.asyncDispose]();
    door = await open(100, source, target);
    const mailbox = book.add(to, 'source');
    await book.set(mailbox, 'held');
    using first = await bring([to], text, 'bob@corp.example', size);
    expect(await replies(first, 1)).toEqual([expect.stringMatching(/^451/)]);
    await book.set(mailbox, 'open', 'target');
    // It comes again, and then another that looks like it.
    for (const time of [1, 2]) {
      using again = await bring([to], text, 'bob@corp.example', size);
      expect(await replies(again, 1)).not.toEqual([expect.stringMatching(/^451/)]);
      expect(attempts).toHaveLength(1 + time);
    }
    expect(attempts[2]?.fromMs).toBeGreaterThan(attempts[1]?.untilMs ?? Number.NaN);
    expect(attempts[2]?.wasHeld).toBe(false);
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

  test('is with those who can have it at once, and answered, whoever is held among them, so that nobody who goes meanwhile brings it twice', async () => {
    const ann = book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'source');
    book.add('eve@corp.example', 'target');
    await book.set(ann, 'held');
    // Nobody opens it: whoever waited for her would wait for as long as this door may.
    using asking = await bring(['ann@corp.example', 'bob@corp.example', 'eve@corp.example']);
    expect(await replies(asking, 3)).toEqual([
      '451 4.3.2 This mailbox is being moved; to be tried again',
      '250 2.0.0 saved',
      '250 2.0.0 saved',
    ]);
    expect(source.delivered.map(({ to }) => to)).toEqual([['bob@corp.example']]);
    expect(target.delivered.map(({ to }) => to)).toEqual([['eve@corp.example']]);
    expect(book.waiting).toBe(0);
  });

  test('waits while all of them are held, and goes to the first who can have it the moment that is so', async () => {
    const ann = book.add('ann@corp.example', 'source');
    const bob = book.add('bob@corp.example', 'source');
    for (const one of [ann, bob]) await book.set(one, 'held');
    using asking = await bring(['ann@corp.example', 'bob@corp.example']);
    await until(() => book.waiting === 2);
    expect([source.begun, target.begun, asking.heard]).toEqual([[], [], '']);
    await book.set(bob, 'open', 'target');
    expect(await replies(asking, 2)).toEqual([
      '451 4.3.2 This mailbox is being moved; to be tried again',
      '250 2.0.0 saved',
    ]);
    expect(target.delivered.map(({ to }) => to)).toEqual([['bob@corp.example']]);
    expect(book.waiting).toBe(0);
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
