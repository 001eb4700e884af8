/** What a plan changes, or would; or in what the estate is another than the plan takes it for. */

import type { PlanApplied } from '#operations/apply-plan.ts';
import { type NamedCase, type PlanRefusal, planRefusals } from '#planning/estate-moved.ts';
import type { WaveToBe } from '#planning/plan-against-estate.ts';
import { names } from './names.ts';
import { count, counted, shown, table } from './shown.ts';

const headings = {
  unknown: 'In the plan, and not in the estate',
  joined: 'In the estate, and not in the plan',
  dates: 'Dates that do not allow the day',
  closed: 'Organisations that cannot then',
  order: 'Kinds that move last would not',
  over: 'Waves whose window has begun',
  'no-window': 'Waves for which the calendar has no window',
  pilot: 'The pilot is empty',
  full: 'Windows that are too small',
} as const satisfies Record<PlanRefusal, string>;

export function refusedLines({ file, found }: PlanApplied): readonly string[] {
  const refused = found.refused ?? {};
  const kinds = planRefusals.filter((kind) => refused[kind] !== undefined);
  return [
    `The plan ${shown(file, 300)} was made for another estate than this is now. Nothing was changed.`,
    ...kinds.flatMap((kind) => {
      const cases = refused[kind];
      return cases
        ? ['', `${headings[kind]} (${count(cases.count)})`, ...names(cases.first, caseCells, cases.count)]
        : [];
    }),
    '',
    'Plan anew, which changes little: godwit plan --calendar … -o plan.csv',
  ];
}

function caseCells({ name, says }: NamedCase): readonly string[] {
  return [name, says];
}

export function appliedLines(applied: PlanApplied, took: string): readonly string[] {
  const { found, emptied, changed, dryRun } = applied;
  const { changes, waves, leftAlone } = found;
  return [
    ...table(
      [
        ['get a wave', count(changes.planned)],
        ['go to another', count(changes.moved)],
        ['go to none', count(changes.takenOut)],
        ['stay', count(changes.unchanged)],
      ],
      new Set([1]),
    ),
    ...newLines(waves),
    ...otherLines(waves),
    ...(emptied.length === 0
      ? []
      : [
          '',
          `Waves that lose the last of their mailboxes, and go (${count(emptied.length)})`,
          ...names(emptied, (name) => [name]),
        ]),
    ...(leftAlone.count === 0
      ? []
      : [
          '',
          `Left where they are, whatever the plan says (${count(leftAlone.count)})`,
          ...names(leftAlone.first, caseCells, leftAlone.count),
        ]),
    '',
    lastLine(changed, dryRun, isNothing(applied), took),
  ];
}

function newLines(waves: readonly WaveToBe[]): readonly string[] {
  const made = waves.filter(({ there }) => there === null).toSorted((a, b) => (a.start < b.start ? -1 : 1));
  return made.length === 0 ? [] : ['', `New waves (${count(made.length)})`, ...names(made, waveCells)];
}

function otherLines(waves: readonly WaveToBe[]): readonly string[] {
  const other = waves.filter(({ isRescheduled }) => isRescheduled);
  return other.length === 0
    ? []
    : ['', `Waves that get another window (${count(other.length)})`, ...names(other, waveCells)];
}

function waveCells({ name, start, mailboxes }: WaveToBe): readonly string[] {
  return [name, start, counted(mailboxes, 'mailbox', 'mailboxes')];
}

function isNothing({ found: { changes, waves } }: PlanApplied): boolean {
  const { planned, moved, takenOut } = changes;
  return planned + moved + takenOut === 0 && !waves.some(({ isRescheduled }) => isRescheduled);
}

function lastLine(changed: boolean, dryRun: boolean, isNothingToDo: boolean, took: string): string {
  if (changed) return `Applied in ${took}. Begin with: godwit wave list, and godwit wave start NAME`;
  if (isNothingToDo) return 'The waves are as the plan says already; nothing was changed.';
  return dryRun ? 'Nothing was changed: this was a dry run. Add --yes to apply it.' : 'Nothing was changed.';
}
