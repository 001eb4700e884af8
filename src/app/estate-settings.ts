/**
 * Every setting of a programme, declared once: its form, what it is, its default, and when one would change it. godwit.yaml
 * is checked against this; docs/godwit-yaml.md and the JSON Schema by which editors check and complete it are made from it.
 */

import Type, { type Static } from 'typebox';
import { holdMostSecondsMax, usualSignInPassageMs, usualTogetherMost } from '#domain/estate-settings.ts';
import { usualListen } from '#domain/listen.ts';
import { userFields } from '#domain/platform.ts';
import { dangerousActs } from '#domain/rights.ts';
import { apiForm } from './api-form.ts';
import { noticesForm } from './notice-forms.ts';
import { directoryForm } from './directory-form.ts';
import { auditForm } from './audit-form.ts';
import { doorsForm } from './door-form.ts';
import { endpointsForm } from './endpoints-form.ts';
import { probesForm } from './probe-form.ts';
import {
  allowClearText,
  count,
  duration,
  flag,
  ownAuthorities,
  secretReference,
  section,
  share,
  size,
  text,
  verifyCertificate,
} from './setting-forms.ts';
import { waysInForm } from './ways-in-form.ts';

const globs = (is: string) =>
  Type.Array(
    Type.String({
      minLength: 1,
      about: { is: 'a folder', expected: "a glob over the whole path ('Lists/**') or a role ('\\Trash')" },
    }),
    { default: [], about: { is, expected: "a list of globs ('Lists/**') and roles ('\\Trash')" } },
  );

const budget = section('what this platform may be asked by all workers together; less is taken when it asks for less', {
  connections: count(10_000, {
    default: 20,
    about: {
      is: 'connections in all',
      expected: 'a number from 1 to 10000',
      changeWhen: 'its operator names another number. A mailbox that is being worked on needs one on each side.',
    },
  }),
  'connections-per-mailbox': count(50, {
    default: 2,
    about: {
      is: 'connections to one mailbox',
      expected: 'a number from 1 to 50',
      changeWhen: "the server allows fewer beside those of the person's own programs.",
    },
  }),
  'bytes-per-second': text({
    default: 'off',
    about: {
      is: "bytes a second, by the clock of `timezone`, in rclone's notation",
      expected: 'a rate with its unit such as 10M, or a timetable such as "08:00,10M 19:00,off"',
      changeWhen: 'people need the line by day.',
    },
  }),
  'commands-per-second': Type.Optional(
    count(100_000, {
      about: {
        is: 'commands a second; without it there is no limit',
        expected: 'a number from 1 to 100000',
        changeWhen: 'its operator names a limit.',
      },
    }),
  ),
});

const platform = (is: string, example: string) =>
  section(is, {
    url: text({
      about: {
        is: 'where its IMAP server is: imaps:// (TLS), imap:// (STARTTLS, required) or imap+plain:// (clear text)',
        expected: `the URL of a server without a user, such as imaps://${example}`,
      },
    }),
    user: Type.Optional(
      text({
        about: {
          is: 'who a mailbox is to this platform; without it the user named in the list of mailboxes, else the address',
          expected: `a template with ${userFields.map((field) => `{${field}}`).join(', ')}`,
          changeWhen: 'user names are no addresses and follow from them, as in {local} or {local}@old.example.',
        },
      }),
    ),
    admin: Type.Optional(
      text({
        about: {
          is: 'the administrator who signs in on behalf of each mailbox; `secret` is then theirs',
          expected: 'the name of a user',
        },
      }),
    ),
    'admin-style': Type.Enum(['authzid', 'user*master'], {
      default: 'authzid',
      about: {
        is: "how the mailbox is named: as authorisation identity of SASL PLAIN, or as Dovecot's user*master",
        expected: 'authzid or user*master',
        changeWhen: 'the server wants it: Dovecot with auth_master_user_separator.',
      },
    }),
    secret: Type.Optional(secretReference('the password of `admin`, or one that opens every mailbox')),
    secrets: Type.Optional(
      Type.String({
        pattern: String.raw`^(file:.+|sealed:\S+)$`,
        maxLength: 4_096,
        about: {
          is: "each mailbox's own password: a CSV file with the header address,secret and references below it, or the prefix of sealed names",
          expected:
            'file:PATH, or sealed:PREFIX as in sealed:source/ where the one of ann@corp.example is source/ann@corp.example',
        },
      }),
    ),
    oauth: Type.Optional(
      text({ about: { is: 'sign in with OAuth, as this file says (docs/oauth.md)', expected: 'the path of a file' } }),
    ),
    ca: Type.Optional(ownAuthorities()),
    sessions: Type.Optional(
      section("people's sessions there, where Godwit may see and end them at a switch", {
        url: text({
          about: {
            is: 'where the doveadm HTTP API of this Dovecot is',
            expected: 'a URL such as http://127.0.0.1:8080/doveadm/v1',
          },
        }),
        key: secretReference('its `doveadm_api_key`', 'key'),
      }),
    ),
    'verify-certificate': verifyCertificate(),
    'allow-clear-text': allowClearText('whether imap+plain:// may lead to another machine'),
    budget,
  });

export const estateForm = section('the settings of a programme', {
  database: Type.String({
    pattern: String.raw`^(embedded|env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`,
    default: 'embedded',
    about: {
      is: 'where the estate is kept: a PostgreSQL of our own under the state folder, or yours (15 or newer)',
      expected: 'embedded, or where its URL is written: env:DATABASE_URL or file:PATH',
      changeWhen: 'it is more than a trial, or workers run on other machines.',
    },
  }),
  embedded: section('the PostgreSQL of our own, where others than those on its state folder come to it', {
    port: Type.Optional(
      count(65_535, {
        about: {
          is: 'a port on 127.0.0.1, besides its Unix socket; the user is godwit, the database postgres',
          expected: 'a number from 1 to 65535',
          changeWhen: 'a worker runs under another user, in a container, or at the other end of a tunnel.',
        },
      }),
    ),
    password: Type.Optional(
      Type.String({
        pattern: String.raw`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`,
        maxLength: 4_096,
        about: {
          is: 'what they have to know who come by that port (SCRAM-SHA-256)',
          expected: 'a reference, env:NAME or file:PATH, and never the password itself',
        },
      }),
    ),
  }),
  endpoints: Type.Optional(endpointsForm),
  timezone: text({
    default: 'UTC',
    about: {
      is: 'the time zone in which days, windows and timetables are told',
      expected: 'the name of a time zone such as Europe/London',
    },
  }),
  source: platform('the platform that the mail is on', 'mail.old.example'),
  target: platform('the platform that it goes to', 'mail.new.example'),
  workers: section('how much is done at a time', {
    'at-once': count(1_000, {
      default: 8,
      about: {
        is: 'mailboxes that one process works on at a time',
        expected: 'a number from 1 to 1000',
        changeWhen: 'the servers are far away (more) or this machine is small (fewer).',
      },
    }),
  }),
  'follow-every': duration({
    default: '15m',
    about: {
      is: 'the time between two passes over a mailbox whose target is to stay close',
      expected: 'a time such as 90s, 15m or 1h',
      changeWhen: 'the last delta should be smaller (sooner), or the source is weak (later).',
    },
  }),
  switching: section(
    'how people and deliveries wait while a mailbox changes sides, where there are doors (docs/coexistence.md)',
    {
      'announce-ahead': duration({
        default: '40s',
        about: {
          is: 'how long before its switch a mailbox is announced to the doors',
          expected: 'a time such as 40s',
          changeWhen: 'a mail system remembers what it was told for longer than the 30 seconds of Postfix.',
        },
      }),
      'hold-most': duration({
        default: '20s',
        about: {
          is: 'how long people may be kept waiting; a switch that takes longer is withdrawn and tried again',
          expected: `a time of at most ${holdMostSecondsMax}s such as 20s`,
          changeWhen: 'a sign-in may not wait that long for programs that people use.',
        },
      }),
      'sign-in-passage-ms': count(10_000, {
        default: usualSignInPassageMs,
        about: {
          is: 'how many milliseconds a sign-in takes at most from a door’s answer to its server: nobody turns before those have landed that were let in before the hold',
          expected: 'a number from 1 to 10000, less than half of `hold-most`',
          changeWhen: 'proxies are far from the servers behind them: some six round trips, and what the server takes.',
        },
      }),
      'home-late-after': duration({
        default: '15m',
        about: {
          is: 'how long changes may not be carried home after the switch before somebody is told, beyond `follow-every` where no pass failed',
          expected: 'a time such as 15m or 1h',
          changeWhen: 'the side that was left rests at night (longer), or people may go back at any moment (shorter).',
        },
      }),
      'together-most': count(100, {
        default: usualTogetherMost,
        about: {
          is: 'how many mailboxes that belong together, by their grants, open together at most; never more than half of what is in work at once; 1 for each by itself',
          expected: 'a number from 1 to 100',
          changeWhen: 'larger groups work in each other’s mailboxes all day (more), or nobody does (1).',
        },
      }),
    },
  ),
  'ways-in': Type.Optional(waysInForm),
  probes: Type.Optional(probesForm),
  directory: Type.Optional(directoryForm),
  'check-ahead': Type.Union(
    [Type.String({ pattern: String.raw`^off$|^\s*\d+\s*$|^\s*(\d+[smhdSMHD])+\s*$` }), Type.Integer({ minimum: 1 })],
    {
      default: '7d',
      about: {
        is: 'how long before its window the mailboxes of a wave are looked at by themselves, for what will go wrong',
        expected: 'a time such as 7d, or off',
        changeWhen:
          'people need longer to mend what is found, or nobody is to be signed in to before the first copy (off).',
      },
    },
  ),
  'error-budget': share({
    default: '2%',
    about: {
      is: 'the share of its mailboxes that may fail before a wave pauses by itself',
      expected: 'a share such as 2% or 0.02',
    },
  }),
  listen: text({
    default: usualListen,
    about: {
      is: 'where health and metrics are told (/healthz, /readyz, /metrics)',
      expected: 'a host and a port such as 127.0.0.1:8025, or off',
      changeWhen:
        'something on another machine asks for them. Where this is not written and another process is there already, any free port of this machine is taken. --listen wins.',
    },
  }),
  api: Type.Optional(apiForm),
  doors: Type.Optional(doorsForm),
  approvals: section('what the API does only with the word of a second person (docs/access.md)', {
    acts: Type.Array(Type.Enum([...dangerousActs], { about: { is: 'an act', expected: dangerousActs.join(', ') } }), {
      default: [],
      about: {
        is: 'these acts are asked for first, and done once somebody else has approved',
        expected: `a list of ${dangerousActs.join(', ')}`,
        changeWhen: 'nobody is to start a wave, or end a way back, alone.',
      },
    }),
  }),
  folders: section('which folders go, and where', {
    include: globs('only these'),
    exclude: globs('not these'),
    map: Type.Record(Type.String(), Type.String({ minLength: 1 }), {
      default: {},
      about: {
        is: 'folders that go elsewhere with all below them, old path to new path',
        expected: "old paths and new ones, as in 'Sent Items': Sent",
      },
    }),
  }),
  delete: flag({
    default: false,
    about: {
      is: 'whether what left the source leaves the target too, if Godwit put it there',
      expected: 'true or false',
    },
  }),
  notices: noticesForm,
  audit: Type.Optional(auditForm),
  'max-size': Type.Optional(
    size({ about: { is: 'messages larger than this are left out and listed', expected: 'a size such as 25M' } }),
  ),
});

/** What stands in a godwit.yaml that is in order, with the defaults of what does not. */
export type EstateForm = Static<typeof estateForm>;
export type PlatformForm = EstateForm['source'];
