/**
 * The hard rules of an order, in numbers to search with: which windows a mailbox may take by its own dates and by those of its
 * organisation, and who goes last.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import { mailboxKinds } from '#domain/estate.ts';
import { firstWindowFrom } from '#planning/moves.ts';
import { type Barred, isBarred, notFixed, type PlanningOrder } from '#planning/placement.ts';

/** What a mailbox is to the rule that some kinds go last; 0 is whom the rule does not know. */
export const person = 1;
export const last = 2;

export interface Conditions {
  /** Mailboxes. */
  readonly size: number;
  readonly windows: readonly PlanWindow[];
  /** The day numbers of the windows. */
  readonly day: Float64Array;
  /**
   * The first and the last window that the dates of a mailbox allow; none where `from` is after `to`. Those that go last begin behind
   * the people of their organisation who are fixed.
   */
  readonly from: Int16Array;
  readonly to: Int16Array;
  /** By organisation: one octet per window, 1 for closed; null where all are open. */
  readonly closed: readonly (Uint8Array | null)[];
  readonly organisation: Int32Array;
  readonly role: Uint8Array;
  /** 1 for who is not to be placed: excluded, or fixed where they are. */
  readonly settled: Uint8Array;
  /** The day on which who is fixed has moved, else `notFixed`; null where nobody has. */
  readonly fixed: Int32Array | null;
  readonly sizeBytes: Float64Array;
  /** The first window with room for who has no reason to be in the pilot. */
  readonly firstUsual: number;
  /**
   * By organisation, the last window for its people: after it some that go last would have no window left. Who cannot come so
   * early is placed at the end, if at all.
   */
  readonly lastForPeople: Int16Array;
  /** By organisation, the first window behind its people who are fixed. */
  readonly behindFixed: Int16Array;
  /** Days on which somebody wishes not to move: kept, but where somebody would have no window by it. */
  readonly barred: Barred | null;
  /**
   * The last window of each person that opens before one of those that go last of their organisation is fixed to move: kept where
   * there is one, since it cannot be moved behind them any more. Null where nobody is bound by that.
   */
  readonly beforeFixed: Int16Array | null;
}

/** The conditions of an order: what its dates, calendar and kinds of mailboxes come to. */
export function conditionsOf(order: PlanningOrder): Conditions {
  const { roster, windows, closed, fixed, excluded, calendar } = order;
  const { size, notBefore, notAfter, kind, organisation, sizeBytes } = roster;
  const day = Float64Array.from(windows, ({ dayNumber }) => dayNumber);
  const from = new Int16Array(size);
  const to = new Int16Array(size);
  const role = new Uint8Array(size);
  const settled = new Uint8Array(size);
  const behindFixed = firstBehindFixed(order, day);
  const roles = mailboxKinds.map((each) => (calendar.kindsLast.includes(each) ? last : each === 'person' ? person : 0));
  for (let mailbox = 0; mailbox < size; mailbox++) {
    role[mailbox] = roles[kind[mailbox] as number] as number;
    const earliest = role[mailbox] === last ? (behindFixed[organisation[mailbox] as number] as number) : 0;
    from[mailbox] = Math.max(earliest, firstWindowFrom(day, notBefore[mailbox] as number));
    to[mailbox] = firstWindowFrom(day, (notAfter[mailbox] as number) + 1) - 1;
    settled[mailbox] = excluded?.[mailbox] === 1 || (fixed !== null && fixed[mailbox] !== notFixed) ? 1 : 0;
  }
  const isUsual = ({ isPilot, mailboxes }: PlanWindow): boolean => mailboxes > 0 && !(isPilot && windows.length > 1);
  const firstUsual = Math.max(0, windows.findIndex(isUsual));
  const dates = { size, windows, day, from, to, closed, organisation, role, settled, fixed, sizeBytes, firstUsual };
  const rest = { ...dates, behindFixed, barred: order.barred };
  const bound = { ...rest, beforeFixed: beforeFixed(rest) };
  return { ...bound, lastForPeople: lastForPeople(bound) };
}

type Dates = Omit<Conditions, 'lastForPeople' | 'beforeFixed'>;

/** See `Conditions.beforeFixed`; who has no window so early is not bound. */
function beforeFixed(dates: Dates): Int16Array | null {
  const { size, windows, day, to, organisation, role, fixed, settled } = dates;
  if (fixed === null) return null;
  const first = new Int16Array(dates.closed.length).fill(windows.length);
  for (let mailbox = 0; mailbox < size; mailbox++) {
    if (role[mailbox] !== last || fixed[mailbox] === notFixed) continue;
    const home = organisation[mailbox] as number;
    first[home] = Math.min(first[home] as number, firstWindowFrom(day, fixed[mailbox] as number));
  }
  if (first.every((window) => window === windows.length)) return null;
  const latest = to.slice();
  for (let mailbox = 0; mailbox < size; mailbox++) {
    const bound = (first[organisation[mailbox] as number] as number) - 1;
    if (role[mailbox] !== person || settled[mailbox] === 1 || bound >= (to[mailbox] as number)) continue;
    for (let window = bound; window >= (dates.from[mailbox] as number); window--) {
      if ((windows[window] as PlanWindow).mailboxes === 0 || !mayTake(dates, mailbox, window)) continue;
      latest[mailbox] = bound;
      break;
    }
  }
  return latest;
}

/** By organisation, the first window after the day of the last of its people who are fixed. */
function firstBehindFixed({ roster, fixed }: PlanningOrder, day: Float64Array): Int16Array {
  const first = new Int16Array(roster.organisations.length);
  const aPerson = mailboxKinds.indexOf('person');
  for (let mailbox = 0; fixed && mailbox < roster.size; mailbox++) {
    if (fixed[mailbox] === notFixed || roster.kind[mailbox] !== aPerson) continue;
    const home = roster.organisation[mailbox] as number;
    first[home] = Math.max(first[home] as number, firstWindowFrom(day, (fixed[mailbox] as number) + 1));
  }
  return first;
}

/** Whether a mailbox may take a window, by dates alone. */
export function mayTake(
  { from, to, closed, organisation }: Pick<Conditions, 'from' | 'to' | 'closed' | 'organisation'>,
  mailbox: number,
  window: number,
): boolean {
  if (window < (from[mailbox] as number) || window > (to[mailbox] as number)) return false;
  const shut = closed[organisation[mailbox] as number];
  return !shut || shut[window] === 0;
}

/** Whether it may by what is kept only while nobody is left out for it: wishes, and who is fixed and should have waited. */
export function isWelcome(
  { barred, beforeFixed, organisation }: Pick<Conditions, 'barred' | 'beforeFixed' | 'organisation'>,
  mailbox: number,
  window: number,
): boolean {
  if (beforeFixed !== null && window > (beforeFixed[mailbox] as number)) return false;
  return barred === null || !isBarred(barred, organisation[mailbox] as number, mailbox, window);
}

/** The last window that a mailbox may take, by its dates and for who is fixed. */
export function latestOf({ to, beforeFixed }: Conditions, mailbox: number): number {
  return (beforeFixed ?? to)[mailbox] as number;
}

/** Whether a mailbox may take fewer windows than others of its organisation. */
export function isDated(conditions: Conditions, mailbox: number): boolean {
  const { from, to, windows, firstUsual, role, organisation, behindFixed, barred } = conditions;
  const usual =
    role[mailbox] === last ? Math.max(firstUsual, behindFixed[organisation[mailbox] as number] as number) : firstUsual;
  if ((from[mailbox] as number) > usual || (to[mailbox] as number) < windows.length - 1) return true;
  return barred !== null && barred.ofMailbox.has(mailbox);
}

/**
 * The later the people of an organisation may move, the fewer of those that go last find a window behind them. Of all limits the one is
 * taken with which most mailboxes find a window, by their dates; of equal ones the latest.
 */
function lastForPeople(conditions: Omit<Conditions, 'lastForPeople'>): Int16Array {
  const { size, windows, closed, organisation, role, settled } = conditions;
  const width = windows.length;
  const limits = new Int16Array(closed.length).fill(width - 1);
  /** By organisation and window: people who may come at the earliest, and those that go last at the latest. */
  const rows = new Map<number, { readonly people: Int32Array; readonly lasts: Int32Array }>();
  for (let mailbox = 0; mailbox < size; mailbox++) {
    if (role[mailbox] !== last || settled[mailbox] === 1) continue;
    const home = organisation[mailbox] as number;
    const row = rows.get(home) ?? { people: new Int32Array(width), lasts: new Int32Array(width) };
    rows.set(home, row);
    const latest = edge(conditions, mailbox, -1);
    if (latest >= 0) row.lasts[latest] = (row.lasts[latest] as number) + 1;
  }
  for (let mailbox = 0; mailbox < size; mailbox++) {
    if (role[mailbox] !== person || settled[mailbox] === 1) continue;
    const row = rows.get(organisation[mailbox] as number);
    const earliest = row ? edge(conditions, mailbox, 1) : -1;
    if (row && earliest >= 0) row.people[earliest] = (row.people[earliest] as number) + 1;
  }
  for (const [home, { people, lasts }] of rows) {
    let best = lasts.reduce((sum, each) => sum + each, 0);
    let found = best;
    limits[home] = -1;
    for (let window = 0; window < width; window++) {
      found += (people[window] as number) - (lasts[window] as number);
      if (found < best) continue;
      best = found;
      limits[home] = window;
    }
  }
  return limits;
}

/** The first window that a mailbox may take by dates, or with `step` -1 the last; -1 for none. */
function edge(conditions: Omit<Conditions, 'lastForPeople'>, mailbox: number, step: 1 | -1): number {
  const [from, to] = [conditions.from[mailbox] as number, conditions.to[mailbox] as number];
  for (let window = step === 1 ? from : to; window >= from && window <= to; window += step)
    if (mayTake(conditions, mailbox, window) && isWelcome(conditions, mailbox, window)) return window;
  return -1;
}
