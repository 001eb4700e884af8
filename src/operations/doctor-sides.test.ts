import { expect, test } from 'vitest';
import { apart } from './doctor-sides.ts';

const inbox = (uidValidity: number, hasMessage = false, uidNext = 1) => ({ uidValidity, hasMessage, uidNext });

test('the side that somebody came to is the one whose inbox is the one they found', () => {
  expect(apart(inbox(7), inbox(7), inbox(8))).toBe('source');
  expect(apart(inbox(8), inbox(7), inbox(8))).toBe('target');
  // The same second on both servers: by the message, and then by how many have come.
  expect(apart(inbox(7, true), inbox(7), inbox(7, true))).toBe('target');
  expect(apart(inbox(7, false, 4), inbox(7, false, 4), inbox(7, false, 2))).toBe('source');
});

test('where nothing tells two inboxes apart, no side is claimed', () => {
  expect(apart(inbox(7), inbox(7), inbox(7))).toBeNull();
  expect(apart(inbox(9), inbox(7), inbox(8))).toBeNull();
  expect(apart(inbox(7), null, null)).toBeNull();
});

test('a side that cannot be looked into is not the one that was found', () => {
  expect(apart(inbox(7), inbox(7), null)).toBe('source');
  expect(apart(inbox(7), null, inbox(7))).toBe('target');
});
