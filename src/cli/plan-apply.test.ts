import { expect, test } from 'vitest';
import type { Calendar } from '#domain/calendar.ts';
import { fault } from '#domain/fault.ts';
import type { PlanApplied } from '#operations/apply-plan.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { EstatePlanning } from './world.ts';

const calendar = { timezone: 'Europe/London' } as unknown as Calendar;
const window = { opensAt: 0, closesAt: 1, day: '2026-08-03' };
const wave = { name: 'pilot', window, start: '2026-08-03T19:00', isPilot: true, there: null, isRescheduled: false };

const found: PlanApplied['found'] = {
  refused: null,
  leftAlone: { count: 1, first: [{ name: 'ann@x.example', says: 'has switched in the wave a; the plan has it in b' }] },
  waves: [
    { ...wave, mailboxes: 21_000 },
    { ...wave, name: 'evening-2026-08-04', start: '2026-08-04T19:00', there: 0, isRescheduled: true, mailboxes: 1 },
  ],
  changes: { planned: 20_999, moved: 2, takenOut: 0, unchanged: 7 },
};

function worldOf(changes: Partial<PlanApplied> = {}, orders: Parameters<EstatePlanning['apply']>[0][] = []): MadeUp {
  return {
    readCalendar: async () => calendar,
    openPlanning: async () => ({
      wishes: async () => [],
      roster: async () => Promise.reject(new Error('not asked for')),
      async apply(order) {
        orders.push(order);
        const { file, dryRun } = order;
        return {
          file,
          dryRun,
          rows: 9,
          sha256: 'ab',
          found,
          emptied: ['old'],
          unusable: [],
          changed: !dryRun,
          ...changes,
        };
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

const words = ['plan', 'apply', 'plan.csv', '--calendar', 'calendar.yaml'];

test('without --yes a plan is only tried, and told who would go where', async () => {
  const orders: Parameters<EstatePlanning['apply']>[0][] = [];
  const { code, stdout } = await play(words, worldOf({}, orders));
  expect(code).toBe(0);
  expect(orders).toMatchObject([{ file: 'plan.csv', dryRun: true, errorBudget: 0.02, why: null, calendar }]);
  expect(stdout).toBe(`get a wave     20,999
go to another       2
go to none          0
stay                7

New waves (1)
  pilot  2026-08-03T19:00  21,000 mailboxes

Waves that get another window (1)
  evening-2026-08-04  2026-08-04T19:00  1 mailbox

Waves that lose the last of their mailboxes, and go (1)
  old

Left where they are, whatever the plan says (1)
  ann@x.example  has switched in the wave a; the plan has it in b

Nothing was changed: this was a dry run. Add --yes to apply it.
`);
});

test('with --yes it is applied, with the reason for the log', async () => {
  const orders: Parameters<EstatePlanning['apply']>[0][] = [];
  const { stdout } = await play([...words, '--yes', '--why', 'the board'], worldOf({}, orders));
  expect(orders).toMatchObject([{ dryRun: false, why: 'the board' }]);
  expect(stdout).toMatch(/\nApplied in 0\.0 s\. Begin with: godwit wave list/);
});

test('an estate that has moved is told by kind and name, and ends with 2', async () => {
  const joined = {
    count: 30,
    first: Array.from({ length: 30 }, (_, i) => ({ name: `p${i}@x.example`, says: 'has joined' })),
  };
  const full = {
    count: 1,
    first: [{ name: '2026-08-04T19:00', says: 'has room for 3 more, and the plan has 4 there' }],
  };
  const refused = { ...found, refused: { full, joined } };
  const { code, stdout, stderr } = await play([...words, '--yes'], worldOf({ found: refused, changed: false }));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(
    'The plan plan.csv was made for another estate than this is now. Nothing was changed.\n\nIn the estate, and not in the plan (30)\n  p0@x.example  has joined\n',
  );
  expect(stderr).toContain(
    '  … and 20 more (-o json lists all)\n\nWindows that are too small (1)\n  2026-08-04T19:00  has room',
  );
  const { stdout: json, code: same } = await play([...words, '-o', 'json'], worldOf({ found: refused }));
  expect([same, JSON.parse(json)]).toMatchObject([2, { refused: { joined: { count: 30 } }, changed: false }]);
});

test('what is wrong in the plan itself is told with its place', async () => {
  const findings = [{ line: 7, column: 3, problem: 'no window_start' }];
  const wrong: MadeUp = {
    ...worldOf(),
    openPlanning: async () => ({
      wishes: async () => [],
      roster: async () => Promise.reject(new Error('not asked for')),
      apply: async () => Promise.reject(fault('plan.file.wrong', { file: 'plan.csv', problems: 1, findings })),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  const { code, stderr } = await play(words, wrong);
  expect(code).toBe(2);
  expect(stderr).toBe('godwit: plan.csv, line 7, column 3: no window_start\n');
});

test('a slip in the word is told', async () => {
  const { code, stderr } = await play(['plan', 'aply', 'plan.csv'], worldOf());
  expect(code).toBe(2);
  expect(stderr).toContain('plan apply');
});
