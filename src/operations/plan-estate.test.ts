import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Calendar } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import type { Day } from '#domain/estate.ts';
import type { PlanningOrder } from '#planning/placement.ts';
import { firstFit, orderOf, type SmallEstate } from '#planning/small-plans.test-kit.ts';
import { planEstate, type PlanEstateOrder } from './plan-estate.ts';
import { PlanDrafts } from './plan-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-plan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ward: SmallEstate = {
  mailboxes: [
    { address: 'Ward@x.example', kind: 'shared' },
    { address: 'ann@x.example' },
    { address: 'bob@y.example', organisation: '=RYZ' },
    { address: 'cem@y.example', organisation: '=RYZ' },
    { address: 'dot@y.example', organisation: '=RYZ' },
  ],
  grants: [
    ['Ward@x.example', 'ann@x.example', 'full-access'],
    ['Ward@x.example', 'bob@y.example', 'send-as'],
  ],
};

const idle = new AbortController().signal;

/** An order for an estate in memory, planned by whoever takes the first window. */
function orderFor(
  estate: SmallEstate,
  changes: Partial<PlanEstateOrder> = {},
  calendar: Partial<Calendar> = {},
): PlanEstateOrder {
  const order = orderOf(estate, calendar);
  return {
    calendar: order.calendar,
    estate: { read: async () => ({ ...order, unusable: [], standing: null, wished: [], remarks: [] }) },
    seed: 1,
    effortSeconds: null,
    drafts: new PlanDrafts(join(folder, 'plan.csv')),
    earlier: null,
    wishes: null,
    explain: [],
    now: 0,
    planner: async (asked) => firstFit(asked),
    watcher: { reading: () => undefined, begins: () => undefined, progress: () => undefined },
    ...changes,
  };
}

async function rows(name: string): Promise<Record<string, string>[]> {
  return parse(await readFile(join(folder, name)), { columns: true }) as Record<string, string>[];
}

test('every grant that is split is written with both its days, who moves first and what does not work meanwhile', async () => {
  const order = orderFor(ward);
  const { summary } = await planEstate(order, idle);
  order.drafts?.settle();
  const splits = await rows('plan.splits.csv');
  expect(splits).toHaveLength(summary.grants.split);
  expect(splits).toMatchObject([
    {
      mailbox: 'Ward@x.example',
      grantee: 'bob@y.example',
      kind: 'send-as',
      moves_first: 'mailbox',
      from: '2026-08-03',
      until: '2026-08-04',
      days: '1',
      mailbox_organisation: 'RXY',
      // A spreadsheet would compute a code like this one.
      grantee_organisation: "'=RYZ",
      meanwhile: 'sent through the old side, in the name of an address that has left it',
    },
  ]);
});

test('whoever has no window is written with the reason and the smallest change', async () => {
  const order = orderFor(ward);
  const { unplaced, summary } = await planEstate(order, idle);
  order.drafts?.settle();
  expect(await rows('plan.unplaced.csv')).toEqual([
    {
      address: 'dot@y.example',
      organisation: "'=RYZ",
      kind: 'person',
      reason: 'All 2 windows that are open to it are full.',
      smallest_change: 'the calendar goes on until 2026-08-05: it then moves in evening of 2026-08-05',
    },
  ]);
  expect([unplaced?.mailboxes, summary.mailboxes.unplaced]).toEqual([1, 1]);
});

test('windows that are too small for everybody are told by how much, with the day on which it would end', async () => {
  const { shortage } = await planEstate(orderFor(ward, { drafts: null }), idle);
  expect([shortage?.mailboxes, shortage?.finish?.day]).toEqual([1, '2026-08-05']);
});

test('the same estate and seed give the same octets', async () => {
  const written: string[] = [];
  for (const name of ['one', 'two']) {
    const order = orderFor(ward, { drafts: new PlanDrafts(join(folder, `${name}.csv`)) });
    await planEstate(order, idle);
    order.drafts?.settle();
    written.push(await readFile(join(folder, `${name}.splits.csv`), 'utf8'));
  }
  expect(written[0]).toBe(written[1]);
});

test('until all is done nothing lies where it belongs, and who gives up leaves the plan before as it was', async () => {
  await writeFile(join(folder, 'plan.splits.csv'), 'the one before');
  const order = orderFor(ward);
  await planEstate(order, idle);
  expect(await readFile(join(folder, 'plan.splits.csv'), 'utf8')).toBe('the one before');
  order.drafts?.[Symbol.dispose]();
  expect(await readdir(folder)).toEqual(['plan.splits.csv']);
});

test('a folder that is not there is told before anybody plans for a minute', async () => {
  let asked = 0;
  const planner = async (order: PlanningOrder) => (asked++, firstFit(order));
  const order = orderFor(ward, { drafts: new PlanDrafts(join(folder, 'none', 'plan.csv')), planner });
  await expect(planEstate(order, idle)).rejects.toMatchObject({ code: 'plan.file.unwritable' });
  expect(asked).toBe(0);
});

test('the plan says who moves in which wave, and whoever has no window stands in it without one', async () => {
  const order = orderFor(ward);
  await planEstate(order, idle);
  order.drafts?.settle();
  expect(await readFile(join(folder, 'plan.csv'), 'utf8')).toBe(
    [
      'address,wave,window_start',
      'Ward@x.example,evening-2026-08-03,2026-08-03T19:00',
      'ann@x.example,evening-2026-08-03,2026-08-03T19:00',
      'bob@y.example,evening-2026-08-04,2026-08-04T19:00',
      'cem@y.example,evening-2026-08-04,2026-08-04T19:00',
      'dot@y.example,,',
      '',
    ].join('\n'),
  );
});

test('an earlier plan is compared with, and the planner is told of it', async () => {
  const earlier = join(folder, 'earlier.csv');
  const lines = [
    'ann@x.example,evening-2026-08-04,2026-08-04T19:00',
    'bob@y.example,evening-2026-08-04,2026-08-04T19:00',
  ];
  const more = ['cem@y.example,,', 'zoe@x.example,pilot,2026-08-03T19:00', 'ward@x.example,pilot,2026-08-03T19:00'];
  await writeFile(earlier, ['address,wave,window_start', ...lines, ...more, ''].join('\n'));
  let before: Int32Array | null = null;
  const planner = async (asked: PlanningOrder) => ((before = asked.before), firstFit(asked));
  const { difference } = await planEstate(orderFor(ward, { earlier, planner }), idle);
  expect(before).toEqual(Int32Array.of(0, 1, 1, -1, -1));
  expect(difference).toMatchObject({
    same: 2,
    earlier: 1,
    newlyPlaced: 1,
    joiners: { placed: 0, unplaced: 1 },
    leavers: { mailboxes: 1, first: ['zoe@x.example'] },
    first: [{ mailbox: 'ann@x.example', from: '2026-08-04T19:00', to: '2026-08-03T19:00' }],
  });
});

test('a plan that gave a window to hardly anybody is kept to as any other, since those were told', async () => {
  const earlier = join(folder, 'earlier.csv');
  await writeFile(earlier, 'address,wave,window_start\nann@x.example,pilot,2026-08-03T19:00\n');
  let before: Int32Array | null | undefined;
  const planner = async (asked: PlanningOrder) => ((before = asked.before), firstFit(asked));
  const { difference } = await planEstate(orderFor(ward, { earlier, planner }), idle);
  expect(before).toEqual(Int32Array.of(-1, 0, -1, -1, -1));
  expect(difference).toMatchObject({ same: 1, joiners: { placed: 3, unplaced: 1 } });
});

test('where the hours of a calendar were shifted the plan before still counts, and a change of hour is none of day', async () => {
  const earlier = join(folder, 'earlier.csv');
  const lines = ['ann@x.example,by hand,2026-08-03T18:00', 'bob@y.example,evening-2026-08-04,2026-08-04T21:30'];
  await writeFile(earlier, ['address,wave,window_start', ...lines, ''].join('\n'));
  let before: Int32Array | null | undefined;
  const planner = async (asked: PlanningOrder) => ((before = asked.before), firstFit(asked));
  const { difference } = await planEstate(orderFor(ward, { earlier, planner }), idle);
  expect(before).toEqual(Int32Array.of(-1, 0, 1, -1, -1));
  expect(difference).toMatchObject({ same: 0, otherHour: 2, earlier: 0, later: 0, first: [] });
});

test('grants of whom one end has no window are written as split with no end, and count for no grant-days', async () => {
  const grants = [...(ward.grants ?? []), ['dot@y.example', 'ann@x.example', 'folder'] as const];
  const order = orderFor({ ...ward, grants });
  const { summary } = await planEstate(order, idle);
  order.drafts?.settle();
  expect([summary.grantDays, summary.grants.oneMoves]).toEqual([5, 1]);
  expect((await rows('plan.splits.csv'))[1]).toMatchObject({
    mailbox: 'dot@y.example',
    grantee: 'ann@x.example',
    moves_first: 'grantee',
    from: '2026-08-03',
    until: '',
    days: '',
    mailbox_organisation: "'=RYZ",
  });
});

test('in flight the plan names the waves of who is fixed or has moved, and tells the ones from the others', async () => {
  const order = orderFor(ward);
  const read = await order.estate.read(order.calendar, () => undefined, idle, null);
  const wave = { id: 1, state: 'finished' as const, closesAt: Date.UTC(2026, 6, 31, 6), day: '2026-07-30' };
  const standing = {
    wave: Int32Array.of(0, 1, -1, -1, -1),
    waves: [
      { ...wave, name: 'by hand', opensAt: Date.UTC(2026, 6, 30, 18) },
      { ...wave, name: 'evening-2026-08-03', opensAt: Date.UTC(2026, 7, 3, 17), day: '2026-08-03' },
    ],
    begun: 1,
  };
  const none = -0x8000_0000;
  const fixed = Int32Array.of(dayNumber('2026-07-30'), dayNumber('2026-08-03'), none, none, none);
  const report = await planEstate({ ...order, estate: { read: async () => ({ ...read, fixed, standing }) } }, idle);
  order.drafts?.settle();
  expect((await readFile(join(folder, 'plan.csv'), 'utf8')).split('\n').slice(1, 3)).toEqual([
    'Ward@x.example,by hand,2026-07-30T19:00',
    // As the calendar has it now, though the wave was made for an hour before.
    'ann@x.example,evening-2026-08-03,2026-08-03T19:00',
  ]);
  expect(report.summary.mailboxes).toMatchObject({ moved: 1, fixed: 1 });
});

test('a pilot with nobody in it is remarked with why, and with what would change that soonest', async () => {
  const late = ward.mailboxes.map((each, i) => ({ ...each, notBefore: i === 1 ? '2026-08-04' : '2026-08-06' }));
  const { remarks } = await planEstate(orderFor({ mailboxes: late }, {}, { pilot: { share: 0.2 } }), idle);
  expect(remarks).toContain(
    'Nobody moves in the pilot, evening of 2026-08-03: 5 may not move so early (not_before). The nearest change: not_before 2026-08-04 -> 2026-08-03 for ann@x.example.',
  );
});

test('people who move behind what should have waited for them, and a search that ended, are remarked', async () => {
  const mailboxes = [...ward.mailboxes, { address: 'app@x.example', kind: 'application' as const }];
  const order = orderFor({ mailboxes }, { planner: async (asked) => ({ ...firstFit(asked), cutShort: 2 }) });
  const read = await order.estate.read(order.calendar, () => undefined, idle, null);
  const none = -0x8000_0000;
  const fixed = Int32Array.of(none, none, none, none, none, dayNumber('2026-08-03'));
  const { remarks } = await planEstate({ ...order, estate: { read: async () => ({ ...read, fixed }) } }, idle);
  expect(remarks).toEqual([
    '1 person moves after mailboxes that should have waited for them, and have moved or stand in a wave that was started: RXY.',
    'The search for room ended before it had looked everywhere for 2 mailboxes without a window: more --effort may place them.',
  ]);
});

test('whether a hint was granted is told, and that it was not understood', async () => {
  const order = orderFor(ward);
  const read = await order.estate.read(order.calendar, () => undefined, idle, null);
  const roster = { ...read.roster, hints: ['EVENING-2026-08-03', 'nowhere'], waveHint: Int32Array.of(0, -1, 0, 1, -1) };
  const { hints } = await planEstate({ ...order, estate: { read: async () => ({ ...read, roster }) } }, idle);
  expect(hints).toMatchObject({ granted: 1, notGranted: 1, unknown: 1 });
  expect(hints?.first.map(({ mailbox, hint }) => `${mailbox} ${hint}`)).toEqual([
    'bob@y.example EVENING-2026-08-03',
    'cem@y.example nowhere',
  ]);
});

test('an earlier plan that cannot be understood is told line by line', async () => {
  const earlier = join(folder, 'earlier.csv');
  await writeFile(earlier, 'address,wave,window_start\nann@x.example,pilot,tomorrow\n');
  await expect(planEstate(orderFor(ward, { earlier }), idle)).rejects.toMatchObject({
    code: 'plan.file.wrong',
    about: { findings: [{ line: 2, column: 3 }] },
  });
});

test('an address that nobody has is told at once, with the one that was meant', async () => {
  let asked = 0;
  const planner = async (order: PlanningOrder) => (asked++, firstFit(order));
  const order = orderFor(ward, { explain: ['bbo@y.example'], planner });
  await expect(planEstate(order, idle)).rejects.toMatchObject({
    code: 'plan.unknown-address',
    about: { address: 'bbo@y.example', nearest: 'bob@y.example' },
  });
  expect(asked).toBe(0);
});

test('who is explained is found by their address in whatever case, also without a window', async () => {
  const { explanations } = await planEstate(orderFor(ward, { explain: ['WARD@x.example', 'dot@y.example'] }), idle);
  expect(explanations.map(({ mailbox, standing }) => [mailbox, standing.kind])).toEqual([
    ['Ward@x.example', 'placed'],
    ['dot@y.example', 'unplaced'],
  ]);
  expect(explanations[1]?.standing).toMatchObject({ reason: 'All 2 windows that are open to it are full.' });
});

test('an estate without mailboxes and a calendar of which nothing is left are refused with what to do', async () => {
  await expect(planEstate(orderFor({ mailboxes: [] }), idle)).rejects.toMatchObject({ code: 'plan.nobody' });
  const over = orderFor(ward);
  const read = await over.estate.read(over.calendar, () => undefined, idle, null);
  const windows = read.windows.map((window) => ({ ...window, mailboxes: 0, bytes: 0 }));
  const estate = { read: async () => ({ ...read, windows }) };
  await expect(planEstate({ ...over, estate }, idle)).rejects.toMatchObject({ code: 'plan.no-window' });
});

test('windows that have begun already are used in a plan of files, and remarked', async () => {
  const { remarks } = await planEstate(orderFor(ward, { now: Date.UTC(2026, 7, 4) }), idle);
  expect(remarks).toEqual([expect.stringMatching(/^1 of its windows has begun already/)]);
});

test('what organisations ask is part of the order, told and written with what came of it', async () => {
  const wishes = join(folder, 'wishes.csv');
  await writeFile(
    wishes,
    'organisation,wish,whom,group,from,until\nRXY,not-on,,,2026-08-03,\nRXY,not-on,gone@x.example,,2026-08-03,\n',
  );
  const order = orderFor(ward, { wishes });
  const report = await planEstate(order, idle);
  order.drafts?.settle();
  expect(report.wishes).toMatchObject({ granted: 1, inPart: 0, notGranted: 0 });
  expect(report.remarks).toEqual(['wishes, line 3: Nobody in the estate has the address gone@x.example.']);
  expect(await rows('plan.wishes.csv')).toMatchObject([
    { lines: '2', organisation: 'RXY', wish: 'not-on', granted: 'yes' },
  ]);
});

test('a list of wishes that cannot be understood stops it, with every place', async () => {
  const wishes = join(folder, 'wishes.csv');
  await writeFile(wishes, 'organisation,wish\nRXY,never\n');
  await expect(planEstate(orderFor(ward, { wishes }), idle)).rejects.toMatchObject({
    code: 'plan.wishes-wrong',
    about: { problems: [{ line: 2, column: 2 }] },
  });
  await expect(planEstate(orderFor(ward, { wishes: join(folder, 'none.csv') }), idle)).rejects.toMatchObject({
    code: 'plan.wishes-wrong',
    about: { problems: [{ problem: 'It cannot be read: there is no such file.' }] },
  });
});

test('a blackout of an organisation that the estate does not have is remarked', async () => {
  const blackouts = [{ from: '2026-08-03' as Day, until: '2026-08-03' as Day, organisations: ['RXZ'], under: null }];
  const { remarks } = await planEstate(orderFor(ward, {}, { blackouts }), idle);
  expect(remarks[0]).toMatch(/RXZ.*did you mean RXY/);
});

test('who stops it while it is planned or written is obeyed', async () => {
  const stop = new AbortController();
  const planner = async (order: PlanningOrder) => (stop.abort(new Error('stopped')), firstFit(order));
  await expect(planEstate(orderFor(ward, { planner }), stop.signal)).rejects.toThrow('stopped');
});

test('a plan hears what is asked for single mailboxes, and tells what became of it', async () => {
  const order = orderFor(ward);
  const later = { notBefore: '2026-08-04' as Day, notAfter: null };
  const wished = [
    { address: 'ann@x.example', organisation: 'RXY', ...later },
    { address: 'nobody@x.example', organisation: 'RXY', ...later },
  ];
  const heard: unknown[] = [];
  const report = await planEstate(
    {
      ...order,
      estate: { read: async (...words) => ({ ...(await order.estate.read(...words)), wished }) },
      planner: async (asked) => {
        heard.push([...(asked.barred?.ofMailbox ?? [])].map(([mailbox, barred]) => [mailbox, [...barred]]));
        return firstFit(asked);
      },
    },
    idle,
  );
  const ann = orderOf(ward).roster.find('ann@x.example');
  expect(heard).toEqual([[[ann, [1, 0]]]]);
  expect(report.wishes).toMatchObject({ granted: 1, inPart: 0, notGranted: 0 });
  expect(report.remarks).toContainEqual(expect.stringMatching(/^dates that are asked for: .*nobody@x.example/));
});
