/** What becomes of an estate when a plan is applied, or why it is not. */

import Type from 'typebox';
import type { DayWindow } from '#domain/window.ts';
import type { PlanApplied } from '#operations/apply-plan.ts';
import { type NamedCase, planRefusals } from '#planning/estate-moved.ts';
import { unusable } from './plan.ts';
import { count, day, fields, flag, maybe, milliseconds, named, shapeOf, text, texts } from './shape.ts';

const dayWindow = shapeOf<DayWindow>()(
  named('DayWindow', 'The time in which a wave switches, with its day.', {
    opensAt: milliseconds('Milliseconds since 1970.'),
    closesAt: milliseconds('The first moment that is no longer in it, in milliseconds since 1970.'),
    day: day('On which it opens, where people live.'),
  }),
);

const cases = fields({
  count: count('How many there are.'),
  first: Type.Array(
    shapeOf<NamedCase>()(fields({ name: text('An address, a wave or a window.'), says: text('What is the matter.') })),
  ),
});
const refusals = Object.fromEntries(planRefusals.map((each) => [each, Type.Optional(cases)] as const)) as {
  readonly [Each in (typeof planRefusals)[number]]: Type.TOptional<typeof cases>;
};

export const planApplied = shapeOf<PlanApplied>()(
  named('PlanApplied', 'What a plan changes, or would.', {
    file: text('The name of the plan.'),
    dryRun: flag('Nothing was to be changed.'),
    rows: count('How many it has.'),
    sha256: text('Of its octets.'),
    found: fields({
      refused: maybe(fields(refusals)),
      leftAlone: cases,
      waves: Type.Array(
        fields({
          name: text('Of a wave.'),
          window: dayWindow,
          start: text('When that opens, by the clocks of the calendar.'),
          isPilot: flag('It is the pilot.'),
          there: maybe(count('Its number among those that are there; null: it is made.')),
          isRescheduled: flag('It is there, and gets another window.'),
          mailboxes: count('Who is placed in it.'),
        }),
      ),
      changes: fields({
        planned: count('Who had no wave gets one.'),
        moved: count('Who goes from one wave to another.'),
        takenOut: count('Who goes out of a wave.'),
        unchanged: count('Who stays.'),
      }),
    }),
    emptied: texts('Waves that lose the last of their mailboxes, and go.'),
    unusable,
    changed: flag('Anything is another than before.'),
  }),
);
