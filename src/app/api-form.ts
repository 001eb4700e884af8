/** The settings of the HTTP API (godwit.yaml, `api`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { flag, section, size, text } from './setting-forms.ts';
import { signInForm } from './sign-in-form.ts';

const pem = (is: string) => Type.Optional(text({ about: { is, expected: 'the path of a file' } }));

export const apiForm = section('the HTTP API, which godwit serve answers (docs/api.md)', {
  listen: text({
    about: {
      is: 'where it listens',
      expected: 'a host and a port such as 127.0.0.1:8030, or unix:/PATH',
      changeWhen: 'others than this machine ask it: then with `tls`, or behind a proxy of yours.',
    },
  }),
  tls: Type.Optional(
    section('by which it proves itself, wanted where other machines can come', {
      certificate: pem('its certificate and those above it (PEM)'),
      key: pem('the key of that, for nobody else to read (PEM)'),
    }),
  ),
  'sign-in': Type.Optional(signInForm),
  files: section(
    'what is taken in of files that are sent to it, such as lists of mailboxes and logs, which lie in the database until they are used',
    {
      largest: size({
        default: '2G',
        about: {
          is: 'one file at most',
          expected: 'a number of octets from 1 on, or a size such as 500M',
          changeWhen: 'a log of a busy month is larger; or nothing that is sent here ever is as large.',
        },
      }),
      together: size({
        default: '8G',
        about: {
          is: 'all that have not been used yet; each is forgotten a day after it was used last',
          expected: 'a number of octets from 1 on, or a size such as 20G',
          changeWhen: 'the disk of the database has less to spare, or many send files at the same time.',
        },
      }),
    },
  ),
  'behind-proxy': flag({
    default: false,
    about: {
      is: 'whether a proxy of yours stands before it, which speaks TLS and says who is asking (X-Forwarded-For)',
      expected: 'true or false',
      changeWhen: 'all who ask come by that proxy, and by no other way.',
    },
  }),
});

export type ApiForm = Static<typeof apiForm>;
