import { describe, expect, test } from 'vitest';
import type { ProbeReport } from '#domain/probe-report.ts';
import { play } from './made-up-world.ts';
import type { Side } from './world.ts';

const report: ProbeReport = {
  server: 'imaps://a@h',
  facts: {
    host: 'h',
    port: 993,
    security: 'tls',
    tls: {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      trusted: true,
      problem: null,
      subject: 'h',
      issuer: 'An authority',
      names: ['h'],
      validFrom: '2024-01-01T00:00:00Z',
      validTo: '2025-01-01T00:00:00Z',
      sha256: 'ab',
    },
    greeting: 'Dovecot ready.\u001b[2J',
    id: { name: 'Dovecot' },
    kind: 'dovecot',
    capabilitiesBefore: ['IMAP4rev1'],
    capabilitiesAfter: ['IMAP4rev1', 'UIDPLUS'],
    mechanisms: ['PLAIN'],
    roundTripMs: 1.25,
    signIn: 'accepted',
  },
  mailbox: {
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
        messages: 7,
        bytes: 700,
      },
      {
        path: 'Shared/x',
        selectable: false,
        subscribed: false,
        specialUses: ['\\Junk'],
        belongsTo: 'shared',
        virtual: true,
        messages: null,
        bytes: null,
      },
    ],
    messages: 7,
    bytes: 700,
    quotas: [{ root: 'user', resource: 'STORAGE', used: 1_000, limit: 2_000 }],
    appendLimitBytes: 25_000_000,
    newKeywords: false,
  },
  deep: null,
  remarks: [
    { weight: 'trouble', topic: 'room', says: 'The mailbox is nearly full.' },
    { weight: 'fine', topic: 'speed', says: 'Batches are taken together.' },
  ],
  milliseconds: 12,
  fault: null,
};

async function probe(argv: readonly string[], answer: ProbeReport = report) {
  const sides: { readonly side: Side; readonly deep: boolean }[] = [];
  const played = await play(['probe', ...argv], {
    environment: { X: 'secret' },
    engine: {
      probe: async (side, deep) => {
        sides.push({ side, deep });
        return answer;
      },
    },
  });
  return { ...played, sides };
}

describe('godwit probe', () => {
  test('without a user it looks from outside, and asks for no password', async () => {
    const { code, sides } = await probe(['imaps://h']);
    expect(code).toBe(0);
    expect(sides).toMatchObject([{ side: { signIn: { kind: 'none' }, endpoint: { user: null } }, deep: false }]);
  });

  test('with a user it signs in, and looks through everything when asked to', async () => {
    const { sides } = await probe(['imaps://a@h', '--secret', 'env:X', '--deep']);
    expect(sides).toMatchObject([{ side: { signIn: { user: 'a', password: 'secret' } }, deep: true }]);
  });

  test('what makes no sense is refused with exit code 2', async () => {
    for (const argv of [
      [],
      ['h'],
      ['imaps://h', '--deep'],
      ['imaps://h', '--secret', 'env:X'],
      ['imaps://a:pw@h'],
      ['imaps://h', 'imaps://i'],
      ['imap+plain://h.example'],
    ]) {
      const { code, sides, stderr, stdout } = await probe([...argv, '-o', 'json']);
      expect([argv, code, sides]).toEqual([argv, 2, []]);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage' } });
      expect(stderr).not.toContain('pw');
    }
  });

  test('tells the server, the mailbox and what it means, in words that cannot move the cursor', async () => {
    const { stdout } = await probe(['imaps://a@h', '--secret', 'env:X']);
    for (const said of [
      'h:993, dovecot',
      'TLSv1.3',
      'UIDPLUS',
      '1.3 ms',
      '7 messages',
      'no new keywords',
      'storage 1.00 kB of 2.00 kB (user)',
      'a message may have 25.0 MB',
      'TROUBLE  room',
      'shows messages of other folders',
    ]) {
      expect(stdout).toContain(said);
    }
    expect(stdout).not.toContain('\u001b');
  });

  test('with -q only what stands in the way is told', async () => {
    expect((await probe(['imaps://a@h', '--secret', 'env:X', '-q'])).stdout).toBe(
      'TROUBLE  room  The mailbox is nearly full.\n',
    );
  });

  test('a server that cannot be reached ends with 4, and JSON says all there is to say', async () => {
    const fault = { code: 'imap.host.unknown', message: 'There is no address for h.', remedy: 'Check it.' };
    const { code, stdout } = await probe(['imaps://h', '-o', 'json'], {
      ...report,
      facts: null,
      mailbox: null,
      remarks: [],
      fault,
    });
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ server: 'imaps://h', facts: null, fault });
  });
});
