/** What a plan changes in the one before, in words. */

import type { NamedDifference } from '#operations/plan-report.ts';
import { count, counted, shown, table } from './shown.ts';

export function differenceLines(difference: NamedDifference, most: number): readonly string[] {
  const { same, otherHour, earlier, later, newlyPlaced, newlyUnplaced, stillUnplaced, joiners, leavers } = difference;
  const rows: (readonly [number, string])[] = [
    [same, 'move when they did'],
    [otherHour, 'move on the same day, at another hour'],
    [earlier, 'move earlier'],
    [later, 'move later'],
    [newlyPlaced, 'have a window and had none'],
    [newlyUnplaced, 'had a window and have none'],
    [stillUnplaced, 'have none, as before'],
    [joiners.placed, 'joined, and have a window'],
    [joiners.unplaced, 'joined, and have none'],
    [leavers.mailboxes, 'are not in the estate any more'],
    [difference.moved, 'have moved since, or do in a window that has begun'],
    [difference.excluded, 'are held or excluded'],
  ];
  return [
    'Compared with the plan before',
    ...table(
      rows.filter(([mailboxes]) => mailboxes > 0).map(([mailboxes, words]) => [count(mailboxes), words]),
      new Set([0]),
    ).map((line) => `  ${line}`),
    costLine(difference),
    ...organisationLines(difference, most),
    ...difference.first
      .slice(0, most)
      .map(({ mailbox, from, to }) => `  ${shown(mailbox, 80)}: ${from} -> ${to ?? 'no window'}`),
  ];
}

function costLine({ grantDaysBefore, grantDaysAfter }: NamedDifference): string {
  return `Grant-days: ${count(grantDaysAfter)}; by the plan before, among those whom it gave a window, ${count(grantDaysBefore)}`;
}

function organisationLines({ organisations }: NamedDifference, most: number): readonly string[] {
  if (organisations.length === 0) return [];
  const told = organisations
    .slice(0, most)
    .map(({ organisation, mailboxes }) => `${shown(organisation, 20)} ${count(mailboxes)}`);
  return [
    `Most changed: ${told.join(', ')} (${counted(organisations.length, 'organisation')}${organisations.length < 20 ? '' : ' or more'})`,
  ];
}
