import { describe, expect, test } from 'vitest';
import { leaseMarginSeconds, leaseSeconds } from '#ports/workforce.ts';
import { Lease, type MonotonicClock } from './lease.ts';

const lastsMs = (leaseSeconds - leaseMarginSeconds) * 1000;

/** Goes when it is told to. Timers may sleep: a process that was stopped handles its sockets first. */
class HandClock implements MonotonicClock {
  #now = 5_000;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  }

  pass(ms: number, { timersSleep = false } = {}): void {
    this.#now += ms;
    if (timersSleep) return;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { fire } of due) fire();
  }

  get timers(): number {
    return this.#timers.length;
  }
}

describe('a worker counts itself as gone', () => {
  test('before the database does, when it could not renew', () => {
    const clock = new HandClock();
    const lease = new Lease(clock);
    expect(lease.msLeft()).toBe(lastsMs);
    clock.pass(lastsMs - 1);
    expect(lease.msLeft()).toBe(1);
    expect(lease.lapsed.aborted).toBe(false);
    clock.pass(1);
    expect(lease.lapsed.aborted).toBe(true);
    expect(lease.msLeft()).toBe(0);
    expect(lastsMs).toBeLessThan(leaseSeconds * 1000);
  });

  test('at the first question after it was stopped, before any timer', () => {
    const clock = new HandClock();
    const lease = new Lease(clock);
    clock.pass(lastsMs * 3, { timersSleep: true });
    expect(lease.msLeft()).toBe(0);
    expect(lease.lapsed.aborted).toBe(true);
  });

  test('from the moment before it asked, however long the answer took', () => {
    const clock = new HandClock();
    const lease = new Lease(clock);
    clock.pass(4_000);
    const askedAt = lease.now();
    clock.pass(3_000);
    lease.renew(askedAt);
    expect(lease.msLeft()).toBe(lastsMs - 3_000);
  });

  test('for good: an answer that comes too late brings nothing back', () => {
    const clock = new HandClock();
    const lease = new Lease(clock);
    clock.pass(lastsMs - 1);
    const askedAt = lease.now();
    clock.pass(2, { timersSleep: true });
    lease.renew(askedAt);
    expect(lease.msLeft()).toBe(0);
    expect(lease.lapsed.aborted).toBe(true);
  });

  test('at once when the database says so', () => {
    const lease = new Lease(new HandClock());
    lease.lapse();
    expect(lease.lapsed.aborted).toBe(true);
    expect(lease.msLeft()).toBe(0);
  });
});

test('a worker that renews in time lives on, and an answer out of order takes nothing away', () => {
  const clock = new HandClock();
  const lease = new Lease(clock);
  for (let beat = 0; beat < 50; beat++) {
    const askedAt = lease.now();
    clock.pass(5_000);
    lease.renew(askedAt + 5_000);
    lease.renew(askedAt);
    expect(lease.msLeft()).toBe(lastsMs);
  }
  expect(lease.lapsed.aborted).toBe(false);
  expect(clock.timers).toBe(1);
  lease[Symbol.dispose]();
  expect(clock.timers).toBe(0);
});

test('the clock of this machine goes forward', () => {
  using lease = new Lease();
  const before = lease.now();
  expect(lease.msLeft()).toBeGreaterThan(0);
  expect(lease.now()).toBeGreaterThanOrEqual(before);
});
