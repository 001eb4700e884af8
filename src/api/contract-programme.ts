/** The contract: by what the programme goes, for whoever orders something of it. */

import { get } from './operation.ts';
import { named, number, text } from './shapes/shape.ts';

export const programmeContract = {
  'see-programme': get({
    path: '/v1/programme',
    does: 'By which clocks windows are told, and what holds where an order does not say.',
    act: 'see',
    answer: named('Programme', 'As its settings say.', {
      timezone: text('By whose clocks windows are told, such as Europe/London.'),
      errorBudget: number('The share of a wave, from 0 to 1, that may fail before it pauses by itself.'),
    }),
  }),
} as const;
