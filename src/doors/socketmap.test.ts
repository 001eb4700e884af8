import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import { Asking } from './asking.test-kit.ts';
import type { Door } from './door.ts';
import { allowedOf } from './listening.ts';
import { netstring } from './netstring.ts';
import { MadeUpBook } from './route-book.test-kit.ts';
import { openSocketmap, type SocketmapOptions } from './socketmap.ts';

const moving = 'godwit:inet:127.0.0.1:8027';
const views = new Map([
  ['', { source: 'smtp:[old.example]', target: 'smtp:[new.example]', moving }],
  ['old', { source: null, target: 'smtp:[new.example]', moving }],
]);
const nobody = allowedOf([]) as NonNullable<ReturnType<typeof allowedOf>>;

let book: MadeUpBook;
let door: Door;

async function open(more: Partial<SocketmapOptions> = {}): Promise<Door> {
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  return await openSocketmap({ at, allowed: nobody, book, views, log: silent, ...more });
}

async function ask(...questions: readonly string[]): Promise<readonly string[]> {
  using asking = new Asking(door.at);
  asking.say(questions.map(netstring).join(''));
  const answers: string[] = [];
  for (const _ of questions) {
    const length = Number((await asking.until(':')).slice(0, -1));
    const answer = await asking.until(',');
    expect(answer.length - 1).toBe(length);
    answers.push(answer.slice(0, -1));
  }
  return answers;
}

beforeEach(async () => {
  book = new MadeUpBook();
  door = await open();
});
afterEach(async () => door[Symbol.asyncDispose]());

describe('where mail goes', () => {
  test('mail of a mailbox goes to its side, under whichever of its addresses and in whichever case', async () => {
    book.add('ann@corp.example', 'source', ['a.smith@corp.example']);
    book.add('bob@corp.example', 'target');
    expect(
      await ask('transport Ann@Corp.example', 'transport a.smith@corp.example', 'transport bob@corp.example'),
    ).toEqual(['OK smtp:[old.example]', 'OK smtp:[old.example]', 'OK smtp:[new.example]']);
  });

  test('mail of a mailbox goes to its side, however its address is written, and what is behind a plus is kept', async () => {
    book.add('ann@corp.example', 'target', ['a.smith@corp.example']);
    const written = ['ann+news@corp.example', '"ann"@corp.example', 'A.Smith+x@corp.example'];
    for (const key of written)
      expect(await ask(`transport ${key}`, `relay-recipients ${key}`)).toEqual(['OK smtp:[new.example]', 'OK yes']);
    expect(await ask('virtual A.Smith+News@corp.example', 'virtual "a.smith+two words"@corp.example')).toEqual([
      'OK ann+News@corp.example',
      'OK "ann+two words"@corp.example',
    ]);
  });

  test('each Postfix is told by a view of its own, and the one a mailbox lives on delivers by itself', async () => {
    book.add('ann@corp.example', 'source');
    book.add('bob@corp.example', 'target');
    expect(await ask('transport@old ann@corp.example', 'transport@old bob@corp.example')).toEqual([
      'NOTFOUND ',
      'OK smtp:[new.example]',
    ]);
    expect(await ask('transport@nosuch bob@corp.example')).toEqual(['PERM there is no such view']);
  });

  test('once a move is announced, and while it goes on, mail goes to the door that can wait, in every view', async () => {
    const ann = book.add('ann@corp.example', 'source');
    for (const standing of ['announced', 'held'] as const) {
      await book.set(ann, standing);
      expect(await ask('transport ann@corp.example', 'transport@old ann@corp.example')).toEqual([
        `OK ${moving}`,
        `OK ${moving}`,
      ]);
    }
    await book.set(ann, 'open', 'target');
    expect(await ask('transport ann@corp.example')).toEqual(['OK smtp:[new.example]']);
  });

  test('strangers, domains and the wildcard are nothing of ours', async () => {
    book.add('ann@corp.example', 'source');
    for (const key of [
      '*',
      'corp.example',
      '.corp.example',
      '@corp.example',
      'spam@elsewhere.example',
      "'; drop table",
      '',
    ]) {
      expect(await ask(`transport ${key}`, `relay-recipients ${key}`)).toEqual(['NOTFOUND ', 'NOTFOUND ']);
    }
  });

  test('while anything is unsure nobody is unknown', async () => {
    book.isUnsure = true;
    for (const map of ['transport', 'transport@old', 'relay-recipients', 'virtual']) {
      const [answer] = await ask(`${map} ann@corp.example`);
      expect(answer).toMatch(/^TEMP /);
    }
  });

  test('a fault of ours is a reason to ask again, and never one to bounce', async () => {
    book.find = () => {
      throw new Error('broken');
    };
    for (const map of ['transport', 'relay-recipients', 'virtual'])
      expect((await ask(`${map} ann@corp.example`))[0]).toMatch(/^TEMP /);
  });
});

describe('who has an address', () => {
  test('whoever is known is a recipient on either side and while they move', async () => {
    const ann = book.add('ann@corp.example', 'source', ['a.smith@corp.example']);
    for (const standing of ['open', 'announced', 'held', 'open'] as const) {
      await book.set(ann, standing);
      expect(await ask('relay-recipients a.smith@corp.example')).toEqual(['OK yes']);
    }
    expect(await ask('relay-recipients nobody@corp.example')).toEqual(['NOTFOUND ']);
  });

  test('an alias leads to the address of its mailbox', async () => {
    book.add('ann@corp.example', 'source', ['a.smith@corp.example']);
    expect(await ask('virtual A.Smith@corp.example')).toEqual(['OK ann@corp.example']);
  });
});

describe('whoever asks otherwise', () => {
  test.each([
    ['a line instead of a netstring', 'transport ann@corp.example\r\n'],
    ['a length of gigabytes', '4294967296:a'],
    ['a length without end', '9'.repeat(100_000)],
    ['a wrong end', '26:transport ann@corp.example;;'],
  ])('%s gets the error of the protocol, and the connection is closed', async (_, text) => {
    using asking = new Asking(door.at);
    asking.say(text);
    expect(await asking.untilClosed()).toBe(netstring('PERM this is no netstring of a question'));
  });

  test.each([
    'transport',
    'transport a\r\nb@corp.example',
    'transport a\0b@corp.example',
    ' a',
    '',
    'passwords ann@corp.example',
  ])('%j is no question, and gets the error of the protocol', async (question) => {
    expect((await ask(question))[0]).toMatch(/^PERM /);
  });

  test('questions that come together are answered in their order, and those before a broken one too', async () => {
    book.add('ann@corp.example', 'source');
    using asking = new Asking(door.at);
    asking.say(`${netstring('transport ann@corp.example')}${netstring('transport x@y.example')}huh`);
    expect(await asking.untilClosed()).toBe(
      ['OK smtp:[old.example]', 'NOTFOUND ', 'PERM this is no netstring of a question'].map(netstring).join(''),
    );
  });

  test('who asks a million times and listens to nothing costs no memory', async () => {
    using asking = new Asking(door.at);
    asking.socket.pause();
    const question = Buffer.from(netstring('transport nobody@corp.example').repeat(10_000));
    for (let i = 0; i < 100; i += 1) asking.say(question);
    // What was answered stops growing once the other side takes nothing, far below what was asked.
    let before = -1;
    while (before !== door.answers.of('NOTFOUND') || before === 0) {
      before = door.answers.of('NOTFOUND');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(before).toBeLessThan(900_000);
  });
});

describe('where it listens', () => {
  test('by a socket in the file system it replaces what a killed process has left, and never one that is served', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-door-'));
    try {
      const at = { kind: 'unix', path: join(folder, 'postfix') } as const;
      book.add('ann@corp.example', 'source');
      await using _first = await open({ at });
      using asking = new Asking(at);
      asking.say(netstring('transport ann@corp.example'));
      expect(await asking.until(',')).toBe(netstring('OK smtp:[old.example]'));
      await expect(open({ at })).rejects.toThrow(/another process listens/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('whoever comes from a network that is not allowed is not answered', () => {
    const allowed = allowedOf(['10.1.0.0/16', '2001:db8::/32', '192.0.2.7']);
    expect(allowed).not.toBeNull();
    const may = ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1', '192.0.2.7', '127.0.0.1', '::1'];
    const mayNot = ['10.2.0.1', '192.0.2.8', '2001:db9::1', '', '::ffff:10.2.0.1'];
    expect(may.filter((address) => !allowed?.(address))).toEqual([]);
    expect(mayNot.filter((address) => allowed?.(address))).toEqual([]);
    for (const wrong of ['10.0.0.0/33', 'corp.example', '10.0.0.0/8/8', '/8', ''])
      expect(allowedOf([wrong])).toBeNull();
  });
});
