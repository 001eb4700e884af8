/** What doors saw on its way to where it is kept: once, in time, and not lost while the database is away. */

import { expect, test } from 'vitest';
import type { AttemptsFound } from '#domain/interruption.ts';
import { silent } from '#lib/log.ts';
import { bufferAttempts } from './buffer-attempts.ts';

const attempt = { kind: 'sign-in', isThrough: true, wasHeld: true } as const;

test('who had to wait is kept with how long ago that was, also when the database was away meanwhile', async () => {
  const kept: AttemptsFound[] = [];
  let isAway = true;
  let nowMs = 10_000;
  const intake = {
    keep: async (found: readonly AttemptsFound[]) => {
      if (isAway) throw new Error('it is away');
      kept.push(...found);
    },
  };
  await using buffer = bufferAttempts({ intake, log: silent, everyMs: 1e6, now: () => nowMs });
  buffer.attempted({ ...attempt, mailbox: 1, fromMs: 5_000, untilMs: 8_000 });
  await buffer.flush();
  buffer.attempted({ ...attempt, mailbox: 2, fromMs: 9_000, untilMs: 9_900 });
  isAway = false;
  nowMs = 60_000;
  await buffer.flush();
  await buffer.flush();
  expect(kept).toEqual([
    { mailbox: 1, kind: 'sign-in', ms: 3_000, beganAgoMs: 55_000, endedAgoMs: 52_000 },
    { mailbox: 2, kind: 'sign-in', ms: 0, beganAgoMs: 51_000, endedAgoMs: 50_100 },
  ]);
});

test('what was seen last is kept when the doors are closed, and beyond its room it lets fall and stands', async () => {
  const kept: AttemptsFound[] = [];
  {
    const intake = { keep: async (found: readonly AttemptsFound[]) => void kept.push(...found) };
    await using buffer = bufferAttempts({ intake, log: silent, everyMs: 1e6, most: 2 });
    for (const mailbox of [1, 2, 3]) buffer.attempted({ ...attempt, mailbox, fromMs: 0, untilMs: 2_000 });
  }
  expect(kept.map(({ mailbox }) => mailbox)).toEqual([1, 2]);
});
