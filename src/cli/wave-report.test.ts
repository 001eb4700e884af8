import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';
import { reportWave } from '#operations/report-wave.ts';
import { type MadeUp, play } from './made-up-world.ts';
import { waveReportSchema, waveReportSchemaText } from './wave-report-schema.ts';
import type { Programme } from './world.ts';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(waveReportSchema);

const account = (address: string, rest: Partial<MailboxAccount> = {}): MailboxAccount => ({
  address,
  organisation: 'RXY',
  kind: 'person',
  stage: 'settled',
  mark: null,
  markedFor: null,
  side: 'target',
  found: 10,
  copied: 10,
  alreadyThere: 0,
  refused: 0,
  refusedFor: {},
  differentIn: {},
  carried: 12,
  bytes: 5_000,
  milliseconds: 1_500,
  interruptedMs: 400,
  interruption: {
    at: '2026-12-01T20:00:00.000Z',
    side: 'target',
    ms: 400,
    by: 'attempts',
    stampsMs: 300,
    signInMs: 400,
    sessionMs: 250,
    deliveryMs: null,
  },
  together: null,
  lagMs: 20,
  caughtUpAt: '2026-12-01T20:00:00.000Z',
  carriedBack: 0,
  notTakenHome: 0,
  wayHomeLate: null,
  wayHomeLateSince: null,
  open: 0,
  accepted: 0,
  acceptedBy: [],
  verified: null,
  certified: null,
  ...rest,
});

const troubled = [
  account('ann@x.example'),
  account('=cmd|@x.example', {
    stage: 'following',
    mark: 'held',
    markedFor: '@SUM(A1) on call',
    copied: 7,
    alreadyThere: 1,
    refused: 2,
    refusedFor: { 'too-big': 2 },
    differentIn: { nul: 1 },
    open: 2,
    accepted: 1,
    acceptedBy: ['operator max'],
    interruptedMs: null,
    interruption: null,
    verified: { at: '2026-12-01T20:00:00.000Z', outcome: 'accepted' },
    certified: { at: '2026-12-02T20:00:00.000Z', grade: 'investigate' },
  }),
];

const exception: ListedException = {
  address: '=cmd|@x.example',
  folder: 'S&APw-d',
  uid: 5,
  uidValidity: 7,
  kind: 'refused',
  code: 'too-big',
  detail: '+1 octet\u001b[2J too much',
  sizeBytes: null,
  messageId: '-<1@x>',
  accepted: { who: 'operator max', why: '=1+1', at: '2026-12-01T20:00:00.000Z' },
};

function reporting(accounts: readonly MailboxAccount[], exceptions: readonly ListedException[] = []): MadeUp {
  const wave = {
    id: 1,
    name: 'pilot',
    state: 'running',
    window: { opensAt: Date.UTC(2026, 11, 1, 19), closesAt: Date.UTC(2026, 11, 2, 6) },
    isPilot: true,
    errorBudget: 0.02,
    pausedWhy: null,
  } as const;
  const programme: Partial<Programme> = {
    who: 'operator max',
    reports: {
      wave: (name) =>
        reportWave(
          {
            find: async () =>
              name === 'pilot'
                ? { kind: 'found', wave }
                : { kind: 'unknown', nearest: name === 'pilots' ? 'pilot' : null },
            members: async () => accounts.map((_, i) => i),
            accounts: async (of) => of.map((i) => accounts[i] as MailboxAccount),
            exceptions: async function* () {
              yield exceptions;
            },
            interruptions: async () => ({ half: 400, p99: 400, longest: 400, byAttempts: 1, byStamps: 0 }),
          },
          name,
        ),
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return { config: '/nowhere/godwit.yaml', openProgramme: async () => programme as Programme };
}

describe('the report of a wave', () => {
  test('tells each mailbox of a small wave, the sums, and what is listed by name with who accepted it', async () => {
    const { stdout, code } = await play(['report', 'wave', 'pilot'], reporting(troubled, [exception]));
    expect(code).toBe(3);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('2 mailboxes: 1 settled, 1 following (1 held)');
    expect(stdout).toContain('99 % 0.4 s, the longest 0.4 s (1 by attempts)');
    expect(stdout).toMatch(/in sum +20 +17 +1 +2 /);
    expect(stdout).toContain('Refused (2): 2 too-big');
    // One has a certificate, of which the report says what it came to; who has none counts as poor.
    expect(stdout).toMatch(/^=cmd\|@x\.example .* investigate$/m);
    expect(stdout).toMatch(/^in sum .* 1 investigate$/m);
    expect(stdout).toContain('Grade: poor: 1 mailboxes have no certificate; 1 mailboxes are investigate');
    expect(stdout).toContain('Exceptions: 2 open, 1 accepted by operator max');
    expect(stdout).toMatch(/Süd +UID 5 +too-big: .*accepted by operator max: =1\+1/);
  });

  test('of a large wave shows who has something to tell, and how many more there are', async () => {
    const many = Array.from({ length: 300 }, (_, i) => account(`p${i}@x`, i % 3 === 0 ? { open: 1 } : {}));
    const { stdout } = await play(['report', 'wave', 'pilot'], reporting(many));
    expect(stdout.match(/p\d+@x/g)).toHaveLength(50);
    expect(stdout).not.toContain('p1@x');
    expect(stdout).toContain('50 more have something to tell. Of 300 mailboxes');
  });

  test('says with 0 that nothing is listed that nobody has accepted', async () => {
    expect((await play(['report', 'wave', 'pilot'], reporting([account('ann@x')]))).code).toBe(0);
  });

  test.each([
    ['of a wave with everything in it', troubled, [exception]],
    ['of a wave with nobody in it', [], []],
  ])('%s agrees with docs/wave-report.schema.json', async (_what, accounts, exceptions) => {
    const { stdout } = await play(['report', 'wave', 'pilot', '-o', 'json'], reporting(accounts, exceptions));
    const document: unknown = JSON.parse(stdout);
    expect([validate(document), validate.errors]).toEqual([true, null]);
    expect(document).toMatchObject({ totals: { mailboxes: accounts.length } });
    expect(document).toHaveProperty('grade', accounts === troubled ? expect.objectContaining({ grade: 'poor' }) : null);
  });

  test('of a wave that is not there offers the nearest, and the document agrees as well', async () => {
    const played = await play(['report', 'wave', 'pilots', '-o', 'json'], reporting([]));
    expect(played.code).toBe(2);
    expect(played.stderr).toContain('did you mean pilot?');
    expect([validate(JSON.parse(played.stdout)), validate.errors]).toEqual([true, null]);
  });

  test('the schema in docs is the one in the code (node src/cli/wave-report-schema.ts)', () => {
    const page = readFileSync(new URL('../../docs/wave-report.schema.json', import.meta.url), 'utf8');
    expect(page).toBe(waveReportSchemaText());
  });

  test('as a table has a line for each mailbox, and nothing in it that a spreadsheet would compute', async () => {
    const { stdout } = await play(['report', 'wave', 'pilot', '-o', 'csv'], reporting(troubled, [exception]));
    const rows = parse(stdout, { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({
      address: "'=cmd|@x.example",
      marked_for: "'@SUM(A1) on call",
      found: '10',
      copied: '7',
      already_there: '1',
      refused_for: 'too-big=2',
      seconds: '1.5',
      interrupted_seconds: '',
      interrupted_by: '',
      sign_in_seconds: '',
      accepted_by: 'operator max',
      verified: 'accepted',
    });
  });

  test('as a table of what is listed by name has a line for each message, as harmless', async () => {
    const argv = ['report', 'wave', 'pilot', '-o', 'csv', '--exceptions'];
    const { stdout, code } = await play(argv, reporting(troubled, [exception]));
    const rows = parse(stdout, { columns: true }) as Record<string, string>[];
    expect(code).toBe(3);
    expect(rows).toMatchObject([
      { folder: 'Süd', uid: '5', detail: "'+1 octet\ufffd[2J too much", message_id: "'-<1@x>", accepted_why: "'=1+1" },
    ]);
  });
});

describe('accepting exceptions', () => {
  const asked: unknown[] = [];
  const programme: Partial<Programme> = {
    who: 'operator max',
    acceptances: {
      accept: async (...words) => {
        asked.push(words);
        return words[0] === 'ann@x' ? { kind: 'accepted', exceptions: 2 } : { kind: 'unknown' };
      },
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const made: MadeUp = { config: '/nowhere/godwit.yaml', openProgramme: async () => programme as Programme };

  test('is refused without a reason, and without a word on which', async () => {
    const played = await play(['mailbox', 'accept', 'ann@x', '--why', ' '], made);
    expect(played.code).toBe(2);
    expect(played.stderr).toContain('--why is missing');
    expect(played.stderr).toContain('--folder F --uid N');
    expect(asked).toEqual([]);
  });

  test('is done in the name of who asks, for the folder as people or as its platform writes it', async () => {
    const argv = ['mailbox', 'accept', 'ann@x', '--folder', 'Süd', '--uid', '5', '--why', 'a film'];
    expect((await play(argv, made)).stdout).toContain('2 exceptions accepted');
    expect(asked).toEqual([
      ['ann@x', { kind: 'message', folders: ['Süd', 'S&APw-d'], uid: 5 }, 'operator max', 'a film'],
    ]);
    expect((await play(['mailbox', 'accept', 'eve@x', '--all', '--why', 'x'], made)).code).toBe(2);
  });
});
