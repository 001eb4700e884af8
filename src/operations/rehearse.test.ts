import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import { dayMs, firstDay, hourMs, type Made, orderOf } from '#rehearsal/rehearsal.test-kit.ts';
import { rehearse } from '#rehearsal/rehearse.ts';
import { planToRehearse } from './plan-to-rehearse.ts';
import { writeReport } from './rehearsal-report.ts';
import { rehearsePlan } from './rehearse.ts';

const made: Made = {
  mailboxes: 60,
  windows: 5,
  each: 20,
  weather: (calm) => ({ ...calm, failures: { ...calm.failures, mailboxes: 0.2 } }),
};
const quiet = { begins() {}, stands() {} };
const never = new AbortController().signal;

/** Goes on by itself whenever somebody sleeps. */
function steppingClock(): Clock & { slept: number } {
  let now = 0;
  return {
    slept: 0,
    now: () => now,
    async sleep(ms) {
      now += ms;
      this.slept++;
    },
  };
}

describe('rehearsing a plan', () => {
  it('tells the first seed in full and the others in short', async () => {
    const order = orderOf(made);
    const runs = await rehearsePlan({ order, runs: 3, speed: null, watcher: quiet, clock: steppingClock() }, never);
    expect(runs.runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(runs.told).toEqual(rehearse(order, { day() {} }));
    expect(runs.runs[1]?.finish).toBe(rehearse({ ...order, seed: 2 }, { day() {} }).finish);
  });

  it('shows a programme so many times as fast as a real one, which ends as it would have at full speed', async () => {
    const order = orderOf(made);
    const clock = steppingClock();
    const seen: number[] = [];
    const watcher = { ...quiet, stands: ({ at }: { readonly at: number }) => void seen.push(at) };
    const runs = await rehearsePlan({ order, runs: 1, speed: 36_000, watcher, clock }, never);
    // Each frame is a tenth of a second, and so an hour.
    expect((seen[11] ?? 0) - (seen[10] ?? 0)).toBe(hourMs);
    expect(clock.slept).toBeGreaterThan(5 * 24);
    expect(runs.told).toEqual(rehearse(order, { day() {} }));
  });

  it('stops when somebody wants it to', async () => {
    const stop = new AbortController();
    const watcher = { ...quiet, stands: () => stop.abort(new Error('enough')) };
    const request = { order: orderOf(made), runs: 1, speed: null, watcher, clock: steppingClock() };
    await expect(rehearsePlan(request, stop.signal)).rejects.toThrow('enough');
  });
});

describe('the folder of a report', () => {
  const order = orderOf(made);
  const report = async () => ({
    plan: 'plan.csv',
    timezone: 'UTC',
    runs: await rehearsePlan({ order, runs: 2, speed: null, watcher: quiet, clock: steppingClock() }, never),
    apart: null,
    remarks: [],
    rates: order.rates,
    weather: order.weather,
    platforms: order.platforms,
    hands: order.hands,
    habits: order.habits,
  });

  it('has the page and each chart as a file of its own', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'godwit-rehearsal-')), 'board');
    const files = await writeReport(folder, await report());
    expect(files[0]).toBe(join(folder, 'rehearsal.html'));
    expect(files.map((file) => file.slice(folder.length + 1)).toSorted()).toEqual(readdirSync(folder).toSorted());
    for (const file of files.slice(1)) expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
  });

  it('that cannot be made is a fault that says what to do', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'godwit-rehearsal-')), 'board');
    writeFileSync(file, 'no folder');
    const refused = await writeReport(file, await report()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Fault);
    expect(refused).toMatchObject({ code: 'rehearsal.unwritable', about: { folder: file } });
  });
});

describe('a plan that is to be rehearsed', () => {
  const { windows } = orderOf({ mailboxes: 3, windows: 2, each: 2 });
  const addresses = ['ann@a.example', 'bob@a.example', 'cat@a.example'];
  const roster = {
    size: 3,
    address: (i: number) => addresses[i] ?? '',
    find: (address: string) => addresses.indexOf(address.toLowerCase()),
  };
  const planOf = (...lines: readonly string[]): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'godwit-plan-')), 'plan.csv');
    writeFileSync(file, `address,wave,window_start\n${lines.join('\n')}\n`);
    return file;
  };
  const second = new Date(firstDay + dayMs + 19 * hourMs).toISOString().slice(0, 16);

  it('is read by the windows of the calendar, and what is odd is told', async () => {
    const file = planOf(`Bob@a.example,evening-2,${second}`, 'ann@a.example,,', `dan@a.example,evening-2,${second}`);
    expect(await planToRehearse(file, roster, windows, [], never)).toEqual({
      window: Int32Array.of(-1, 1, -1),
      remarks: [
        '1 address of the plan is not in the estate, and was left out: dan@a.example',
        '1 of 3 mailboxes of the estate is not in the plan, and has no window.',
      ],
    });
  });

  it('is none where it names a window that the calendar does not have', async () => {
    const file = planOf('ann@a.example,evening-9,2026-09-09T19:00');
    await expect(planToRehearse(file, roster, windows, [], never)).rejects.toMatchObject({
      code: 'plan.file.wrong',
      about: { problems: 1, findings: [{ line: 2 }] },
    });
  });
});
