import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessLogFormats, accessLogReader, type AccessLogFormat, type AccessLogSettings } from './access-log.ts';
import type { TailSighting } from './tail-sighting.ts';

const settings: AccessLogSettings = {
  side: 'source',
  timezone: 'Europe/London',
  writtenAt: () => Date.UTC(2026, 10, 21, 22),
  ports: { 10143: 'imap' },
};

function read(format: AccessLogFormat, lines: readonly string[], change: Partial<AccessLogSettings> = {}) {
  const reader = accessLogReader(format, { ...settings, ...change }, null);
  const seen: TailSighting[] = [];
  const said = lines.map((line) => reader.line(line, (sighting) => seen.push(sighting)));
  reader.rest((sighting) => seen.push(sighting));
  return { seen, said };
}
const told = (format: AccessLogFormat, ...lines: readonly string[]) =>
  read(format, lines).seen.map(({ at, protocol, name, client, ip, host, sender }) =>
    [new Date(at).toISOString(), protocol, name, client, ip, host, sender].filter((each) => each !== undefined),
  );

describe('Dovecot', () => {
  // The first ones as Dovecot 2.3.19.1 of Debian 12 wrote them.
  test('tells who signed in, and by what name their client calls itself, before signing in or after', () => {
    expect(
      told(
        'dovecot',
        'Nov 21 21:34:29 master: Info: Dovecot v2.3.19.1 (9b53102964) starting up for imap (core dumps disabled)',
        'Nov 21 21:34:30 imap-login: Info: ID sent: name=Thunderbird, version=128.3: user=<>, rip=127.0.0.1, lip=127.0.0.1, secured, session=<dGI2INBgEIB/AAAB>',
        'Nov 21 21:34:30 imap-login: Info: Login: user=<ann@x.example>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, mpid=29386, secured, session=<dGI2INBgEIB/AAAB>',
        'Nov 21 21:34:30 imap(ann@x.example)<29386><dGI2INBgEIB/AAAB>: Info: Disconnected: Logged out in=8 out=480 deleted=0 expunged=0',
        'Nov 21 21:34:30 imap-login: Info: Login: user=<ann@x.example>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, mpid=29386, secured, session=<Hxw3INBgHoB/AAAB>',
        'Nov 21 21:34:30 imap(ann@x.example)<29386><Hxw3INBgHoB/AAAB>: Info: ID sent: name=fetchmail, version=6',
        'Nov 21 21:34:30 imap-login: Info: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 0 secs): user=<ann@x.example>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, secured, session=<tD03INBgLIB/AAAB>',
      ),
    ).toEqual([
      ['2026-11-21T21:34:30.000Z', 'imap', 'ann@x.example', 'Thunderbird/128.3', '127.0.0.1', null],
      ['2026-11-21T21:34:30.000Z', 'imap', 'ann@x.example', 'fetchmail/6', '127.0.0.1', null],
    ]);
  });

  test('is read from syslog too, in the old form and in the new, as a backend and as a proxy', () => {
    expect(
      told(
        'dovecot',
        'Nov  1 09:04:02 mail dovecot: pop3-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, mpid=1, TLS, session=<a>',
        '2026-07-01T09:04:02.123456+01:00 mail dovecot[812]: imap-login: Login: user=<bob>, method=PLAIN, rip=2001:db8::7, lip=::1, mpid=2, TLS, session=<b>',
        '2026-11-21T09:04:02Z mail dovecot: managesieve-login: Logged in: user=<cy>, method=PLAIN, rip=192.0.2.8, lip=10.0.0.1',
        'Nov 21 20:14:02 imap-login: Info: proxy(dee@x.example): Started proxying to 10.0.0.9:143 (0.02 secs): user=<dee@x.example>, method=PLAIN, rip=192.0.2.9, lip=10.0.0.1, session=<d>',
        'Nov 21 20:14:02 mail sshd[12]: Accepted publickey for root from 192.0.2.66',
      ),
    ).toEqual(
      [
        ['2026-11-01T09:04:02.000Z', 'pop3', 'ann', null, '192.0.2.7', null],
        ['2026-11-21T09:04:02.000Z', 'managesieve', 'cy', null, '192.0.2.8', null],
        ['2026-07-01T08:04:02.000Z', 'imap', 'bob', null, '2001:db8::7', null],
        ['2026-11-21T20:14:02.000Z', 'imap', 'dee@x.example', null, '192.0.2.9', null],
      ].toSorted(
        (a, b) =>
          ['ann', 'bob', 'cy', 'dee@x.example'].indexOf(a[2] as string) -
          ['ann', 'bob', 'cy', 'dee@x.example'].indexOf(b[2] as string),
      ),
    );
  });

  test('a line without a year is of the last year that there was such a day, by the clocks of the server', () => {
    const line = (day: string) =>
      `${day} 12:00:00 pop3-login: Info: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1`;
    expect(told('dovecot', line('Dec 24'), line('Jul  1'), line('Nov 22')).map(([at]) => at)).toEqual([
      '2025-12-24T12:00:00.000Z',
      '2026-07-01T11:00:00.000Z',
      '2026-11-22T12:00:00.000Z',
    ]);
    expect(told('dovecot', line('Feb 29')).map(([at]) => at)).toEqual(['2024-02-29T12:00:00.000Z']);
    expect(read('dovecot', [line('Feb 30')]).said).toEqual(['malformed']);
  });
});

describe('Postfix', () => {
  test('tells who has signed in to submit, as which sender, and who hands in without', () => {
    expect(
      told(
        'postfix',
        // As Postfix 3.7.11 wrote them, with other addresses and times.
        'Nov 21 20:14:02 mx postfix/master[99]: daemon started -- version 3.7.11, configuration /etc/postfix',
        'Nov 21 20:14:02 mx postfix/submission/smtpd[812]: connect from pc.x.example[192.0.2.7]',
        'Nov 21 20:14:02 mx postfix/submission/smtpd[812]: C5898119BF39: client=pc.x.example[192.0.2.7], sasl_method=PLAIN, sasl_username=ann@x.example',
        'Nov 21 20:14:02 mx postfix/cleanup[813]: C5898119BF39: message-id=<4b45adbf-3dc4-b300-218f-b33f66ece57c@x.example>',
        'Nov 21 20:14:02 mx postfix/qmgr[99]: C5898119BF39: from=<team@x.example>, size=445, nrcpt=1 (queue active)',
        'Nov 21 20:14:02 mx postfix/discard[816]: C5898119BF39: to=<x@elsewhere.example>, relay=none, delay=0.1, delays=0.1/0.01/0/0, dsn=2.0.0, status=sent (elsewhere.example)',
        'Nov 21 20:14:02 mx postfix/qmgr[99]: C5898119BF39: removed',
        'Nov 21 20:14:02 mx postfix/submission/smtpd[812]: disconnect from pc.x.example[192.0.2.7] ehlo=1 auth=1 mail=1 rcpt=1 data=1 commands=5',
        'Nov 21 20:14:02 mx postfix/submission/smtpd[818]: warning: unknown[192.0.2.8]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=eve@x.example',
        'Nov 21 20:14:02 mx postfix/smtpd[818]: 65B03119C5EF: client=relay.x.example[192.0.2.9], sasl_method=PLAIN, sasl_username=ann@x.example, sasl_sender=<other@x.example>',
        'Nov 21 20:14:02 mx postfix/qmgr[99]: 65B03119C5EF: from=<scan@x.example>, size=329, nrcpt=1 (queue active)',
        'Nov 21 20:14:03 mx postfix/smtpd[814]: A1B2C3D4E5: client=scanner.x.example[2001:db8::5]',
        'Nov 21 20:14:03 mx postfix/qmgr[99]: A1B2C3D4E5: from=<scan@x.example>, size=91, nrcpt=1 (queue active)',
        // Tried again, and back from a filter: counted once.
        'Nov 21 20:19:03 mx postfix/qmgr[99]: A1B2C3D4E5: from=<scan@x.example>, size=91, nrcpt=1 (queue active)',
        'Nov 21 20:14:04 mx postfix/smtpd[815]: B1B2C3D4E5: client=localhost[127.0.0.1]',
        'Nov 21 20:14:04 mx postfix/qmgr[99]: B1B2C3D4E5: from=<scan@x.example>, size=91, nrcpt=1 (queue active)',
        'Nov 21 20:14:05 mx postfix/smtpd[815]: NOQUEUE: reject: RCPT from unknown[192.0.2.99]: 550 5.1.1 <x>: User unknown; from=<a@b> to=<x>',
        // A bounce has no sender.
        'Nov 21 20:14:06 mx postfix/smtpd[815]: C1B2C3D4E5: client=other.example[192.0.2.50]',
        'Nov 21 20:14:06 mx postfix/qmgr[99]: C1B2C3D4E5: from=<>, size=91, nrcpt=1 (queue active)',
      ),
    ).toEqual([
      ['2026-11-21T20:14:02.000Z', 'submission', 'ann@x.example', null, '192.0.2.7', null, 'team@x.example'],
      ['2026-11-21T20:14:02.000Z', 'submission', 'ann@x.example', null, '192.0.2.9', null, 'scan@x.example'],
      ['2026-11-21T20:14:03.000Z', 'smtp', 'scan@x.example', null, '2001:db8::5', null, 'scan@x.example'],
    ]);
  });

  test('who has signed in is told of though the message never got into the queue', () => {
    const lines = [
      'Nov 21 20:14:02 mx postfix/smtps/smtpd[812]: 4dC1x20Qz: client=unknown[192.0.2.7], sasl_method=LOGIN, sasl_username=erp, with a blank',
    ];
    expect(told('postfix', ...lines).map(([, , name]) => name)).toEqual(['erp, with a blank']);
  });
});

describe('nginx', () => {
  test('as a mail proxy tells who signed in, and by the port what is spoken there', () => {
    // As nginx 1.22.1 wrote them, with other addresses and ports.
    expect(
      told(
        'nginx',
        '2026/11/21 20:14:01 [notice] 812#812: start worker process 813',
        '2026/11/21 20:14:01 [info] 813#813: *5 client 192.0.2.7:50112 connected to 0.0.0.0:143',
        '2026/11/21 20:14:02 [info] 813#813: *5 client logged in, client: 192.0.2.7, server: 0.0.0.0:143, login: "ann@x.example", upstream: 10.0.0.9:143',
        '2026/11/21 20:14:02 [info] 813#813: *5 proxied session done, client: 192.0.2.7, server: 0.0.0.0:143, login: "ann@x.example", upstream: 10.0.0.9:143',
        '2026/11/21 20:14:02 [info] 813#813: *6 client logged in, client: 192.0.2.8, server: 0.0.0.0:995, login: "b"ob, server: x, login: "y\\x41", upstream: 10.0.0.9:110',
        '2026/11/21 20:14:02 [info] 813#813: *7 client logged in, client: ::1, server: [::1]:10143, login: "cy", upstream: 10.0.0.9:143',
        '2026/11/21 20:14:02 [info] 813#813: *8 client logged in, client: 192.0.2.9 using starttls, server: 0.0.0.0:587, login: "dee", upstream: 10.0.0.9:587',
        '2026/11/21 20:14:02 [info] 813#813: *9 client login failed: "[UNAVAILABLE] later" while in http auth state, client: 192.0.2.9, server: 0.0.0.0:143, login: "late"',
        '2026/11/21 20:14:02 [info] 813#813: *11 upstream sent invalid response: "NO [AUTHENTICATIONFAILED] Authentication failed." while reading response from upstream, client: 192.0.2.9, server: 0.0.0.0:143, login: "eve", upstream: 10.0.0.9:143',
      ),
    ).toEqual([
      ['2026-11-21T20:14:02.000Z', 'imap', 'ann@x.example', null, '192.0.2.7', null],
      ['2026-11-21T20:14:02.000Z', 'pop3', 'b"ob, server: x, login: "y\\x41', null, '192.0.2.8', null],
      ['2026-11-21T20:14:02.000Z', 'imap', 'cy', null, '::1', null],
      ['2026-11-21T20:14:02.000Z', 'submission', 'dee', null, '192.0.2.9', null],
    ]);
  });

  test('before a web server tells who asked for mail and was not refused', () => {
    expect(
      told(
        'nginx',
        '192.0.2.7 - ann@x.example [21/Nov/2026:20:14:02 +0100] "POST /EWS/Exchange.asmx HTTP/1.1" 200 812 "-" "MacOutlook/16.79 (x)"',
        'mail.old.example:443 192.0.2.7 - - [21/Nov/2026:20:14:02 +0000] "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=CORP%5Cbob&DeviceId=9&DeviceType=iPhone HTTP/1.1" 200 12 "-" "-" "-"',
        '192.0.2.7 - eve [21/Nov/2026:20:14:02 +0000] "GET /ews/ HTTP/1.1" 401 12 "-" "curl/8"',
        '192.0.2.7 - ann [21/Nov/2026:20:14:02 +0000] "GET /wiki HTTP/1.1" 200 12 "-" "Firefox/130"',
        '192.0.2.7 - - [21/Nov/2026:20:14:02 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"',
      ),
    ).toEqual([
      ['2026-11-21T19:14:02.000Z', 'ews', 'ann@x.example', 'MacOutlook/16.79 (x)', '192.0.2.7', null],
      ['2026-11-21T20:14:02.000Z', 'activesync', 'CORP\\bob', 'iPhone', '192.0.2.7', 'mail.old.example'],
    ]);
  });
});

describe('IIS', () => {
  const head = [
    '#Software: Microsoft Internet Information Services 10.0',
    '#Version: 1.0',
    '#Date: 2026-11-21 00:00:00',
    '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs-host sc-status time-taken',
  ];

  test('tells who used which of the services of Exchange, with what', () => {
    expect(
      told(
        'iis',
        ...head,
        '2026-11-21 20:14:02 10.0.0.5 POST /EWS/Exchange.asmx &x=1 443 CORP\\ann 192.0.2.7 MacOutlook/16.79+(Mac+OS+X) mail.old.example 200 31',
        '2026-11-21 20:14:02 10.0.0.5 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&User=bob%40x.example&DeviceType=SamsungDevice 443 - 192.0.2.7 - mail.old.example 200 31',
        '2026-11-21 20:14:02 10.0.0.5 GET /owa/ - 443 cy@x.example 192.0.2.7 Mozilla/5.0+Firefox/130.0 mail.old.example 302 31',
        '2026-11-21 20:14:02 10.0.0.5 POST /autodiscover/autodiscover.xml - 443 - 192.0.2.7 Outlook - 401 31',
        '2026-11-21 20:14:02 10.0.0.5 POST /mapi/emsmdb/ - 443 CORP\\EX01$ 10.0.0.5 x - 200 31',
        '2026-11-21 20:14:02 10.0.0.5 POST /mapi/emsmdb/ - 443 HealthMailbox12ab@x.example 10.0.0.5 x - 200 31',
        // Of another set of fields from here on.
        '#Fields: date time cs-uri-stem cs-username sc-status',
        '2026-11-21 20:15:02 /oab/x dee 200',
      ),
    ).toEqual([
      ['2026-11-21T20:14:02.000Z', 'ews', 'CORP\\ann', 'MacOutlook/16.79 (Mac OS X)', '192.0.2.7', 'mail.old.example'],
      ['2026-11-21T20:14:02.000Z', 'activesync', 'bob@x.example', 'SamsungDevice', '192.0.2.7', 'mail.old.example'],
      ['2026-11-21T20:14:02.000Z', 'owa', 'cy@x.example', 'Mozilla/5.0 Firefox/130.0', '192.0.2.7', 'mail.old.example'],
      ['2026-11-21T20:15:02.000Z', 'oab', 'dee', null, null, null],
    ]);
  });

  test('lines without their fields, or with other ones, are not guessed at', () => {
    expect(read('iis', ['2026-11-21 20:14:02 a b c', ...head, '2026-11-21 20:14:02 too few']).said).toEqual([
      'malformed',
      ...head.map(() => 'passed'),
      'malformed',
    ]);
    expect(read('iis', ['#Fields: date time c-ip', '2026-11-21 20:14:02 192.0.2.7']).said[1]).toBe('malformed');
  });
});

const real: Readonly<Record<AccessLogFormat, readonly string[]>> = {
  dovecot: [
    'Nov 21 20:14:01 imap-login: Info: ID sent: name=Thunderbird, version=128.3: user=<>, rip=192.0.2.7, lip=::1, session=<s1>',
    'Nov 21 20:14:02 imap-login: Info: Login: user=<ann@x.example>, method=PLAIN, rip=192.0.2.7, lip=::1, mpid=1, TLS, session=<s1>',
    'Nov 21 20:14:03 imap-login: Info: Login: user=<bob@x.example>, method=PLAIN, rip=192.0.2.7, lip=::1, mpid=1, TLS, session=<s2>',
    'Nov 21 20:14:04 imap(bob@x.example)<1><s2>: Info: ID sent: name=fetchmail, version=6',
  ],
  postfix: [
    'Nov 21 20:14:02 mx postfix/smtpd[814]: A1B2C3D4E5: client=scanner.x.example[2001:db8::5]',
    'Nov 21 20:14:02 mx postfix/submission/smtpd[8]: F1B2C3D4E5: client=a[192.0.2.1], sasl_method=PLAIN, sasl_username=ann',
    'Nov 21 20:14:03 mx postfix/qmgr[99]: A1B2C3D4E5: from=<scan@x.example>, size=91, nrcpt=1 (queue active)',
    'Nov 21 20:14:03 mx postfix/qmgr[99]: F1B2C3D4E5: from=<ann@x.example>, size=91, nrcpt=1 (queue active)',
  ],
  nginx: [
    '2026/11/21 20:14:02 [info] 812#812: *5 client logged in, client: 192.0.2.7, server: 0.0.0.0:143, login: "ann", upstream: 10.0.0.9:143',
    '192.0.2.7 - ann [21/Nov/2026:20:14:02 +0100] "POST /EWS/Exchange.asmx HTTP/1.1" 200 812 "-" "MacOutlook/16.79"',
  ],
  iis: [
    '#Fields: date time cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) sc-status',
    '2026-11-21 20:14:02 /EWS/Exchange.asmx - ann 192.0.2.7 x 200',
    '2026-11-21 20:14:03 /owa/ - bob 192.0.2.7 x 200',
  ],
};

describe.each(accessLogFormats)('whatever stands in a log of %s', (format) => {
  test('a reader that is laid aside anywhere and taken up again sees the same', () => {
    const lines = real[format];
    const whole = read(format, lines).seen;
    expect(whole.length).toBeGreaterThan(1);
    for (let cut = 0; cut <= lines.length; cut++) {
      const seen: TailSighting[] = [];
      const saw = (sighting: TailSighting) => void seen.push(sighting);
      const first = accessLogReader(format, settings, null);
      for (const line of lines.slice(0, cut)) first.line(line, saw);
      const kept: unknown = JSON.parse(JSON.stringify(first.state() ?? null));
      const second = accessLogReader(format, settings, kept);
      for (const line of lines.slice(cut)) second.line(line, saw);
      second.rest(saw);
      expect(seen).toEqual(whole);
    }
  });

  test('no line stops it, and nobody is seen without a time and a name', () => {
    const mangled = fc
      .tuple(fc.constantFrom(...real[format]), fc.nat(200), fc.nat(40), fc.string({ unit: 'binary', maxLength: 60 }))
      .map(([line, at, cut, junk]) => line.slice(0, at) + junk + line.slice(at + cut));
    const hostile = fc.oneof(mangled, fc.string({ unit: 'binary', maxLength: 400 }), fc.constantFrom(...real[format]));
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 30 }), (lines) => {
        for (const { at, name, protocol } of read(format, lines).seen) {
          expect(Number.isSafeInteger(at)).toBe(true);
          expect(name).not.toBe('');
          expect(typeof protocol).toBe('string');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what was kept of a reader and was spoilt since is no reason to fail', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (state) => {
        const reader = accessLogReader(format, settings, state);
        for (const line of real[format]) reader.line(line, () => undefined);
        reader.rest(() => undefined);
      }),
      { numRuns: 100, examples: [[[{ toString: false }]]] },
    );
  });

  test('a line of sixty thousand characters is read as fast as a short one', () => {
    const [line = ''] = real[format];
    const long = ['a', ' ', '<', '(', '"', '\\', ', sasl_username=', ': '].map(
      (word) => `${line}${word.repeat(60_000 / word.length)}`,
    );
    const mixed = [`Nov 21 20:14:02 ${'x'.repeat(60_000)}`, `Nov 21 20:14:02 proxy(${'('.repeat(60_000)}`];
    // The whole takes milliseconds; with a pattern that goes back and forth it takes minutes, and the test runs out of time.
    expect(read(format, [...long, ...mixed]).said).toHaveLength(10);
  });
});
