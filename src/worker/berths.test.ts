import { describe, expect, test } from 'vitest';
import { Berths } from './berths.ts';

/** A clock whose waits end when they are told to. */
function handClock() {
  const waits: PromiseWithResolvers<void>[] = [];
  return {
    sleep: () => {
      const wait = Promise.withResolvers<void>();
      waits.push(wait);
      return wait.promise;
    },
    pass: () => {
      for (const wait of waits.splice(0)) wait.resolve();
    },
  };
}

const never = new AbortController().signal;

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<'pending'>((resolve) => setImmediate(resolve, 'pending'));
  return (await Promise.race([promise, later])) === 'pending';
}

describe('as many connections as were leased', () => {
  test('may be open, and one more only when the server counts one less', async () => {
    const berths = new Berths(2, handClock());
    const first = await berths.take(never);
    await berths.take(never);
    const third = berths.take(never);
    expect(await isPending(third)).toBe(true);
    first.leave(true);
    expect(await isPending(third)).toBe(false);
  });

  test('are not free before the server has had time to notice, where a connection was broken off', async () => {
    const clock = handClock();
    const berths = new Berths(1, clock);
    (await berths.take(never)).leave(false);
    const next = berths.take(never);
    const all = berths.allLeft();
    expect(await isPending(Promise.race([next, all]))).toBe(true);
    clock.pass();
    expect(await isPending(all)).toBe(false);
    expect(await isPending(next)).toBe(false);
  });

  test('are free once, however often a connection is said to have ended', async () => {
    const berths = new Berths(1, handClock());
    const only = await berths.take(never);
    only.leave(true);
    only.leave(true);
    await berths.take(never);
    expect(await isPending(berths.take(never))).toBe(true);
  });

  test('are not waited for by who is called off, who leaves them to the next', async () => {
    const berths = new Berths(1, handClock());
    const only = await berths.take(never);
    const calledOff = new AbortController();
    const off = berths.take(calledOff.signal);
    const next = berths.take(never);
    calledOff.abort(new Error('called off'));
    await expect(off).rejects.toThrow('called off');
    only.leave(true);
    expect(await isPending(next)).toBe(false);
  });

  test('are all given back when nothing is open any more, and not before', async () => {
    const berths = new Berths(2, handClock());
    expect(await isPending(berths.allLeft())).toBe(false);
    const open = [await berths.take(never), await berths.take(never)];
    const all = berths.allLeft();
    open[0]?.leave(true);
    expect(await isPending(all)).toBe(true);
    open[1]?.leave(true);
    expect(await isPending(all)).toBe(false);
  });
});
