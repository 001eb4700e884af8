import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readResponseCode, readRespText } from './response-code.ts';

describe('the codes of a status response are read', () => {
  test.each([
    // RFC 4315 §3
    ['APPENDUID 38505 3955', { kind: 'append-uid', uidValidity: 38505, uids: [[3955, 3955]] }],
    [
      'COPYUID 38505 304,319:320 3956:3958',
      {
        kind: 'copy-uid',
        uidValidity: 38505,
        from: [
          [304, 304],
          [319, 320],
        ],
        to: [[3956, 3958]],
      },
    ],
    ['COPYUID 7  ', { kind: 'copy-uid', uidValidity: 7, from: [], to: [] }], // Exchange, nothing copied
    // RFC 9051 §7.1 and RFC 7162 §3.1
    ['UIDNEXT 4392', { kind: 'uid-next', value: 4392 }],
    ['UIDVALIDITY 3857529045', { kind: 'uid-validity', value: 3857529045 }],
    ['UNSEEN 12', { kind: 'unseen', value: 12 }],
    ['HIGHESTMODSEQ 715194045007', { kind: 'highest-mod-seq', value: 715194045007n }],
    ['HIGHESTMODSEQ 9223372036854775807', { kind: 'highest-mod-seq', value: 9223372036854775807n }],
    ['NOMODSEQ', { kind: 'no-mod-seq' }],
    [
      'MODIFIED 7,9',
      {
        kind: 'modified',
        uids: [
          [7, 7],
          [9, 9],
        ],
      },
    ],
    [
      'PERMANENTFLAGS (\\Deleted \\Seen \\*)',
      { kind: 'permanent-flags', flags: ['\\Deleted', '\\Seen'], anyKeyword: true },
    ],
    ['PERMANENTFLAGS ()', { kind: 'permanent-flags', flags: [], anyKeyword: false }],
    [
      'CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN',
      { kind: 'capability', capabilities: ['IMAP4rev1', 'LITERAL+', 'AUTH=PLAIN'] },
    ],
    ['BADCHARSET (UTF-8 "US-ASCII")', { kind: 'bad-charset', charsets: ['UTF-8', 'US-ASCII'] }],
    ['BADCHARSET', { kind: 'bad-charset', charsets: [] }],
    ['overquota', { kind: 'plain' }],
    ['TOOBIG', { kind: 'plain' }],
    ['THROTTLED', { kind: 'plain' }],
    ['MAILBOXID (F2212ea87-6097-4256-9d51-71338625)', { kind: 'other', rest: '(F2212ea87-6097-4256-9d51-71338625)' }],
  ])('[%s]', (inside, code) => {
    expect(readResponseCode(inside)).toEqual({ name: inside.split(' ')[0]?.toUpperCase(), ...code });
  });

  test('the UIDs of a MULTIAPPEND stay in the order in which the messages were sent', () => {
    expect(readResponseCode('APPENDUID 1 9,3:5,7:6,1')).toMatchObject({
      uids: [
        [9, 9],
        [3, 5],
        [6, 7],
        [1, 1],
      ],
    });
  });

  test.each([
    'UIDNEXT 0',
    'UIDNEXT 9.37e+06',
    'UIDVALIDITY 0',
    'UIDVALIDITY',
    'UIDVALIDITY 4294967296',
    'HIGHESTMODSEQ 0',
    'HIGHESTMODSEQ -1',
    'HIGHESTMODSEQ 99999999999999999999',
    'APPENDUID 1',
    'APPENDUID 1 *',
    'APPENDUID 0 1',
    'APPENDUID 1 1:',
    'APPENDUID 1 1,,2',
    'COPYUID',
    'MODIFIED 0',
  ])('[%s] says nothing that can be believed', (inside) => {
    expect(readResponseCode(inside)?.kind).toBe('malformed');
  });

  test('a name that belongs to every object is not mistaken for a code', () => {
    expect(readResponseCode('constructor 1')).toMatchObject({ kind: 'other' });
    expect(readResponseCode('__proto__ 1')).toMatchObject({ kind: 'other' });
  });
});

describe('code and words are told apart', () => {
  test.each([
    ['[TRYCREATE] No such mailbox', 'TRYCREATE', 'No such mailbox'],
    ['[PERMANENTFLAGS (a]b \\*)] Flags permitted.', 'PERMANENTFLAGS', 'Flags permitted.'],
    ['[BADCHARSET ("]")] no', 'BADCHARSET', 'no'],
    ['[PERMANENTFLAGS (\\Seen] no end of the list', 'PERMANENTFLAGS', 'no end of the list'],
    ['[ALERT]', 'ALERT', ''],
    ['[ALERT', undefined, '[ALERT'],
    ['[] nothing', undefined, 'nothing'],
    ['Sorry [OVERQUOTA]', undefined, 'Sorry [OVERQUOTA]'],
    ['', undefined, ''],
  ])('%j', (said, name, text) => {
    const read = readRespText(said);
    expect(read.code?.name).toBe(name);
    expect(read.text).toBe(text);
  });

  test('a keyword that holds a bracket is kept whole', () => {
    expect(readRespText('[PERMANENTFLAGS (a]b)] x').code).toMatchObject({ flags: ['a]b'] });
  });

  test('nothing a server says makes it throw, and what it keeps is bounded', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      '"',
      '\\',
      ' ',
      'APPENDUID',
      'COPYUID',
      'UIDNEXT',
      '1',
      ',',
      ':',
      '*',
      '\x1b',
      'é',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const { code } = readRespText(parts.join(''));
        if (code) expect(code.name).toMatch(/^[!-~]{1,64}$/);
      }),
      { numRuns: 1_000 },
    );
    const long = readRespText(`[X${'y'.repeat(1_000)} ${'z'.repeat(500_000)}] end`);
    expect(long.code).toMatchObject({ kind: 'malformed', rest: 'z'.repeat(1_000) });
    expect(long.code?.name).toHaveLength(64);
  });
});
