/** Who is let in: tokens, sessions, and approvals by a second person. */

import Type from 'typebox';
import type { ApprovalLine, SessionLine, TokenLine } from '#domain/access.ts';
import { acts, dangerousActs, type HeldRole, roles } from '#domain/rights.ts';
import { count, flag, maybe, moment, named, oneOf, shapeOf, text } from './shape.ts';

export const heldRole = shapeOf<HeldRole>()(
  named('HeldRole', 'A role, and over what.', {
    role: oneOf(roles, 'What its holder may do (docs/rights.md).'),
    organisation: maybe(text('This one and all below it, by its code; null: the whole estate.')),
  }),
);

const lasting = {
  createdAt: moment('When it was made.'),
  expiresAt: moment('Until when it is good.'),
  hasExpired: flag('It is not any more.'),
  usedAt: maybe(moment('When it was used last, to a minute; null: never.')),
  revokedAt: maybe(moment('When somebody took it back; null: nobody has.')),
} as const;

export const tokenLine = shapeOf<TokenLine>()(
  named('Token', 'What lets a machine in. The token itself is told once, when it is made.', {
    id: count('Its number.'),
    name: text('What it is for.'),
    role: heldRole,
    scopes: maybe(
      Type.Array(oneOf(acts, 'An act.'), { description: 'What it is limited to; null: all its role may do.' }),
    ),
    createdBy: text('Who made it, and answers for it.'),
    makerMay: maybe(
      flag('They might still make it, by what they could do when they were signed in last; null: nobody knows.'),
    ),
    ...lasting,
  }),
);

export const sessionLine = shapeOf<SessionLine>()(
  named('Session', 'Somebody who signed in.', {
    id: count('Its number.'),
    who: text('As the audit log names them.'),
    roles: Type.Array(heldRole, { description: 'What they may do, as it was when it was used last, to a minute.' }),
    ...lasting,
  }),
);

export const approvalLine = shapeOf<ApprovalLine>()(
  named('Approval', 'An act that waits for a second person, or has been approved by one.', {
    id: count('Its number.'),
    act: oneOf(dangerousActs, 'What is to be done.'),
    on: text('To what and how, to the letter.'),
    meant: maybe(
      count(
        'How many mailboxes were meant when it was asked for, or exceptions; it is good for these. Null: nobody in particular.',
      ),
    ),
    why: text('Why.'),
    askedBy: text('Who wants to do it.'),
    askedAt: moment('Since when it waits.'),
    expiresAt: moment('Until when it may be approved and done.'),
    hasExpired: flag('It may not any more.'),
    approvedBy: maybe(text('The second person; null: nobody yet.')),
    approvedAt: maybe(moment('When.')),
    usedAt: maybe(moment('When it was done: an approval is good for once.')),
  }),
);
