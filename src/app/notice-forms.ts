/** The settings of messages to people, declared as the others are in `estate-settings.ts`. */

import Type from 'typebox';
import { noticeMoments } from '#domain/notice-kinds.ts';
import {
  allowClearText,
  count,
  flag,
  ownAuthorities,
  secretReference,
  section,
  text,
  verifyCertificate,
} from './setting-forms.ts';

const smtp = section('the server by which they go', {
  url: Type.Optional(
    text({
      about: {
        is: 'where it is: smtps:// (TLS), smtp:// (STARTTLS, required) or smtp+plain:// (clear text)',
        expected: 'the URL of a server without a user, such as smtps://mail.corp.example',
      },
    }),
  ),
  user: Type.Optional(
    text({ about: { is: 'who signs in there; without it nobody does', expected: 'the name of a user' } }),
  ),
  secret: Type.Optional(secretReference('the password of `user`')),
  ca: Type.Optional(ownAuthorities()),
  'verify-certificate': verifyCertificate(),
  'allow-clear-text': allowClearText('whether smtp+plain:// may lead to another machine'),
});

export const noticesForm = section('messages to people before, on and after the day of their move (docs/notices.md)', {
  smtp,
  from: Type.Optional(
    text({
      about: {
        is: 'in whose name they are sent; what cannot be delivered comes back to it',
        expected: 'an address such as move@corp.example or "The move <move@corp.example>"',
      },
    }),
  ),
  'reply-to': Type.Optional(
    text({
      about: {
        is: 'who gets the answers; without it `from` does',
        expected: 'an address such as helpdesk@corp.example or "Help desk <helpdesk@corp.example>"',
      },
    }),
  ),
  templates: Type.Optional(
    text({
      about: {
        is: 'your own texts, instead of those that Godwit brings (notices/)',
        expected: 'the path of a folder with a folder for each language',
      },
    }),
  ),
  language: text({
    default: 'en',
    about: {
      is: 'the language of whoever has none in the list of mailboxes, or one without texts',
      expected: 'a language tag such as en or cy-GB',
    },
  }),
  at: Type.String({
    pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
    default: '09:00',
    about: {
      is: 'the time of the day at which T-14, T-2 and T+1 fall due, in `timezone`',
      expected: 'a time of the day such as "09:00"',
    },
  }),
  'per-minute': count(6_000, {
    default: 120,
    about: {
      is: 'messages a minute at most',
      expected: 'a number from 1 to 6000',
      changeWhen: 'the server or the help desk can bear more, or fewer.',
    },
  }),
  quiet: text({
    default: '20:00-08:00',
    about: {
      is: 'hours in which nobody is written to, by the clocks where each person lives',
      expected: 'hours such as "20:00-08:00", or off',
    },
  }),
  moments: Type.Array(
    Type.Enum([...noticeMoments], { about: { is: 'a moment', expected: noticeMoments.join(', ') } }),
    {
      default: [...noticeMoments],
      about: { is: 'which of them are sent', expected: `a list of ${noticeMoments.join(', ')}` },
    },
  ),
  shared: flag({
    default: false,
    about: { is: 'whether shared mailboxes are written to as people are', expected: 'true or false' },
  }),
});
