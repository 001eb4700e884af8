/** Over how many windows each organisation moves. */

import type { Placement, PlanningOrder } from './placement.ts';

/** Over how many windows organisations move; those without anybody placed are not counted. */
export interface OrganisationSpread {
  readonly organisations: number;
  readonly inOne: number;
  readonly inTwoOrThree: number;
  readonly inFourToTen: number;
  readonly inMore: number;
  readonly most: number;
  readonly mean: number;
}

export interface Spread {
  /** Of each organisation in how many windows it moves, and how many of it have one. */
  readonly windows: Int32Array;
  readonly mailboxes: Int32Array;
  /** Of each window how many organisations move in it. */
  readonly perWindow: Int32Array;
}

export function spreadOf({ roster, windows }: PlanningOrder, { window }: Placement): Spread {
  const all = roster.organisations.length;
  const spread = {
    windows: new Int32Array(all),
    mailboxes: new Int32Array(all),
    perWindow: new Int32Array(windows.length),
  };
  // Who moves in one window stands together, so that each organisation is seen there once by the window it was seen in last.
  const inWindow = groupedBy(window, windows.length);
  const seenIn = new Int32Array(all).fill(-1);
  for (const mailbox of inWindow) {
    const [organisation, w] = [roster.organisation[mailbox] as number, window[mailbox] as number];
    (spread.mailboxes[organisation] as number)++;
    if (seenIn[organisation] === w) continue;
    seenIn[organisation] = w;
    (spread.windows[organisation] as number)++;
    (spread.perWindow[w] as number)++;
  }
  return spread;
}

/** The numbers of all whose group is not negative, group by group. */
function groupedBy(group: Int32Array, groups: number): Int32Array {
  const from = new Int32Array(groups + 1);
  for (const g of group) if (g >= 0) (from[g + 1] as number)++;
  for (let g = 0; g < groups; g++) from[g + 1] = (from[g + 1] as number) + (from[g] as number);
  const members = new Int32Array(from[groups] as number);
  for (let i = 0; i < group.length; i++) {
    const g = group[i] as number;
    if (g < 0) continue;
    members[from[g] as number] = i;
    (from[g] as number)++;
  }
  return members;
}

export function inBands(windowsOf: Int32Array): OrganisationSpread {
  const bands = { organisations: 0, inOne: 0, inTwoOrThree: 0, inFourToTen: 0, inMore: 0, most: 0, mean: 0 };
  let sum = 0;
  for (const windows of windowsOf) {
    if (windows === 0) continue;
    bands.organisations++;
    sum += windows;
    bands.most = Math.max(bands.most, windows);
    if (windows === 1) bands.inOne++;
    else if (windows <= 3) bands.inTwoOrThree++;
    else if (windows <= 10) bands.inFourToTen++;
    else bands.inMore++;
  }
  return { ...bands, mean: bands.organisations === 0 ? 0 : sum / bands.organisations };
}
