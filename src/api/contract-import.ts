/** The contract: saying who is to move. */

import Type from 'typebox';
import { fileName, longOrder, name } from './operation.ts';
import { importLine } from './shapes/import.ts';
import { fields, flag, oneOf } from './shapes/shape.ts';

const called = { name: Type.Optional(name('As people call it, for the audit log.')) };

const given = (description: string) =>
  Type.Optional(
    Type.Union(
      [
        fields({ file: fileName('As it was sent (`/v1/files`).'), ...called }),
        fields({
          unreadable: name(
            'Why it could not be read where it lies: then nothing is imported, and all that is wrong with the others is told.',
          ),
          ...called,
        }),
      ],
      { description },
    ),
  );

export const importContract = {
  'import-estate': longOrder({
    path: '/v1/imports',
    does: 'Make organisations, mailboxes and grants be as files say, all or nothing; or tell what would change.',
    act: 'import-estate',
    body: fields({
      organisations: given('All organisations.'),
      mailboxes: given('All mailboxes.'),
      grants: given('Who may do what with whose mailbox, all of it.'),
      dryRun: Type.Optional(flag('Only tell what would change.')),
      names: Type.Optional(
        oneOf(['all', 'first'] as const, 'Remarks and changes by name: all of them, or a page of each kind. Else all.'),
      ),
    }),
    answer: importLine,
  }),
} as const;
