/** For tests: estates of a few mailboxes written by hand, a planner that takes the first window, and the hard rules. */

import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import { closedWindows, windowsOf } from '#domain/calendar-windows.ts';
import { type Day, type GrantKind, grantKinds, type MailboxKind, mailboxKinds } from '#domain/estate.ts';
import { isToPlace } from './moves.ts';
import { isBarred, type Placement, type PlanningOrder } from './placement.ts';
import { noDayAfter, noDayBefore, type Roster } from './roster.ts';
import type { LaterWindows } from './why-not.ts';

export interface SmallMailbox {
  readonly address: string;
  readonly kind?: MailboxKind;
  readonly organisation?: string;
  readonly sizeBytes?: number;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

export interface SmallEstate {
  readonly mailboxes: readonly SmallMailbox[];
  /** Whose mailbox, who may, and what. */
  readonly grants?: readonly (readonly [mailbox: string, grantee: string, kind: GrantKind])[];
}

export function rosterOf({ mailboxes, grants = [] }: SmallEstate): Roster {
  const codes = [...new Set(mailboxes.map(({ organisation = 'RXY' }) => organisation))];
  const number = new Map(mailboxes.map(({ address }, i) => [address.toLowerCase(), i]));
  const find = (address: string): number => number.get(address.toLowerCase()) ?? -1;
  const known = grants.filter(([mailbox, grantee]) => find(mailbox) >= 0 && find(grantee) >= 0);
  const day = (text: string | undefined, none: number): number => (text === undefined ? none : dayNumber(text));
  return {
    size: mailboxes.length,
    address: (mailbox) => mailboxes[mailbox]?.address ?? '',
    find,
    kind: Uint8Array.from(mailboxes, ({ kind = 'person' }) => mailboxKinds.indexOf(kind)),
    organisation: Int32Array.from(mailboxes, ({ organisation = 'RXY' }) => codes.indexOf(organisation)),
    sizeBytes: Float64Array.from(mailboxes, ({ sizeBytes = 0 }) => sizeBytes),
    items: new Float64Array(mailboxes.length),
    notBefore: Int32Array.from(mailboxes, ({ notBefore }) => day(notBefore, noDayBefore)),
    notAfter: Int32Array.from(mailboxes, ({ notAfter }) => day(notAfter, noDayAfter)),
    waveHint: new Int32Array(mailboxes.length).fill(-1),
    organisations: codes.map((code) => ({ code, name: code, parent: -1 })),
    hints: [],
    grants: {
      mailbox: Int32Array.from(known, ([mailbox]) => find(mailbox)),
      grantee: Int32Array.from(known, ([, grantee]) => find(grantee)),
      kind: Uint8Array.from(known, ([, , kind]) => grantKinds.indexOf(kind)),
      unknown: { grants: grants.length - known.length, addresses: [] },
    },
  };
}

/** Two evenings of two mailboxes, Monday 3 and Tuesday 4 August 2026, unless said otherwise. */
export const smallCalendar: Calendar = {
  timezone: 'Europe/London',
  from: '2026-08-03' as Day,
  until: '2026-08-04' as Day,
  windows: [
    {
      name: 'evening',
      days: ['Mon', 'Tue', 'Wed', 'Thu'],
      start: '19:00',
      end: '06:00',
      endDay: null,
      mailboxes: 2,
      bytes: null,
    },
  ],
  blackouts: [],
  kindsLast: ['application'],
  pilot: null,
  weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
  ramp: null,
};

export function orderOf(estate: SmallEstate, calendar: Partial<Calendar> = {}): PlanningOrder {
  const roster = rosterOf(estate);
  const whole = { ...smallCalendar, ...calendar };
  const { windows } = windowsOf(whole, roster.size);
  return {
    roster,
    calendar: whole,
    windows,
    closed: closedWindows(whole, windows, roster.organisations),
    fixed: null,
    before: null,
    together: null,
    lastWishes: null,
    barred: null,
    seed: 1,
    effortSeconds: 1,
    excluded: null,
  };
}

/** The windows of two months after the calendar. */
export function laterOf({ calendar, roster, windows }: PlanningOrder): LaterWindows {
  const until = new Date(Date.parse(calendar.until) + 60 * 86_400_000).toISOString().slice(0, 10) as Day;
  const later = windowsOf({ ...calendar, until }, roster.size).windows.slice(windows.length);
  return { windows: later, closed: closedWindows(calendar, later, roster.organisations) };
}

/** A placement by hand: the number of the window of each mailbox. */
export function placed(...window: readonly number[]): Placement {
  return { window: Int32Array.from(window), grantDays: 0 };
}

/** Each into the first window that its rules and wishes allow: people and the like first, then those who wait for them. */
export function firstFit(order: PlanningOrder): Placement {
  const { roster, calendar } = order;
  const placement: Placement = { window: new Int32Array(roster.size).fill(-1), grantDays: 0 };
  for (const turn of [false, true])
    for (let m = 0; m < roster.size; m++) {
      if (calendar.kindsLast.includes(kindOf(order, m)) !== turn) continue;
      const at = order.windows.findIndex((_, w) => {
        placement.window[m] = w;
        const isWished = isBarred(order.barred, roster.organisation[m] as number, m, w);
        return !isWished && brokenRules(order, placement).length === 0;
      });
      placement.window[m] = at;
    }
  return placement;
}

/** Every hard rule that a placement breaks, by looking at one after the other. */
export function brokenRules(order: PlanningOrder, { window }: Placement): readonly string[] {
  const { roster, calendar, windows } = order;
  const all = Array.from({ length: roster.size }, (_, m) => m).filter((m) => (window[m] as number) >= 0);
  const broken: string[] = [];
  for (const m of all) {
    const { dayNumber: day, day: name } = windows[window[m] as number] as PlanWindow;
    if (day < (roster.notBefore[m] as number)) broken.push(`${roster.address(m)} on ${name} before its not_before`);
    if (day > (roster.notAfter[m] as number)) broken.push(`${roster.address(m)} on ${name} after its not_after`);
    if (order.closed[roster.organisation[m] as number]?.[window[m] as number] === 1)
      broken.push(`${roster.address(m)} on ${name}, closed to its organisation`);
    if (!isToPlace(order, m)) broken.push(`${roster.address(m)} on ${name}, though it has moved or is held`);
    if (!calendar.kindsLast.includes(kindOf(order, m))) continue;
    const isAfterFixed = order.fixed?.some(
      (moved, p) => moved >= day && kindOf(order, p) === 'person' && roster.organisation[p] === roster.organisation[m],
    );
    if (isAfterFixed) broken.push(`${roster.address(m)} on ${name}, not after its people who are fixed`);
    const people = all.filter(
      (p) => kindOf(order, p) === 'person' && roster.organisation[p] === roster.organisation[m],
    );
    if (people.some((p) => (window[p] as number) >= (window[m] as number)))
      broken.push(`${roster.address(m)} on ${name}, not after its people`);
  }
  for (const [w, { day, mailboxes, bytes }] of windows.entries()) {
    const within = all.filter((m) => window[m] === w);
    if (within.length > mailboxes) broken.push(`${within.length} on ${day}, which takes ${mailboxes}`);
    const size = within.reduce((sum, m) => sum + (roster.sizeBytes[m] as number), 0);
    if (size > bytes) broken.push(`${size} octets on ${day}, which takes ${bytes}`);
  }
  return broken;
}

export function kindOf({ roster }: PlanningOrder, mailbox: number): MailboxKind {
  return mailboxKinds[roster.kind[mailbox] as number] as MailboxKind;
}
