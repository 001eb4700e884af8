import { describe, expect, test } from 'vitest';
import { remarksOn } from './probe-remarks.ts';
import type { DeepFacts, MailboxFacts, ServerFacts, TlsFacts } from './probe-report.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const tls: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  trusted: true,
  problem: null,
  subject: 'mail.example',
  issuer: 'An Authority',
  names: ['mail.example'],
  validFrom: '2026-01-01T00:00:00Z',
  validTo: '2026-12-01T00:00:00Z',
  sha256: '',
};
const modern: ServerFacts = {
  host: 'mail.example',
  port: 993,
  security: 'tls',
  tls,
  greeting: 'ready',
  id: {},
  kind: 'unknown',
  capabilitiesBefore: ['IMAP4REV1'],
  capabilitiesAfter: [
    'UIDPLUS',
    'MULTIAPPEND',
    'LITERAL+',
    'QRESYNC',
    'CONDSTORE',
    'LIST-STATUS',
    'SPECIAL-USE',
    'CREATE-SPECIAL-USE',
  ],
  mechanisms: ['PLAIN'],
  roundTripMs: 1,
  signIn: 'accepted',
};
const mailbox: MailboxFacts = {
  namespaces: [],
  separator: '/',
  folders: [
    {
      path: 'INBOX',
      selectable: true,
      subscribed: true,
      specialUses: [],
      belongsTo: 'personal',
      virtual: false,
      messages: 1200,
      bytes: 34_000_000,
    },
  ],
  messages: 1200,
  bytes: 34_000_000,
  quotas: [],
  appendLimitBytes: null,
  newKeywords: null,
};

describe('a server of today', () => {
  test('has nothing against it but what no move by IMAP can carry', () => {
    const remarks = remarksOn({ server: modern, mailbox, deep: null, now });
    expect(remarks.filter(({ weight }) => weight === 'trouble')).toEqual([]);
    const notes = remarks.filter(({ weight }) => weight === 'note');
    expect(notes.map(({ topic }) => topic)).toEqual(['clients', 'clients']);
    expect(notes[0]?.says).toContain('about 34 MB');
    expect(notes[1]?.says).toContain('UIDL');
  });
});

describe('what is lacking is told by what it costs', () => {
  test.each([
    ['UIDPLUS', /no UIDPLUS.*by its content/],
    ['MULTIAPPEND', /one by one/],
    ['LITERAL+', /asked before every message.*round trip of 1 ms/],
    ['LIST-STATUS', /fine|Each folder|one answer/],
    ['SPECIAL-USE', /known by their names/],
    ['CREATE-SPECIAL-USE', /does not take a special use/],
  ])('no %s', (name, says) => {
    const capabilitiesAfter = (modern.capabilitiesAfter ?? []).filter((each) => each !== name);
    const remarks = remarksOn({ server: { ...modern, capabilitiesAfter }, mailbox, deep: null, now });
    expect(remarks.map((remark) => remark.says).join('\n')).toMatch(says);
  });

  test('neither CONDSTORE nor QRESYNC', () => {
    const remarks = remarksOn({ server: { ...modern, capabilitiesAfter: ['UIDPLUS'] }, mailbox, deep: null, now });
    expect(said(remarks, 'again')).toMatch(/each later run lists every message/);
  });

  test('IMAP4rev2 brings what it contains', () => {
    const remarks = remarksOn({ server: { ...modern, capabilitiesAfter: ['IMAP4REV2'] }, mailbox, deep: null, now });
    expect(said(remarks, 'exactness')).toMatch(/tells where each message went/);
    expect(said(remarks, 'folders')).not.toMatch(/known by their names/);
  });
});

describe('troubles come first', () => {
  test('clear text, an untrusted certificate, one about to end', () => {
    const weigh = (server: ServerFacts) => remarksOn({ server, mailbox: null, deep: null, now })[0];
    expect(weigh({ ...modern, tls: null, security: 'clear' })).toMatchObject({
      weight: 'trouble',
      topic: 'connection',
    });
    const untrusted = { ...tls, trusted: false, problem: 'self-signed certificate' };
    expect(weigh({ ...modern, tls: untrusted })).toMatchObject({
      weight: 'trouble',
      says: expect.stringContaining('self-signed'),
    });
    expect(weigh({ ...modern, tls: { ...tls, validTo: '2026-06-11T00:00:00Z' } })?.says).toContain('ends in 10 days');
  });

  test('no way to sign in that we speak', () => {
    const server = { ...modern, signIn: 'not-tried' as const, mechanisms: ['GSSAPI', 'NTLM'] };
    expect(remarksOn({ server, mailbox: null, deep: null, now })[0]?.says).toContain('offered: GSSAPI, NTLM');
  });

  test('a mailbox nearly full, a target that takes nothing, keywords that would be lost', () => {
    const quotas = [{ root: '', resource: 'STORAGE', used: 950_000, limit: 1_000_000 }];
    const remarks = remarksOn({
      server: null,
      mailbox: { ...mailbox, quotas, appendLimitBytes: 0, newKeywords: false },
      deep: null,
      now,
    });
    expect(remarks.slice(0, 3).map(({ weight }) => weight)).toEqual(['trouble', 'trouble', 'trouble']);
    expect(said(remarks, 'room')).toContain('950 kB of 1.0 MB are used (95 %)');
  });
});

test('a deep look names what it found, or says that it found nothing', () => {
  const deep: DeepFacts = {
    messagesRead: 9,
    bytesRead: 90,
    largestBytes: 10,
    keywordsMost: { folder: 'INBOX', count: 40 },
    findings: [{ kind: 'nul', count: 2, examples: [] }],
  };
  expect(said(remarksOn({ server: null, mailbox: null, deep, now }), 'messages')).toMatch(
    /2 messages with NUL[^]*40 keywords/,
  );
  const clean = { ...deep, keywordsMost: null, findings: [] };
  expect(said(remarksOn({ server: null, mailbox: null, deep: clean, now }), 'messages')).toMatch(
    /Nothing in 9 messages/,
  );
});

function said(remarks: ReturnType<typeof remarksOn>, topic: string): string {
  return remarks
    .filter((remark) => remark.topic === topic)
    .map(({ says }) => says)
    .join('\n');
}
