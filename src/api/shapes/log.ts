/** What reading a log file tells. */

import Type from 'typebox';
import type { LogRead, MalformedLine } from '#operations/read-access-log.ts';
import { count, fields, named, shapeOf, text } from './shape.ts';

const malformedLine = shapeOf<MalformedLine>()(
  fields({ line: count('Of those that were read this time, from 1.'), text: text('Its beginning.') }),
);

const logRead = shapeOf<LogRead>()(
  named('LogRead', 'How far a log was read, and what it told.', {
    path: text('As it is called.'),
    earlierOctets: count('Octets that an earlier reading had come to.'),
    reachedOctets: count('Where it has come to.'),
    lines: count('Lines that were new.'),
    telling: count('Lines that told of somebody, or completed what another had told.'),
    malformed: count('Lines that say nothing that is understood.'),
    firstMalformed: Type.Array(malformedLine),
    notLookedAt: count('Sign-ins from where they are not looked at.'),
    ofMailboxes: count('Sign-ins to mailboxes of the estate.'),
    ofStrangers: count('Sign-ins under names that it does not have.'),
    passedBy: count('Messages of senders elsewhere, handed in without signing in.'),
    lost: count('Of which there was no room for more than their number.'),
  }),
);

export const logLine = Type.Union([fields({ at: logRead }), fields({ read: logRead })], {
  description: 'How far it is, and in the last line all of it.',
});
