import { describe, expect, test } from 'vitest';
import { Pace, type PaceClock } from './pace.ts';
import { parseTimetable, type Slot } from './timetable.ts';

/** A clock that jumps to the end of whatever is waited for. */
class JumpingClock implements PaceClock {
  nowMs: number;
  readonly waits: number[] = [];

  constructor(start: Date) {
    this.nowMs = start.getTime();
  }

  now(): number {
    return this.nowMs;
  }

  async wait(ms: number): Promise<void> {
    this.waits.push(ms);
    this.nowMs += ms;
  }
}

function slots(text: string): readonly Slot[] {
  const parsed = parseTimetable(text);
  if (parsed.kind === 'refused') throw new Error(parsed.says);
  return parsed.slots;
}

const never = new AbortController().signal;

describe('what the bandwidth table allows', () => {
  test('is kept over any stretch of time, whoever takes how much', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2));
    const pace = new Pace(slots('100k'), never, clock);
    const start = clock.nowMs;
    let taken = 0;
    for (let i = 0; i < 500; i++) {
      const bytes = 1 + ((i * 7919) % 64_000);
      taken += bytes;
      await pace.take(bytes);
    }
    const seconds = (clock.nowMs - start) / 1000;
    expect(taken / seconds).toBeLessThanOrEqual(102_400);
    expect(taken / seconds).toBeGreaterThan(101_000);
  });

  test('is shared: two who take at once wait for the sum of both', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2));
    const pace = new Pace(slots('1000B'), never, clock);
    const start = clock.nowMs;
    await Promise.all([pace.take(1500), pace.take(1500)]);
    expect(clock.nowMs - start).toBeGreaterThanOrEqual(3000);
  });

  test('does not add up while nobody takes anything', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2));
    const pace = new Pace(slots('1000B'), never, clock);
    clock.nowMs += 3_600_000;
    const start = clock.nowMs;
    await pace.take(10_000);
    expect(clock.nowMs - start).toBeGreaterThanOrEqual(9_700);
  });

  test('costs nothing while there is no limit', () => {
    const pace = new Pace(slots('08:00,1k 19:00,off'), never, new JumpingClock(new Date(2024, 5, 2, 20)));
    for (let i = 0; i < 100; i++) expect(pace.take(1_000_000_000)).toBeNull();
  });

  test('changes when the hour comes, also for those who wait already', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2, 18, 59, 50));
    const pace = new Pace(slots('08:00,1k 19:00,off'), never, clock);
    // At 1 KiB a second this would take three hours; the limit ends in ten seconds.
    await pace.take(10_000_000);
    expect(new Date(clock.nowMs).getHours()).toBe(19);
    expect(clock.nowMs - new Date(2024, 5, 2, 19).getTime()).toBeLessThan(1_000);
    expect(pace.take(1)).toBeNull();
  });

  test('changes with the share that was dealt last, also for those who wait already, and what is owed stays owed', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2));
    const pace = new Pace(slots('1k'), never, clock);
    const wait = clock.wait.bind(clock);
    clock.wait = async (ms) => {
      await wait(ms);
      pace.follow(slots('10k'));
    };
    await pace.take(100 * 1024);
    // Five seconds at the old rate, and the rest at the new one.
    expect(clock.waits[0]).toBe(5_000);
    expect(clock.waits.reduce((sum, ms) => sum + ms, 0)).toBe(5_000 + 9_500);
  });

  test('survives a clock that is set back', async () => {
    const clock = new JumpingClock(new Date(2024, 5, 2, 12));
    const pace = new Pace(slots('1000B'), never, clock);
    await pace.take(500);
    clock.nowMs -= 3_600_000;
    const start = clock.nowMs;
    await pace.take(1000);
    expect(clock.nowMs - start).toBeLessThan(2_000);
  });

  test('holds nobody who is stopping', async () => {
    const stop = new AbortController();
    const pace = new Pace(slots('1B'), stop.signal);
    const waiting = pace.take(1_000_000);
    stop.abort();
    await waiting;
    expect(pace.take(1_000_000)).toBeNull();
  });
});
