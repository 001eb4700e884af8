/**
 * The best plan there is, found by trying all of them: for estates so tiny that this ends. What the planner answers is held
 * against it. Fewest unplaced first, then the least grant-days, then the earliest end; the rules are the judge's.
 */

import { type JudgedCalendar, type JudgedWindow } from './calendar-windows.ts';
import { type Estate, mailboxKinds } from './estate-files.ts';
import { closedWindows } from './judged-rules.ts';

export interface Best {
  readonly unplaced: number;
  readonly grantDays: number;
  /** The last window that anybody is in; -1 where nobody is placed. */
  readonly finish: number;
  /** The window of each mailbox, -1 for none: one of those that are as good. */
  readonly placed: Int32Array;
}

export const mailboxesMost = 7;
export const windowsMost = 4;

export function bestPlan(estate: Estate, calendar: JudgedCalendar): Best {
  const windows = calendar.windows(estate.addresses.length);
  if (estate.addresses.length > mailboxesMost || windows.length > windowsMost)
    throw new Error(`${estate.addresses.length} mailboxes in ${windows.length} windows are too many to try`);
  const closed = closedWindows(estate, calendar, windows);
  const placed = new Int32Array(estate.addresses.length).fill(-1);
  const room = windows.map(({ mailboxes, bytes }) => ({ mailboxes, bytes }));
  let best: Best | null = null;

  const tryFrom = (mailbox: number, unplaced: number): void => {
    if (best && unplaced > best.unplaced) return;
    if (mailbox === placed.length) {
      if (!isInOrder(estate, calendar, windows, closed, placed)) return;
      const grantDays = grantDaysOf(estate, calendar, windows, placed);
      const finish = Math.max(-1, ...placed);
      if (!best || (unplaced - best.unplaced || grantDays - best.grantDays || finish - best.finish) < 0)
        best = { unplaced, grantDays, finish, placed: placed.slice() };
      return;
    }
    const sizeBytes = estate.sizeBytes[mailbox] as number;
    for (const [number, left] of room.entries()) {
      if (left.mailboxes < 1 || left.bytes < sizeBytes || !mayMove(estate, windows, closed, mailbox, number)) continue;
      left.mailboxes--;
      left.bytes -= sizeBytes;
      placed[mailbox] = number;
      tryFrom(mailbox + 1, unplaced);
      placed[mailbox] = -1;
      left.mailboxes++;
      left.bytes += sizeBytes;
    }
    tryFrom(mailbox + 1, unplaced + 1);
  };

  tryFrom(0, 0);
  if (!best) throw new Error('to place nobody breaks no rule');
  return best;
}

/** By its dates and by the blackouts of its organisation. */
function mayMove(
  { organisation, notBefore, notAfter }: Estate,
  windows: readonly JudgedWindow[],
  closed: ReturnType<typeof closedWindows>,
  mailbox: number,
  number: number,
): boolean {
  const { day } = windows[number] as JudgedWindow;
  if (closed.get(organisation[mailbox] as number)?.has(number)) return false;
  return day >= (notBefore[mailbox] as string) && (notAfter[mailbox] === '' || day <= (notAfter[mailbox] as string));
}

/** Whether those who come last do, and whether somebody is in the pilot if anybody could be. */
function isInOrder(
  estate: Estate,
  { kindsLast, hasPilot }: JudgedCalendar,
  windows: readonly JudgedWindow[],
  closed: ReturnType<typeof closedWindows>,
  placed: Int32Array,
): boolean {
  const { kind, organisation, sizeBytes } = estate;
  const comesLast = (mailbox: number): boolean => kindsLast.includes(kind[mailbox] as number);
  const isBehindItsPeople = (mailbox: number, window: number): boolean =>
    placed.every(
      (other, person) =>
        kind[person] !== mailboxKinds.indexOf('person') ||
        organisation[person] !== organisation[mailbox] ||
        (windows[other]?.start ?? '') < (windows[window]?.start ?? ''),
    );
  for (const [mailbox, window] of placed.entries())
    if (window >= 0 && comesLast(mailbox) && !isBehindItsPeople(mailbox, window)) return false;
  if (!hasPilot || windows.length === 0 || placed.includes(0)) return true;
  return !placed.keys().some((mailbox) => {
    if ((sizeBytes[mailbox] as number) > (windows[0]?.bytes ?? 0)) return false;
    if (!mayMove(estate, windows, closed, mailbox, 0)) return false;
    return !comesLast(mailbox) || isBehindItsPeople(mailbox, 0);
  });
}

function grantDaysOf(
  { grants }: Estate,
  { weights }: JudgedCalendar,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
): number {
  let sum = 0;
  for (let i = 0; i < grants.count; i++) {
    const one = windows[placed[grants.mailbox[i] as number] as number];
    const other = windows[placed[grants.grantee[i] as number] as number];
    if (one && other) sum += Math.abs(one.dayNumber - other.dayNumber) * (weights[grants.kind[i] as number] as number);
  }
  return sum;
}
