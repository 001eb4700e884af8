/** The settings of the HTTP API (godwit.yaml, `api`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { flag, section, text } from './setting-forms.ts';
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
