import { expect, test } from 'vitest';
import { platformNow, react, nothingLearnt } from '#domain/governor.ts';
import type { Budget } from '#domain/platform.ts';
import { parseTimetable } from '#lib/timetable.ts';
import { platformLine } from './platform-text.ts';

/** A Tuesday. */
const day = Date.parse('2026-12-01T12:00Z');
const night = Date.parse('2026-12-01T22:00Z');
const timetable = parseTimetable('08:00,10M 19:00,off');
const budget: Budget = {
  connections: 20,
  connectionsPerMailbox: 2,
  bytesPerSecond: timetable.kind === 'timetable' ? timetable.slots : [],
  commandsPerSecond: 50,
};

test('a platform shows what it is asked at this hour, and that it is all that was agreed', () => {
  expect(platformLine(platformNow('target', budget, 'UTC', nothingLearnt, 12, day))).toBe(
    'target: 12 of 20 connections, at most 10.5 MB a second, at most 50 commands a second. All that was agreed.',
  );
  expect(platformLine(platformNow('target', budget, 'UTC', nothingLearnt, 0, night))).toBe(
    'target: 0 of 20 connections, at most 50 commands a second. All that was agreed.',
  );
});

test('a platform that complained shows what is left, and its words', () => {
  const complaint = {
    kind: 'throttled',
    mailbox: null,
    waitMs: 60_000,
    text: '[THROTTLED] slow\u001b[2J down',
  } as const;
  const { learnt } = react(nothingLearnt, budget, complaint, 20, day);
  const line = platformLine(platformNow('source', budget, 'UTC', learnt, 0, day));
  expect(line).toContain(
    '0 of 10 connections, at most 5.24 MB a second, at most 25 commands a second. Nothing new is begun',
  );
  expect(line).toContain('[THROTTLED] slow');
  expect(line).not.toContain('\u001b');
});
