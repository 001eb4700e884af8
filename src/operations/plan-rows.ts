/** The lines of the tables beside a plan: `plan.splits.csv`, `plan.unplaced.csv` and `plan.wishes.csv`. */

import { dayOfNumber } from '#domain/calendar-days.ts';
import { grantKinds, mailboxKinds } from '#domain/estate.ts';
import { csvCell, csvLine } from '#lib/csv-cells.ts';
import type { PlanningOrder } from '#planning/placement.ts';
import type { Roster } from '#planning/roster.ts';
import type { UnknownGrant } from '#planning/roster-builder.ts';
import { type OpenSplit, type Split, splitSides } from '#planning/split.ts';
import { meanwhile } from '#planning/split-words.ts';
import type { WhyNot } from '#planning/why-not.ts';
import { changeText, reasonText } from '#planning/why-not-words.ts';
import type { WishOutcome } from '#planning/wishes-outcome.ts';

export const splitsHeader = csvLine([
  'mailbox',
  'grantee',
  'kind',
  'moves_first',
  'from',
  'until',
  'days',
  'mailbox_organisation',
  'grantee_organisation',
  'meanwhile',
]);

/**
 * Gives lines for splits; one of which the other end has no window has neither `until` nor days. There may be a million, so whatever
 * comes again is made once.
 */
export function splitLines({ roster }: PlanningOrder): (split: Readonly<Split> | Readonly<OpenSplit>) => string {
  const codes = roster.organisations.map(({ code }) => csvCell(code));
  const days = new Map<number, string>();
  const dayText = (day: number): string => {
    const known = days.get(day);
    if (known !== undefined) return known;
    const text = dayOfNumber(day);
    days.set(day, text);
    return text;
  };
  const words = new Map(
    grantKinds.map((kind) => [
      kind,
      new Map(splitSides.map((side) => [side, csvCell(meanwhile(kind, side).inShort)] as const)),
    ]),
  );
  return (split) => {
    const { mailbox, grantee, kind, first, fromDay } = split;
    const until = 'untilDay' in split ? `${dayText(split.untilDay)},${split.days}` : ',';
    return `${addressCell(roster, mailbox)},${addressCell(roster, grantee)},${kind},${first},${dayText(fromDay)},${until},${
      codes[roster.organisation[mailbox] as number]
    },${codes[roster.organisation[grantee] as number]},${words.get(kind)?.get(first)}\r\n`;
  };
}

function addressCell(roster: Roster, mailbox: number): string {
  const address = roster.address(mailbox);
  return plain.test(address) ? address : csvCell(address);
}

/** An address that no spreadsheet takes for anything else. */
const plain = /^[a-zA-Z0-9][\w.@+-]*$/;

export const unplacedHeader = csvLine(['address', 'organisation', 'kind', 'reason', 'smallest_change']);

export function unplacedLine(order: PlanningOrder, whyNot: WhyNot): string {
  const { roster } = order;
  const { mailbox } = whyNot;
  return csvLine([
    roster.address(mailbox),
    roster.organisations[roster.organisation[mailbox] as number]?.code ?? null,
    mailboxKinds[roster.kind[mailbox] as number] ?? null,
    reasonText(order, whyNot),
    changeText(order, whyNot),
  ]);
}

export const unknownHeader = csvLine(['mailbox', 'grantee', 'kind', 'unknown']);

export function unknownLine({ mailbox, grantee, kind, unknown }: UnknownGrant): string {
  return csvLine([mailbox, grantee, kind, unknown]);
}

export const wishesHeader = csvLine(['lines', 'organisation', 'wish', 'group', 'mailboxes', 'granted', 'why']);

export function wishLine({ lines, organisation, kind, group, mailboxes, granted, why }: WishOutcome): string {
  return csvLine([lines.join(' '), organisation, kind, group, mailboxes, granted, why]);
}
