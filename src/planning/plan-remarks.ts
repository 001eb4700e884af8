/** What is odd in a plan that keeps every rule: nobody in the pilot, people behind what should have waited for them, a search that ended. */

import { dayOfNumber } from '#domain/calendar-days.ts';
import { mailboxKinds } from '#domain/estate.ts';
import { isToPlace, lastKinds } from './moves.ts';
import { isBarred, notFixed, type Placement, type PlanningOrder } from './placement.ts';
import { noDayBefore } from './roster.ts';
import { windowText } from './why-not-words.ts';

/** In sentences, for people. */
export function planRemarks(order: PlanningOrder, placement: Placement): readonly string[] {
  return [...emptyPilot(order, placement), ...behindFixed(order, placement), ...cutShort(placement)];
}

/** Why nobody moves first, by what each is kept from it by, and what would change that soonest. */
function emptyPilot(order: PlanningOrder, { window }: Placement): readonly string[] {
  const { roster, windows, calendar } = order;
  const pilot = windows[0];
  if (pilot?.isPilot !== true || pilot.mailboxes === 0 || window.includes(0)) return [];
  const why = { later: 0, earlier: 0, closed: 0, wishes: 0, waits: 0, large: 0, other: 0 };
  const isLast = lastKinds(calendar.kindsLast);
  const nearest = { mailbox: -1, day: Number.POSITIVE_INFINITY };
  let toOpen = -1;
  for (let m = 0; m < roster.size; m++) {
    if (!isToPlace(order, m)) continue;
    const [home, notBefore] = [roster.organisation[m] as number, roster.notBefore[m] as number];
    const isClosed = order.closed[home]?.[0] === 1;
    if (isLast[roster.kind[m] as number] === 1) why.waits++;
    else if ((roster.sizeBytes[m] as number) > pilot.bytes) why.large++;
    else if (pilot.dayNumber > (roster.notAfter[m] as number)) why.earlier++;
    else if (notBefore !== noDayBefore && notBefore > pilot.dayNumber) {
      why.later++;
      if (!isClosed && notBefore < nearest.day) [nearest.mailbox, nearest.day] = [m, notBefore];
    } else if (isClosed) {
      why.closed++;
      toOpen = home;
    } else if (isBarred(order.barred, home, m, 0)) why.wishes++;
    else why.other++;
  }
  const reasons = [
    [why.later, 'may not move so early (not_before)'],
    [why.closed, 'are of organisations that are closed then'],
    [why.waits, 'wait for the people of their organisation'],
    [why.wishes, 'wish not to move then'],
    [why.large, 'are too large for it'],
    [why.earlier, 'may not move so late (not_after)'],
    [why.other, 'are kept from it by others'],
  ] as const;
  const told = reasons.filter(([mailboxes]) => mailboxes > 0).map(([mailboxes, words]) => `${mailboxes} ${words}`);
  const change =
    nearest.mailbox >= 0
      ? ` The nearest change: not_before ${dayOfNumber(nearest.day)} -> ${pilot.day} for ${roster.address(nearest.mailbox)}.`
      : toOpen >= 0
        ? ` The nearest change: open ${windowText(pilot)} to ${roster.organisations[toOpen]?.code ?? ''}.`
        : '';
  return [`Nobody moves in the pilot, ${windowText(pilot)}: ${told.join(', ') || 'nobody is to be placed'}.${change}`];
}

const aPerson = mailboxKinds.indexOf('person');

/** People who move behind what goes last and is fixed already: it cannot wait for them any more. */
function behindFixed(
  { roster, windows, calendar, fixed, excluded }: PlanningOrder,
  { window }: Placement,
): readonly string[] {
  if (fixed === null) return [];
  const isLast = lastKinds(calendar.kindsLast);
  const fixedOn = new Map<number, number>();
  for (let m = 0; m < roster.size; m++) {
    const day = fixed[m] as number;
    if (day === notFixed || excluded?.[m] === 1 || isLast[roster.kind[m] as number] !== 1) continue;
    const home = roster.organisation[m] as number;
    fixedOn.set(home, Math.min(day, fixedOn.get(home) ?? day));
  }
  if (fixedOn.size === 0) return [];
  const homes = new Map<number, number>();
  for (let m = 0; m < roster.size; m++) {
    const home = roster.organisation[m] as number;
    const day = windows[window[m] as number]?.dayNumber ?? null;
    const fixedDay = fixedOn.get(home);
    if (roster.kind[m] === aPerson && day !== null && fixedDay !== undefined && day >= fixedDay)
      homes.set(home, (homes.get(home) ?? 0) + 1);
  }
  const people = homes.values().reduce((sum, each) => sum + each, 0);
  if (people === 0) return [];
  const codes = [...homes.keys()].slice(0, 3).map((home) => roster.organisations[home]?.code ?? '');
  return [
    `${people} ${people === 1 ? 'person moves' : 'people move'} after mailboxes that should have waited for them, and have moved or stand in a wave that was started: ${codes.join(', ')}${homes.size > codes.length ? ', …' : ''}.`,
  ];
}

function cutShort({ cutShort: mailboxes = 0 }: Placement): readonly string[] {
  if (mailboxes === 0) return [];
  return [
    `The search for room ended before it had looked everywhere for ${mailboxes === 1 ? 'one mailbox' : `${mailboxes} mailboxes`} without a window: more --effort may place ${mailboxes === 1 ? 'it' : 'them'}.`,
  ];
}
