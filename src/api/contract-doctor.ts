/** The contract: everything that is wrong, as a list of things to do. */

import Type from 'typebox';
import { get } from './operation.ts';
import { diagnosis } from './shapes/doctor.ts';
import { named } from './shapes/shape.ts';

export const doctorContract = {
  'examine-estate': get({
    path: '/v1/doctor',
    does: 'Look at everything that the estate stands on, from where the server is: each thing for fifteen seconds at most.',
    act: 'see-works',
    isLong: true,
    answer: named('Examined', 'What must be done first stands first.', { findings: Type.Array(diagnosis) }),
  }),
} as const;
