/** Sealed secrets that are erased, and the proof of it. Nothing here tells what one holds. */

import Type from 'typebox';
import type { Erasable, Erased, Erasure } from '#domain/erasure.ts';
import { auditHead } from './audit.ts';
import { count, maybe, moment, named, shapeOf, text, texts } from './shape.ts';

const counts = {
  secrets: count('How many.'),
  kept: count('How many are not meant.'),
  keptOwn: count('How many of those Godwit made for itself.'),
  keyIds: texts('The keys that they are under: copies of the database open with them and with nothing else.'),
  underWay: count('Mailboxes that are on their way, and need somebody to sign in for them.'),
} as const;

export const erasable = shapeOf<Erasable>()(named('Erasable', 'What an erasure would take away.', counts));

export const erased = shapeOf<Extract<Erasure, { kind: 'erased' }>>()(
  named('Erasure', 'They are erased.', {
    ...counts,
    kind: Type.Literal('erased'),
    digest: text('Of all names and fingerprints, as the audit log has them.'),
    head: maybe(auditHead),
  }),
);

export const lastErased = shapeOf<Erased>()(
  named('LastErasure', 'An erasure, as the audit log has it.', {
    record: count('Its number in the audit log.'),
    at: moment('When.'),
    who: text('Who.'),
    why: text('Why.'),
    secrets: count('How many.'),
    digest: text('Of all names and fingerprints.'),
  }),
);
