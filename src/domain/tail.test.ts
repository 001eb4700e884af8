import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientFamily } from './tail-client.ts';
import { dayRanges, gapBuckets, joinedUse, TailFold, type FoldedUse } from './tail-fold.ts';
import { meaningsOf } from './tail-names.ts';
import { networkOf, type TailSighting, tailHost, tailName } from './tail-sighting.ts';
import { applicationIn, evenPauses, oldWays, readTailPlace, type TailLine, tailPlace } from './tail.ts';

const seen = (change: Partial<TailSighting> = {}): TailSighting => ({
  at: 0,
  door: 'dovecot',
  side: 'source',
  protocol: 'imap',
  name: 'ann@x.example',
  client: null,
  ip: '192.0.2.7',
  host: null,
  ...change,
});

test('folded in any parts, and joined, sightings say the same as folded at once', () => {
  const one = fc
    .tuple(fc.nat(86_400_000 * 5), fc.nat(9), fc.nat(3))
    .map(([at, net, sender]) => seen({ at, ip: `192.0.${net}.1`, sender: `s${sender}@x.example` }));
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 60 }), fc.nat(), (all, cut) => {
      const inOrder = all.toSorted((a, b) => a.at - b.at);
      const at = 1 + (cut % (inOrder.length - 1));
      const of = (those: readonly TailSighting[]): FoldedUse => {
        const fold = new TailFold();
        for (const sighting of those) fold.add(sighting);
        return fold.take()[0] as FoldedUse;
      };
      expect(joinedUse(of(inOrder.slice(0, at)), of(inOrder.slice(at)))).toEqual(of(inOrder));
    }),
  );
});

test('a fold takes no more uses than it is given room for, and goes on counting those that it has', () => {
  const fold = new TailFold();
  expect(fold.add(seen(), 1)).toBe(true);
  expect(fold.add(seen({ name: 'bob' }), 1)).toBe(false);
  expect(fold.add(seen(), 1)).toBe(true);
  expect(fold.take()).toMatchObject([{ name: 'ann@x.example', times: 2 }]);
});

test('days that follow each other are kept as one range', () => {
  expect(dayRanges([1, 2, 3, 7, 9, 10])).toEqual([
    [1, 4],
    [7, 8],
    [9, 11],
  ]);
});

test('of an address only the network is left', () => {
  expect(
    ['192.0.2.77', '[2001:db8:1:2::3]', '::ffff:192.0.2.7', '2001:db8::1', '::1', 'fe80::1%eth0', 'x', ''].map(
      networkOf,
    ),
  ).toEqual([
    '192.0.2.0/24',
    '2001:db8:1::/48',
    '192.0.2.0/24',
    '2001:db8:0::/48',
    '0:0:0::/48',
    'fe80:0:0::/48',
    null,
    null,
  ]);
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      expect(networkOf(ip)).toMatch(/^(?:[\da-f]{1,4}:){3}:\/48$|^[\d.]+\.0\/24$/);
    }),
  );
});

test('names and server names are fit to be kept, whatever somebody sent', () => {
  expect(tailName('  Ann@X.Example\u0000\u202e ')).toBe('ann@x.example');
  expect(tailName('\u0007')).toBeNull();
  expect(Buffer.byteLength(tailName('é'.repeat(2_000)) ?? '')).toBeLessThanOrEqual(320);
  expect(['Mail.Old.Example:443', '10.0.0.1', '_', '<script>', 'mail.old.example.'].map(tailHost)).toEqual([
    'mail.old.example',
    '',
    '',
    '',
    'mail.old.example',
  ]);
});

test.each([
  ['Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5; Pro)', 'Outlook', false],
  ['MacOutlook/16.79.23 (Intelx64 Mac OS X)', 'Outlook for Mac', false],
  ['Outlook-iOS-Android/1.0', 'Outlook mobile', false],
  ['Apple-iPhone14C2/2001.92', 'iPhone', false],
  ['Mac OS X Mail/16.0 (3696)', 'Apple Mail', false],
  ['Thunderbird/128.3', 'Thunderbird', false],
  ['python-requests/2.31', 'Python', true],
  ['JavaMail/1.6', 'Java', true],
  ['ExchangeServicesClient/15.00', 'EWS Managed API', true],
  ['Mozilla/5.0 (X11) Firefox/130.0', 'a browser', false],
  ['WardScanner 3000', 'WardScanner', false],
  ['\u001b[2J=cmd()', 'another client', false],
  ['', '', false],
])('%j is %s', (text, name, isProgram) => {
  expect(clientFamily(text)).toEqual({ name, isProgram });
});

test('a name is looked for as what it may mean on that side', () => {
  expect(meaningsOf('corp\\ann', 'source', null)).toEqual({ addresses: [], users: ['corp\\ann', 'ann'], local: 'ann' });
  expect(meaningsOf('ann@x.example', 'source', null)).toEqual({
    addresses: ['ann@x.example'],
    users: ['ann@x.example'],
    local: null,
  });
  expect(meaningsOf('ann@old.example', 'source', '{local}@old.example').local).toBe('ann');
  expect(meaningsOf('x-ann.d', 'source', 'x-{local}.d').local).toBe('ann');
  expect(meaningsOf('ann!y.example', 'target', '{local}!{domain}')).toMatchObject({ addresses: ['ann@y.example'] });
  expect(meaningsOf('u-77', 'source', 'u-{source_user}').users).toContain('77');
});

const line = (change: Partial<TailLine>): TailLine => ({
  id: 1,
  address: 'ann@x.example',
  organisation: 'RXY',
  kind: 'person',
  name: 'ann@x.example',
  knownBy: 'address',
  side: 'source',
  door: 'dovecot',
  protocol: 'imap',
  client: '',
  host: '',
  times: 100,
  firstAt: new Date(0),
  lastAt: new Date(1),
  networks: ['192.0.2.0/24'],
  senders: [],
  hours: 0b111100000000,
  gaps: [],
  hasMoved: false,
  plan: null,
  ...change,
});
/** Pauses of about five minutes, and a night. */
const even = Array.from({ length: gapBuckets }, (_, i) => (i === 14 ? 90 : i === 28 ? 3 : 0));
const allHours = 0xffffff;

describe('a program', () => {
  test.each([
    ['that polls by POP3 at even intervals', [line({ protocol: 'pop3', gaps: even })], ['poller']],
    ['that polls by POP3 through the night', [line({ protocol: 'pop3', hours: allHours })], ['poller']],
    ['that says so', [line({ client: 'Python' })], ['poller']],
    [
      'that reads by IMAP at even intervals day and night from one place',
      [line({ gaps: even, hours: allHours })],
      ['poller'],
    ],
    ['that only sends', [line({ protocol: 'submission', times: 9 })], ['sender']],
    ['that sends without signing in', [line({}), line({ protocol: 'smtp', times: 1 })], ['sender']],
    ['in the list of mailboxes', [line({ kind: 'application' })], ['person']],
  ] as const)('%s is told', (_, uses, natures) => {
    expect(applicationIn(uses)?.natures).toEqual(natures);
  });

  test.each([
    ['who reads by IMAP and sends', [line({}), line({ protocol: 'submission', times: 90 })]],
    ['whose client asks every five minutes in the daytime', [line({ gaps: even })]],
    ['who travels and leaves it running', [line({ gaps: even, hours: allHours, networks: ['a', 'b'] })]],
    ['who polls by POP3 now and then', [line({ protocol: 'pop3' })]],
    ['who has sent a few', [line({ protocol: 'submission', times: 4 })]],
  ] as const)('is none %s', (_, uses) => {
    expect(applicationIn(uses)).toBeNull();
  });
});

test('pauses are even when nearly all of them are about as long', () => {
  const regular = evenPauses(even);
  expect(regular?.everyMs).toBeGreaterThan(240_000);
  expect(regular?.everyMs).toBeLessThan(360_000);
  expect(evenPauses(even.map((n) => n / 9))).toBeNull();
  expect(evenPauses(Array.from({ length: gapBuckets }, () => 5))).toBeNull();
});

test('the source is an old way for everybody, an old name wherever it is used', () => {
  expect(oldWays({ side: 'source', knownBy: 'source-user' })).toEqual(['source']);
  expect(oldWays({ side: 'source', knownBy: 'alias' })).toEqual(['source', 'name']);
  expect(oldWays({ side: 'target', knownBy: 'source-user' })).toEqual(['name']);
  expect(oldWays({ side: 'target', knownBy: 'target-user' })).toEqual([]);
  expect(oldWays({ side: 'target', knownBy: 'address' })).toEqual([]);
});

test('a place in the list is read back as it was written', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.nat(), (address, id) => {
      expect(readTailPlace(tailPlace({ address, name: 'x', id }))).toEqual({ word: address.toLowerCase(), id });
    }),
  );
  expect(readTailPlace(tailPlace({ address: null, name: 'a/b', id: 7 }))).toEqual({ word: ':a/b', id: 7 });
  expect(readTailPlace('ann@x.example')).toBeNull();
});
