/** What is found of a whole estate: what is the matter, how far it reaches, and what to do. */

import type { Diagnosis } from '#domain/diagnosis.ts';
import { maybe, named, oneOf, shapeOf, text } from './shape.ts';

export const diagnosis = shapeOf<Diagnosis>()(
  named('Diagnosis', 'One thing that was looked at.', {
    check: text('What was looked at.'),
    about: text('Which of several; empty where there is one.'),
    reach: oneOf(['item', 'folder', 'mailbox', 'platform', 'estate', 'machine'], 'How far it reaches.'),
    state: oneOf(['ok', 'wrong', 'look', 'not tried'], 'Whether somebody must act, or may wish to look.'),
    says: text('What is the matter.'),
    remedy: maybe(text('What to do; null where nothing is.')),
  }),
);
