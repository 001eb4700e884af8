import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { ReadinessReport } from '#domain/readiness.ts';
import { everything } from '#domain/selection.ts';
import type { Looks } from '#ports/looks.ts';
import { type CheckedMailbox, checkWave, type CheckWaveRequest } from './check-wave.ts';

const refusal = fault('imap.sign-in.refused', { host: 'new.example', user: 'x', text: 'no' });
const kept: number[] = [];

/** Mailboxes that nobody can be signed in to, or of whom something else is the matter. */
function request(
  members: number,
  trouble: (mailbox: number) => unknown,
  ready: readonly number[] = [],
): CheckWaveRequest {
  const looks: Partial<Looks> = {
    readiness: async (mailboxes) =>
      new Map(
        mailboxes
          .filter((each) => ready.includes(each))
          .map((each) => [each, { address: `m${each}`, remarks: [] } satisfies ReadinessReport & { address: string }]),
      ),
    keepReadiness: async (mailbox) => void kept.push(mailbox),
  };
  return {
    members: Array.from({ length: members }, (_, i) => i + 1),
    atOnce: 3,
    freshSeconds: 60,
    selection: everything,
    looks: looks as Looks,
    watcher: { begins: () => ({ ended() {} }) },
    lookAt: (mailbox, look, signal) =>
      look(
        {
          traveller: {
            id: mailbox,
            address: `m${mailbox}`,
            sourceUser: null,
            targetUser: null,
            stage: 'planned',
            wave: 1,
            side: 'source',
            turnedForMs: null,
            homeLate: null,
            cameHome: null,
            mayMove: true,
            triesRefused: false,
            failures: 0,
          },
          pair: { source: 'a', target: 'b' },
          open: () => () => Promise.reject(new Error('nothing is opened')),
          inspect: () => () => Promise.reject(trouble(mailbox)),
        },
        signal,
      ),
  };
}

async function all(of: CheckWaveRequest): Promise<readonly CheckedMailbox[]> {
  const found: CheckedMailbox[] = [];
  for await (const page of checkWave(of, new AbortController().signal)) found.push(...page);
  return found;
}

test('where nobody gets in at all the check ends, before an administrator is locked out', async () => {
  kept.length = 0;
  await expect(all(request(500, () => refusal))).rejects.toMatchObject({ code: 'check.all-refused' });
  expect(kept.length).toBeLessThan(30);
});

test('what is no fault of the mailbox is told, and nothing is concluded from it', async () => {
  kept.length = 0;
  const away = fault('imap.server.bye', { host: 'new.example', text: 'later' });
  const found = await all(request(3, (mailbox) => (mailbox === 2 ? away : refusal)));
  expect(found.map(({ fault: each, remarks }) => each?.code ?? remarks.map(({ kind }) => kind))).toEqual([
    ['source-sign-in', 'target-sign-in'],
    'imap.server.bye',
    ['source-sign-in', 'target-sign-in'],
  ]);
  expect(kept).toEqual([1, 3]);
});

test('who was found ready not long ago is not looked at again', async () => {
  kept.length = 0;
  const found = await all(request(4, () => refusal, [1, 3, 4]));
  expect(found.map(({ isEarlier }) => isEarlier)).toEqual([true, false, true, true]);
  expect(kept).toEqual([2]);
});
