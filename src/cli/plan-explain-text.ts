/** Why somebody moves when they do, in words. */

import type { NamedExplanation } from '#operations/plan-report.ts';
import type { Forbidden } from '#planning/explain.ts';
import { bytes, count, counted, shown, table } from './shown.ts';

const rules: Readonly<Record<Forbidden, string>> = {
  'not-before': 'before its not_before',
  'not-after': 'after its not_after',
  closed: 'closed to its organisation',
  barred: 'on days on which it is wished not to move',
  'after-people': 'before the last person of its organisation',
  'before-others': 'after those who wait for its people',
  full: 'full',
  'too-large': 'too small for it',
};

/** So many of those who share grants with somebody. */
const partnersTold = 15;

export function explanationLines(explanation: NamedExplanation): readonly string[] {
  return [
    ...headLines(explanation),
    '',
    ...partnerLines(explanation),
    ...companionLines(explanation),
    '',
    ...windowLines(explanation),
  ];
}

function headLines(explanation: NamedExplanation): readonly string[] {
  const { mailbox, kind, organisation, sizeBytes, notBefore, notAfter } = explanation;
  const dates = [...(notBefore ? [`not before ${notBefore}`] : []), ...(notAfter ? [`not after ${notAfter}`] : [])];
  return [
    `${shown(mailbox, 100)}: ${kind} of ${shown(organisation, 40)}, ${bytes(sizeBytes)}${dates.length === 0 ? '' : `, ${dates.join(', ')}`}`,
    ...standingLines(explanation),
  ];
}

function standingLines({ standing, kept, cost }: NamedExplanation): readonly string[] {
  switch (standing.kind) {
    case 'moved':
      return [`It has moved on ${standing.day}, or its evening has been decided.`];
    case 'excluded':
      return ['It is held or excluded, and no plan places it.'];
    case 'unplaced':
      return [
        `It has no window. ${shown(standing.reason, 300)}`,
        ...(standing.change === '' ? [] : [shown(standing.change, 300)]),
      ];
    case 'placed':
      return [
        `It moves in ${standing.window.start} (${shown(standing.window.name, 40)}), which costs ${count(cost)} grant-days.`,
        keptText(kept),
      ];
  }
}

function keptText(kept: NamedExplanation['kept']): string {
  switch (kept.kind) {
    case 'cheapest':
      return 'No window would cost less.';
    case 'no-grants':
      return 'It shares no grant with anybody who moves, so any window is as good.';
    case 'effort':
      return `${kept.best.window.start} would cost ${count(kept.best.cost)} and is open to it: planned for longer (--effort), that may be found.`;
    case 'forbidden':
      return `${kept.best.window.start} would cost ${count(kept.best.cost)}, but is ${rulesText(kept.best.forbidden)}.`;
    case 'not-asked':
      return '';
  }
}

function partnerLines({ partners }: NamedExplanation): readonly string[] {
  if (partners.length === 0) return ['It shares no grant with anybody in the estate.'];
  const rows = partners
    .slice(0, partnersTold)
    .map(({ mailbox, kind, as, day, days, grantDays }) => [
      shown(mailbox, 60),
      kind,
      as === 'mailbox' ? 'theirs' : 'its own',
      day ?? 'no window',
      days === null ? '' : count(days),
      count(grantDays),
    ]);
  return [
    ...table(
      [['shares with', 'grant', 'whose mailbox', 'moves', 'days apart', 'grant-days'], ...rows],
      new Set([4, 5]),
    ),
    ...(partners.length > partnersTold ? [`… and ${counted(partners.length - partnersTold, 'grant')} more.`] : []),
  ];
}

function companionLines({ companions }: NamedExplanation): readonly string[] {
  if (companions.length === 0) return [];
  const told = companions
    .slice(0, partnersTold)
    .map(({ mailbox, day }) => `${shown(mailbox, 60)} (${day ?? 'no window'})`);
  return ['', `Wishes to move together with ${told.join(', ')}${companions.length > partnersTold ? ', …' : ''}`];
}

function windowLines({ windows, standing, cost }: NamedExplanation): readonly string[] {
  const own = standing.kind === 'placed' ? standing.window.start : null;
  const rows = windows.map(({ window, cost: then, forbidden }) => [
    window.start,
    shown(window.name, 20),
    count(then),
    own === null ? '' : signed(then - cost),
    window.start === own ? 'here it moves' : forbidden.length === 0 ? 'could' : rulesText(forbidden),
  ]);
  return table([['in window', '', 'grant-days', own === null ? '' : 'more', ''], ...rows], new Set([2, 3]));
}

function signed(difference: number): string {
  return difference > 0 ? `+${count(difference)}` : difference < 0 ? `-${count(-difference)}` : '0';
}

function rulesText(forbidden: readonly Forbidden[]): string {
  return forbidden.map((rule) => rules[rule]).join(', ');
}
