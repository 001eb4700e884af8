import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Day } from '#domain/estate.ts';
import { crowded } from './crowded-plans.test-kit.ts';
import { firstFit, laterOf, orderOf, placed } from './small-plans.test-kit.ts';
import { shortageOf } from './summary-shortage.ts';
import { UnplacedTally } from './summary-unplaced.ts';
import { whyNots } from './why-not.ts';

const people = (n: number) => Array.from({ length: n }, (_, i) => ({ address: `p${i}@x`, sizeBytes: 10 }));

test('windows that are too small in all are told by how much, with the evening on which it would end', () => {
  const order = orderOf({ mailboxes: people(9) });
  // Two evenings of two; Wednesday, Thursday and the Monday after take the other five.
  const shortage = shortageOf(order, laterOf(order).windows);
  expect([shortage?.mailboxes, shortage?.bytes, shortage?.finish?.day]).toEqual([5, 0, '2026-08-10']);
});

test('octets that fit into no window are missed like mailboxes', () => {
  const order = orderOf(
    { mailboxes: people(4) },
    {
      windows: [
        { name: 'evening', days: ['Mon'], start: '19:00', end: '06:00', endDay: null, mailboxes: 9, bytes: 15 },
      ],
    },
  );
  const shortage = shortageOf(order, laterOf(order).windows);
  expect([shortage?.mailboxes, shortage?.bytes, shortage?.finish?.day]).toEqual([0, 25, '2026-08-17']);
});

test('windows that suffice are short of nothing, and who has moved asks for none', () => {
  expect(shortageOf(orderOf({ mailboxes: people(4) }), [])).toBeNull();
  const order = orderOf({ mailboxes: people(5) });
  expect(shortageOf({ ...order, excluded: Uint8Array.of(1, 0, 0, 0, 0) }, [])).toBeNull();
});

test('what all together ask for is summed: room by windows, organisations to open, dates, and the end of the calendar', () => {
  const order = orderOf(
    {
      mailboxes: [
        ...people(6),
        { address: 'pin@x', notBefore: '2026-08-08', notAfter: '2026-08-08' },
        { address: 'ice@y', organisation: 'ICE', notAfter: '2026-08-04' },
      ],
    },
    { blackouts: [{ from: '2026-08-01' as Day, until: '2026-12-31' as Day, organisations: ['ICE'], under: null }] },
  );
  const tally = new UnplacedTally(order);
  const placement = placed(0, 0, 1, -1, -1, -1, -1, -1);
  for (const each of whyNots(order, placement, laterOf(order))) tally.add(each);
  const { mailboxes, reasons, changes, first } = tally.summary();
  expect(mailboxes).toBe(5);
  expect(reasons).toMatchObject([
    { kind: 'room-left', mailboxes: 3 },
    { kind: 'closed', mailboxes: 1 },
    { kind: 'dates', mailboxes: 1 },
  ]);
  // One finds the room that is left on Tuesday; the evenings after the end take the others, and the two with dates are told theirs.
  expect(changes).toMatchObject({
    nothing: 1,
    unknown: 0,
    othersLater: 0,
    dates: { mailboxes: 2 },
    open: { organisations: 1, mailboxes: 1 },
  });
  expect(changes.until?.mailboxes).toBe(4);
  expect(first).toHaveLength(5);
});

test('nobody is counted twice or forgotten, however the estate looks', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const placement = firstFit(order);
      const tally = new UnplacedTally(order);
      for (const each of whyNots(order, placement, laterOf(order))) tally.add(each);
      const { mailboxes, reasons } = tally.summary();
      expect(mailboxes).toBe(placement.window.filter((w) => w < 0).length);
      expect(reasons.reduce((sum, each) => sum + each.mailboxes, 0)).toBe(mailboxes);
    }),
    { numRuns: 50 },
  );
});
