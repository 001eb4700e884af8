/** What `godwit certificate make` tells, when it makes a root, and how it ends. */

import { describe, expect, test } from 'vitest';
import type { WaveCertificate } from '#domain/certificate.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { MadeCertificate } from '#operations/make-certificates.ts';
import { type MadeUp, play } from './made-up-world.ts';
import { usageError } from './usage.ts';
import type { EvidenceWork } from './world.ts';

const wave = { id: 1, name: 'pilot', state: 'running' };
const root = { wave: { name: 'pilot' }, root: 'ab'.repeat(32), grade: { grade: 'good', because: [] } };
const ann: MadeCertificate = { kind: 'made', address: 'ann@x.example', grade: { grade: 'perfect', because: [] } };
const bob: MadeCertificate = { kind: 'kept', address: 'bob@x.example', grade: 'good' };
const cem: MadeCertificate = {
  kind: 'made',
  address: 'cem@x.example\u001b[2J',
  grade: { grade: 'poor', because: ['40 exceptions open'] },
};
const dot: MadeCertificate = { kind: 'none', address: 'dot@x.example', code: 'copying', why: 'nothing is there' };

interface Asked {
  readonly closed: unknown[];
  readonly orders: unknown[];
}

function making(made: readonly MadeCertificate[], asked: Asked, more: Partial<MadeUp> = {}): MadeUp {
  const work: Partial<EvidenceWork> = {
    find: async (name) =>
      name === 'pilot' ? ({ kind: 'found', wave, mailboxes: 3 } as never) : { kind: 'unknown', nearest: 'pilot' },
    async *make(order) {
      if ('mailbox' in order.whose && order.whose.mailbox !== 'ann@x.example')
        throw usageError(`There is no mailbox ${order.whose.mailbox} in this estate.`);
      asked.orders.push(order);
      yield made;
    },
    close: async (order) => {
      asked.closed.push(order);
      return root as unknown as WaveCertificate;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    readEstate: async () => ({ database: 'embedded' }) as unknown as EstateSettings,
    openEvidence: async () => work as EvidenceWork,
    ...more,
  };
}

const nobodyAsked = (): Asked => ({ closed: [], orders: [] });

describe('certificates of a wave', () => {
  test('are counted by grade, those that need somebody are named with the reason, and the root is told', async () => {
    const asked = nobodyAsked();
    const { code, stdout } = await play(['certificate', 'make', '--wave', 'pilot'], making([ann, bob, cem], asked));
    expect(code).toBe(3);
    expect(stdout).toContain('3 certificates made, 1 of them in an earlier run');
    expect(stdout).toMatch(/1 {2}perfect\n.*1 {2}good\n.*1 {2}poor/);
    expect(stdout).toContain('poor: 40 exceptions open');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain(`Wave pilot is good. Its root, stamped into the audit log: ${root.root}`);
    expect(asked.orders).toMatchObject([
      { whose: { wave: { name: 'pilot' } }, atOnce: null, anew: false, withElements: true, folder: null },
    ]);
  });

  test('are a plain success when everybody is perfect or good, and not when somebody has none', async () => {
    const asked = nobodyAsked();
    expect((await play(['certificate', 'make', '--wave', 'pilot'], making([ann, bob, ann], asked))).code).toBe(0);
    const { code, stdout } = await play(['certificate', 'make', '--wave', 'pilot'], making([ann, bob, dot], asked));
    expect([code, stdout]).toEqual([3, expect.stringContaining('dot@x.example  no certificate: nothing is there')]);
    // Without their addresses: the root of a wave names nobody.
    expect(asked.closed.at(-1)).toMatchObject({ reasons: new Map([['dot@x.example', 'copying']]) });
  });

  test('have no root while somebody was not looked at, and say how far it came', async () => {
    const asked = nobodyAsked();
    const stopped = new AbortController();
    stopped.abort('SIGINT');
    const world = making([ann], asked, { interruption: stopped.signal });
    const { code, stderr } = await play(['certificate', 'make', '--wave', 'pilot'], world);
    expect([code, stderr]).toEqual([5, expect.stringContaining('1 of 3 mailboxes were looked at')]);
    expect(asked.closed).toEqual([]);
  });

  test('are one JSON document where a program asks', async () => {
    const words = ['certificate', 'make', '--wave', 'pilot', '-o', 'json'];
    const { stdout } = await play(words, making([ann, bob, dot], nobodyAsked()));
    expect(JSON.parse(stdout)).toMatchObject({
      mailboxes: [ann, bob, dot],
      grades: { perfect: 1, good: 1, investigate: 0, poor: 0 },
      wave: { root: root.root },
    });
  });

  test.each([
    ['of nobody', [], 'Say of whom'],
    ['of a wave and a mailbox', ['--wave', 'pilot', '--mailbox', 'ann@x.example'], 'and not both'],
    ['of a wave that is not there', ['--wave', 'pilots'], 'did you mean pilot?'],
    ['of a mailbox that is not there', ['--mailbox', 'max@x.example'], 'There is no mailbox max@x.example'],
    ['none at a time', ['--wave', 'pilot', '--at-once', '0'], '--at-once'],
  ])('%s are refused, and nothing is begun', async (_what, flags, says) => {
    const asked = nobodyAsked();
    const { code, stderr } = await play(['certificate', 'make', ...flags], making([ann], asked));
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(asked.orders).toEqual([]);
  });
});

test('the certificate of one mailbox makes no root', async () => {
  const asked = nobodyAsked();
  const { code } = await play(['certificate', 'make', '--mailbox', 'ann@x.example'], making([ann], asked));
  expect([code, asked.closed]).toEqual([0, []]);
});

test('keys for contents go to a folder that is named, and whoever gets them is told what they are', async () => {
  const asked = nobodyAsked();
  const written: unknown[] = [];
  const world = making([], asked);
  const open = world.openEvidence as NonNullable<MadeUp['openEvidence']>;
  const withKeys: MadeUp = {
    ...world,
    openEvidence: async (options) => ({
      ...(await open(options)),
      digestKeys: async (whose, folder) => {
        written.push([whose, folder]);
        return 3;
      },
    }),
  };
  const { code, stdout } = await play(['certificate', 'digest-keys', '--wave', 'pilot', '--out', 'keys'], withKeys);
  expect([code, written]).toEqual([0, [[{ wave }, 'keys']]]);
  expect(stdout).toContain('Wrote 3 digest keys to keys');
  expect(stdout).toContain('give it to who checks it, and nobody else');
  expect((await play(['certificate', 'digest-keys', '--wave', 'pilot'], withKeys)).code).toBe(2);
});
