/** The contract: plans. Files are sent before (`POST /v1/files`); what is planned is told line by line, files of the plan and all. */

import Type from 'typebox';
import { applySteps } from '#operations/apply-plan.ts';
import { anyReason, fileName, longOrder, name } from './operation.ts';
import { planReport } from './shapes/plan.ts';
import { planApplied } from './shapes/plan-applied.ts';
import { rehearsalReport, stand } from './shapes/rehearsal.ts';
import { count, fields, flag, maybe, milliseconds, named, number, oneOf, text } from './shapes/shape.ts';

/** One that was sent. */
export const givenFile = fields({
  file: fileName('What `POST /v1/files` called it: its SHA-256.'),
  name: name('What it is called where it lies, for messages and the audit log.'),
});

/** Each is told apart, and more than these nobody reads. */
const explainedMost = 100;
/** An hour: planned for longer than some minutes a plan hardly gets better. */
const effortMost = 3_600;
const seedMost = 2 ** 31 - 1;
const runsMost = 100;
const longTime = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 10 * 366 * 86_400_000, description: `Milliseconds. ${description}` });

/** As `godwit plan -o plan.csv` names what lies beside the plan, in the order in which they are told. */
export const toldFiles = ['plan', 'unknown', 'splits', 'unplaced', 'wishes'] as const;

const progressLine = named('PlanProgress', 'How far it has come.', {
  progress: fields({
    step: text('What is being done.'),
    share: number('How much of the effort is spent, from 0 to 1.'),
    grantDays: maybe(number('What the best plan so far has come to.')),
  }),
});
const fileLine = named('PlanPart', 'A part of a file of the plan: all parts of one, in their order, are that file.', {
  file: oneOf(toldFiles, 'Which: the plan itself, or a table beside it (docs/planning.md).'),
  text: text('What it goes on with, in UTF-8.'),
});
const readsLine = named('RehearsalReads', 'What is being read.', { reads: text('In words.') });
const clocksLine = named('RehearsalClocks', 'Whose clocks are shown.', { clocks: text('A time zone.') });
const standsLine = named('RehearsalStands', 'How it stands.', {
  stands: fields({
    run: count('Its number, from 0 on.'),
    stand: maybe(stand),
    over: maybe(fields({ begins: milliseconds('Since 1970.'), ends: milliseconds('Since 1970.') })),
  }),
});
const rehearsalLine = named('RehearsalDone', 'The last line.', { rehearsal: rehearsalReport });
const applyingLine = named('PlanApplying', 'How far it has come.', {
  begins: oneOf(applySteps, 'What takes its time next.'),
});
const appliedLine = named('PlanDone', 'The last line.', { applied: planApplied });
const reportLine = named('PlanTold', 'The last line of a plan that is whole.', { report: planReport });

export const plansContract = {
  'make-plan': longOrder({
    path: '/v1/plans',
    does: 'Plan the estate: who moves when. Nothing is changed by it.',
    act: 'plan',
    body: fields({
      calendar: givenFile,
      wishes: Type.Optional(givenFile),
      earlier: Type.Optional(givenFile),
      explain: Type.Optional(
        Type.Array(name('An address.'), { maxItems: explainedMost, description: 'Of whom it is to be told why.' }),
      ),
      seed: Type.Optional(Type.Integer({ minimum: 0, maximum: seedMost, description: 'Of the chance; else 1.' })),
      effortSeconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: effortMost, description: 'For how long to improve it; else as is usual.' }),
      ),
      files: Type.Optional(flag('Whether its files are told, and not its report alone; else they are.')),
    }),
    answer: Type.Union([progressLine, fileLine, reportLine]),
  }),
  'apply-plan': longOrder({
    path: '/v1/plans/apply',
    does: 'Make a plan the waves of the estate, all of it or nothing, or tell what would change.',
    act: 'plan',
    body: fields({
      plan: givenFile,
      calendar: givenFile,
      dryRun: Type.Optional(flag('Only tell what would change.')),
      errorBudget: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'The share of a new wave that may fail before it pauses; else as the settings say.',
        }),
      ),
      ...anyReason,
    }),
    answer: Type.Union([applyingLine, appliedLine]),
  }),
  'rehearse-plan': longOrder({
    path: '/v1/plans/rehearse',
    does: 'Play the whole programme of a plan on a virtual clock. Nothing is changed by it.',
    act: 'plan',
    body: fields({
      plan: givenFile,
      calendar: givenFile,
      weather: Type.Optional(givenFile),
      rates: Type.Optional(givenFile),
      seed: Type.Optional(
        Type.Integer({ minimum: 1, maximum: seedMost - 1_000, description: 'Of the first run; else 1.' }),
      ),
      runs: Type.Optional(
        Type.Integer({ minimum: 1, maximum: runsMost, description: 'So many seeds; else as the command line has it.' }),
      ),
      speed: Type.Optional(
        Type.Number({ minimum: 1, maximum: 1e9, description: 'The first run, so many times as fast as a real one.' }),
      ),
      habits: Type.Optional(
        fields({
          aheadMs: Type.Optional(longTime('Before its window the copying of a wave begins.')),
          followEveryMs: Type.Optional(longTime('Between two looks at who follows.')),
          errorBudget: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Before a wave pauses.' })),
          releaseAfterMs: Type.Optional(maybe(longTime('After its switch a mailbox is released; null: never.'))),
        }),
      ),
    }),
    answer: Type.Union([readsLine, clocksLine, standsLine, rehearsalLine]),
  }),
} as const;
