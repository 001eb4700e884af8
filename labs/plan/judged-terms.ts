/** What a plan costs, term by term of the objective. */

import type { JudgedCalendar, JudgedWindow } from './calendar-windows.ts';
import type { Estate } from './estate-files.ts';

export interface Terms {
  readonly mailboxes: number;
  readonly placed: number;
  readonly unplaced: number;
  /** Σ weight × days apart over the grants with two placed ends. */
  readonly grantDays: number;
  /** Of that, what the grants to and of kinds that come last take, and what those of people with dates of their own do. */
  readonly grantDaysOfKindsLast: number;
  readonly grantDaysOfDated: number;
  /** Grants whose ends move in different windows. */
  readonly splitGrants: number;
  /** The start of the last window that is used, null where none is. */
  readonly finish: string | null;
  readonly windowsUsed: number;
  /** The mean number of windows over the organisations that have somebody placed. */
  readonly windowsPerOrganisation: number;
}

export function termsOf(
  { organisations, organisation, kind, notBefore, notAfter, grants }: Estate,
  calendar: JudgedCalendar,
  windows: readonly JudgedWindow[],
  placed: Int32Array,
): Terms {
  let grantDays = 0;
  let grantDaysOfKindsLast = 0;
  let grantDaysOfDated = 0;
  let splitGrants = 0;
  const isLast = (mailbox: number): boolean => calendar.kindsLast.includes(kind[mailbox] as number);
  const isDated = (mailbox: number): boolean => notBefore[mailbox] !== '' || notAfter[mailbox] !== '';
  for (let i = 0; i < grants.count; i++) {
    const [a, b] = [grants.mailbox[i] as number, grants.grantee[i] as number];
    const [one, other] = [windows[placed[a] as number], windows[placed[b] as number]];
    if (!one || !other || one === other) continue;
    splitGrants++;
    const days = Math.abs(one.dayNumber - other.dayNumber) * (calendar.weights[grants.kind[i] as number] as number);
    grantDays += days;
    if (isLast(a) || isLast(b)) grantDaysOfKindsLast += days;
    else if (isDated(a) || isDated(b)) grantDaysOfDated += days;
  }
  const used = new Set<number>();
  const pairs = new Set<number>();
  const present = new Set<number>();
  for (const [mailbox, window] of placed.entries()) {
    if (window < 0) continue;
    used.add(window);
    present.add(organisation[mailbox] as number);
    pairs.add((organisation[mailbox] as number) * windows.length + window);
  }
  const unplaced = placed.reduce((count, window) => count + (window < 0 ? 1 : 0), 0);
  return {
    mailboxes: placed.length,
    placed: placed.length - unplaced,
    unplaced,
    grantDays,
    grantDaysOfKindsLast,
    grantDaysOfDated,
    splitGrants,
    finish: windows[Math.max(...used)]?.start ?? null,
    windowsUsed: used.size,
    windowsPerOrganisation: organisations.length === 0 ? 0 : pairs.size / Math.max(1, present.size),
  };
}
