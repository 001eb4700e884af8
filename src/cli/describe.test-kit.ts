/** A mailbox and a wave to be described, and an estate that has them. */

import type { MailboxDescription, WaveDescription } from '#domain/description.ts';
import { faults } from '#domain/fault.ts';
import type { ListedException, MailboxAccount } from '#domain/wave-report.ts';
import type { MadeUp } from './made-up-world.ts';
import type { Programme } from './world.ts';

/** The clock of a made-up world stands at 2024-06-01T00:00Z. */
export const before = (ms: number): Date => new Date(Date.UTC(2024, 5, 1) - ms);
export const minute = 60_000;

export const account: MailboxAccount = {
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
  interruption: null,
  together: null,
  lagMs: 900,
  caughtUpAt: before(30 * minute).toISOString(),
  carriedBack: 0,
  notTakenHome: 0,
  wayHomeLate: null,
  wayHomeLateSince: null,
  open: 1,
  accepted: 1,
  acceptedBy: ['operator eve'],
  verified: { at: before(minute).toISOString(), outcome: 'accepted' },
  certified: { at: before(minute).toISOString(), grade: 'good' },
};

export const refused: ListedException = {
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

export const ann: MailboxDescription = {
  wayHomeLate: null,
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
  belongsWith: ['desk@x.example'],
  wave: {
    id: 1,
    name: 'pilot',
    state: 'running',
    window: { opensAt: Date.UTC(2024, 5, 1, 19), closesAt: Date.UTC(2024, 5, 2, 1) },
    isPilot: true,
    errorBudget: 0.02,
    pausedWhy: null,
    remarks: [],
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
  switches: [],
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
  certified: {
    at: before(minute).toISOString(),
    mailboxes: 3,
    grade: { grade: 'investigate', because: ['1 mailboxes are poor'] },
    root: 'aa',
  },
};

/** Its programme knows one mailbox, ann@x.example, as it is given, and one wave, pilot. */
export function estate(mailbox: MailboxDescription = ann): MadeUp {
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
