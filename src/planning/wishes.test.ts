import { expect, test } from 'vitest';
import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import type { Day } from '#domain/estate.ts';
import { windowFrom } from '#domain/window.ts';
import type { PlanningOrder } from './placement.ts';
import { noDayAfter, noDayBefore, type Roster } from './roster.ts';
import { readWishes } from './wishes-file.ts';
import { applyWishes } from './wishes.ts';
import { wishesOutcome } from './wishes-outcome.ts';

const dayMs = 24 * 3_600_000;
const monday = Date.parse('2026-08-03T00:00Z');

const calendar: Calendar = {
  timezone: 'UTC',
  from: '2026-08-03' as Day,
  until: '2026-08-09' as Day,
  windows: [],
  blackouts: [],
  kindsLast: ['application'],
  pilot: null,
  weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
  ramp: null,
};

/** Five evenings from Monday on, each until six in the morning. */
const windows = [0, 1, 2, 3, 4].map((day): PlanWindow => {
  const opensAt = monday + day * dayMs + 19 * 3_600_000;
  const window = windowFrom(opensAt, opensAt + 11 * 3_600_000);
  const dayNumber = Math.floor(opensAt / dayMs);
  return { ...window, name: 'evening', start: '', dayNumber, mailboxes: 10, bytes: 1e12, isPilot: false };
});
const [mon, tue, , thu, fri] = windows.map(({ dayNumber }) => dayNumber) as [number, number, number, number, number];

/** RXY has a ward; R0A is somebody else's. */
const people = [
  ['ann@x.example', 0],
  ['bob@x.example', 0],
  ['carl@x.example', 0],
  ['ward@x.example', 1],
  ['night@x.example', 1],
  ['else@a.example', 2],
] as const;

function rosterOf(changes: Partial<Roster> = {}): Roster {
  const size = people.length;
  const whole = (value: number): Int32Array => new Int32Array(size).fill(value);
  return {
    size,
    address: (mailbox) => people[mailbox]?.[0] ?? '',
    find: (address) => people.findIndex(([each]) => each === address.toLowerCase()),
    kind: new Uint8Array(size),
    organisation: Int32Array.from(people, ([, organisation]) => organisation),
    sizeBytes: new Float64Array(size),
    items: new Float64Array(size),
    notBefore: whole(noDayBefore),
    notAfter: whole(noDayAfter),
    waveHint: whole(-1),
    organisations: [
      { code: 'RXY', name: 'Hospital', parent: -1 },
      { code: 'RXY-W12', name: 'Ward 12', parent: 0 },
      { code: 'R0A', name: 'Elsewhere', parent: -1 },
    ],
    hints: [],
    grants: {
      mailbox: new Int32Array(),
      grantee: new Int32Array(),
      kind: new Uint8Array(),
      unknown: { grants: 0, addresses: [] },
    },
    ...changes,
  };
}

function orderOf(changes: Partial<PlanningOrder> = {}): PlanningOrder {
  const open = {
    closed: [null, null, null],
    fixed: null,
    before: null,
    together: null,
    lastWishes: null,
    barred: null,
    excluded: null,
  };
  return { roster: rosterOf(), calendar, windows, ...open, seed: 1, effortSeconds: 1, ...changes };
}

async function read(...lines: readonly string[]) {
  async function* octets(): AsyncGenerator<Buffer> {
    yield Buffer.from(['organisation,wish,whom,group,from,until', ...lines, ''].join('\n'));
  }
  return await readWishes(octets());
}

async function applied(order: PlanningOrder, ...lines: readonly string[]) {
  const { wishes, problems } = await read(...lines);
  expect(problems).toEqual([]);
  return applyWishes(order, wishes);
}

const closedDays = (closed: Uint8Array | null | undefined): readonly number[] => [...(closed ?? [])];

test('an organisation and all below it are left alone on the days on which they cannot, and in every window that touches them', async () => {
  const shut = orderOf({ closed: [Uint8Array.of(0, 0, 0, 0, 1), null, null] });
  const { order, asked } = await applied(shut, 'RXY,not-on,,,2026-08-05,');
  // Tuesday's window ends on Wednesday morning.
  expect(order.barred?.ofOrganisation.map(closedDays)).toEqual([[0, 1, 1, 0, 0], [0, 1, 1, 0, 0], []]);
  // The calendar is one thing, and a wish another.
  expect(order.closed.map(closedDays)).toEqual([[0, 0, 0, 0, 1], [], []]);
  expect(shut.closed.map(closedDays)).toEqual([[0, 0, 0, 0, 1], [], []]);
  const placement = { window: Int32Array.of(0, 0, 3, 3, 3, 1), grantDays: 0 };
  expect(wishesOutcome({ order, asked, problems: [] }, placement)).toMatchObject([
    { lines: [2], organisation: 'RXY', mailboxes: 5, granted: 'yes', why: 'Nobody of theirs moves on these days.' },
  ]);
});

test('a ward may be spoken for by the organisation above it, and by nobody beside it', async () => {
  const { order } = await applied(orderOf(), 'RXY,not-on,RXY-W12,,2026-08-07,2026-08-08');
  expect(order.barred?.ofOrganisation.map(closedDays)).toEqual([[], [0, 0, 0, 1, 1], []]);
  const { wishes } = await read(
    'R0A,not-on,RXY-W12,,2026-08-07,',
    'R0A,together,ann@x.example,us,,',
    'RXY-W12,last,RXY,,,',
    'RX,not-on,,,2026-08-07,',
    'RXY,last,nobody@x.example,,,',
    'RXY,not-on,RX9,,2026-08-07,',
    'RXY,together,ann@x.example,alone,,',
  );
  const refused = applyWishes(orderOf(), wishes);
  expect(refused.problems.map(({ line, problem }) => `${line} ${problem}`)).toEqual([
    '2 RXY-W12 is not below R0A: an organisation may only speak for its own.',
    '3 ann@x.example is not of R0A: an organisation may only speak for its own.',
    '4 RXY is not below RXY-W12: an organisation may only speak for its own.',
    '5 There is no organisation RX.',
    '6 Nobody in the estate has the address nobody@x.example.',
    '7 There is no organisation RX9.',
    '8 Of the group "alone" there is only one. Whoever wishes to move together is named, each in a line.',
  ]);
  expect(refused.asked).toEqual([]);
  expect(refused.order.barred).toBeNull();
});

test('one mailbox keeps every day but those on which it cannot, before them and after, and its own dates stay what they were', async () => {
  const { order } = await applied(
    orderOf(),
    'RXY,not-on,ANN@x.example,,2026-08-04,',
    'RXY,not-on,bob@x.example,,2026-08-07,',
    'RXY,not-on,carl@x.example,,2026-08-04,',
    'RXY,not-on,carl@x.example,,2026-08-08,',
  );
  expect([...(order.barred?.ofMailbox ?? [])].map(([mailbox, barred]) => [mailbox, [...barred]])).toEqual([
    [0, [1, 1, 0, 0, 0]],
    [1, [0, 0, 0, 1, 1]],
    [2, [1, 1, 0, 0, 1]],
  ]);
  expect(order.roster).toMatchObject({ notBefore: rosterOf().notBefore, notAfter: rosterOf().notAfter });
});

test('a wish after which no day would be left is passed over, and says so', async () => {
  const pinned = rosterOf({
    notBefore: Int32Array.of(tue, 0, 0, 0, 0, 0),
    notAfter: Int32Array.of(tue, fri, fri, fri, fri, fri),
  });
  const { order, asked, problems } = await applied(
    orderOf({ roster: pinned }),
    'RXY,not-on,ann@x.example,,2026-08-04,',
    'R0A,not-on,,,2026-08-01,2026-08-31',
  );
  expect(order.barred).toBeNull();
  const placement = { window: Int32Array.of(1, 0, 0, 0, 0, 2), grantDays: 0 };
  expect(wishesOutcome({ order, asked, problems }, placement).map(({ granted, why }) => `${granted}: ${why}`)).toEqual([
    'no: It was passed over, since with their own dates it would leave them no window at all.',
    'no: It was passed over, since it would leave them no window at all.',
  ]);
});

test('a group is pairs of the heaviest kind, named over as many lines as it likes; why somebody is apart is told', async () => {
  const later = rosterOf({ notBefore: Int32Array.of(noDayBefore, thu, 0, 0, 0, 0) });
  const order = orderOf({ roster: later, excluded: Uint8Array.of(0, 0, 0, 0, 1, 0) });
  const {
    order: asking,
    asked,
    problems,
  } = await applied(
    order,
    'RXY,together,carl@x.example,heart team,,',
    'RXY,together,ann@x.example,heart team,,',
    'RXY,together,bob@x.example,heart team,,',
    'RXY,together,RXY-W12,heart team,,',
    'R0A,together,else@a.example,heart team,,',
    'R0A,together,R0A,heart team,,',
  );
  expect([[...(asking.together?.a ?? [])], [...(asking.together?.b ?? [])]]).toEqual([
    [0, 0, 0, 0],
    [1, 2, 3, 4],
  ]);
  expect([...(asking.together?.weight ?? [])]).toEqual([10, 10, 10, 10]);
  // What another organisation calls by the same name is a group of its own.
  expect(problems.map(({ line }) => line)).toEqual([6]);
  const placement = { window: Int32Array.of(0, 3, 0, 0, -1, 0), grantDays: 0 };
  expect(wishesOutcome({ order: asking, asked, problems: [] }, placement)).toMatchObject([
    {
      kind: 'together',
      lines: [2, 3, 4, 5],
      group: 'heart team',
      granted: 'in part',
      why: '3 of 5 move on 2026-08-03; bob@x.example on 2026-08-06, since its own dates do not allow that day; night@x.example is held back.',
    },
  ]);
});

test('who wishes to be last is marked, and it is told whether others come after them', async () => {
  const { order, asked } = await applied(orderOf(), 'RXY,last,RXY-W12,,,', 'RXY,last,ann@x.example,,,');
  expect(order.lastWishes).toEqual([{ mailboxes: Int32Array.of(0, 3, 4), organisations: [0, 1] }]);
  const told = (...window: readonly number[]) =>
    wishesOutcome({ order, asked, problems: [] }, { window: Int32Array.from(window), grantDays: 0 }).map(
      ({ granted, why }) => `${granted}: ${why}`,
    );
  expect(told(0, 0, 1, 3, 4, 0)[0]).toBe('yes: They move from 2026-08-06 on, and the others until 2026-08-04.');
  expect(told(0, 0, 1, 1, 4, 0)[0]).toBe('in part: They move on 2026-08-04, and so do the last of the others.');
  expect(told(0, 0, 4, 1, 1, 0)).toEqual([
    'no: The first of them moves on 2026-08-04, and carl@x.example later, until 2026-08-07.',
    'no: The first of them moves on 2026-08-03, and carl@x.example and 2 more later, until 2026-08-07.',
  ]);
  // An application moves after everybody anyway.
  const application = { ...order, roster: { ...order.roster, kind: Uint8Array.of(0, 0, 3, 0, 0, 0) } };
  const placement = { window: Int32Array.of(0, 0, 4, 3, 3, 0), grantDays: 0 };
  expect(wishesOutcome({ order: application, asked, problems: [] }, placement)[0]).toMatchObject({ granted: 'yes' });
});

test('what stands already is no breach of a wish that comes too late, and is told as it is', async () => {
  const fixed = Int32Array.of(mon, -0x8000_0000, -0x8000_0000, -0x8000_0000, -0x8000_0000, -0x8000_0000);
  const { order, asked } = await applied(orderOf({ fixed }), 'RXY,not-on,,,2026-08-03,');
  const placement = { window: Int32Array.of(-1, 1, 1, 1, -1, 1), grantDays: 0 };
  expect(wishesOutcome({ order, asked, problems: [] }, placement)).toMatchObject([
    {
      granted: 'in part',
      why: 'ann@x.example moved on these days already, or will in a wave that was started. night@x.example has no place in the plan.',
    },
  ]);
});

test('whatever is wrong with a line is told with its place, and the others are read', async () => {
  const { wishes, problems } = await read(
    'RXY,not-on,,,2026-08-05,2026-08-04',
    'RXY,not-on,,,,',
    'RXY,never,,,2026-08-05,',
    'RXY,together,ann@x.example,,,',
    'RXY,together,,team,,',
    'RXY,last,,,,',
    'R X,last,ann@x.example,,2026-08-05,',
    'RXY,last,ann@x,example',
    'RXY,last,bob@x.example,,,',
  );
  expect(wishes).toEqual([{ line: 10, organisation: 'RXY', whom: { address: 'bob@x.example' }, kind: 'last' }]);
  expect(problems.map(({ line, column, problem }) => `${line}:${column} ${problem}`)).toEqual([
    '2:6 2026-08-04 lies before 2026-08-05.',
    '3:5 "" is no day: write it as 2026-12-01.',
    '4:2 "never" is no wish. There are not-on, together, last.',
    '5:4 Whoever wishes to move together has a group: any words, the same for all of them.',
    '6:3 Say who: an address, or the code of an organisation.',
    '7:3 Say who is to be last: an address, or the code of an organisation below yours.',
    '8:1 "R X" is no code: blanks, commas, semicolons, quotes, "=" and "*" cannot stand in one.',
    '8:5 A wish last has nothing in the column from.',
    '9:null It has 4 fields, and the first line has 6.',
  ]);
  async function* other(): AsyncGenerator<Buffer> {
    yield Buffer.from('organisation,wishes,whom\nRXY,last,ann@x.example\n');
  }
  expect((await readWishes(other())).problems).toMatchObject([
    { problem: '"wishes" is no column; did you mean wish?' },
    { problem: 'The column wish is missing.' },
  ]);
  async function* nothing(): AsyncGenerator<Buffer> {}
  expect((await readWishes(nothing())).problems).toMatchObject([
    { problem: 'It is empty. Its first line names the columns.' },
  ]);
});

test.each([
  ['within days that have a window', '2026-08-05', '2026-08-06', thu, 'yes', 'ann@x.example moves on 2026-08-06.'],
  ['from a day on', '2026-08-05', null, tue, 'no', 'ann@x.example moves on 2026-08-04 all the same.'],
] as const)(
  'dates that are asked for one mailbox, %s, bar all others and nobody else',
  (_, from, until, day, is, why) => {
    const wish = { kind: 'within', line: 0, organisation: 'RXY', whom: { address: 'ann@x.example' } } as const;
    const applied = applyWishes(orderOf(), [{ ...wish, from: from as Day, until: until as Day | null }]);
    const barred = [...(applied.order.barred?.ofMailbox.get(0) ?? [])];
    expect(barred).toEqual(until === null ? [1, 1, 0, 0, 0] : [1, 1, 0, 0, 1]);
    expect(applied.order.barred?.ofMailbox.size).toBe(1);
    const window = Int32Array.from(people, () => windows.findIndex(({ dayNumber }) => dayNumber === day));
    expect(wishesOutcome(applied, { window, grantDays: 0 })).toMatchObject([
      { kind: 'within', lines: [], granted: is, why },
    ]);
  },
);

test('dates that leave somebody no window are passed over, and it is told', () => {
  const wish = { kind: 'within', line: 0, organisation: 'RXY', whom: { address: 'ann@x.example' } } as const;
  const applied = applyWishes(orderOf(), [{ ...wish, from: '2027-01-01' as Day, until: null }]);
  expect(applied.order.barred).toBeNull();
  expect(wishesOutcome(applied, { window: new Int32Array(people.length), grantDays: 0 })).toMatchObject([
    { granted: 'no', why: expect.stringContaining('It was passed over, since with their own dates') },
  ]);
});
