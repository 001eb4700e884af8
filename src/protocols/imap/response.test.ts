import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImapError } from './errors.ts';
import { FlagLists } from './fetch.ts';
import { tagged, untagged, type Untagged } from './response.ts';

const read = (text: string): Untagged => untagged(text, new FlagLists());
const message = (text: string) => {
  const response = read(text);
  if (response.kind !== 'fetch') throw new Error(`${response.kind} instead of FETCH`);
  const { uid, flags, internalDate, sizeBytes, modSeq, body } = response.message;
  return Object.fromEntries(
    Object.entries({ uid, flags, internalDate, sizeBytes, modSeq, body }).filter(([, value]) => value !== undefined),
  );
};
const at = (iso: string): number => Date.parse(iso) / 1000;

describe('messages are read in any order and spelling', () => {
  test.each([
    // RFC 9051 §7.5.2
    ['* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)', { flags: ['\\Seen'], sizeBytes: 44827 }],
    // RFC 7162 §3.1.4.1
    ['* 4 FETCH (UID 8 MODSEQ (12121130956) FLAGS ($NoJunk))', { uid: 8, modSeq: 12121130956n, flags: ['$NoJunk'] }],
    // Dovecot
    [
      '* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent $X) INTERNALDATE "13-Sep-2020 12:26:40 +0000" RFC822.SIZE 21)',
      { uid: 1, flags: ['\\Seen', '\\Recent', '$X'], internalDate: 1600000000, sizeBytes: 21 },
    ],
    [
      '* 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" FLAGS () UID 7)',
      { uid: 7, flags: [], internalDate: at('1996-07-17T09:44:25Z') },
    ],
    ['* 0 FETCH (FLAGS (\\Seen) UID 3)', { uid: 3, flags: ['\\Seen'] }], // Courier
    ['* 1 FETCH (UID 9 MODSEQ (-1) RFC822.SIZE 9.37e+06)', { uid: 9, modSeq: null, sizeBytes: 9_370_000 }], // Zoho
    ['* 1 FETCH (UID 5 MODSEQ 77)', { uid: 5, modSeq: 77n }],
    ['* 1 FETCH (UID 5 INTERNALDATE "00-Jan-0000 00:00:00 +0000")', { uid: 5, internalDate: null }], // Domino
    ['* 1 FETCH (UID 5 INTERNALDATE NIL)', { uid: 5, internalDate: null }],
    ['* 1 FETCH (UID 5 BODY[] NIL)', { uid: 5, body: null }],
    ['* 1 FETCH (UID 5 BODY[] "short \\"mail\\"")', { uid: 5, body: 'short "mail"' }],
    ['* 1 FETCH (UID 5 FLAGS (a]b "quoted)"))', { uid: 5, flags: ['a]b', 'quoted)'] }], // Gmail
    ['* 1 FETCH  ( UID  5  FLAGS  ( \\Seen ) )', { uid: 5, flags: ['\\Seen'] }],
    ['* 1 FETCH (UID 0)', {}],
    [
      '* 1 FETCH (ENVELOPE ("d" {3}\r\na)b NIL (("x" NIL "a" "b"))) BODYSTRUCTURE ("text" ("a" "b") NIL 12) UID 4)',
      { uid: 4 },
    ],
    ['* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {2}\r\n\r\n UID 4)', { uid: 4 }],
    ['* 1 FETCH (UID 4 X-GM-LABELS ("\\\\Sent" "a b") X-GM-MSGID 1278455344230334865)', { uid: 4 }],
  ])('%s', (text, items) => {
    expect(message(text)).toEqual(items);
  });

  test('the usual spelling and the general reading agree', () => {
    const flag = fc.constantFrom('\\Seen', '\\Answered', '$Work', 'a]b', 'été');
    fc.assert(
      fc.property(
        fc.array(flag),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        fc.nat(),
        fc.boolean(),
        (flags, uid, sizeBytes, sized) => {
          const size = sized ? ` RFC822.SIZE ${sizeBytes}` : '';
          const items = `UID ${uid} FLAGS (${flags.join(' ')}) INTERNALDATE "13-Sep-2020 12:26:40 +0000"${size}`;
          // Two blanks are enough to leave the usual way.
          expect(message(`* 7 FETCH (${items})`)).toEqual(message(`* 7 FETCH  (${items})`));
        },
      ),
    );
  });
});

describe('data about mailboxes is read in any spelling', () => {
  test.each([
    // RFC 9051 §7.3.1
    ['* LIST (\\Noselect) "/" ~/Mail/foo', '~/Mail/foo', '/', ['noselect']],
    ['* LIST (\\NonExistent \\HasChildren) "/" "a b \\"c\\\\d"', 'a b "c\\d', '/', ['nonexistent', 'haschildren']],
    ['* LIST () "." {5}\r\na"b(c', 'a"b(c', '.', []],
    ['* LIST () NIL NIL', 'NIL', null, []], // a folder of that name (MailKit)
    ['* LIST () "/" tab\there', 'tab\there', '/', []], // Exchange
    ['* LIST () "\\\\" Files', 'Files', '\\', []], // Domino
    ['* LIST () "/" "x" ("CHILDINFO" ("SUBSCRIBED"))', 'x', '/', []],
    ['* LIST () "/" x (CHILDINFO ("SUBSCRIBED"))', 'x', '/', []],
    ['* LIST (\\Sent \\Subscribed) "" INBOX', 'INBOX', null, ['sent', 'subscribed']],
  ])('%s', (text, name, separator, attributes) => {
    const response = read(text);
    expect(response).toMatchObject({ kind: 'list', mailbox: { name, separator } });
    expect(response.kind === 'list' && [...response.mailbox.attributes]).toEqual(attributes);
  });

  test.each([
    // RFC 9051 §7.3.4, RFC 7162 §3.1.2.1
    ['* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)', { name: 'blurdybloop', messages: 231, uidNext: 44292 }],
    [
      '* STATUS "a (b" (MESSAGES 7 UIDVALIDITY 3857529045 HIGHESTMODSEQ 7011231777)',
      { name: 'a (b', uidValidity: 3857529045, highestModSeq: 7011231777n },
    ],
    ['* STATUS {1}\r\nx (UIDNEXT 0 UIDVALIDITY 0 HIGHESTMODSEQ 0)', { name: 'x', uidNext: null, uidValidity: null }],
    ['* STATUS a b c (MESSAGES 1 SIZE 12 DELETED-STORAGE (1 2))', { name: 'a b c', messages: 1 }],
  ])('%s', (text, of) => {
    expect(read(text)).toMatchObject({ kind: 'mailbox-status', of });
  });

  test('namespaces, with and without others (RFC 9051 §6.3.10)', () => {
    expect(
      read(
        '* NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) (("~" "/")) (("#shared/" "/")("#ftp/" "/"))',
      ),
    ).toEqual({
      kind: 'namespace',
      namespaces: {
        personal: [
          { prefix: '', separator: '/' },
          { prefix: '#mh/', separator: '/' },
        ],
        otherUsers: [{ prefix: '~', separator: '/' }],
        shared: [
          { prefix: '#shared/', separator: '/' },
          { prefix: '#ftp/', separator: '/' },
        ],
      },
    });
    expect(read('* NAMESPACE (("INBOX." ".")) NIL NIL')).toMatchObject({
      namespaces: { personal: [{ prefix: 'INBOX.', separator: '.' }], otherUsers: [], shared: [] },
    });
  });

  test('quotas, what is enabled, what vanished, ids, searches', () => {
    // RFC 9208 §4.1, RFC 7162 §3.2.10, RFC 2971 §3.2, RFC 9051 §7.3.4
    expect(read('* QUOTA "!partition/sda4" (STORAGE 104 10923847)')).toEqual({
      kind: 'quota',
      quota: { root: '!partition/sda4', resources: [{ name: 'STORAGE', used: 104, limit: 10923847 }] },
    });
    expect(read('* QUOTAROOT INBOX "" x')).toEqual({ kind: 'quota-root', mailbox: 'INBOX', roots: ['', 'x'] });
    expect(read('* ENABLED QRESYNC condstore')).toEqual({ kind: 'enabled', names: ['QRESYNC', 'CONDSTORE'] });
    expect(read('* VANISHED (EARLIER) 41,43:116,118,120:211,9:7')).toEqual({
      kind: 'vanished',
      vanished: {
        earlier: true,
        uids: [
          [7, 9],
          [41, 41],
          [43, 116],
          [118, 118],
          [120, 211],
        ],
      },
    });
    expect(read('* VANISHED 405')).toMatchObject({ vanished: { earlier: false, uids: [[405, 405]] } });
    const id = read('* ID ("name" "Cyrus" "version" NIL)');
    expect(id.kind === 'id' && [...id.fields]).toEqual([['name', 'Cyrus']]);
    expect(read('* ESEARCH (TAG "A282") UID MIN 2 COUNT 3 ALL 2,10:11')).toMatchObject({
      search: {
        tag: 'A282',
        byUid: true,
        min: 2,
        max: null,
        count: 3,
        all: [
          [2, 2],
          [10, 11],
        ],
      },
    });
  });

  test('a code without its OK, and words that mean nothing to us', () => {
    expect(read('* [COPYUID 7  ] done')).toMatchObject({ kind: 'status', status: 'OK', code: { kind: 'copy-uid' } });
    expect(read('* SORT 5 3')).toEqual({ kind: 'other', name: 'SORT' });
    expect(read('* 5 XYZZY')).toEqual({ kind: 'other', name: 'XYZZY' });
  });
});

describe('what is not IMAP is told from what is', () => {
  test.each([
    '* 1 FETCH (UID 5',
    '* 1 FETCH (UID 5 FLAGS (\\Seen)',
    '* 1 FETCH UID 5',
    '* 1 FETCH (UID 5 ENVELOPE ({9}\r\nx))',
    '* 1 FETCH (BODY[HEADER.FIELDS (X)',
    '* STATUS INBOX',
    '* STATUS INBOX (MESSAGES 1',
    '* VANISHED (EARLIER) x',
    '* LIST (\\Sent "/" x',
    `* 1 FETCH (X ${'('.repeat(2_000)}`,
    '* QUOTA "" (STORAGE',
  ])('%s', (text) => {
    expect(() => read(text)).toThrow(ImapError);
  });

  test('no line breaks the reader in any other way', () => {
    const piece = fc.constantFrom(
      '* ',
      '1 ',
      'FETCH (',
      'LIST (',
      'STATUS ',
      'UID ',
      '5',
      ' ',
      '(',
      ')',
      '"',
      '\\',
      '{3}\r\n',
      'abc',
      'NIL',
      '[',
      ']',
      'FLAGS',
      'BODY[]',
      'MODSEQ',
      'NAMESPACE',
      'ESEARCH',
      'VANISHED',
      'ID',
      'QUOTA',
      '-1',
      '9e99',
      'OK',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = `* ${pieces.join('')}`;
        try {
          read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ImapError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('tagged answers', () => {
    expect(tagged('g1 OK [READ-ONLY] done')).toMatchObject({ tag: 'g1', status: 'OK', code: { name: 'READ-ONLY' } });
    expect(tagged('g1  no')).toMatchObject({ status: 'NO', text: '' });
    expect(tagged('g1 PREAUTH')).toBeNull();
    expect(tagged('220 mail.example ESMTP')).toBeNull();
  });
});
