import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlanWindow } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import type { Day } from '#domain/estate.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import { crowded } from './crowded-plans.test-kit.ts';
import { brokenRules, firstFit, kindOf, laterOf, orderOf, smallCalendar } from './small-plans.test-kit.ts';
import { type Change, type LaterWindows, type WhyNot, whyNots } from './why-not.ts';

test('each change alone gives its mailbox a window, and all of them together give everybody one', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const placement = firstFit(order);
      expect(brokenRules(order, placement)).toEqual([]);
      const later = laterOf(order);
      const found = [...whyNots(order, placement, later)];
      for (const each of found) expect(brokenRules(...applied(order, placement, later, [each]))).toEqual([]);
      expect(brokenRules(...applied(order, placement, later, found))).toEqual([]);
      // Only whom somebody waits for may be without: those have dates of their own, which nobody is told to change.
      for (const { mailbox, change } of found)
        if (change === null) expect(isWaitedFor(order, placement, mailbox)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

/** Many of one organisation without dates of their own, large ones and small ones, and hardly any room. */
const throng = fc
  .record({
    sizes: fc.array(fc.constantFrom(0, 1, 3, 10, 25), { minLength: 20, maxLength: 60 }),
    mailboxes: fc.integer({ min: 3, max: 9 }),
    bytes: fc.constantFrom(null, 30, 60),
    until: fc.constantFrom('2026-08-03', '2026-08-06', '2026-08-13'),
  })
  .map(({ sizes, until, ...most }) =>
    orderOf(
      { mailboxes: sizes.map((sizeBytes, i) => ({ address: `p${i}@x`, sizeBytes })) },
      { until: until as Day, windows: smallCalendar.windows.map((rule) => ({ ...rule, ...most })) },
    ),
  );

test('no other window would ask for less, with what those before in the list ask for', () => {
  const isLightest = (order: PlanningOrder): void => {
    const placement = firstFit(order);
    const later = laterOf(order);
    const stand = new Standing(order, placement, later);
    for (const { mailbox, change } of whyNots(order, placement, later)) {
      if (change === null || change.parts.some(({ kind }) => kind === 'others-later')) return;
      const asked = stand.weights(mailbox);
      expect(asked[change.at]).toBe(Math.min(...asked));
      stand.take(mailbox, change.at);
    }
  };
  fc.assert(fc.property(crowded, isLightest), { numRuns: 300 });
  fc.assert(fc.property(throng, isLightest), { numRuns: 100 });
});

/** All windows, and what each would ask for, by the words of the rule. */
class Standing {
  readonly #order: PlanningOrder;
  readonly #window: (number | null)[];
  readonly #windows: readonly PlanWindow[];
  readonly #closed: (organisation: number, w: number) => boolean;
  #reached: number;

  constructor(order: PlanningOrder, { window }: Placement, later: LaterWindows) {
    [this.#order, this.#window] = [order, [...window].map((w) => (w < 0 ? null : w))];
    this.#windows = [...order.windows, ...later.windows];
    const first = order.windows.length;
    this.#closed = (o, w) => (w < first ? order.closed[o]?.[w] : later.closed[o]?.[w - first]) === 1;
    this.#reached = first - 1;
  }

  take(mailbox: number, at: number): void {
    this.#window[mailbox] = at;
    this.#reached = Math.max(this.#reached, at);
  }

  weights(mailbox: number): readonly number[] {
    return this.#windows.map((window, w) => this.#weight(mailbox, window, w));
  }

  #weight(mailbox: number, { dayNumber: day, mailboxes, bytes, isPilot }: PlanWindow, w: number): number {
    const { roster, calendar, windows } = this.#order;
    const organisation = roster.organisation[mailbox] as number;
    const within = this.#window.flatMap((at, m) => (at === w ? [m] : []));
    const kin = this.#window.flatMap((at, m) =>
      at !== null && roster.organisation[m] === organisation ? [{ m, at }] : [],
    );
    const isLast = kindOf(this.#order, mailbox) === 'application';
    const people = kin.filter(({ m }) => kindOf(this.#order, m) === 'person');
    const waiting = kin.filter(({ m }) => kindOf(this.#order, m) === 'application');
    if (isLast && people.some(({ at }) => at >= w)) return Number.POSITIVE_INFINITY;
    if (kindOf(this.#order, mailbox) === 'person' && waiting.some(({ at }) => at <= w)) return Number.POSITIVE_INFINITY;
    const dates = Math.max(0, (roster.notBefore[mailbox] as number) - day, day - (roster.notAfter[mailbox] as number));
    const size = [...within, mailbox].reduce((sum, m) => sum + (roster.sizeBytes[m] as number), 0);
    const growth = Math.max(0, (within.length + 1 - mailboxes) / mailboxes, size > bytes ? (size - bytes) / bytes : 0);
    if (growth > 0 && isPilot) return Number.POSITIVE_INFINITY;
    const beyond = w >= windows.length && w > this.#reached ? 14 + day - dayNumber(calendar.until) : 0;
    return dates + (this.#closed(organisation, w) ? 7 : 0) + beyond + Math.ceil(100 * growth);
  }
}

test('everybody without a window is told of once, and nobody else', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const placement = firstFit(order);
      const found = [...whyNots(order, placement, laterOf(order))].map(({ mailbox }) => mailbox);
      expect(found.toSorted((a, b) => a - b)).toEqual(
        [...placement.window.entries()].filter(([, w]) => w < 0).map(([m]) => m),
      );
    }),
  );
});

function isWaitedFor(order: PlanningOrder, { window }: Placement, mailbox: number): boolean {
  const { organisation, size } = order.roster;
  const others = Array.from({ length: size }, (_, m) => m).filter((m) => organisation[m] === organisation[mailbox]);
  const waiting = others.filter((m) => kindOf(order, m) === 'application' && (window[m] as number) >= 0);
  return kindOf(order, mailbox) === 'person' && waiting.length > 0;
}

/** The calendar and the plan after these changes. */
function applied(
  order: PlanningOrder,
  placement: Placement,
  later: LaterWindows,
  found: readonly WhyNot[],
): [PlanningOrder, Placement] {
  const changes = found.flatMap(({ mailbox, change }) => (change === null ? [] : [{ mailbox, change }]));
  const until = Math.max(
    0,
    ...changes.flatMap(({ change }) => change.parts.map((part) => (part.kind === 'until' ? part.to : 0))),
  );
  const more = later.windows.filter(({ dayNumber }) => dayNumber <= until);
  const windows: PlanWindow[] = [...order.windows, ...more].map((window) => ({ ...window }));
  const closed = order.closed.map((now, o) =>
    Uint8Array.from(
      windows,
      (_, w) => (w < order.windows.length ? now?.[w] : later.closed[o]?.[w - order.windows.length]) ?? 0,
    ),
  );
  const roster = {
    ...order.roster,
    notBefore: order.roster.notBefore.slice(),
    notAfter: order.roster.notAfter.slice(),
  };
  const window = placement.window.slice();
  for (const { mailbox, change } of changes) {
    window[mailbox] = change.at;
    for (const part of change.parts)
      switch (part.kind) {
        case 'not-before':
          roster.notBefore[mailbox] = part.to;
          break;
        case 'not-after':
          roster.notAfter[mailbox] = part.to;
          break;
        case 'open':
          (closed[roster.organisation[mailbox] as number] as Uint8Array)[change.at] = 0;
          break;
        case 'room':
          windows[change.at] = widened(windows[change.at] as PlanWindow, part);
          break;
        case 'others-later':
          for (const { mailbox: other, at } of part.moves) window[other] = at;
          break;
        case 'until':
          break;
      }
  }
  return [
    { ...order, windows, closed, roster },
    { ...placement, window },
  ];
}

function widened(
  window: PlanWindow,
  { mailboxes, bytes }: Extract<Change['parts'][number], { kind: 'room' }>,
): PlanWindow {
  return { ...window, mailboxes: window.mailboxes + mailboxes, bytes: window.bytes + bytes };
}
