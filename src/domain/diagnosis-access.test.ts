import { expect, test } from 'vitest';
import type { TokenLine } from './access.ts';
import { judgeTokens } from './diagnosis-access.ts';

const now = Date.UTC(2026, 10, 22);
const days = (count: number): Date => new Date(now + count * 86_400_000);

function token(id: number, more: Partial<TokenLine> = {}): TokenLine {
  return {
    id,
    name: 'of the nightly report',
    role: { role: 'auditor', organisation: null },
    scopes: null,
    createdBy: 'ann@corp.example',
    makerMay: null,
    createdAt: days(-10),
    expiresAt: days(80),
    hasExpired: false,
    usedAt: null,
    revokedAt: null,
    ...more,
  };
}

const told = (...tokens: readonly TokenLine[]) =>
  judgeTokens(tokens, now).map(({ state, says }) => `${state}: ${says}`);

test('tokens whose makers might not make them any more are told by their numbers, and by nothing else', () => {
  const orphans = [1, 2, 3, 4, 5, 6].map((id) => token(id, { makerMay: false }));
  expect(told(token(9, { makerMay: true }), ...orphans)).toEqual([
    'look: 6 let somebody in though their makers might not make them any more: 1, 2, 3, 4, 5, …',
  ]);
});

test('a token that is used and ends soon is told, one that nobody uses is let go', () => {
  expect(told(token(1, { usedAt: days(-1), expiresAt: days(13) }))).toEqual([
    'look: 1 that are used end within 14 days: 1',
  ]);
  expect(told(token(1, { expiresAt: days(1) }))).toEqual(['ok: 1 let somebody in']);
});

test('where all is well that is said, and where there are none nothing', () => {
  expect(told(token(1), token(2, { makerMay: true, usedAt: days(0) }))).toEqual(['ok: 2 let somebody in']);
  expect(told()).toEqual([]);
});
