import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffOf, classifyAppendRefusal, classifySignIn, longestBackoffMs } from './refusal.ts';

describe('a refused message is laid at the right door', () => {
  test.each([
    // Dovecot 2.3
    ['NO', 'OVERQUOTA', 'Quota exceeded (mailbox for user is full)', 'quota'],
    ['NO', 'CANNOT', "Can't save a zero byte message", 'message'],
    ['NO', 'CANNOT', 'Keyword length too long', 'flags'],
    ['BAD', null, 'Error in IMAP command APPEND: Invalid system flag \\Forwarded', 'flags'],
    ['BAD', null, 'Error in IMAP command APPEND: Invalid internal date.', 'date'],
    ['NO', 'TRYCREATE', "Mailbox doesn't exist: x", 'folder'],
    ['NO', 'NONEXISTENT', 'Unknown namespace', 'folder'],
    ['NO', 'NOPERM', 'Permission denied', 'read-only'],
    ['NO', 'TOOBIG', 'Message size too large', 'too-big'],
    // Cyrus 3.6
    ['NO', null, 'Message contains bare newlines', 'message'],
    ['NO', null, 'Message contains NUL characters', 'message'],
    ['NO', null, 'Message contains non-ASCII characters in headers', 'message'],
    ['NO', null, 'Message contains invalid header', 'message'],
    ['NO', null, 'Message has no header/body separator', 'message'],
    ['NO', null, 'Zero-length message literal', 'message'],
    ['BAD', null, 'Invalid date-time in Append command', 'date'],
    ['NO', null, 'Too many user flags in mailbox', 'flags'],
    ['NO', null, 'Message size exceeds fixed limit', 'too-big'],
    ['NO', 'LIMIT', 'Too many identical copies of message', 'message'],
    ['NO', null, 'Over quota', 'quota'],
    ['NO', null, 'Mailbox does not exist', 'folder'],
    // Others
    ['NO', null, 'APPEND The 1500 MB storage limit has been exceeded.', 'quota'],
    ['NO', 'ALERT', 'You exceeded your mail quota.', 'quota'],
    ['NO', null, 'No space left on device', 'quota'],
    ['NO', null, 'Maximum message size exceeded', 'too-big'],
    ['NO', null, 'Mailbox is read-only', 'read-only'],
    ['BAD', null, 'Command Argument Error. 11', 'unclear'],
    ['BAD', 'CLIENTBUG', 'Additional arguments found after last expected argument', 'unclear'],
    ['NO', 'CANNOT', 'No', 'unclear'],
    ['NO', 'LIMIT', 'Nine is enough', 'unclear'],
  ] as const)('%s [%s] %s: %s', (status, code, text, cause) => {
    expect(classifyAppendRefusal(status, code, text)).toBe(cause);
  });
});

describe('a server that is busy is given time, and no message is blamed for it', () => {
  test.each([
    ['BAD', null, 'Request is throttled. Suggested Backoff Time: 299961 milliseconds'],
    ['NO', 'THROTTLED', 'Slow'],
    ['NO', 'OVERQUOTA', 'Account exceeded command or bandwidth limits. (Failure)'],
    ['NO', 'ALERT', 'Too many simultaneous connections. (Failure)'],
    ['NO', 'LIMIT', 'APPEND Rate limit hit.'],
    ['NO', 'INUSE', 'Mailbox is locked by another session'],
  ] as const)('%s [%s] %s', (status, code, text) => {
    expect(classifyAppendRefusal(status, code, text)).toBe('later');
  });
});

describe('what does not prove a refusal may have been stored, and is looked for before it is sent again', () => {
  test.each([
    ['NO', null, ''],
    ['NO', null, 'APPEND failed'],
    ['NO', null, 'Server Unavailable. 15'],
    ['NO', 'UNAVAILABLE', 'Temporary problem'],
    ['BAD', 'UNAVAILABLE', 'Temporary problem'],
    ['NO', 'SERVERBUG', 'Internal error occurred. Refer to server log for more information.'],
    ['NO', null, 'Timeout while waiting for the quota service'],
    ['NO', null, 'System I/O error'],
    ['NO', null, 'System Error (Failure)'],
    ['NO', null, 'Please try again'],
    ['NO', 'CONTACTADMIN', ''],
    ['NO', 'X-UNHEARD-OF', 'No'],
    ['NO', 'constructor', 'No'],
    ['BAD', null, 'User is authenticated but not connected.'],
    ['BAD', null, 'Internal server error'],
  ] as const)('%s [%s] %s', (status, code, text) => {
    expect(classifyAppendRefusal(status, code, text)).toBe('unknown');
  });

  test('a code that proves it outweighs vague words', () => {
    expect(classifyAppendRefusal('NO', 'overquota', 'Internal error')).toBe('quota');
    expect(classifyAppendRefusal('NO', 'UNAVAILABLE', 'Quota exceeded')).toBe('quota');
  });
});

describe('a refused sign-in is told from a server that cannot sign anybody in now', () => {
  test.each([
    ['NO', 'AUTHENTICATIONFAILED', 'Authentication failed.', 'refused'],
    ['NO', 'AUTHENTICATIONFAILED', 'Invalid credentials (Failure)', 'refused'],
    ['NO', null, 'AUTHENTICATE failed.', 'refused'],
    ['NO', null, 'LOGIN failed.', 'refused'],
    ['NO', null, 'Login failed: authentication failure', 'refused'],
    ['NO', null, '', 'refused'],
    ['NO', 'WEBALERT', 'Web login required.', 'refused'],
    ['BAD', null, 'Plaintext authentication disallowed', 'refused'],
    ['NO', 'UNAVAILABLE', 'Temporary authentication failure.', 'unavailable'],
    ['NO', 'SERVERBUG', 'LOGIN Server error - Please try again later', 'unavailable'],
    ['NO', null, 'Server Unavailable. 15', 'unavailable'],
    ['BAD', null, 'User is authenticated but not connected.', 'unavailable'],
    ['NO', null, 'Directory service is not responding', 'unavailable'],
    ['BAD', null, 'Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'throttled'],
    ['NO', 'AUTHENTICATIONFAILED', 'Too many login failures', 'throttled'],
    ['NO', 'LIMIT', 'LOGIN Rate limit hit', 'throttled'],
    ['NO', 'ALERT', 'Too many simultaneous connections. (Failure)', 'too-many-connections'],
    [
      'NO',
      'UNAVAILABLE',
      'Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)',
      'too-many-connections',
    ],
    ['NO', 'LIMIT', 'No', 'too-many-connections'],
  ] as const)('%s [%s] %s: %s', (status, code, text, meaning) => {
    expect(classifySignIn(status, code, text)).toBe(meaning);
  });
});

describe('the wait that a server asks for is kept', () => {
  test.each([
    ['Request is throttled. Suggested Backoff Time: 299961 milliseconds', 299_961],
    ['Suggested Backoff Time: 5 seconds', 5_000],
    ['Suggested Backoff Time: 299961', 299_961],
    ['Retry-After: 120', 120_000],
    ['please retry after 5 minutes', 300_000],
    ['Too many logins, try again in 30 seconds.', 30_000],
    ['You must wait 2 min before the next login', 120_000],
    ['Suggested Backoff Time: 999999999999 milliseconds', longestBackoffMs],
    ['try again in 3 hours', longestBackoffMs],
    ['Suggested Backoff Time: -5 milliseconds', null],
    ['try again later', null],
    ['The 1500 MB storage limit has been exceeded', null],
    ['', null],
  ])('%s: %s', (text, milliseconds) => {
    expect(backoffOf(text)).toBe(milliseconds);
  });

  test('no text makes it wait for ever, or for less than nothing', () => {
    const pieces = fc.constantFrom(
      'try again ',
      'wait ',
      'in ',
      'after ',
      'Suggested Backoff Time: ',
      '9',
      '0',
      'ms',
      'hours ',
      '-',
      '.',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 300 }), (parts) => {
        const wait = backoffOf(parts.join(''));
        return wait === null || (wait >= 0 && wait <= longestBackoffMs);
      }),
    );
  });
});
