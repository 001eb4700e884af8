/** Rehearsals of a plan: how it stands on the way, and how it went. */

import Type from 'typebox';
import { sideNames } from '#domain/platform.ts';
import type { Habits, PlayedPlatform } from '#rehearsal/order.ts';
import type { DayOfRehearsal, Evening, Rehearsal, Stand } from '#rehearsal/outcome.ts';
import { reasons } from '#rehearsal/outcome.ts';
import type { RehearsalReport } from '#rehearsal/report-page.ts';
import type { RunInShort } from '#rehearsal/runs.ts';
import type { Weather } from '#rehearsal/weather.ts';
import { rates } from './forecast.ts';
import { type Bounded, planWindow } from './plan.ts';
import { count, fields, flag, maybe, milliseconds, named, number, oneOf, shapeOf, text, texts } from './shape.ts';

/** A rehearsal without the window of every single mailbox, of which there may be millions. */
export type RehearsalTold = Omit<RehearsalReport, 'runs'> & {
  readonly runs: { readonly told: Omit<Rehearsal, 'switchedIn'>; readonly runs: readonly RunInShort[] };
};

const side = oneOf(sideNames, 'Which platform.');
const share = number('A share, from 0 to 1.');

const standFields = {
  at: milliseconds('When, in milliseconds since 1970.'),
  mailboxes: count('All there are, who joined included.'),
  unplaced: count('Without a window.'),
  planned: count('Who waits.'),
  copying: count('Who is being copied.'),
  following: count('Who is copied, and followed.'),
  switching: count('Who is changing sides.'),
  settled: count('Who has.'),
  returning: count('Who is on the way home.'),
  released: count('Whose way back has ended.'),
  held: count('Who waits because somebody asked for it.'),
  blocked: count('Whom somebody has to see to.'),
  excluded: count('Who was taken out.'),
  left: count('Who is gone.'),
};
export const stand = shapeOf<Stand>()(named('RehearsalStand', 'How all stand, at one moment.', standFields));

const missed = Type.Object(
  Object.fromEntries(reasons.map((each) => [each, count('How many, for this.')])) as Record<
    (typeof reasons)[number],
    Type.TInteger
  >,
  { description: 'Who did not switch in their window, by why.', additionalProperties: false },
);

const evening = shapeOf<Bounded<Evening>>()(
  named('RehearsedWindow', 'What became of a window.', {
    window: planWindow,
    planned: count('Who was to switch in it by the plan.'),
    plannedBytes: number('Their octets.'),
    movedIn: count('Who came to it since.'),
    done: count('Who did.'),
    doneBytes: number('Their octets.'),
    late: count('Who was between the two sides as it closed.'),
    missed,
    wentTo: Type.Array(fields({ window: count('Its number.'), mailboxes: count('How many.') })),
    nowhere: count('For whom no later window had room.'),
    firstAt: maybe(milliseconds('When the first had switched.')),
    lastAt: maybe(milliseconds('When the last had.')),
    ready: count('Who was ready as it opened.'),
    outageMs: milliseconds('For so long a platform was away.'),
    throttledMs: milliseconds('For so long one asked for patience.'),
    isSlow: flag('Everything took longer.'),
    pauses: count('How often its wave paused by itself.'),
    pausedMs: milliseconds('For how long.'),
  }),
);

const dayOfRehearsal = shapeOf<DayOfRehearsal>()(
  named('RehearsedDay', 'How all stand on a day.', {
    ...standFields,
    plannedByThen: count('In whose window the plan had begun.'),
    copied: count('First copies that ended since the day before.'),
    copiedBytes: number('Their octets.'),
    lookEveryMs: milliseconds('Between two looks at who follows.'),
  }),
);

const finishes = {
  finish: maybe(milliseconds('When the last had switched.')),
  mostDone: maybe(milliseconds('When nine of ten had.')),
  everMissed: count('Who missed a window.'),
};

const rehearsed = shapeOf<Bounded<Omit<Rehearsal, 'switchedIn'>>>()(
  named('RehearsedRun', 'A run, told in full.', {
    seed: count('Of its chance.'),
    mailboxes: count('How many there are.'),
    joined: count('Who came.'),
    joinedWithout: count('Of those for whom no window had room.'),
    unplacedByPlan: count('For whom the plan has no window.'),
    plannedFinish: maybe(milliseconds('The last switch of the plan.')),
    ...finishes,
    evenings: Type.Array(evening),
    days: Type.Array(dayOfRehearsal),
    end: stand,
    missed,
    caughtUp: count('Who missed one and switched later.'),
    wentBack: count('Who was sent home.'),
    platforms: fields({
      complaints: count('How often one asked for patience.'),
      outages: count('How often one was away.'),
      restedMs: milliseconds('For so long nothing was asked of one.'),
    }),
  }),
);

const runInShort = shapeOf<RunInShort>()(
  fields({
    seed: count('Of its chance.'),
    ...finishes,
    end: stand,
    toSwitch: Type.Array(Type.Integer(), { description: 'Who had still to switch, day by day.' }),
  }),
);

const played = shapeOf<PlayedPlatform>()(
  fields({
    budget: fields({
      connections: number('At one time.'),
      connectionsPerMailbox: number('At one time for one mailbox.'),
      bytesPerSecond: Type.Array(
        fields({ fromMinute: number('Of the day.'), bytesPerSecond: maybe(number('From then on.')) }),
      ),
      commandsPerSecond: maybe(number('At most.')),
    }),
    timezone: text('Whose clocks.'),
  }),
);

const weather = shapeOf<Weather>()(
  named('Weather', 'What goes wrong (docs/weather-yaml.md).', {
    outages: Type.Array(fields({ side, from: milliseconds('Since 1970.'), until: milliseconds('Since 1970.') })),
    throttling: fields({ side, share, to: share, spellMs: milliseconds('Of one spell.') }),
    failures: fields({ passes: share, mailboxes: share, atSwitch: share, mendMs: milliseconds('On average.') }),
    slow: fields({ share, times: number('As long as usual.') }),
    people: fields({
      holds: share,
      holdMs: milliseconds('For how long.'),
      excludes: share,
      leavers: share,
      joiners: share,
      goBacks: share,
      goBackMs: milliseconds('Within.'),
      resumeMs: milliseconds('Until somebody resumes.'),
      noticeMs: milliseconds('Before a window.'),
    }),
  }),
);

const habits = shapeOf<Habits>()(
  fields({
    aheadMs: milliseconds('Before its window a wave is copied.'),
    followEveryMs: milliseconds('Between two looks.'),
    errorBudget: share,
    releaseAfterMs: maybe(milliseconds('After its switch a mailbox is released.')),
  }),
);

export const rehearsalReport = shapeOf<Bounded<RehearsalTold>>()(
  named('RehearsalReport', 'How a plan went when it was rehearsed.', {
    plan: text('The name of the plan.'),
    timezone: text('Whose clocks.'),
    runs: fields({ told: rehearsed, runs: Type.Array(runInShort) }),
    apart: maybe(
      fields({
        grants: count('With two ends that the plan places.'),
        plannedDays: number('Apart by the plan, by weight.'),
        rehearsedDays: number('Apart as it went.'),
        newlySplit: count('Whose ends were to switch on one day, and did not.'),
        neverJoined: count('Of which one end never switched.'),
      }),
    ),
    remarks: texts('What else is to be said.'),
    rates,
    platforms: fields({ source: played, target: played }),
    hands: maybe(number('Mailboxes that all workers have hands for.')),
    weather,
    habits,
  }),
);
