/**
 * Mail that has made movers of mail stumble: one message per trait, and as many plain ones as wished. The same seed gives
 * the same octets. What a server does with each is for the tests to find out; some are refused by one and altered by
 * another.
 */

import { Chance } from '../src/lib/chance.ts';
import type { SeedMessage } from './seed.ts';

/** One message per trait. `crlfOnly` leaves out what a strict server refuses outright (bare LF, NUL, zero octets …). */
export function awkwardMessages(seed: number, crlfOnly = false): readonly SeedMessage[] {
  const chance = new Chance(seed);
  const gentle = [...bodies(chance), ...identities(chance), ...structures(chance), ...dates(), ...flags()];
  const all = crlfOnly ? gentle : [...gentle, ...broken(chance)];
  // Every message has a date of its own, so that it does not depend on when a server was filled.
  return all.map((each, index) => ({ internalDate: imapDate(1_400_000_000 + index * 61), ...each }));
}

/** Plain messages of many sizes, with flags, keywords and dates: the bulk of any mailbox. */
export function* plainMessages(seed: number, count: number, prefix = 'plain'): Generator<SeedMessage> {
  const chance = new Chance(seed);
  for (let i = 0; i < count; i++) {
    const octetsWished = chance.once(20) ? chance.between(20_000, 200_000) : chance.between(200, 8000);
    yield {
      name: `${prefix} ${i}`,
      bytes: message(
        `Message-ID: <${prefix}.${i}.${seed}@lab.example>\r\nSubject: ${prefix} ${i}`,
        words(chance, octetsWished),
      ),
      flags: [
        ...(chance.once(2) ? ['\\Seen'] : []),
        ...(chance.once(5) ? ['\\Answered'] : []),
        ...(chance.once(9) ? ['\\Flagged'] : []),
        ...(chance.once(11) ? ['\\Draft'] : []),
        ...(chance.once(13) ? ['\\Deleted'] : []),
        ...(chance.once(4) ? [chance.pick(['$Forwarded', '$MDNSent', 'NonJunk', 'project-x', '$label1'])] : []),
      ],
      internalDate: imapDate(chance.between(946_684_800, 1_700_000_000)),
    };
  }
}

/** `date-time` of RFC 9051 §9 for an instant, in UTC. */
export function imapDate(seconds: number): string {
  const [, day, month, year, clock] = new Date(seconds * 1000).toUTCString().split(/,? /);
  return `${day}-${month}-${year} ${clock} +0000`;
}

function bodies(chance: Chance): readonly SeedMessage[] {
  const header = (name: string): string => `Message-ID: <${name}@awkward.example>\r\nSubject: ${name}`;
  const make = (name: string, body: string): SeedMessage => ({ name, bytes: message(header(name), body) });
  return [
    make('lone CR', 'one\rtwo\r\n'),
    make('200,000-octet line', `${'x'.repeat(200_000)}\r\n`),
    make('no final line end', 'the end is near'),
    make('dots', '.\r\n..\r\n.hidden\r\n.\r\n'),
    make('trailing blanks', 'soft   \r\n\t \r\n  \r\n'),
    make('8-bit body', `${Buffer.from('Grüße, \u4f60\u597d', 'utf8').toString('latin1')}\r\n`),
    make(
      'control octets',
      `${String.fromCharCode(...Array.from({ length: 31 }, (_, i) => i + 1).filter((i) => i !== 10 && i !== 13), 127)}\r\n`,
    ),
    make(
      'IMAP syntax',
      ')\r\n* 1 FETCH (UID 99 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\na1 OK done\r\n* BYE\r\n{5+}\r\n12345\r\n+ go\r\n',
    ),
    make('mbox', 'From somebody Mon Jan  1 00:00:00 2001\r\n>From here\r\nFrom there\r\n'),
    make('empty body', ''),
    make('only line ends', '\r\n\r\n\r\n\r\n'),
    make('one megabyte', words(chance, 1_000_000)),
  ];
}

function identities(chance: Chance): readonly SeedMessage[] {
  const plain = (name: string, headers: string, body = `${name}\r\n`): SeedMessage => ({
    name,
    bytes: message(headers, body),
  });
  const twice = message('Message-ID: <twice@awkward.example>\r\nSubject: the same bytes', 'again and again\r\n');
  return [
    plain('Message-ID shared, first', 'Message-ID: <shared@awkward.example>\r\nSubject: first'),
    plain('Message-ID shared, second', 'Message-ID: <shared@awkward.example>\r\nSubject: second'),
    { name: 'same bytes, first', bytes: twice, internalDate: imapDate(1_500_000_000) },
    { name: 'same bytes, second', bytes: twice, internalDate: imapDate(1_500_000_000) },
    {
      name: 'same bytes, other date and flags',
      bytes: twice,
      internalDate: imapDate(1_500_000_001),
      flags: ['\\Flagged'],
    },
    plain('Message-ID folded', 'Message-ID:\r\n <folded@awkward.example>\r\nSubject: folded'),
    plain('Message-ID empty', 'Message-ID: \r\nSubject: empty'),
    plain('Message-ID quoted', 'Message-ID: <"a b\\"c"@awkward.example>\r\nSubject: quoted'),
    plain('Message-ID twice', 'Message-ID: <one@awkward.example>\r\nMessage-ID: <two@awkward.example>\r\nSubject: two'),
    plain('no Message-ID', 'Subject: none'),
    { name: 'no Date', bytes: Buffer.from('Subject: undated\r\n\r\nwhen?\r\n') },
    plain(
      'References of 30 KB',
      `References:${Array.from({ length: 700 }, (_, i) => `\r\n <${i}.${chance.bits()}@threads.awkward.example>`).join('')}`,
    ),
    plain('4,000 header lines', Array.from({ length: 4000 }, (_, i) => `X-Line-${i}: ${chance.bits()}`).join('\r\n')),
    plain('read receipt wished', 'Disposition-Notification-To: somebody@awkward.example\r\nSubject: please tell me'),
    plain('folded with tabs', 'Subject: a\r\n\tb\r\n \t c\r\nX-Empty:\r\nX-Odd : 1'),
  ];
}

function structures(chance: Chance): readonly SeedMessage[] {
  const nested = (depth: number): string =>
    depth === 0
      ? 'the innermost\r\n'
      : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--\r\n`;
  const signature = Buffer.from(Array.from({ length: 900 }, () => chance.below(256)))
    .toString('base64')
    .replaceAll(/.{64}/g, '$&\r\n');
  const signed = (type: string, ending: string): string =>
    `Content-Type: multipart/signed; protocol="application/${type}"; micalg=sha-256; boundary=s\r\n\r\n` +
    '--s\r\nContent-Type: text/plain\r\n\r\nNot one octet may change. \r\n-- \r\nme\r\n' +
    `--s\r\nContent-Type: application/${type}; name=${ending}\r\nContent-Transfer-Encoding: base64\r\n\r\n${signature}\r\n--s--\r\n`;
  const head = 'MIME-Version: 1.0\r\nSubject: ';
  return [
    { name: '300-deep multipart', bytes: Buffer.from(`${head}deep\r\n${nested(300)}`) },
    { name: 'S/MIME signed', bytes: Buffer.from(`${head}smime\r\n${signed('pkcs7-signature', 'smime.p7s')}`) },
    { name: 'PGP signed', bytes: Buffer.from(`${head}pgp\r\n${signed('pgp-signature', 'signature.asc')}`) },
    {
      name: 'winmail.dat',
      bytes: Buffer.from(
        `${head}tnef\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgAA${signature}\r\n`,
      ),
    },
    {
      name: 'multipart without parts',
      bytes: Buffer.from(`${head}hollow\r\nContent-Type: multipart/mixed; boundary=none\r\n\r\n`),
    },
    {
      name: 'unclosed multipart',
      bytes: Buffer.from(`${head}open\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nnever closed`),
    },
  ];
}

function dates(): readonly SeedMessage[] {
  const on = (date: string): SeedMessage => ({
    name: `dated ${date}`,
    bytes: message(`Subject: ${date}`, 'then\r\n'),
    internalDate: date,
  });
  return [
    on('01-Jan-1970 00:00:01 +0000'),
    on('29-Feb-2000 12:00:00 +0530'),
    on(' 5-Mar-2010 23:59:59 -0800'),
    on('31-Dec-1999 23:59:59 +0000'),
    on('01-Jan-2037 03:14:07 +0000'),
    on('28-Mar-2021 02:30:00 +0100'),
  ];
}

function flags(): readonly SeedMessage[] {
  const bearing = (name: string, set: readonly string[]): SeedMessage => ({
    name,
    bytes: message(`Subject: ${name}`, 'flagged\r\n'),
    flags: set,
  });
  return [
    bearing('all system flags', ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft']),
    bearing('usual keywords', ['$Forwarded', '$MDNSent', '$Junk', '$NotJunk', '$Phishing', '$SubmitPending']),
    bearing('keyword in two spellings, first', ['Project-A']),
    bearing('keyword in two spellings, second', ['PROJECT-a']),
    bearing('keyword with punctuation', ['a.b-c_d:e+f/g', "~x!#&'"]),
    bearing(
      '30 keywords',
      Array.from({ length: 30 }, (_, i) => `many-${i}`),
    ),
  ];
}

/** What Dovecot alters in silence and Cyrus refuses, or the other way round (facts of 2026-11, Dovecot 2.3.19, Cyrus 3.6.1). */
function broken(chance: Chance): readonly SeedMessage[] {
  const raw = (name: string, text: string): SeedMessage => ({ name, bytes: Buffer.from(text, 'latin1') });
  return [
    raw('bare LF', 'Subject: bare LF\n\none\ntwo\n'),
    raw('mixed line ends', 'Subject: mixed\r\n\r\none\ntwo\r\nthree\r\r\nfour\r\n'),
    raw('NUL', 'Subject: nul\r\n\r\na\0b\r\n'),
    raw(
      '8-bit header',
      `Subject: ${Buffer.from('Grüße').toString('latin1')}\r\nFrom: J\xfcrgen <j@awkward.example>\r\n\r\nhello\r\n`,
    ),
    raw('no colon', 'this is no header\r\n\r\nbody\r\n'),
    raw('blank before the colon', 'A : b\r\n\r\nbody\r\n'),
    raw('starts with a blank line', '\r\nSubject: not a header\r\n\r\nbody\r\n'),
    raw('starts with From_', `From a@b Mon Jan  1 00:00:00 2001\r\nSubject: leftover ${chance.bits()}\r\n\r\nbody\r\n`),
    raw('one octet', 'x'),
    raw('text only', 'just words'),
    raw('zero octets', ''),
  ];
}

function message(headers: string, body: string): Buffer {
  return Buffer.from(
    `From: Lab <lab@awkward.example>\r\nTo: you@awkward.example\r\nDate: Thu, 01 Jan 2015 00:00:00 +0000\r\n${headers}\r\n\r\n${body}`,
    'latin1',
  );
}

const vocabulary = 'godwit flight tide marsh wind north south egg summer mud wing mile night star feather shore'.split(
  ' ',
);

function words(chance: Chance, octetsWished: number): string {
  const lines: string[] = [];
  for (let length = 0; length < octetsWished; ) {
    const line = Array.from({ length: 10 }, () => chance.pick(vocabulary)).join(' ');
    lines.push(line);
    length += line.length + 2;
  }
  return `${lines.join('\r\n')}\r\n`;
}
