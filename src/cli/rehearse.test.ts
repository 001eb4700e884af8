import { describe, expect, it } from 'vitest';
import { fault } from '#domain/fault.ts';
import { inShort } from '#rehearsal/runs.ts';
import { dayMs, firstDay, hourMs, type Made, orderOf } from '#rehearsal/rehearsal.test-kit.ts';
import { rehearse } from '#rehearsal/rehearse.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';
import { play } from './made-up-world.ts';
import type { RehearseOptions, World } from './world.ts';

const stormy: Made = {
  mailboxes: 100,
  windows: 8,
  each: 20,
  weather: (calm) => ({
    ...calm,
    outages: [{ side: 'target', from: firstDay + dayMs + 18 * hourMs, until: firstDay + 2 * dayMs + 7 * hourMs }],
  }),
};

function reportOf(made: Made, plan: string): RehearsalReport {
  const order = orderOf(made);
  const told = rehearse(order, { day() {} });
  const other = rehearse({ ...order, seed: 2 }, { day() {} });
  const { rates, platforms, hands, weather, habits } = order;
  return {
    plan,
    timezone: 'Europe/London',
    runs: { told, runs: [inShort(told), inShort(other)] },
    apart: { grants: 50, plannedDays: 3, rehearsedDays: 12, newlySplit: 4, neverJoined: 0 },
    remarks: ['Something is odd.'],
    rates,
    platforms,
    hands,
    weather,
    habits,
  };
}

/** Keeps what was asked, and rehearses `made`. */
function rehearsing(made: Made, asked: RehearseOptions[] = []): Pick<World, 'rehearse'> {
  return {
    rehearse: async (options, watcher) => {
      asked.push(options);
      watcher.clocks('Europe/London');
      watcher.reads('mailboxes.csv');
      watcher.begins(0);
      return { report: reportOf(made, options.plan), files: options.folder === null ? [] : ['board/rehearsal.html'] };
    },
  };
}

describe('godwit rehearse', () => {
  it('tells the finish with its range, the burn-down, each window, what broke the calendar, and who is left over', async () => {
    const made = rehearsing(stormy);
    const { code, stdout } = await play(['rehearse', 'plan.csv', '--estate', 'folder', '--report', 'board'], made);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('plan.csv: 100 mailboxes in 5 windows, seed 1');
    expect(stdout).toMatch(/^Planned end {10}2026-08-08 07:00$/m);
    expect(stdout).toMatch(
      /^Rehearsed end {8}2026-08-08 20:\d\d \(2 runs: 2026-08-08 20:\d\d to 2026-08-08 20:\d\d\)$/m,
    );
    expect(stdout).toMatch(/^2026-08-06 +40 +52 +█+$/m);
    expect(stdout).toMatch(/^2026-08-04T19:00 +evening +20 +8 +12 +a platform could not be reached$/m);
    expect(stdout).toContain(
      '12 because a platform could not be reached. In that window a platform was away for 11 h.',
    );
    expect(stdout).toContain('They went 12 to 2026-08-08.');
    expect(stdout).toContain('Nobody is left over.');
    expect(stdout).toContain('12 grant-days apart, where the plan has 3; 4 grants of 50 split');
    expect(stdout).toContain('Note: Something is odd.');
    expect(stdout).toContain('Written: board/rehearsal.html');
  });

  it('ends with 3 where no later window has room for somebody', async () => {
    const { code, stdout } = await play(
      ['rehearse', 'plan.csv', '--estate', 'f'],
      rehearsing({ ...stormy, windows: 5 }),
    );
    expect(code).toBe(3);
    expect(stdout).toContain('12  missed their window, and no later one has room');
    expect(stdout).toMatch(/^Rehearsed end {8}not within the calendar: 12 mailboxes never switch$/m);
  });

  it('asks for what was said, and for what is usual of the rest', async () => {
    const asked: RehearseOptions[] = [];
    await play(['rehearse', 'plan.csv', '--estate', 'folder'], rehearsing(stormy, asked));
    expect(asked[0]).toMatchObject({
      plan: 'plan.csv',
      estate: { folder: 'folder' },
      calendar: 'calendar.yaml',
      weather: null,
      rates: null,
      folder: null,
      seed: 1,
      runs: 5,
      speed: null,
      habits: {},
    });
    const more = '--calendar c.yaml --faults w.yaml --rates r.json --seed 7 --runs 2 --speed 1000 --report board';
    const habits = '--ahead 14d --follow-every 1h --error-budget 5% --release-after never';
    await play(['rehearse', 'p.csv', ...`${more} ${habits}`.split(' ')], { ...rehearsing(stormy, asked), tty: true });
    expect(asked[1]).toMatchObject({
      estate: { database: 'embedded', stateDir: '/nowhere/state' },
      calendar: 'c.yaml',
      weather: 'w.yaml',
      rates: 'r.json',
      folder: 'board',
      seed: 7,
      runs: 2,
      speed: 1000,
      habits: { aheadMs: 14 * dayMs, followEveryMs: hourMs, errorBudget: 0.05, releaseAfterMs: null },
    });
  });

  it('prints one document with all of it, and shows nobody a programme to watch then', async () => {
    const asked: RehearseOptions[] = [];
    const { stdout } = await play(
      ['rehearse', 'plan.csv', '--estate', 'f', '--speed', '1000', '-o', 'json'],
      rehearsing(stormy, asked),
    );
    expect(asked[0]?.speed).toBeNull();
    // And nobody is kept waiting where nothing can move, as in a pipe.
    await play(['rehearse', 'plan.csv', '--estate', 'f', '--speed', '1000'], rehearsing(stormy, asked));
    expect(asked[1]?.speed).toBeNull();
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(document).toMatchObject({
      plan: 'plan.csv',
      seed: 1,
      mailboxes: 100,
      plannedFinish: '2026-08-08T06:00:00.000Z',
      everMissed: 12,
      caughtUp: 12,
      end: { settled: 100, unplaced: 0 },
      files: [],
    });
    const windows = document['windows'] as readonly Record<string, unknown>[];
    expect(windows[1]).toMatchObject({
      window: '2026-08-04T19:00',
      planned: 20,
      done: 8,
      late: 8,
      missed: { outage: 12, capacity: 0 },
      wentTo: [{ window: '2026-08-08T19:00', mailboxes: 12 }],
    });
    expect(document['runs']).toHaveLength(2);
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  it('tells what is wrong with a plan by its lines, as any other mistake in what is given', async () => {
    const findings = [{ line: 7, column: null, problem: 'evening-9, with one mailbox: no window opens then.' }];
    const { code, stderr } = await play(['rehearse', 'plan.csv', '--estate', 'f'], {
      rehearse: async () => Promise.reject(fault('plan.file.wrong', { file: 'plan.csv', problems: 1, findings })),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('plan.csv, line 7: evening-9, with one mailbox: no window opens then.');
  });

  it('tells all that is wrong with what was typed at once, and begins nothing', async () => {
    const flags =
      '--seed none --runs 0 --speed fast --error-budget many --ahead soon --follow-every often --release-after x';
    const { code, stderr } = await play(['rehearse', 'plan.csv', ...flags.split(' ')]);
    expect(code).toBe(2);
    for (const flag of ['seed', 'runs', 'speed', 'error-budget', 'ahead', 'follow-every', 'release-after'])
      expect(stderr).toContain(`--${flag} wants`);
  });
});
