/** The contract: all sealed secrets at once: brought under another key of the server's, erased when a programme is over. */

import Type from 'typebox';
import { get, oneLine, post, reason } from './operation.ts';
import { erasable, erased } from './shapes/secrets.ts';
import { count, fields, flag, maybe, named, text, texts } from './shapes/shape.ts';

const prefix = oneLine(400, 'Only those whose name begins with it.');
const own = Type.Optional(
  flag('Of all: also those that Godwit made for itself, with which digests in certificates are checked.'),
);

export const secretsContract = {
  'rotate-secrets': post({
    path: '/v1/secrets/rotate',
    does: 'Bring everything under the first key of the server, for three quarters of a minute at most; `next` goes on.',
    act: 'manage-secrets',
    body: fields({ after: Type.Optional(oneLine(500, 'Goes on behind this one: `next` of the time before.')) }),
    answer: named('SecretsRotated', 'What was done this time.', {
      changed: count('Brought under that key.'),
      left: texts('Under keys that the server does not have, or altered; the first hundred.'),
      leftCount: count('How many these are.'),
      key: text('The name of the key.'),
      next: maybe(text('Give it as `after` to go on; null: all of them were looked at.')),
    }),
  }),
  'see-erasable': get({
    path: '/v1/secrets/erasable',
    does: 'What an erasure would take away.',
    act: 'manage-secrets',
    query: fields({ prefix: Type.Optional(prefix), own }),
    answer: erasable,
  }),
  'erase-secrets': post({
    path: '/v1/secrets/erase',
    does: 'Erase them for good, and write each name and fingerprint into the audit log. Refused while mailboxes are on their way.',
    act: 'manage-secrets',
    body: fields({
      prefix: Type.Optional(prefix),
      all: Type.Optional(flag('All of them, instead of a prefix.')),
      own,
      underWay: Type.Optional(flag('Though mailboxes are on their way, for which nobody can sign in any more.')),
      ...reason,
    }),
    answer: erased,
  }),
} as const;
