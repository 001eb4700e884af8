import { expect, test } from 'vitest';
import { growth, nothingLearnt, react } from './governor.ts';
import { lostShare } from './throttling-seen.ts';

const budget = { connections: 100, connectionsPerMailbox: 2, bytesPerSecond: [], commandsPerSecond: null };
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const now = Date.parse('2026-09-01T08:00Z');
const complaint = (waitMs: number | null = 0) =>
  ({ kind: 'throttled', mailbox: null, waitMs, text: 'too busy' }) as const;

/** A platform that complains so often, for so many days; so much of it was not to be had in the end. */
function shareAfter(days: number, everyMinutes: number, waitMs: number | null = 0): number | null {
  let learnt = nothingLearnt;
  let at = now;
  for (; at < now + days * dayMs; at += everyMinutes * minuteMs)
    learnt = react(learnt, budget, complaint(waitMs), 100, at).learnt;
  return lostShare({ learnt, budget }, growth.connections, at);
}

test('a platform that halves its connections every hour, and gives them back in two minutes, had one part in a hundred and twenty less', () => {
  // From 50 to 100 by 5 each ten seconds: half a minute of everything in all.
  expect(shareAfter(10, 60)).toBeCloseTo(27.5 / 3_600, 4);
});

test('one that complains as soon as it has given anything back is told at about half', () => {
  const share = shareAfter(3, 0.2);
  expect(share).toBeGreaterThan(0.5);
  expect(share).toBeLessThan(1);
});

test('the waits that it asks for count whole', () => {
  expect(shareAfter(10, 60, 6 * minuteMs)).toBeCloseTo(0.1 + 27.5 / 3_600, 2);
});

test('one that never complained has given all, and of one that has since yesterday nothing is said yet', () => {
  expect(lostShare({ learnt: nothingLearnt, budget }, growth.connections, now)).toBe(0);
  expect(shareAfter(0.5, 60)).toBeNull();
  const older = { ...nothingLearnt, connections: { value: 50, since: now - 9 * dayMs, said: 'too busy' } };
  expect(lostShare({ learnt: older, budget }, growth.connections, now)).toBeNull();
});

test('what is months ago is forgotten', () => {
  let { learnt } = react(nothingLearnt, budget, complaint(dayMs), 100, now);
  const before = lostShare({ learnt, budget }, growth.connections, now + 2 * dayMs);
  expect(before).toBeGreaterThan(0.4);
  for (let day = 0; day < 365; day++) learnt = react(learnt, budget, complaint(), 100, now + (2 + day) * dayMs).learnt;
  expect(lostShare({ learnt, budget }, growth.connections, now + 367 * dayMs)).toBeLessThan(0.002);
});
