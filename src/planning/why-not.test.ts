import { expect, test } from 'vitest';
import type { Day } from '#domain/estate.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import { laterOf, orderOf, placed, smallCalendar, type SmallEstate } from './small-plans.test-kit.ts';
import { type LaterWindows, whyNots } from './why-not.ts';
import { changeText, reasonText } from './why-not-words.ts';

function told(order: PlanningOrder, placement: Placement): readonly string[] {
  return [...whyNots(order, placement, laterOf(order))].map(
    (each) => `${order.roster.address(each.mailbox)}: ${reasonText(order, each)} ${changeText(order, each)}`,
  );
}

const three: SmallEstate = {
  mailboxes: [{ address: 'ann@x' }, { address: 'bob@x' }, { address: 'cem@x', notAfter: '2026-08-03' }],
};

test('who finds the evenings between their dates full is told of the day that has room', () => {
  expect(told(orderOf(three), placed(0, 0, -1))).toEqual([
    'cem@x: The one window that is open to it is full. not_after 2026-08-03 -> 2026-08-04: it then moves in evening of 2026-08-04',
  ]);
});

test('where an evening is large one more mailbox in it weighs less than another day', () => {
  const order = orderOf(three);
  const wide = { ...order, windows: order.windows.map((window) => ({ ...window, mailboxes: 200 })) };
  const full = { ...wide, windows: wide.windows.map((window, w) => (w === 0 ? { ...window, mailboxes: 2 } : window)) };
  expect(told(full, placed(0, 0, -1))[0]).toContain('not_after');
  const crowd = { mailboxes: [...Array.from({ length: 300 }, (_, i) => ({ address: `p${i}@x` })), ...three.mailboxes] };
  const many = orderOf(crowd, {
    windows: order.calendar.windows.map((rule) => ({ ...rule, mailboxes: 302 })),
    until: '2026-08-11' as Day,
  });
  const everyone = placed(...Array.from({ length: 302 }, () => 0), -1);
  // Tuesday is one day later and weighs as much as a begun hundredth: of the same weight the earlier window is told.
  expect(told(many, everyone)).toEqual([
    'cem@x: The one window that is open to it is full. 1 more mailbox in evening of 2026-08-03: it then moves in evening of 2026-08-03',
  ]);
});

test('a pin on a day without a window is told, with the nearest day that has one', () => {
  const order = orderOf(
    { mailboxes: [{ address: 'ann@x', notBefore: '2026-08-08', notAfter: '2026-08-08' }] },
    { until: '2026-08-11' as Day },
  );
  expect(told(order, placed(-1))).toEqual([
    'ann@x: No window opens on 2026-08-08, to which it is pinned. not_before 2026-08-08 -> 2026-08-06: it then moves in evening of 2026-08-06',
  ]);
});

test('an organisation that is closed all of its days is named, with the window to open', () => {
  const order = orderOf(
    { mailboxes: [{ address: 'ann@x', notAfter: '2026-08-04' }] },
    { blackouts: [{ from: '2026-08-01' as Day, until: '2026-12-31' as Day, organisations: ['RXY'], under: null }] },
  );
  expect(told(order, placed(-1))).toEqual([
    'ann@x: The organisation RXY is closed in every window that opens on or before 2026-08-04. open evening of 2026-08-03 to RXY: it then moves in evening of 2026-08-03',
  ]);
});

test('an application that waits for people who move on the last day is told so, and of the end that the calendar would need', () => {
  const order = orderOf({ mailboxes: [{ address: 'ann@x' }, { address: 'app@x', kind: 'application' }] });
  expect(told(order, placed(1, -1))).toEqual([
    'app@x: It waits for the people of RXY, the last of whom moves on 2026-08-04, and no later window is open to it. the calendar goes on until 2026-08-05: it then moves in evening of 2026-08-05',
  ]);
});

test('an application whose own dates end before the last person moves is told of the date that would do', () => {
  const order = orderOf(
    { mailboxes: [{ address: 'ann@x' }, { address: 'app@x', kind: 'application', notAfter: '2026-08-05' }] },
    { until: '2026-08-20' as Day },
  );
  expect(told(order, placed(3, -1))).toEqual([
    'app@x: It waits for the people of RXY, the last of whom moves on 2026-08-06, and no later window is open to it on or before 2026-08-05. not_after 2026-08-05 -> 2026-08-10: it then moves in evening of 2026-08-10',
  ]);
});

test('a mailbox that is larger than any window takes is told by how much', () => {
  const order = orderOf(
    { mailboxes: [{ address: 'ann@x', sizeBytes: 3_003_000_000_000 }] },
    {
      windows: [
        { name: 'evening', days: ['Mon'], start: '19:00', end: '06:00', endDay: null, mailboxes: 5, bytes: 3e12 },
      ],
    },
  );
  expect(told(order, placed(-1))).toEqual([
    'ann@x: Its size exceeds what any window that is open to it takes, by 3.0 GB. 3.0 GB more in evening of 2026-08-03: it then moves in evening of 2026-08-03',
  ]);
});

test('a person whose application has moved before them is placed by having it move later', () => {
  const order = orderOf(
    {
      mailboxes: [
        { address: 'app@x', kind: 'application' },
        { address: 'ann@x', notBefore: '2026-08-08', notAfter: '2026-08-09' },
      ],
    },
    { until: '2026-08-20' as Day },
  );
  expect(told(order, placed(0, -1))).toEqual([
    'ann@x: No window opens from 2026-08-08 to 2026-08-09. not_after 2026-08-09 -> 2026-08-10; app@x, which waits for it, moves later: it then moves in evening of 2026-08-10',
  ]);
});

test('a date of its own moves by a week at most before its organisation is asked to open a window', () => {
  const closedUntil = (until: string) =>
    told(
      orderOf(
        { mailboxes: [{ address: 'ann@x', notAfter: '2026-08-03' }] },
        {
          until: '2026-08-31' as Day,
          blackouts: [{ from: '2026-08-03' as Day, until: until as Day, organisations: ['RXY'], under: null }],
        },
      ),
      placed(-1),
    );
  // The evening of the 10th is seven days later, that of the 11th eight.
  expect(closedUntil('2026-08-09')).toEqual([expect.stringContaining('open evening of 2026-08-03 to RXY')]);
  expect(closedUntil('2026-08-05')).toEqual([expect.stringContaining('not_after 2026-08-03 -> 2026-08-06')]);
  expect(closedUntil('2026-08-20')).toEqual([expect.stringContaining('open evening of 2026-08-03 to RXY')]);
});

test('the pilot is not asked to take more, since its share is what people were promised', () => {
  const mailboxes = Array.from({ length: 300 }, (_, i) => ({ address: `p${i}@x`, notAfter: '2026-08-03' }));
  const windows = smallCalendar.windows.map((rule) => ({ ...rule, mailboxes: 1_000 }));
  const order = orderOf({ mailboxes }, { pilot: { share: 0.9 }, windows });
  const placement = placed(...mailboxes.map((_, i) => (i < 270 ? 0 : i < 299 ? 1 : -1)));
  // One more would be a hundredth of it, begun, and weigh as much as a day.
  expect(told(order, placement)).toEqual([expect.stringContaining('not_after 2026-08-03 -> 2026-08-04')]);
});

test('an evening grows by a tenth before the calendar is asked to go on', () => {
  const mailboxes = Array.from({ length: 11 }, (_, i) => ({ address: `p${i}@x` }));
  const windows = smallCalendar.windows.map((rule) => ({ ...rule, mailboxes: 10 }));
  const order = orderOf({ mailboxes }, { until: '2026-08-03' as Day, windows });
  expect(told(order, placed(...mailboxes.map((_, i) => (i < 10 ? 0 : -1))))).toEqual([
    expect.stringContaining('1 more mailbox in evening of 2026-08-03'),
  ]);
});

test('several who ask for room in one evening ask for no more than they need together', () => {
  const mailboxes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ address: `${name}@x`, sizeBytes: 10 }));
  const windows = smallCalendar.windows.map((rule) => ({ ...rule, mailboxes: 200, bytes: 25 }));
  const order = orderOf({ mailboxes }, { until: '2026-08-03' as Day, windows });
  const parts = [...whyNots(order, placed(0, 0, -1, -1, -1), noneLater)].flatMap(({ change }) => change?.parts ?? []);
  expect(parts).toEqual([
    { kind: 'room', mailboxes: 0, bytes: 5 },
    { kind: 'room', mailboxes: 0, bytes: 10 },
    { kind: 'room', mailboxes: 0, bytes: 10 },
  ]);
});

const noneLater: LaterWindows = { windows: [], closed: [] };

test('whom the planner only missed is told that there is room', () => {
  expect(told(orderOf(three), placed(0, 1, -1))).toEqual([
    'cem@x: None: there is room in evening of 2026-08-03. Nothing; plan with more --effort, and it may move in evening of 2026-08-03.',
  ]);
});

test('once the calendar has to go on for somebody, others use that rather than a fuller evening', () => {
  const apps = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ address: `a${from + i}@x`, kind: 'application' as const }));
  const waits = [
    { address: 'bob@y', organisation: 'RYZ' },
    { address: 'app@y', organisation: 'RYZ', kind: 'application' as const },
  ];
  const windows = smallCalendar.windows.map((rule) => ({ ...rule, mailboxes: 201 }));
  const mailboxes = [...apps(0, 201), ...waits, ...apps(201, 202)];
  const order = orderOf({ mailboxes }, { until: '2026-08-03' as Day, windows });
  const placement = placed(...mailboxes.map(({ address }, i) => (i < 200 || address === 'bob@y' ? 0 : -1)));
  expect(told(order, placement).map((line) => line.split(' it then moves in ')[1])).toEqual([
    'evening of 2026-08-03',
    'evening of 2026-08-04',
    'evening of 2026-08-04',
  ]);
});
