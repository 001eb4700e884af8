/** For tests: estates drawn by chance in which much does not fit, some have moved, and much is wished. */

import fc from 'fast-check';
import { dayNumber } from '#domain/calendar-days.ts';
import { type Day, grantKinds } from '#domain/estate.ts';
import { notFixed, type PlanningOrder } from './placement.ts';
import { orderOf, smallCalendar, type SmallMailbox } from './small-plans.test-kit.ts';

const days = [
  '2026-08-01',
  '2026-08-03',
  '2026-08-04',
  '2026-08-05',
  '2026-08-06',
  '2026-08-08',
  '2026-08-11',
  '2026-08-20',
];
const codes = ['A', 'B', 'C'];

/** What has become of a mailbox, and what is wished for it. */
const standing = fc.record({
  moved: fc.option(fc.constantFrom('2026-08-02', '2026-08-03', '2026-08-04'), { nil: null, freq: 8 }),
  isHeld: fc.nat(11).map((n) => n === 0),
  hint: fc.constantFrom(-1, -1, -1, -1, 0, 1, 2),
  barred: fc.option(fc.array(fc.nat(1), { minLength: 8, maxLength: 8 }), { nil: null, freq: 6 }),
  isLast: fc.nat(9).map((n) => n === 0),
});

/**
 * Estates in which much does not fit: narrow windows, dates of their own, freezes, large mailboxes, applications; and in every other one
 * some have moved or are held, and much is wished.
 */
export const crowded: fc.Arbitrary<PlanningOrder> = fc
  .tuple(
    fc.constant(null).chain(() => crowdedPlainly()),
    fc.option(
      fc.record({
        all: fc.array(standing, { minLength: 14, maxLength: 14 }),
        ofOrganisation: fc.option(fc.array(fc.nat(1), { minLength: 8, maxLength: 8 }), { nil: null }),
      }),
      { nil: null, freq: 1 },
    ),
  )
  .map(([order, inFlight]) => (inFlight === null ? order : withStandings(order, inFlight)));

function withStandings(
  order: PlanningOrder,
  { all, ofOrganisation }: { readonly all: readonly Standing[]; readonly ofOrganisation: readonly number[] | null },
): PlanningOrder {
  const { roster, windows, closed } = order;
  const each = all.slice(0, roster.size);
  const barredBy = (days: readonly number[]): Uint8Array => Uint8Array.from(windows, (_, at) => days[at] ?? 0);
  const wishing = each.flatMap(({ isLast }, m) => (isLast ? [m] : []));
  return {
    ...order,
    roster: {
      ...roster,
      hints: ['Pilot', 'evening', 'EVENING-2026-08-04'],
      waveHint: Int32Array.from(each, ({ hint }) => hint),
    },
    fixed: Int32Array.from(each, ({ moved }) => (moved === null ? notFixed : dayNumber(moved))),
    excluded: Uint8Array.from(each, ({ isHeld, moved }) => Number(isHeld && moved === null)),
    barred: {
      ofOrganisation: closed.map((_, home) =>
        ofOrganisation !== null && home === 0 ? barredBy(ofOrganisation) : null,
      ),
      ofMailbox: new Map(each.flatMap(({ barred }, m) => (barred === null ? [] : [[m, barredBy(barred)] as const]))),
    },
    lastWishes:
      wishing.length === 0 ? null : [{ mailboxes: Int32Array.from(wishing), organisations: [...closed.keys()] }],
  };
}

type Standing = typeof standing extends fc.Arbitrary<infer One> ? One : never;

const crowdedPlainly = (): fc.Arbitrary<PlanningOrder> =>
  fc
    .record({
      mailboxes: fc.array(
        fc.record({
          kind: fc.constantFrom('person', 'person', 'person', 'shared', 'application'),
          organisation: fc.constantFrom(...codes),
          sizeBytes: fc.constantFrom(0, 1, 5, 20, 90),
          dates: fc.option(fc.tuple(fc.constantFrom(...days), fc.constantFrom(...days)), { nil: null, freq: 2 }),
        }),
        { minLength: 1, maxLength: 14 },
      ),
      grants: fc.array(fc.tuple(fc.nat(13), fc.nat(13), fc.constantFrom(...grantKinds)), { maxLength: 12 }),
      mailboxesMost: fc.integer({ min: 1, max: 4 }),
      bytesMost: fc.constantFrom(null, 30, 100),
      until: fc.constantFrom('2026-08-03', '2026-08-04', '2026-08-06', '2026-08-11'),
      frozen: fc.array(fc.tuple(fc.constantFrom(...codes), fc.constantFrom(...days), fc.nat(12)), { maxLength: 3 }),
      pilot: fc.boolean(),
    })
    .map(({ mailboxes, grants, mailboxesMost, bytesMost, until, frozen, pilot }) => {
      const people = mailboxes.map(({ kind, organisation, sizeBytes, dates }, i): SmallMailbox => {
        const [notBefore, notAfter] = dates === null ? [undefined, undefined] : dates.toSorted();
        const own = notBefore === undefined || notAfter === undefined ? {} : { notBefore, notAfter };
        return { address: `m${i}@x.example`, kind, organisation, sizeBytes, ...own };
      });
      const windows = smallCalendar.windows.map((rule) => ({ ...rule, mailboxes: mailboxesMost, bytes: bytesMost }));
      return orderOf(
        { mailboxes: people, grants: grants.map(([a, b, kind]) => [`m${a}@x.example`, `m${b}@x.example`, kind]) },
        {
          windows,
          until: until as Day,
          pilot: pilot ? { share: 0.1 } : null,
          blackouts: frozen.map(([code, from, length]) => ({
            from: from as Day,
            until: new Date(Date.parse(from) + length * 86_400_000).toISOString().slice(0, 10) as Day,
            organisations: [code],
            under: null,
          })),
        },
      );
    });
