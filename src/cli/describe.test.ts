import { describe, expect, test } from 'vitest';
import type { MailboxDescription, WaveDescription } from '#domain/description.ts';
import { faults } from '#domain/fault.ts';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

/** The clock of a made-up world stands at 2024-06-01T00:00Z. */
const before = (ms: number): Date => new Date(Date.UTC(2024, 5, 1) - ms);
const minute = 60_000;

const account: MailboxAccount = {
  address: 'ann@x.example',
  organisation: 'W1',
  kind: 'person',
  stage: 'following',
  mark: 'blocked',
  markedFor: 'target.quota',
  side: 'source',
  found: 1_200,
  copied: 1_190,
  alreadyThere: 8,
  refused: 2,
  refusedFor: { 'too-big': 2 },
  differentIn: {},
  carried: 1_195,
  bytes: 45_000_000,
  milliseconds: 7_200,
  interruptedMs: null,
  lagMs: 900,
  caughtUpAt: before(30 * minute).toISOString(),
  carriedBack: 0,
  open: 1,
  accepted: 1,
  acceptedBy: ['operator eve'],
  verified: { at: before(minute).toISOString(), outcome: 'accepted' },
};

const refused: ListedException = {
  address: 'ann@x.example',
  folder: 'R&AOk-sum&AOk-s',
  uid: 9,
  uidValidity: 7,
  kind: 'refused',
  code: 'too-big',
  detail: 'it has 80 MB',
  sizeBytes: 80_000_000,
  messageId: null,
  accepted: null,
};

const ann: MailboxDescription = {
  address: 'ann@x.example',
  kind: 'person',
  displayName: 'Smith, Ann',
  aliases: ['a.smith@x.example'],
  sourceUser: 'asmith',
  targetUser: null,
  timezone: 'Europe/London',
  language: 'en',
  organisation: { code: 'W1', name: 'Ward', above: ['RXY', 'Q1'] },
  sizeBytes: 45_000_000,
  items: 1_200,
  notBefore: '2024-06-01',
  notAfter: null,
  stage: 'following',
  stageSince: before(3 * 86_400_000),
  marks: [{ mark: 'blocked', why: 'target.quota', who: 'worker 7', at: before(10 * minute) }],
  wave: {
    id: 1,
    name: 'pilot',
    state: 'running',
    window: { opensAt: Date.UTC(2024, 5, 1, 19), closesAt: Date.UTC(2024, 5, 2, 1) },
    isPilot: true,
    errorBudget: 0.02,
    pausedWhy: null,
  },
  side: 'source',
  turnedAt: null,
  dueAt: null,
  queuedAt: null,
  inHandOf: null,
  failures: 0,
  fault: {
    code: 'target.quota',
    message: 'new.example has no room.',
    at: before(10 * minute),
    reach: 'mailbox',
    retry: 'operator',
    remedy: faults['target.quota'].remedy,
    isBlocking: true,
  },
  account,
  exceptions: [refused, { ...refused, uid: 11, accepted: { who: 'operator eve', why: 'not wanted', at: '' } }],
  readiness: { at: before(2 * 86_400_000), found: [{ kind: 'no-room', weight: 'trouble', says: 'It needs 45 MB.' }] },
  verification: { at: before(minute), found: { outcome: 'accepted' } },
  tail: [],
  plan: null,
  log: [
    {
      at: before(10 * minute),
      who: 'worker 7',
      what: 'blocked',
      stageBefore: null,
      stageAfter: null,
      why: 'target.quota',
      about: { stage: 'following' },
    },
    {
      at: before(3 * 86_400_000),
      who: 'worker 7',
      what: 'catch-up',
      stageBefore: 'copying',
      stageAfter: 'following',
      why: null,
      about: null,
    },
  ],
};

const pilot: WaveDescription = {
  ...(ann.wave as NonNullable<MailboxDescription['wave']>),
  state: 'paused',
  pausedWhy: '2 of 4 failed',
  remarks: ['Its window overlaps that of second.'],
  mailboxes: 4,
  bytes: 4_000,
  stages: { following: 2 },
  marks: { blocked: 2 },
  faults: [
    {
      code: 'target.quota',
      mailboxes: 2,
      example: 'ann@x.example',
      reach: 'mailbox',
      retry: 'operator',
      remedy: faults['target.quota'].remedy,
    },
  ],
  log: [
    {
      at: before(minute),
      who: 'the leader',
      what: 'wave pause',
      stageBefore: null,
      stageAfter: null,
      why: '2 of 4 failed',
      about: null,
    },
  ],
};

function estate(mailbox: MailboxDescription = ann): MadeUp {
  const descriptions: Programme['descriptions'] = {
    mailbox: async (address) =>
      address === 'ann@x.example'
        ? { kind: 'found', mailbox }
        : { kind: 'unknown', nearest: address === 'anm@x.example' ? 'ann@x.example' : null },
    wave: async (name) => (name === 'pilot' ? { kind: 'found', wave: pilot } : { kind: 'unknown', nearest: 'pilot' }),
  };
  const programme = { descriptions, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  return { config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

describe('a mailbox that is described', () => {
  test('is on one screen: where it stands, what keeps it, what to do, and its log', async () => {
    const { code, stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate());
    expect(code).toBe(3);
    expect(stdout).toBe(`ann@x.example (Smith, Ann), person: blocked in following

organisation   W1, Ward, under RXY, Q1
also known as  a.smith@x.example
signs in as    asmith at the source
size           45.0 MB, 1,200 items
may switch     from 2024-06-01
stage          following since 2024-05-29T00:00Z (3 days ago)
blocked        target.quota, by worker 7, since 2024-05-31T23:50Z (10:00 min ago)
wave           pilot, running, 2024-06-01T19:00Z for 6:00:00 h
mail belongs   on the source
carried        1,195 messages, 45.0 MB in 7.2 s; of 1,200 on the source 1,190 copied, 8 there already, 2 refused
behind         0.9 s at the end of the last pass, 2024-05-31T23:30Z (30:00 min ago)
next           nothing by itself
ready          checked 2024-05-30T00:00Z (2 days ago): It needs 45 MB.
verified       2024-05-31T23:59Z (1:00 min ago): accepted
exceptions     1 open, 1 accepted by operator eve

Blocked for target.quota, 2024-05-31T23:50Z (10:00 min ago)
  new.example has no room.
  How far:    this mailbox; others go on.
  When again: when someone has put it right.
  What to do: ${faults['target.quota'].remedy}

Listed in Résumés
   9  refused  too-big  it has 80 MB  open
  11  refused  too-big  it has 80 MB  accepted by operator eve: not wanted

Log, the newest first
  2024-05-31T23:50:00Z  worker 7  blocked                        target.quota
  2024-05-29T00:00:00Z  worker 7  catch-up  copying → following
`);
  });

  test('that has switched tells since when, for how long its owner was interrupted, and what was carried home', async () => {
    const settled = {
      ...ann,
      stage: 'settled',
      marks: [],
      fault: null,
      side: 'target',
      turnedAt: before(5 * minute),
      dueAt: before(-20 * minute),
      account: { ...account, mark: null, interruptedMs: 1_200, carriedBack: 4 },
    } as const;
    const { code, stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(settled));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ann@x\.example \(Smith, Ann\), person: settled\n/);
    expect(stdout).toMatch(/^mail belongs +on the target since 2024-05-31T23:55Z \(5:00 min ago\)$/m);
    expect(stdout).toMatch(/^interrupted +1\.2 s at the switch$/m);
    expect(stdout).toMatch(/; 4 home since the switch$/m);
    expect(stdout).toMatch(/^next +looked at again in 20:00 min$/m);
    expect(stdout).not.toContain('Blocked');
  });

  test('that is tried again tells who has it in hand, how often it failed, and what it met last', async () => {
    const tried = {
      ...ann,
      marks: [],
      failures: 2,
      inHandOf: { worker: '3f2a9c10-0000', host: 'north', pid: 42 },
      fault: {
        ...(ann.fault as NonNullable<MailboxDescription['fault']>),
        code: 'of.tomorrow',
        remedy: null,
        isBlocking: false,
      },
    };
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(tried));
    expect(stdout).toMatch(/^next +in hand of worker 3f2a9c1… on north \(42\); 2 passes failed one after the other$/m);
    expect(stdout).toMatch(/^The last fault that it met: of\.tomorrow/m);
    expect(stdout).toContain('This version of Godwit does not know this fault');
  });

  test('is a document for programs, with folders as people read them', async () => {
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example', '-o', 'json'], estate());
    const document = JSON.parse(stdout) as { readonly exceptions: readonly unknown[] };
    expect(document).toMatchObject({
      address: 'ann@x.example',
      fault: { retry: 'operator' },
      log: [{ who: 'worker 7' }, {}],
    });
    expect(document.exceptions[0]).toMatchObject({ folder: 'Résumés', uid: 9, accepted: null });
  });

  test('moves no cursor and hides no words, whatever servers and people wrote', async () => {
    const evil = '\u001b[2J\u202e\nx';
    const hostile: MailboxDescription = {
      ...ann,
      displayName: evil,
      aliases: [evil],
      organisation: { code: evil, name: evil, above: [evil] },
      marks: [{ mark: 'held', why: evil, who: evil, at: null }],
      fault: { ...(ann.fault as NonNullable<MailboxDescription['fault']>), code: evil, message: evil, remedy: null },
      exceptions: [{ ...refused, folder: evil, code: evil, detail: evil }],
      readiness: { at: before(1), found: [evil, { odd: evil }] },
      log: [{ at: before(1), who: evil, what: evil, stageBefore: null, stageAfter: null, why: evil, about: null }],
    };
    const { stdout } = await play(['describe', 'mailbox', 'ann@x.example'], estate(hostile));
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
    expect(stdout.split('\n')).not.toContain('x');
  });

  test('that is not there is refused with the one that was probably meant', async () => {
    const { code, stderr } = await play(['describe', 'mailbox', 'anm@x.example'], estate());
    expect([code, stderr]).toEqual([
      2,
      'godwit: There is no mailbox anm@x.example in this estate; did you mean ann@x.example?\n',
    ]);
    expect((await play(['describe', 'mailbox', 'zoe@y'], estate())).stderr).toContain(
      'no mailbox zoe@y in this estate.\n',
    );
    expect((await play(['describe', 'mailboxes', 'ann@x.example'], estate())).stderr).toMatch(/did you mean mailbox\?/);
  });
});

describe('a wave that is described', () => {
  test('tells its window, why it is paused, who stands where, and what they are blocked for with what to do', async () => {
    const { code, stdout } = await play(['describe', 'wave', 'pilot'], estate());
    expect(code).toBe(3);
    expect(stdout).toBe(`pilot is paused, a pilot

window        2024-06-01T19:00Z for 6:00:00 h (opens in 19:00:00 h)
paused        2 of 4 failed
error budget  2 %
mailboxes     4, 4.00 kB
Its window overlaps that of second.

  following  2
  blocked    2

2 mailboxes blocked for target.quota, among them ann@x.example
  How far:    this mailbox; others go on.
  When again: when someone has put it right.
  What to do: ${faults['target.quota'].remedy}

All of them: godwit get mailboxes --select 'stage=blocked wave=pilot'

Log, the newest first
  2024-05-31T23:59:00Z  the leader  wave pause    2 of 4 failed
`);
  });

  test('that is not there is refused with the one that was probably meant', async () => {
    const { code, stderr } = await play(['describe', 'wave', 'pilt'], estate());
    expect([code, stderr]).toEqual([2, 'godwit: There is no wave pilt; did you mean pilot?\n']);
  });
});
