/** The settings of probes (godwit.yaml, `probes`): declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { userFields } from '#domain/platform.ts';
import {
  allowClearText,
  count,
  ownAuthorities,
  secretReference,
  section,
  text,
  verifyCertificate,
} from './setting-forms.ts';

export const probesForm = section(
  'sign-ins through the proxy while a mailbox switches, by which it is seen what people notice',
  {
    url: text({
      about: {
        is: 'where the proxy is that people use: imaps:// (TLS), or imap+plain:// (clear text)',
        expected: 'the URL of a server without a user, such as imaps://mail.corp.example',
      },
    }),
    user: text({
      default: '{address}',
      about: {
        is: 'who a mailbox is there, on either side',
        expected: `a template with ${userFields.map((field) => `{${field}}`).join(', ')}`,
        changeWhen: 'people do not sign in with their address.',
      },
    }),
    admin: Type.Optional(
      text({
        about: {
          is: 'who signs in as user*admin on both sides, in the place of the person; `secret` is then theirs',
          expected: 'the name of a user',
        },
      }),
    ),
    secret: Type.Optional(secretReference('the password of `admin`, or one that opens every mailbox')),
    secrets: Type.Optional(
      Type.String({
        pattern: String.raw`^(file:.+|sealed:\S+)$`,
        maxLength: 4_096,
        about: {
          is: "each mailbox's own password, as `secrets` of a platform",
          expected: 'file:PATH, or sealed:PREFIX as in sealed:source/',
        },
      }),
    ),
    ca: Type.Optional(ownAuthorities()),
    'verify-certificate': verifyCertificate(),
    'allow-clear-text': allowClearText('whether imap+plain:// may lead to another machine'),
    'at-once': count(1_000, {
      default: 40,
      about: {
        is: 'sign-ins that one worker has under way at a time; a mailbox for which there is no room is known by our own stamps',
        expected: 'a number from 1 to 1000',
        changeWhen: 'more mailboxes switch at a time, and the proxy has room for more.',
      },
    }),
    'per-minute': count(100_000, {
      default: 500,
      about: {
        is: 'sign-ins that one worker makes in a minute, some fifteen for each mailbox',
        expected: 'a number from 1 on',
        changeWhen: 'more mailboxes switch in a minute, and sign-ins-per-minute of the doors has been raised above it.',
      },
    }),
  },
);

export type ProbesForm = Static<typeof probesForm>;
