import { expect, test } from 'vitest';
import type * as imap from '#protocols/imap/index.ts';
import { isWorthCompressing, noteSpeed } from './compression.ts';
import { ServerMemory } from './server-memory.ts';

const facts = () => new ServerMemory().of({ host: 'mail.example', port: 993, security: 'tls' });
const session = (octets: number, seconds: number) => ({ line: { waited: { octets, seconds } } }) as imap.Session;

test('a server is compressed only when it is known to be slow, and never on this machine', () => {
  const known = facts();
  expect(isWorthCompressing('mail.example', true, known)).toBe(false);
  noteSpeed(session(1_000, 100), known);
  expect(isWorthCompressing('mail.example', true, known)).toBe(false);
  noteSpeed(session(10_000_000, 10), known);
  expect(isWorthCompressing('mail.example', true, known)).toBe(true);
  expect(isWorthCompressing('mail.example', false, known)).toBe(false);
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(isWorthCompressing(host, true, known)).toBe(false);
});

test('what the last connection showed counts, and one that never waited for the line shows a fast one', () => {
  const known = facts();
  noteSpeed(session(10_000_000, 10), known);
  expect(isWorthCompressing('mail.example', true, known)).toBe(true);
  noteSpeed(session(10_000_000, 0), known);
  expect(isWorthCompressing('mail.example', true, known)).toBe(false);
  noteSpeed(session(10_000_000, 20), known);
  expect(isWorthCompressing('mail.example', true, known)).toBe(true);
});
