/** The contract: what everybody is told, and what everybody is told of themselves. */

import Type from 'typebox';
import { acts, roles } from '#domain/rights.ts';
import { get, name } from './operation.ts';
import { reach, retry } from './shapes/description.ts';
import { fields, maybe, named, oneOf, text } from './shapes/shape.ts';

export const publicContract = {
  'describe-fault': get({
    path: '/faults/:code',
    does: 'What the catalogue says of a kind of fault; `type` of every problem leads here.',
    act: 'public',
    object: 'fault',
    params: fields({ code: name('Its code.') }),
    answer: named('FaultKind', 'A kind of fault.', {
      code: text('Its code, which keeps its meaning.'),
      reach,
      retry,
      remedy: text('What to do.'),
    }),
  }),
  'see-self': get({
    path: '/v1/self',
    does: 'Who you are here, and what you may do.',
    act: 'anybody',
    answer: named('Self', 'Whoever asks.', {
      who: text('As the audit log names them.'),
      roles: Type.Array(
        fields({
          role: oneOf(roles, 'What they may do.'),
          organisation: maybe(text('To it and all below it; null: to everybody.')),
        }),
      ),
      acts: Type.Array(oneOf(acts, 'An act that they may do somewhere.')),
    }),
  }),
} as const;
