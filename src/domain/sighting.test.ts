import { expect, test } from 'vitest';
import { fault } from './fault.ts';
import { sightingOf } from './sighting.ts';

const host = 'old.example';
const account = { host, user: 'ann' };
const said = (text: string) => ({ host, text, waitMs: null });

/** What servers said, whether it was before the mailbox was open, and what it means for the platform. */
const cases = [
  [
    'Exchange, of one mailbox',
    fault('imap.server.throttled', {
      ...said('Request is throttled. Suggested Backoff Time: 299000 milliseconds'),
      waitMs: 299_000,
    }),
    false,
    { kind: 'throttled', mailbox: 7, waitMs: 299_000 },
  ],
  [
    'a greeting that sends us away',
    fault('imap.server.throttled', said('Too many simultaneous connections')),
    true,
    { kind: 'too-many-connections', mailbox: null },
  ],
  [
    'Dovecot, of one user',
    fault('imap.sign-in.unavailable', {
      ...account,
      text: '[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)',
    }),
    true,
    { kind: 'too-many-connections', mailbox: 7 },
  ],
  [
    'Gmail, of one account',
    fault('imap.server.throttled', said('Account exceeded command or bandwidth limits.')),
    false,
    { kind: 'quota-used', mailbox: 7, waitMs: null },
  ],
  [
    'a sign-in that is throttled before it knows who comes',
    fault('imap.server.throttled', said('[THROTTLED] Slow down')),
    true,
    { kind: 'throttled', mailbox: null, waitMs: null },
  ],
  [
    'a wrong password',
    fault('imap.sign-in.refused', { ...account, text: '[AUTHENTICATIONFAILED] Authentication failed.' }),
    true,
    { kind: 'sign-in-failed', mailbox: 7, how: 'refused' },
  ],
  [
    'a directory that is away',
    fault('imap.sign-in.unavailable', { ...account, text: '[UNAVAILABLE] Temporary authentication failure.' }),
    true,
    { kind: 'sign-in-failed', mailbox: 7, how: 'unavailable' },
  ],
  [
    'nobody at home',
    fault('imap.connect.refused', { host, port: 993 }),
    true,
    { kind: 'sign-in-failed', mailbox: 7, how: 'unreachable' },
  ],
  [
    'an end in the middle of a sign-in',
    fault('imap.connection.lost', { host, text: 'ECONNRESET' }),
    true,
    { kind: 'sign-in-failed', mailbox: 7, how: 'lost' },
  ],
  [
    'an end in the middle of the work, which happens',
    fault('imap.connection.lost', { host, text: 'ECONNRESET' }),
    false,
    null,
  ],
  [
    'a server that shuts down',
    fault('imap.server.bye', { host, text: 'Server shutting down.' }),
    false,
    { kind: 'unavailable' },
  ],
  [
    'a mailbox that is open elsewhere',
    fault('imap.command.refused', { host, command: 'SELECT', text: '[INUSE] Mailbox is locked' }),
    false,
    { kind: 'in-use', mailbox: 7 },
  ],
  [
    'a folder that cannot be read',
    fault('imap.command.refused', { host, command: 'SELECT', text: '[NOPERM] no' }),
    false,
    null,
  ],
  ['a mailbox that is full', fault('target.quota', { host, text: '[OVERQUOTA]' }), false, null],
] as const;

test.each(cases)('%s', (_, error, signingIn, expected) => {
  const seen = sightingOf(error, 7, signingIn);
  if (expected === null) expect(seen).toBe(null);
  else expect(seen).toMatchObject(expected);
});
