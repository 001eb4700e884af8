/** Sign-ins that are tried while somebody switches: how many, until when, and what they tell. */

import { describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, silent } from '#lib/log.ts';
import type { SignInTried, TrySignIn } from '#ports/interruptions.ts';
import { signInProbes } from './probe-sign-ins.ts';

const ann = { id: 7, address: 'ann@corp.example', sourceUser: null, targetUser: null };
const never = new AbortController().signal;

/** A mailbox that lets people in or not, as a test says, and those who wait once it does. */
class Door {
  isOpen = true;
  refuses = false;
  most = 0;
  asked = 0;
  readonly #waiting = new Set<() => void>();

  readonly attempt: TrySignIn = async (_, signal): Promise<SignInTried> => {
    this.asked++;
    if (this.refuses) return 'refused';
    if (this.isOpen) return 'in';
    return new Promise((resolve) => {
      const end = (how: SignInTried) => () => (this.#waiting.delete(through), resolve(how));
      const through = end('in');
      this.#waiting.add(through);
      this.most = Math.max(this.most, this.#waiting.size);
      signal.addEventListener('abort', end('not-counted'), { once: true });
    });
  };

  open(): void {
    this.isOpen = true;
    for (const through of this.#waiting) through();
  }

  get waiting(): number {
    return this.#waiting.size;
  }
}

const options = (door: Door, more: object = {}) => ({
  attempt: door.attempt,
  atOnce: 100,
  perMinute: 100_000,
  log: silent,
  everyMs: 5,
  ...more,
});

describe('probes of a switch', () => {
  test('tell for how long a sign-in would have waited, and end once one that began after the turn got in', async () => {
    const door = new Door();
    using watch = signInProbes(options(door)).watch(ann);
    await watch.seeUsual(never);
    expect(door.asked).toBe(3);
    watch.begin();
    door.isOpen = false;
    while (door.waiting < 2) await sleep(5);
    await sleep(1_200);
    door.open();
    const found = await watch.end(never);
    expect(found).toMatchObject({ mailbox: 7, kind: 'sign-in' });
    expect(found?.ms).toBeGreaterThan(1_100);
    expect(found?.beganAgoMs).toBeGreaterThanOrEqual(found?.ms ?? 0);
    const asked = door.asked;
    await sleep(30);
    expect(door.asked).toBe(asked);
  });

  test('of a switch that nobody would have noticed tell that, and are attempts all the same', async () => {
    const door = new Door();
    using watch = signInProbes(options(door)).watch(ann);
    await watch.seeUsual(never);
    watch.begin();
    expect(await watch.end(never)).toMatchObject({ ms: 0 });
  });

  test('are never more at once than there is room for, of one mailbox nor of all', async () => {
    const door = new Door();
    const probes = signInProbes(options(door, { atOnce: 10 }));
    using first = probes.watch(ann);
    using second = probes.watch({ ...ann, id: 8 });
    for (const watch of [first, second]) await watch.seeUsual(never);
    door.isOpen = false;
    first.begin();
    while (door.waiting < 8) await sleep(5);
    await sleep(30);
    expect(door.waiting).toBe(8);
    second.begin();
    while (door.waiting < 10) await sleep(5);
    await sleep(30);
    expect(door.most).toBe(10);
    door.open();
    await Promise.all([first.end(never), second.end(never)]);
  });

  test('are no more in a minute than doors allow one client: who comes then is not tried, and who has begun is seen to its end', async () => {
    const door = new Door();
    // No more may be made however long this takes.
    const probes = signInProbes(options(door, { perMinute: 20, now: () => 0 }));
    using first = probes.watch(ann);
    await first.seeUsual(never);
    first.begin();
    while (door.asked < 20) await sleep(5);
    await sleep(30);
    expect(door.asked).toBe(20);
    using second = probes.watch({ ...ann, id: 8 });
    await second.seeUsual(never);
    second.begin();
    expect(await second.end(never)).toBeNull();
    expect(door.asked).toBe(20);
    expect(await first.end(never)).toMatchObject({ ms: 0 });
  });

  test('see once what is usual, however often a mailbox comes again before it switches, also where nobody is let in', async () => {
    const door = new Door();
    const probes = signInProbes(options(door));
    for (let i = 0; i < 5; i++) {
      using watch = probes.watch(ann);
      await watch.seeUsual(never);
    }
    expect(door.asked).toBe(3);
    door.refuses = true;
    for (let i = 0; i < 5; i++) {
      using watch = probes.watch({ ...ann, id: 8 });
      await watch.seeUsual(never);
      watch.begin();
    }
    expect(door.asked).toBe(4);
  });

  test('that are not let in while nobody waits are given up, so that a wrong password locks nobody out', async () => {
    const door = new Door();
    door.refuses = true;
    const said: string[] = [];
    const log: Log = { ...silent, warn: (phrase) => void said.push(phrase) };
    using watch = signInProbes(options(door, { log })).watch(ann);
    await watch.seeUsual(never);
    watch.begin();
    await sleep(30);
    expect(door.asked).toBe(1);
    expect(await watch.end(never)).toBeNull();
    expect(said).toHaveLength(1);
  });

  test.each(['refused', 'kept waiting'] as const)(
    'of which none gets in after the turn, but all are %s, tell that it was no shorter',
    async (how) => {
      const door = new Door();
      const time = { ms: 0 };
      using watch = signInProbes(options(door, { giveUpMs: 30, now: () => time.ms })).watch(ann);
      await watch.seeUsual(never);
      if (how === 'refused') door.refuses = true;
      else door.isOpen = false;
      watch.begin();
      while (door.asked < 5) await sleep(5);
      time.ms = 21_000;
      expect(await watch.end(never)).toMatchObject({ kind: 'sign-in', ms: 21_000 });
    },
  );

  test('that found no room after the turn tell nothing, and so do those of a switch that was withdrawn', async () => {
    const door = new Door();
    const time = { ms: 0 };
    const probes = signInProbes(options(door, { giveUpMs: 30, atOnce: 8, now: () => time.ms }));
    using watch = probes.watch(ann);
    using other = probes.watch({ ...ann, id: 8 });
    for (const each of [watch, other]) await each.seeUsual(never);
    watch.begin();
    door.isOpen = false;
    other.begin();
    while (door.waiting < 8) await sleep(5);
    time.ms = 500;
    expect(await watch.end(never)).toBeNull();
    const withdrawn = signInProbes(options(door)).watch(ann);
    withdrawn[Symbol.dispose]();
    const asked = door.asked;
    await withdrawn.seeUsual(never);
    withdrawn.begin();
    expect(door.asked).toBe(asked);
  });

  test('are not waited for by who has to stop', async () => {
    const door = new Door();
    using watch = signInProbes(options(door)).watch(ann);
    await watch.seeUsual(never);
    door.isOpen = false;
    watch.begin();
    const stop = new AbortController();
    const ended = watch.end(stop.signal);
    stop.abort();
    expect(await ended).toBeNull();
    expect(door.waiting).toBe(0);
  });

  test('keep nobody from switching, and say of what they met no word that may hold a password', async () => {
    const said: unknown[] = [];
    const log: Log = { ...silent, warn: (_, fields) => void said.push(fields) };
    const attempt = () => Promise.reject(new Error('canary-hunter2'));
    using watch = signInProbes({ attempt, atOnce: 3, perMinute: 100, log }).watch(ann);
    await watch.seeUsual(never);
    watch.begin();
    expect(await watch.end(never)).toBeNull();
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).not.toContain('hunter2');
  });
});
