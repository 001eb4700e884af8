/** The settings of the doors that mail systems ask (godwit.yaml, `doors`), declared once, as `estate-settings.ts` does it. */

import Type, { type Static } from 'typebox';
import { allowClearText, count, duration, flag, secretReference, section, text } from './setting-forms.ts';

const listenAt = (example: string) =>
  text({ about: { is: 'where it listens', expected: `a host and a port such as ${example}, or unix:/PATH` } });

const signInAt = (is: string, example: string) =>
  Type.Optional(text({ about: { is, expected: `a URL such as ${example}` } }));

const proxiedTo = (is: string) =>
  Type.Optional(text({ about: { is, expected: 'an IP address and a port such as 10.0.0.5:143' } }));

const perMinute = (is: string) =>
  count(1_000_000, {
    default: 600,
    about: {
      is,
      expected: 'a number from 1 on',
      changeWhen: 'more people than that come from behind one address.',
    },
  });

const doorSide = (is: string) =>
  section(is, {
    deliver: Type.Optional(
      text({
        about: {
          is: 'where the door for deliveries brings mail',
          expected:
            'lmtp://HOST:24 or smtp://HOST:25 on this machine, lmtp+starttls:// or smtp+starttls:// elsewhere, or lmtp:/PATH for a socket',
        },
      }),
    ),
    imap: signInAt('where its IMAP is, for Dovecot and for mail programs', 'imaps://mail.corp.example'),
    pop3: signInAt('where its POP3 is', 'pop3s://mail.corp.example'),
    submission: signInAt('where mail is submitted', 'smtps://mail.corp.example'),
    autodiscover: signInAt(
      'where programs are sent that ask by Autodiscover, on a platform that has its own',
      'https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml',
    ),
    'nginx-imap': proxiedTo('where nginx connects to for IMAP, in clear text'),
    'nginx-pop3': proxiedTo('the same for POP3'),
    'nginx-smtp': proxiedTo('the same for submission'),
    'as-admin': flag({
      default: false,
      about: {
        is: "whether nginx signs in there as the platform's `admin`, after the person's own password has been checked",
        expected: 'true or false',
        changeWhen: 'that side does not know the passwords of people yet.',
      },
    }),
  });

const view = section('what one Postfix is told', {
  name: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9-]{1,40}$',
      about: { is: 'it asks for transport@NAME; without a name for transport', expected: 'letters, digits and -' },
    }),
  ),
  source: Type.Optional(
    text({
      about: {
        is: 'the transport of mailboxes on the source; without it, as it would go without Godwit',
        expected: 'a transport as in transport(5), such as smtp:[mail.old.example]',
      },
    }),
  ),
  target: Type.Optional(
    text({ about: { is: 'the same for the target', expected: 'a transport such as smtp:[mail.new.example]' } }),
  ),
  moving: text({
    about: {
      is: 'the transport to the door for deliveries',
      expected: 'a transport such as godwit:inet:127.0.0.1:8027',
    },
  }),
});

export const doorsForm = section('the doors that mail systems ask where a mailbox lives now (docs/coexistence.md)', {
  allow: Type.Array(text({ about: { is: 'a network', expected: 'an address or a network such as 10.0.0.0/8' } }), {
    default: [],
    about: { is: 'who may come from other machines', expected: 'a list of networks such as [10.0.0.0/8]' },
  }),
  'allow-clear-text': allowClearText('whether mail and passwords may go to other machines in clear text'),
  'sign-ins-wait': duration({
    default: '20s',
    about: {
      is: 'how long a sign-in waits while a mailbox is held, before it is told to come again',
      expected: 'a time such as 20s',
      changeWhen: 'programs that people use give up sooner.',
    },
  }),
  source: doorSide('where the source is for those who are led there'),
  target: doorSide('where the target is for them'),
  postfix: Type.Optional(
    section('what Postfix asks by socketmap', {
      listen: listenAt('127.0.0.1:8026'),
      views: Type.Array(view, {
        default: [],
        about: {
          is: 'what each Postfix is told',
          expected:
            "a list such as [{ source: 'smtp:[mail.old.example]', target: 'smtp:[mail.new.example]', moving: 'godwit:inet:127.0.0.1:8027' }]",
        },
      }),
    }),
  ),
  deliveries: Type.Optional(
    section('where Postfix brings the mail of who moves (LMTP)', {
      listen: listenAt('127.0.0.1:8027'),
      wait: duration({
        default: '25s',
        about: {
          is: 'how long mail waits here for a mailbox that is held, before Postfix is told to come again',
          expected: 'a time such as 25s',
          changeWhen: '`lmtp_data_init_timeout` of Postfix is shorter than its 120 seconds.',
        },
      }),
    }),
  ),
  nginx: Type.Optional(
    section("what nginx's mail proxy asks (auth_http)", {
      listen: listenAt('127.0.0.1:8028'),
      key: secretReference('by which nginx proves itself: the value of `auth_http_header X-Auth-Key`', 'key'),
      'sign-ins-per-minute': perMinute('sign-ins a minute by one client, known or not'),
      'check-at': Type.Optional(
        text({
          about: {
            is: "where a person's password is checked before nginx signs in with `as-admin`, and before a sign-in waits for a mailbox that is held",
            expected: 'source (its IMAP), or the URL of a directory such as ldaps://ldap.corp.example',
          },
        }),
      ),
      'check-dn': Type.Optional(
        text({
          about: {
            is: "the directory's entry of a person, with {user}, {local} and {domain}",
            expected: 'a distinguished name such as uid={local},ou=people,dc=corp,dc=example',
          },
        }),
      ),
    }),
  ),
  dovecot: Type.Optional(
    section('what a Dovecot proxy asks (dict)', {
      listen: text({ about: { is: 'where it listens', expected: 'unix:/PATH such as unix:/run/godwit/dovecot' } }),
      'sign-ins-per-minute': perMinute(
        'sign-ins a minute by one client, known or not, where `password_key` tells who it is (from=%r)',
      ),
    }),
  ),
  clients: Type.Optional(
    section('what mail programs ask (Autodiscover, autoconfig), behind your web server', {
      listen: listenAt('127.0.0.1:8029'),
      'questions-per-minute': perMinute(
        'questions a minute by one client, known or not, where the web server tells who it is (X-Forwarded-For)',
      ),
    }),
  ),
});

export type DoorsForm = Static<typeof doorsForm>;
