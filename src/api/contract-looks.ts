/** The contract: looks at the mailboxes of a wave on both platforms. They sign in there, within the budgets, and change nothing. */

import Type from 'typebox';
import { get, lines, name } from './operation.ts';
import { checkedMailbox, verifiedMailbox, waveWays } from './shapes/looks.ts';
import { fields, flag } from './shapes/shape.ts';

const byName = fields({ wave: name('Its name.') });

export const looksContract = {
  'see-ways-in': get({
    path: '/v1/waves/:wave/ways-in',
    does: 'By which ways mail and people come to who is to switch in it, and which of them are held.',
    act: 'check-wave',
    object: 'wave',
    params: byName,
    answer: waveWays,
  }),
  'check-wave': lines({
    path: '/v1/waves/:wave/check',
    does: 'Look what will go wrong with which of its mailboxes; each is told as soon as it has been looked at.',
    act: 'check-wave',
    object: 'wave',
    params: byName,
    query: fields({ again: Type.Optional(flag('Also those that were found ready within the last day.')) }),
    answer: checkedMailbox,
  }),
  'verify-wave': lines({
    path: '/v1/waves/:wave/verification',
    does: 'Compare both ends of each of its mailboxes; each is told as soon as it has been compared.',
    act: 'check-wave',
    object: 'wave',
    params: byName,
    query: fields({
      sample: Type.Optional(
        Type.String({
          pattern: String.raw`^(?:0|1|0\.\d{1,6})$`,
          description: 'The share of messages whose content is read, such as 0.05; else all.',
        }),
      ),
    }),
    answer: verifiedMailbox,
  }),
} as const;
