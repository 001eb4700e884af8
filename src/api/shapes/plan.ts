/** Plans: what one has come to. */

import Type from 'typebox';
import type { PlanWindow } from '#domain/calendar.ts';
import { type Day, grantKinds, mailboxKinds } from '#domain/estate.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import { splitSides } from '#planning/split.ts';
import { count, day, fields, flag, maybe, milliseconds, named, number, oneOf, shapeOf, text, texts } from './shape.ts';

/** As JSON has it: days are text, and what there is no bound for is null. */
export type Bounded<Value> = Value extends Day
  ? string
  : Value extends PlanWindow
    ? { readonly [Key in keyof Value]: Key extends 'bytes' ? number | null : Value[Key] }
    : Value extends readonly (infer Each)[]
      ? readonly Bounded<Each>[]
      : Value extends object
        ? { readonly [Key in keyof Value]: Bounded<Value[Key]> }
        : Value;

export const planWindow = shapeOf<Bounded<PlanWindow>>()(
  named('PlanWindow', 'A window of the calendar.', {
    opensAt: milliseconds('Milliseconds since 1970.'),
    closesAt: milliseconds('The first moment that is no longer in it, in milliseconds since 1970.'),
    day: day('On which it opens, where people live.'),
    name: text('Of its rule in the calendar.'),
    start: text('As plans write it, by the clocks of the calendar.'),
    dayNumber: count('Its day as days since 1970-01-01.'),
    mailboxes: count('What fits, ramp and pilot considered.'),
    bytes: maybe(number('How many octets fit; null: as many as come.')),
    isPilot: flag('It is the pilot.'),
  }),
);

export const unusable = Type.Array(
  fields({ name: text('Of its rule.'), start: text('When it would open.'), why: text('Completes "This window …".') }),
  { description: 'Windows of the calendar that are not to be used.' },
);

const kind = oneOf(mailboxKinds, 'Whose a mailbox is.');
const grantKind = oneOf(grantKinds, 'What somebody may do with the mailbox of somebody else.');
const splitSide = oneOf(splitSides, 'An end of a grant.');

const split = fields({
  mailbox: text('Its address.'),
  grantee: text('Who was given something.'),
  kind: grantKind,
  first: splitSide,
  from: day('Split from this day on.'),
  until: day('Whole again on this day.'),
  days: count('Between the two.'),
  grantDays: number('Those, by the weight of the kind.'),
});

const summary = fields({
  mailboxes: fields({
    all: count('How many there are.'),
    placed: count('Who has a window.'),
    unplaced: count('Who has none.'),
    moved: count('Who has moved already.'),
    excluded: count('Who left the programme, or is held back.'),
    fixed: count('Who is in a wave that was started, and has not moved yet.'),
  }),
  first: maybe(planWindow),
  finish: maybe(planWindow),
  grantDays: number('The sum over all grants of the days that they are split, by their weights.'),
  grants: fields({
    all: count('How many there are.'),
    split: count('Whose ends move on different days.'),
    together: count('Whose ends move on one day.'),
    oneMoves: count('Of which one end moves, and the other has no window.'),
    neitherMoves: count('Of which neither has one.'),
    unknown: count('Of which an end is not in the estate.'),
  }),
  kinds: Type.Array(
    fields({
      kind: grantKind,
      first: splitSide,
      grants: count('How many are split.'),
      days: number('For how long, in sum.'),
      longestDays: number('The longest of them.'),
      grantDays: number('Those days, by their weight.'),
    }),
  ),
  windows: Type.Array(
    fields({
      window: planWindow,
      mailboxes: count('Who moves in it.'),
      bytes: number('Their octets.'),
      organisations: count('Of so many.'),
      begins: count('Grants that are split from then on.'),
      ends: count('Grants that are whole again.'),
      standing: count('Grants that are split when it is over.'),
    }),
  ),
  spread: fields({
    organisations: count('How many move.'),
    inOne: count('In one window.'),
    inTwoOrThree: count('In two or three.'),
    inFourToTen: count('In four to ten.'),
    inMore: count('In more.'),
    most: count('The most windows of one.'),
    mean: number('Windows of one on average.'),
  }),
  worstOrganisations: Type.Array(
    fields({
      organisation: text('Its code.'),
      name: text('Its name.'),
      mailboxes: count('How many it has.'),
      windows: count('In so many they move.'),
      splits: count('Grants that are split.'),
      grantDays: number('For so long, by their weights.'),
    }),
  ),
  largestSplits: Type.Array(split),
});

const unplaced = fields({
  mailboxes: count('Who has no window.'),
  reasons: Type.Array(
    fields({
      kind: oneOf(
        ['dates', 'closed', 'after-people', 'before-others', 'too-large', 'full', 'room-left'],
        'What stands in the way.',
      ),
      mailboxes: count('Of how many.'),
      example: text('In words, of the first of them.'),
    }),
  ),
  changes: fields({
    room: fields({
      windows: count('So many would have to take more.'),
      mailboxes: count('More mailboxes.'),
      bytes: number('More octets.'),
      first: Type.Array(
        fields({ window: planWindow, mailboxes: count('More mailboxes.'), bytes: number('More octets.') }),
      ),
    }),
    open: fields({
      organisations: count('To so many windows would have to be opened.'),
      mailboxes: count('For so many.'),
      first: Type.Array(fields({ organisation: text('Its code.'), mailboxes: count('For so many.') })),
    }),
    dates: fields({
      mailboxes: count('Of so many a date would have to move.'),
      daysMost: count('By so many days at most.'),
    }),
    until: maybe(fields({ day: day('The calendar would have to last until then.'), mailboxes: count('For so many.') })),
    othersLater: count('For whom others would have to move later.'),
    nothing: count('Who would fit as everything is.'),
    unknown: count('For whom nothing is known that would help.'),
  }),
  first: Type.Array(
    fields({ mailbox: text('Its address.'), reason: text('Why it has no window.'), change: text('What would help.') }),
  ),
});

const windowCost = {
  window: planWindow,
  cost: number('Grant-days if it moved then, and everybody else as planned.'),
  forbidden: Type.Array(
    oneOf(
      ['not-before', 'not-after', 'closed', 'barred', 'after-people', 'before-others', 'full', 'too-large'],
      'Why it may not move then.',
    ),
  ),
};
const best = fields({ at: count('The number of the window.'), ...windowCost });

const explanation = fields({
  mailbox: text('Its address.'),
  kind,
  organisation: text('The code of its organisation.'),
  sizeBytes: number('Its octets.'),
  notBefore: maybe(day('It may not move before.')),
  notAfter: maybe(day('It may not move after.')),
  standing: Type.Union([
    fields({ kind: Type.Literal('placed'), window: planWindow }),
    fields({ kind: Type.Literal('unplaced'), reason: text('Why.'), change: text('What would help.') }),
    fields({ kind: Type.Literal('moved'), day: day('When.') }),
    fields({ kind: Type.Literal('excluded') }),
  ]),
  cost: number('Grant-days of its grants.'),
  partners: Type.Array(
    fields({
      mailbox: text('The other end.'),
      kind: grantKind,
      as: splitSide,
      day: maybe(day('When that moves.')),
      days: maybe(count('For so long they are split.')),
      grantDays: number('Those, by the weight of the kind.'),
    }),
  ),
  companions: Type.Array(fields({ mailbox: text('Who wishes to move with it.'), day: maybe(day('When.')) })),
  windows: Type.Array(fields(windowCost)),
  kept: Type.Union([
    fields({ kind: Type.Literal('cheapest') }),
    fields({ kind: Type.Literal('no-grants') }),
    fields({ kind: Type.Literal('forbidden'), best }),
    fields({ kind: Type.Literal('effort'), best }),
    fields({ kind: Type.Literal('not-asked') }),
  ]),
});

const difference = fields({
  same: count('Who keeps the window.'),
  otherHour: count('On the same day, at another hour.'),
  earlier: count('On an earlier day.'),
  later: count('On a later day.'),
  newlyPlaced: count('Had no window, and have one.'),
  newlyUnplaced: count('Had one, and have none.'),
  stillUnplaced: count('Had none, and have none.'),
  moved: count('Have moved since.'),
  excluded: count('Are held back, or gone.'),
  joiners: fields({ placed: count('New, with a window.'), unplaced: count('New, without.') }),
  leavers: fields({ mailboxes: count('Not in the estate any more.'), first: texts('The first of them.') }),
  grantDaysBefore: number('Of the grants as they are now, by the plan before.'),
  grantDaysAfter: number('By this one.'),
  organisations: Type.Array(fields({ organisation: text('Its code.'), mailboxes: count('Whose day changes.') })),
  first: Type.Array(
    fields({ mailbox: text('Its address.'), from: text('The start before.'), to: maybe(text('The start now.')) }),
  ),
});

const wishes = fields({
  granted: count('So many were.'),
  inPart: count('So many were in part.'),
  notGranted: count('So many were not.'),
  first: Type.Array(
    fields({
      kind: oneOf(['not-on', 'together', 'last', 'within'], 'What was asked.'),
      lines: Type.Array(count('Of the file.')),
      organisation: text('The code of who asked.'),
      group: maybe(text('Who is to move together.')),
      mailboxes: count('For so many.'),
      granted: oneOf(['yes', 'in part', 'no'], 'Whether it was granted.'),
      why: text('Why, in words.'),
    }),
  ),
});

/** All that is told of a plan, bounded however large the estate. */
export const planReport = shapeOf<Bounded<PlanReport>>()(
  named('PlanReport', 'What a plan has come to.', {
    calendar: fields({
      timezone: text('Whose clocks.'),
      from: day('Its first day.'),
      until: day('Its last day.'),
      windows: count('In which anybody may move.'),
      mailboxes: count('How much fits into all of them.'),
      unusable,
    }),
    seed: count('Of the chance that was used.'),
    effortSeconds: number('For how long it was improved.'),
    organisations: count('How many there are.'),
    summary,
    unplaced: maybe(unplaced),
    shortage: maybe(
      fields({
        mailboxes: count('What does not fit into all windows.'),
        bytes: number('And its octets.'),
        finish: maybe(planWindow),
      }),
    ),
    explanations: Type.Array(explanation),
    difference: maybe(difference),
    wishes: maybe(wishes),
    hints: maybe(
      fields({
        granted: count('Who has the window of their wave_hint.'),
        notGranted: count('Who has another.'),
        unknown: count('Whose hint names no window.'),
        first: Type.Array(fields({ mailbox: text('Its address.'), hint: text('The hint.'), why: text('Why not.') })),
      }),
    ),
    remarks: texts('What else is to be said.'),
    milliseconds: fields({
      reading: milliseconds('How long that took.'),
      planning: milliseconds('How long that took.'),
      writing: milliseconds('How long that took.'),
    }),
  }),
);
