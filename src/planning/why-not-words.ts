/** Why somebody has no window, and what would give them one, in sentences. */

import type { PlanWindow } from '#domain/calendar.ts';
import { dayOfNumber } from '#domain/calendar-days.ts';
import { sizeText } from '#lib/size-text.ts';
import type { PlanningOrder } from './placement.ts';
import { noDayAfter, noDayBefore } from './roster.ts';
import type { Part, WhyNot } from './why-not.ts';

export function reasonText(order: PlanningOrder, { mailbox, reason }: WhyNot): string {
  const code = codeOf(order, mailbox);
  const span = spanText(order, mailbox);
  switch (reason.kind) {
    case 'dates':
      return `No window opens ${span === '' ? 'in this calendar' : span}.`;
    case 'closed':
      return `The organisation ${code} is closed in every window${span === '' ? '' : ` that opens ${span}`}.`;
    case 'after-people':
      return `It waits for the people of ${code}, the last of whom moves on ${dayOfNumber(reason.lastDay)}, and no later window is open to it${span === '' ? '' : ` ${span}`}.`;
    case 'before-others':
      return `Mailboxes that wait for the people of ${code} move from ${dayOfNumber(reason.firstDay)} on, and no earlier window is open to it${span === '' ? '' : ` ${span}`}.`;
    case 'too-large':
      return `Its size exceeds what any window that is open to it takes, by ${sizeText(reason.bytesOver)}.`;
    case 'full':
      return reason.windows === 1
        ? 'The one window that is open to it is full.'
        : `All ${reason.windows} windows that are open to it are full.`;
    case 'room-left':
      return `None: there is room in ${windowText(reason.window)}.`;
  }
}

/** The smallest change, and empty where none is known. */
export function changeText(order: PlanningOrder, { mailbox, change }: WhyNot): string {
  if (change === null) return '';
  if (change.parts.length === 0)
    return `Nothing; plan with more --effort, and it may move in ${windowText(change.window)}.`;
  const parts = change.parts.map((part) => partText(order, mailbox, change.window, part));
  return `${parts.join('; ')}: it then moves in ${windowText(change.window)}`;
}

/** `evening of 2026-09-14`. */
export function windowText({ name, day }: PlanWindow): string {
  return `${name} of ${day}`;
}

function partText(order: PlanningOrder, mailbox: number, window: PlanWindow, part: Part): string {
  switch (part.kind) {
    case 'not-before':
      return `not_before ${dayOfNumber(part.from)} -> ${dayOfNumber(part.to)}`;
    case 'not-after':
      return `not_after ${dayOfNumber(part.from)} -> ${dayOfNumber(part.to)}`;
    case 'open':
      return `open ${windowText(window)} to ${codeOf(order, mailbox)}`;
    case 'room':
      return `${roomText(part)} in ${windowText(window)}`;
    case 'until':
      return `the calendar goes on until ${dayOfNumber(part.to)}`;
    case 'others-later':
      return part.moves.length === 1
        ? `${order.roster.address(part.moves[0]?.mailbox ?? 0)}, which waits for it, moves later`
        : `${part.moves.length} mailboxes that wait for it move later`;
  }
}

export function roomText({ mailboxes, bytes }: { readonly mailboxes: number; readonly bytes: number }): string {
  const told = [
    ...(mailboxes > 0 ? [`${mailboxes} more ${mailboxes === 1 ? 'mailbox' : 'mailboxes'}`] : []),
    ...(bytes > 0 ? [`${sizeText(bytes)} more`] : []),
  ];
  return told.join(' and ');
}

function codeOf({ roster }: PlanningOrder, mailbox: number): string {
  return roster.organisations[roster.organisation[mailbox] as number]?.code ?? '';
}

/** Its own dates; empty where it has none. */
function spanText({ roster }: PlanningOrder, mailbox: number): string {
  const [from, to] = [roster.notBefore[mailbox] as number, roster.notAfter[mailbox] as number];
  if (from !== noDayBefore && from === to) return `on ${dayOfNumber(from)}, to which it is pinned`;
  if (from !== noDayBefore && to !== noDayAfter) return `from ${dayOfNumber(from)} to ${dayOfNumber(to)}`;
  if (from !== noDayBefore) return `on or after ${dayOfNumber(from)}`;
  return to === noDayAfter ? '' : `on or before ${dayOfNumber(to)}`;
}
