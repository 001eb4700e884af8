/** Waves, and what people order of them. */

import Type from 'typebox';
import type { WaveLine } from '#domain/estate-lists.ts';
import { marks, stages } from '#domain/journey.ts';
import type { WaveState } from '#domain/release.ts';
import type { Wave, WaveCreated, WaveOutlined, WaveSettledOrdered } from '#domain/wave.ts';
import { type WaysAccepted, waysIn } from '#domain/ways-in.ts';
import type { Window } from '#domain/window.ts';
import {
  count,
  countsBy,
  fields,
  flag,
  maybe,
  milliseconds,
  named,
  number,
  oneOf,
  shapeOf,
  text,
  texts,
} from './shape.ts';

export const waveState = shapeOf<WaveState>()(
  oneOf(['planned', 'running', 'paused', 'cancelled', 'finished'], 'Where it stands.'),
);

export const window = shapeOf<Window>()(
  named('Window', 'The time in which a wave switches.', {
    opensAt: milliseconds('Milliseconds since 1970.'),
    closesAt: milliseconds('The first moment that is no longer in it, in milliseconds since 1970.'),
  }),
);

const waveFields = {
  id: count('Its number.'),
  name: text('Its name.'),
  state: waveState,
  window,
  isPilot: flag('It switches before the others of the same window.'),
  errorBudget: number('The share of its mailboxes that may fail before it pauses by itself.'),
  pausedWhy: maybe(text('Why it is paused.')),
};
const outlinedFields = {
  ...waveFields,
  remarks: texts('Sentences, each of which somebody may want to do something about.'),
};
export const waveLineFields = {
  ...outlinedFields,
  mailboxes: count('How many it has.'),
  bytes: count('Their octets.'),
  stages: countsBy(stages, 'How many stand where without a mark.'),
  marks: countsBy(marks, 'How many bear which mark.'),
};

export const wave = shapeOf<Wave>()(named('Wave', 'A wave.', waveFields));
export const waveOutlined = shapeOf<WaveOutlined>()(
  named('WaveOutlined', 'A wave, and what is to be said of it.', outlinedFields),
);
export const waveLine = shapeOf<WaveLine>()(named('WaveLine', 'A wave in a list.', waveLineFields));

export const waveCreated = shapeOf<Extract<WaveCreated, { kind: 'created' }>>()(
  named('WaveCreated', 'A wave that has been made.', {
    kind: Type.Literal('created'),
    wave: waveOutlined,
    mailboxes: count('How many it has.'),
    notThatDay: count('Who is meant besides and was left out, since their dates do not allow the day.'),
  }),
);

export const waveSettledOrdered = shapeOf<Extract<WaveSettledOrdered, { kind: 'ordered' }>>()(
  named('WaveSettledOrdered', 'What became of an order to all who have settled in a wave.', {
    kind: Type.Literal('ordered'),
    mailboxes: count('How many obey.'),
    leftOut: countsBy(marks, 'Who was left where they are, by their mark.'),
    switching: count('Who was switching at that moment.'),
    late: count('Of those who obey: whose way home was not kept up.'),
    notTaken: count('Messages that home had not taken.'),
  }),
);

export const waysAccepted = shapeOf<Extract<WaysAccepted, { kind: 'accepted' }>>()(
  named('WaysAccepted', 'Ways in for which a person has given their word.', {
    kind: Type.Literal('accepted'),
    organisations: Type.Array(
      fields({ organisation: text('Its code.'), ways: Type.Array(oneOf(waysIn, 'A way in.')) }),
    ),
  }),
);
