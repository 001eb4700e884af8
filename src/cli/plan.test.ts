import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { planEstate } from '#operations/plan-estate.ts';
import { firstFit, orderOf, type SmallEstate } from '#planning/small-plans.test-kit.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { PlanWork, PlanWorkOptions } from './world.ts';

const estate: SmallEstate = {
  mailboxes: [
    { address: 'ward@x.example', kind: 'shared', sizeBytes: 1_100_000_000 },
    { address: 'ann@x.example' },
    { address: 'bob@y.example', organisation: 'RYZ' },
    { address: 'cem@y.example', organisation: 'RYZ' },
  ],
  grants: [
    ['ward@x.example', 'ann@x.example', 'full-access'],
    ['ward@x.example', 'bob@y.example', 'send-as'],
  ],
};
const crowded: SmallEstate = {
  ...estate,
  mailboxes: [...estate.mailboxes, { address: 'dot@y.example', organisation: 'RYZ' }],
};

interface Seen {
  options: PlanWorkOptions | null;
  order: Parameters<PlanWork['plan']>[0] | null;
  summary: string | null;
  closed: number;
}

/** A world in which this estate is planned by whoever takes the first window, and files are only counted. */
function worldOf(small: SmallEstate, changes: Partial<MadeUp> = {}): { readonly made: MadeUp; readonly seen: Seen } {
  const seen: Seen = { options: null, order: null, summary: null, closed: 0 };
  const order = orderOf(small);
  const openPlanWork = async (options: PlanWorkOptions): Promise<PlanWork> => {
    seen.options = options;
    return {
      plan: async (asked, signal) => {
        seen.order = asked;
        const read = { ...order, unusable: [], standing: null, wished: [], remarks: [] };
        const whole = { ...asked, estate: { read: async () => read }, drafts: null };
        return planEstate({ ...whole, planner: async (each) => firstFit(each) }, signal);
      },
      settle(summary) {
        seen.summary = summary;
        return options.out === null ? [] : [options.out];
      },
      abandon: () => undefined,
      [Symbol.asyncDispose]: async () => void seen.closed++,
    };
  };
  return { seen, made: { readCalendar: async () => order.calendar, openPlanWork, ...changes } };
}

const plain = ['plan', '--estate', 'estate', '--calendar', 'calendar.yaml'];

test('a plan is summed up on the screen, and where everybody has a window the exit code is 0', async () => {
  const { made, seen } = worldOf(estate);
  const { code, stdout } = await play([...plain, '-o', 'plan.csv'], made);
  expect(code).toBe(0);
  expect(stdout).toContain('4 mailboxes of 2 organisations, 2 grants: 4 placed, 0 unplaced');
  expect(stdout).toContain('Finish  2026-08-04T19:00 (evening)');
  expect(stdout).toContain('1  are split, for 1.0 days on average');
  expect(stdout).toContain('Written: plan.csv');
  expect(seen.options).toMatchObject({ estate: { folder: 'estate' }, out: 'plan.csv' });
  expect(seen.closed).toBe(1);
});

test('the summary that is written tells what does not work meanwhile, and nothing of how long it took', async () => {
  const { made, seen } = worldOf(estate);
  await play([...plain, '-o', 'plan.csv'], made);
  expect(seen.summary).toContain('send-as, the mailbox first');
  expect(seen.summary).toContain('Exchange hybrid: The right is not carried between the two directories');
  expect(seen.summary).not.toMatch(/planned in/);
});

test('whoever has no window is told of with what would give them one, and the exit code is 3', async () => {
  const { made } = worldOf(crowded);
  const { code, stdout } = await play(plain, made);
  expect(code).toBe(3);
  expect(stdout).toContain('The windows are too small: 1 mailbox more than fit into all of them.');
  expect(stdout).toContain('the last would move on 2026-08-05 (evening).');
  expect(stdout).toContain('dot@y.example: All 2 windows that are open to it are full.');
  expect(stdout).toContain('the calendar goes on until 2026-08-05');
});

test('-o takes a file and json, each or both, since -o json means the same everywhere', async () => {
  const both = worldOf(estate);
  const { stdout } = await play([...plain, '-o', 'plan.csv', '-o', 'json'], both.made);
  expect(both.seen.options?.out).toBe('plan.csv');
  expect(JSON.parse(stdout)).toMatchObject({
    summary: { mailboxes: { placed: 4 } },
    unplaced: null,
    files: ['plan.csv'],
  });
  const json = worldOf(estate);
  await play([...plain, '-o', 'json'], json.made);
  expect(json.seen.options?.out).toBeNull();
});

test('all that is wrong with the flags is told at once, and nothing is opened', async () => {
  const { made, seen } = worldOf(estate);
  const { code, stderr } = await play(
    [...plain, '-o', 'a.csv', '-o', 'b.csv', '--effort', 'long', '--seed', '-1x'],
    made,
  );
  expect(code).toBe(2);
  expect(stderr).toContain('-o names 2 files');
  expect(stderr).toContain('--effort wants a time such as 30s or 5m.');
  expect(stderr).toContain('--seed wants a whole number');
  expect(seen.options).toBeNull();
});

test('-o csv is taken for a slip, and a folder for one, too', async () => {
  const { made } = worldOf(estate);
  expect((await play([...plain, '-o', 'csv'], made)).stderr).toContain('a plan is written to a file, -o plan.csv.');
  expect((await play([...plain, '-o', 'out/'], made)).stderr).toContain('name a file in it: out/plan.csv');
});

test('without --calendar it says what is missing', async () => {
  const { code, stderr } = await play(['plan', '--estate', 'estate'], worldOf(estate).made);
  expect(code).toBe(2);
  expect(stderr).toContain('--calendar');
});

test('--explain tells why then, with whom it shares grants, and what every other window would cost', async () => {
  const { made, seen } = worldOf(estate);
  const { stdout } = await play([...plain, '--explain', 'bob@y.example', '--effort', '5m', '--seed', '7'], made);
  expect(stdout).toContain('bob@y.example: person of RYZ');
  expect(stdout).toContain('It moves in 2026-08-04T19:00 (evening), which costs 5 grant-days.');
  expect(stdout).toContain('2026-08-03T19:00 would cost 0, but is full.');
  expect(stdout).toMatch(/ward@x\.example\s+send-as\s+theirs\s+2026-08-03\s+1\s+5/);
  expect(seen.order).toMatchObject({ explain: ['bob@y.example'], effortSeconds: 300, seed: 7 });
});

test('without --estate the imported one is planned, where the settings of the programme say it is', async () => {
  const { made, seen } = worldOf(estate);
  await play(['plan', '--calendar', 'calendar.yaml'], made);
  expect(seen.options?.estate).toEqual({ database: 'embedded', stateDir: '/nowhere/state' });
});

test('what is wrong with the files of the estate is told place by place', async () => {
  const findings = [
    { file: 'mailboxes' as const, line: 3, column: 2, text: 'Who is "nurse"?' },
    { file: 'grants' as const, line: 9, column: null, text: 'This line has 2 fields.' },
  ];
  const { made } = worldOf(estate);
  const openPlanWork: MadeUp['openPlanWork'] = async (options) => ({
    ...(await (made.openPlanWork as NonNullable<MadeUp['openPlanWork']>)(options)),
    plan: async () => {
      throw fault('estate.files.wrong', { folder: 'estate', problems: 2, findings });
    },
  });
  const { code, stderr } = await play(plain, { ...made, openPlanWork });
  expect(code).toBe(2);
  expect(stderr).toContain('estate/mailboxes.csv, line 3, column 2: Who is "nurse"?');
  expect(stderr).toContain('estate/grants.csv, line 9: This line has 2 fields.');
});

test('who stops it gets no plan, and what was begun is closed', async () => {
  const stop = new AbortController();
  const { made, seen } = worldOf(estate, { interruption: stop.signal });
  const openPlanWork: MadeUp['openPlanWork'] = async (options) => {
    const work = await (made.openPlanWork as NonNullable<MadeUp['openPlanWork']>)(options);
    return {
      ...work,
      plan: async (order, signal) => {
        const report = await work.plan(order, signal);
        stop.abort('SIGINT');
        return report;
      },
    };
  };
  const { code } = await play([...plain, '-o', 'plan.csv'], { ...made, openPlanWork });
  expect([code, seen.summary, seen.closed]).toEqual([5, null, 1]);
});

test('a slip in the word behind plan is told with the one that was meant', async () => {
  expect((await play(['plan', 'maek'], worldOf(estate).made)).stderr).toContain('did you mean plan make?');
});

test('names that somebody else wrote cannot move the cursor', async () => {
  const { made } = worldOf({
    ...estate,
    mailboxes: [...crowded.mailboxes.slice(0, 4), { address: 'e\u001b[2J@y.example', organisation: 'RYZ' }],
  });
  expect((await play(plain, made)).stdout).not.toContain('\u001b');
});
