/** What the planner is asked about an estate that the judge has read: the only place where the two meet. */

import { calendarIn } from '../../src/app/read-calendar.ts';
import { closedWindows, windowsOf } from '#domain/calendar-windows.ts';
import type { PlanningOrder } from '#planning/placement.ts';
import { noDayAfter, noDayBefore, type Roster } from '#planning/roster.ts';
import type { Estate } from './estate-files.ts';

export interface Wanted {
  readonly seed: number;
  readonly effortSeconds: number;
}

export function planningOrder(estate: Estate, calendarText: string, { seed, effortSeconds }: Wanted): PlanningOrder {
  const calendar = calendarIn('calendar.yaml', calendarText);
  const { windows } = windowsOf(calendar, estate.addresses.length);
  const roster = rosterOf(estate);
  return {
    roster,
    calendar,
    windows,
    closed: closedWindows(calendar, windows, roster.organisations),
    fixed: null,
    before: null,
    together: null,
    lastWishes: null,
    barred: null,
    seed,
    effortSeconds,
    excluded: null,
  };
}

function rosterOf(estate: Estate): Roster {
  const { organisations, addresses, kind, organisation, sizeBytes, notBefore, notAfter, grants } = estate;
  const codes = organisations.map(({ code }) => code);
  const dayNumber = (day: string, none: number): number => (day === '' ? none : Date.parse(day) / 86_400_000);
  return {
    size: addresses.length,
    address: (mailbox) => addresses[mailbox] as string,
    find: (address) => estate.numberOf.get(address.toLowerCase()) ?? -1,
    kind,
    organisation,
    sizeBytes,
    items: new Float64Array(addresses.length),
    notBefore: Int32Array.from(notBefore, (day) => dayNumber(day, noDayBefore)),
    notAfter: Int32Array.from(notAfter, (day) => dayNumber(day, noDayAfter)),
    waveHint: new Int32Array(addresses.length).fill(-1),
    organisations: organisations.map(({ code, parent }) => ({ code, name: code, parent: codes.indexOf(parent) })),
    hints: [],
    grants: {
      mailbox: grants.mailbox,
      grantee: grants.grantee,
      kind: grants.kind,
      unknown: { grants: grants.unknown, addresses: [] },
    },
  };
}
