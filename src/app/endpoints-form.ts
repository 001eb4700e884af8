/** The settings of where Godwit may connect to (godwit.yaml, `endpoints`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { networkWords } from '#domain/endpoint-rules.ts';
import { section } from './setting-forms.ts';

const oneOf = (is: string, expected: string) =>
  Type.String({ pattern: String.raw`^[^\x00-\x20\x7f]+$`, maxLength: 260, about: { is, expected } });

export const endpointsForm = section(
  'where Godwit may connect to. Written, it binds all that these settings name; without it they may name any host, and private networks',
  {
    hosts: Type.Optional(
      Type.Array(oneOf('a host', 'a name such as mail.corp.example, or *.corp.example for all below it'), {
        maxItems: 1_000,
        about: {
          is: 'these hosts; without it any',
          expected: "a list of hosts such as [mail.old.example, '*.corp.example']",
          changeWhen: 'somebody else than you writes these settings, or a slip is to be found at the start.',
        },
      }),
    ),
    ports: Type.Optional(
      Type.Array(
        Type.Integer({ minimum: 1, maximum: 65_535, about: { is: 'a port', expected: 'a number from 1 to 65535' } }),
        {
          maxItems: 100,
          about: { is: 'these ports; without it any', expected: 'a list of ports such as [993, 443]' },
        },
      ),
    ),
    networks: Type.Array(oneOf('a network', `a network such as 10.20.0.0/16, or ${networkWords.join(', ')}`), {
      default: [],
      maxItems: 1_000,
      about: {
        is: 'addresses that may be connected to although they are not public',
        expected: `a list of networks such as [10.20.0.0/16, 'fd12::/48'], or of ${networkWords.join(', ')}`,
        changeWhen: 'your mail systems are in networks of your own.',
      },
    }),
  },
);

export type EndpointsForm = Static<typeof endpointsForm>;
