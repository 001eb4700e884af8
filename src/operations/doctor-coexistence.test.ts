import { expect, test } from 'vitest';
import type { DoorKnown } from '#domain/door-known.ts';
import type { SideName } from '#domain/platform.ts';
import { doctorCoexistence } from './doctor-coexistence.ts';
import type { DoctorParts, DoorQuestion } from './doctor-parts.ts';
import type { Inbox } from './doctor-sides.ts';

const ann = 'ann@corp.example';
const bob = 'bob@corp.example';
const door = (isAlive: boolean): DoorKnown => ({
  id: '3f2a0000-0000-4000-8000-000000000000',
  host: 'mx1',
  pid: 7,
  version: '1',
  serves: ['Postfix'],
  isAlive,
  forMs: 1000,
  lostForMs: isAlive ? 0 : 61_000,
  behind: 0,
});
const asking = (answer: string): DoorQuestion => ({
  door: 'Postfix',
  question: 'transport',
  expects: (side) => (side === null ? null : `OK smtp:[${side}]`),
  ask: async () => answer,
});
const signal = new AbortController().signal;

/** Two mailboxes where they belong, with whatever differs from that. */
function parts(more: Partial<DoctorParts> = {}): DoctorParts {
  const sides = new Map<string, SideName>([
    [ann, 'source'],
    [bob, 'target'],
  ]);
  let now = 0;
  const inboxOn = async (side: SideName): Promise<Inbox> => ({
    uidValidity: side === 'source' ? 7 : 8,
    uidNext: 2,
    hasMessage: false,
  });
  return {
    patients: [
      { address: ann, side: 'source' },
      { address: bob, side: 'target' },
    ],
    nobody: 'nobody@corp.example',
    doors: async () => [door(true)],
    routeOf: async (address) => ({
      side: sides.get(address) ?? 'source',
      standing: 'open',
      named: { address, sourceUser: null, targetUser: null },
    }),
    questions: [],
    send: null,
    messageId: () => '<probe@corp.example>',
    inboxOn,
    inboxThrough: (address) => async () => inboxOn(sides.get(address) ?? 'source'),
    withinMs: 2_000,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    tell: () => {},
    ...more,
  };
}

const said = async (more: Partial<DoctorParts>, check: string) =>
  (await doctorCoexistence(parts(more), signal)).filter((each) => each.check === check);

test('a door that is not heard of is told, with the words by which it is let go', async () => {
  const [lost] = await said({ doors: async () => [door(false)] }, 'registered');
  expect(lost).toMatchObject({ state: 'wrong', says: 'has not been heard of for 61 s' });
  expect(lost?.remedy).toContain('godwit coexist forget 3f2a0000');
});

test('a door that answers another side is told with both answers; one that says "later" is told to look at its database', async () => {
  const [first, second] = await said({ questions: [asking('OK smtp:[source]')] }, 'door');
  expect(first).toMatchObject({ state: 'ok' });
  expect(second).toMatchObject({
    state: 'wrong',
    says: `${bob}: it answers "OK smtp:[source]" and not "OK smtp:[target]"`,
  });
  const [later] = await said({ questions: [asking('TEMP it is not certain')] }, 'door');
  expect(later?.remedy).toContain('database');
});

test('a mailbox that is about to change sides is tried by nothing', async () => {
  const findings = await doctorCoexistence(
    parts({
      routeOf: async (address) => ({
        side: address === ann ? 'source' : 'target',
        standing: 'announced',
        named: { address, sourceUser: null, targetUser: null },
      }),
      questions: [asking('OK smtp:[source]')],
    }),
    signal,
  );
  expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
    'registered ok',
    'route wrong',
    'route wrong',
  ]);
});

test('a proxy that leads to the other side is told, and one behind which nothing differs is not called right', async () => {
  const toSource = async (): Promise<Inbox> => ({ uidValidity: 7, uidNext: 2, hasMessage: false });
  const [atHome, astray] = await said({ inboxThrough: () => toSource }, 'sign-in');
  expect(atHome).toMatchObject({ state: 'ok' });
  expect(astray).toMatchObject({
    about: bob,
    state: 'wrong',
    says: 'the proxy leads to the source, and the mailbox lives on the target',
  });
  const [alike] = await said({ inboxOn: toSource, inboxThrough: () => toSource }, 'sign-in');
  expect(alike).toMatchObject({ state: 'wrong', says: 'it got in, and the two inboxes cannot be told apart' });
});

test('a message that does not arrive in time is told with its id, and so are the words of an MX that refuses it', async () => {
  const [late] = await said({ send: async () => ({ kind: 'sent' }) }, 'delivery');
  expect(late).toMatchObject({ state: 'wrong' });
  expect(late?.says).toMatch(/did not arrive in the inbox of either side within 2 s: <probe@corp\.example>/);
  const [refused] = await said({ send: async () => ({ kind: 'refused', why: '550 5.1.1 unknown' }) }, 'delivery');
  expect(refused?.says).toContain('550 5.1.1 unknown');
});
