/** The settings of signing in (godwit.yaml, `api.sign-in`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { roles } from '#domain/rights.ts';
import { duration, secretReference, section, text } from './setting-forms.ts';

const claim = (is: string, usual: string, changeWhen: string) =>
  text({ default: usual, about: { is, expected: `the name of a claim such as ${usual}`, changeWhen } });

export const signInForm = section('an identity provider, with which people sign in (OpenID Connect; docs/access.md)', {
  issuer: text({
    about: { is: 'the provider, as it calls itself', expected: 'an https:// URL such as https://id.corp.example' },
  }),
  'client-id': text({ about: { is: 'as what the provider knows Godwit', expected: 'the id of a client' } }),
  'client-secret': Type.Optional(secretReference('by which Godwit proves to the provider that it is that client')),
  origin: text({
    about: {
      is: 'where browsers find this API; the provider has to send people back to /v1/sign-in/callback there',
      expected: 'the beginning of an https:// URL such as https://godwit.corp.example',
    },
  }),
  scopes: text({
    default: 'openid email',
    about: {
      is: 'what the provider is asked to say, with blanks between',
      expected: 'scopes, openid among them',
      changeWhen: 'it says in which groups somebody is only when asked for that by a scope of its own.',
    },
  }),
  'who-claim': claim(
    'what names somebody in the audit log',
    'email',
    'the provider sends no address, or people could change it themselves.',
  ),
  'groups-claim': claim('what says in which groups somebody is', 'groups', 'the provider calls it otherwise.'),
  lasts: duration({
    default: '8h',
    about: {
      is: 'how long somebody stays signed in at most; so long counts what the provider said of their groups',
      expected: 'a time of at most 7d such as 8h',
      changeWhen: 'a role that somebody loses there is to be lost here sooner.',
    },
  }),
  idle: duration({
    default: '1h',
    about: {
      is: 'whoever has asked nothing for so long has to sign in again; a page that only watches asks nothing',
      expected: 'a time between 5m and 7d such as 1h',
      changeWhen: 'people leave a console open on machines that others use, or are signed out while they watch.',
    },
  }),
  roles: Type.Record(
    Type.String(),
    Type.String({
      maxLength: 200,
      about: {
        is: 'what everybody in this group may do',
        expected: `one of ${roles.join(', ')}, or one of them and "of" an organisation`,
      },
    }),
    {
      default: {},
      about: {
        is: 'groups and what everybody in them may do; who is in none of them does not get in',
        expected: "groups and roles, as in 'mail-operators: operator' or 'rxy-it: local-administrator of RXY'",
      },
    },
  ),
});

export type SignInForm = Static<typeof signInForm>;
