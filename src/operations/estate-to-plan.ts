/** The two places in which an estate to plan may be: a folder with its three files, or the database. */

import type { Calendar } from '#domain/calendar.ts';
import { closedWindows, windowsOf } from '#domain/calendar-windows.ts';
import type { OpenWishes } from '#ports/dates.ts';
import type { EstateToPlan } from './plan-estate.ts';
import { readRoster } from './read-roster.ts';
import type { EstateRoster } from './roster-of-estate.ts';

/** No server and no database is asked; nobody has moved yet, and every window of the calendar can be used. */
export function folderEstate(folder: string): EstateToPlan {
  return {
    async read(calendar, told, signal, heard) {
      const roster = await readRoster(folder, told, signal, heard);
      const { windows, unusable } = windowsOf(calendar, roster.size);
      const closed = closedWindows(calendar, windows, roster.organisations);
      const { toThemselves, twice } = roster.leftOut;
      const remarks = [
        ...leftOutRemark(toThemselves, 'gives a mailbox to itself', 'give a mailbox to itself'),
        ...leftOutRemark(twice, 'repeats an earlier one', 'repeat an earlier one'),
        ...unknownRemarks(roster.grants.unknown),
      ];
      return {
        roster,
        windows,
        closed,
        unusable,
        fixed: null,
        before: null,
        excluded: null,
        standing: null,
        wished: [],
        remarks,
      };
    },
  };
}

/** As it was imported, with all that has become of it since; what has begun, or is over, takes nobody more. */
export function importedEstate(
  rosterOf: (calendar: Calendar, signal: AbortSignal) => Promise<EstateRoster>,
  wishesOf: OpenWishes['open'],
): EstateToPlan {
  return {
    async read(calendar, _told, signal) {
      const estate = await rosterOf(calendar, signal);
      const { roster, windows, closed, unusable, fixed, before, excluded, wave, waves, standings } = estate;
      return {
        roster,
        windows,
        closed,
        unusable,
        fixed,
        before,
        excluded,
        wished: await wishesOf(signal),
        standing: { wave, waves, begun: standings.begun },
        remarks: unknownRemarks(roster.grants.unknown),
      };
    },
  };
}

function leftOutRemark(lines: number, does: string, doSo: string): readonly string[] {
  if (lines === 0) return [];
  return [
    lines === 1
      ? `One line of grants.csv ${does} and is left out.`
      : `${lines} lines of grants.csv ${doSo} and are left out.`,
  ];
}

/** So many addresses are named. */
const named = 5;

function unknownRemarks({
  grants,
  addresses,
}: {
  readonly grants: number;
  readonly addresses: readonly string[];
}): readonly string[] {
  if (grants === 0) return [];
  const first = addresses.slice(0, named).join(', ');
  const which = first === '' ? '' : `: ${first}${grants > named ? ', …' : ''}`;
  const have = grants === 1 ? 'One grant has' : `${grants} grants have`;
  return [`${have} an end that is not in the estate, and no part in the plan${which}`];
}
