/** The settings of the operator's directory (godwit.yaml, `directory`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { userFields } from '#domain/platform.ts';
import { allowClearText, ownAuthorities, secretReference, section, text } from './setting-forms.ts';

const fields = userFields.map((field) => `{${field}}`).join(', ');

const attributes = (is: string) =>
  Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()]), {
    about: {
      is,
      expected: `attributes and their texts, with ${fields}, such as { mailHost: mail.corp.example, targetAddress: null }; null for one that is to be removed`,
    },
  });

export const directoryForm = section('the directory that is told at each switch where a mailbox lives (LDAP)', {
  url: text({
    about: {
      is: 'where it is: ldaps:// (TLS), ldap:// (StartTLS, required) or ldap+plain:// (clear text)',
      expected: 'the URL of a server such as ldaps://ldap.corp.example',
    },
  }),
  'bind-dn': text({
    about: {
      is: 'who signs in there, and may write these attributes',
      expected: 'a distinguished name such as cn=godwit,dc=corp,dc=example',
    },
  }),
  secret: secretReference('the password of `bind-dn`'),
  ca: Type.Optional(ownAuthorities()),
  'allow-clear-text': allowClearText('whether ldap+plain:// may lead to another machine'),
  base: text({
    about: {
      is: 'below which entry people are',
      expected: 'a distinguished name such as ou=people,dc=corp,dc=example',
    },
  }),
  filter: text({
    default: '(mail={address})',
    about: {
      is: 'the filter that finds the one entry of a mailbox',
      expected: `a filter (RFC 4515) with ${fields}`,
      changeWhen: 'people are found otherwise, as by (uid={local}), or more than one entry has their address.',
    },
  }),
  source: attributes('what stands in the entry while the mailbox is on the source'),
  target: attributes('what stands in it while it is on the target'),
});

export type DirectoryForm = Static<typeof directoryForm>;
