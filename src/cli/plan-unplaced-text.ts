/** Who has no window, and what it would take: of a plan in words. */

import type { NamedUnplaced, PlanReport } from '#operations/plan-report.ts';
import type { Shortage } from '#planning/summary-shortage.ts';
import type { Reason } from '#planning/why-not.ts';
import { bytes, count, counted, shown } from './shown.ts';

const reasons: Readonly<Record<Reason['kind'], string>> = {
  dates: 'no window opens between their own dates',
  closed: 'their organisation is closed in every window between their dates',
  'after-people': 'no window is open to them after the last person of their organisation',
  'before-others': 'no window is open to them before those who wait for their organisation',
  'too-large': 'larger than any window that is open to them takes',
  full: 'every window that is open to them is full',
  'room-left': 'there is room for them, which was not found: plan with more --effort',
};

export function unplacedLines({ unplaced, shortage }: PlanReport, most: number): readonly string[] {
  return [...(shortage ? shortageLines(shortage) : []), ...(unplaced ? withoutWindow(unplaced, most) : [])];
}

function shortageLines({ mailboxes, bytes: size, finish }: Shortage): readonly string[] {
  const short = [
    ...(mailboxes > 0 ? [counted(mailboxes, 'mailbox', 'mailboxes')] : []),
    ...(size > 0 ? [bytes(size)] : []),
  ];
  return [
    `The windows are too small: ${short.join(' and ')} more than fit into all of them.`,
    finish
      ? `Were the calendar to go on as it does every week, the last would move on ${finish.day} (${shown(finish.name, 40)}).`
      : 'Were the calendar to go on as it does every week, ten years would not be enough.',
    '',
  ];
}

function withoutWindow({ mailboxes, reasons: found, changes, first }: NamedUnplaced, most: number): readonly string[] {
  return [
    `Without a window (${count(mailboxes)})`,
    ...found.map((each) => `  ${count(each.mailboxes)}: ${reasons[each.kind]}`),
    'Together, the smallest changes that would place them',
    ...changeLines(changes, most).map((line) => `  ${line}`),
    ...first
      .slice(0, most)
      .flatMap(({ mailbox, reason, change }) => [
        `  ${shown(mailbox, 80)}: ${shown(reason, 300)}`,
        ...(change === '' ? [] : [`    ${shown(change, 300)}`]),
      ]),
    ...(mailboxes > most
      ? [`  … and ${count(mailboxes - most)} more, in plan.unplaced.csv (written with -o plan.csv).`]
      : []),
  ];
}

function changeLines(
  { room, open, dates, until, othersLater, nothing, unknown }: NamedUnplaced['changes'],
  most: number,
): readonly string[] {
  const more = (mailboxes: number, size: number): string =>
    [...(mailboxes > 0 ? [counted(mailboxes, 'mailbox', 'mailboxes')] : []), ...(size > 0 ? [bytes(size)] : [])].join(
      ' and ',
    );
  const [widest] = room.first;
  return [
    ...(widest
      ? [
          room.windows === 1
            ? `room for ${more(room.mailboxes, room.bytes)} more in ${widest.window.start}`
            : `room for ${more(room.mailboxes, room.bytes)} more in ${count(room.windows)} windows (most: ${more(widest.mailboxes, widest.bytes)} in ${widest.window.start})`,
        ]
      : []),
    ...(open.organisations > 0
      ? [
          `windows opened to ${counted(open.organisations, 'organisation')} for ${counted(open.mailboxes, 'mailbox', 'mailboxes')}: ${open.first
            .slice(0, most)
            .map(({ organisation }) => shown(organisation, 20))
            .join(', ')}${open.organisations > most ? ', …' : ''}`,
        ]
      : []),
    ...(dates.mailboxes > 0
      ? [
          `other dates for ${counted(dates.mailboxes, 'mailbox', 'mailboxes')}, by ${counted(dates.daysMost, 'day')} at most`,
        ]
      : []),
    ...(until ? [`the calendar until ${until.day} for ${counted(until.mailboxes, 'mailbox', 'mailboxes')}`] : []),
    ...(othersLater > 0 ? [`others moved later for ${counted(othersLater, 'mailbox', 'mailboxes')}`] : []),
    ...(nothing > 0 ? [`nothing for ${counted(nothing, 'mailbox', 'mailboxes')}: more --effort may place them`] : []),
    ...(unknown > 0 ? [`none is known for ${counted(unknown, 'mailbox', 'mailboxes')}`] : []),
  ];
}
