import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterSignIn, type Breaker, breakerWords, closed, entryOf, firstWaitMs, probeMs, runMax } from './breaker.ts';
import type { SignInFailure } from './sighting.ts';

const now = 1_800_000_000_000;
const refused = { how: 'refused', text: 'NO go away' } as const;

function fail(breaker: Breaker, mailbox: number, at = now, how: SignInFailure = 'refused') {
  return afterSignIn(breaker, { mailbox, failed: { how, text: 'NO go away' } }, at);
}

/** After `n` mailboxes have failed one after the other. */
function afterFailures(n: number, at = now): Breaker {
  let breaker = closed;
  for (let mailbox = 1; mailbox <= n; mailbox++) breaker = fail(breaker, mailbox, at).breaker;
  return breaker;
}

describe('a hiccup of a directory', () => {
  test('stops all sign-ins after a handful of mailboxes, and holds nothing against them', () => {
    const last = fail(afterFailures(runMax - 1), 99);
    expect(last.breaker.kind).toBe('open');
    expect(last.acquitted).toEqual([1, 2, 3, 4, 5, 6, 7, 99]);
    expect(entryOf(last.breaker, 5, now)).toEqual({ kind: 'wait', waitMs: firstWaitMs });
    expect(breakerWords(last.breaker)).toBe(
      '8 mailboxes in a row were refused (“NO go away”). Nobody signs in; after a while one tries.',
    );
  });

  test('acquits those whose sign-in was under way when it was noticed', () => {
    expect(fail(afterFailures(runMax), 1000)).toEqual({ breaker: afterFailures(runMax), acquitted: [1000] });
  });

  test('is over when the one that tries gets in', () => {
    const later = now + firstWaitMs;
    const entry = entryOf(afterFailures(runMax), 42, later);
    if (entry.kind !== 'probe') throw new Error(entry.kind);
    expect(entry.breaker).toMatchObject({ kind: 'probing', mailbox: 42 });
    expect(entryOf(entry.breaker, 43, later)).toEqual({ kind: 'wait', waitMs: probeMs });
    expect(breakerWords(entry.breaker)).toContain('One is trying now');
    expect(afterSignIn(entry.breaker, { mailbox: 42, failed: null }, later).breaker).toEqual(closed);
  });

  test('goes on when it does not, and the next tries after a longer wait', () => {
    let breaker = afterFailures(runMax);
    let at = now;
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      const first = entryOf(breaker, tries, at);
      if (first.kind !== 'wait') throw new Error(first.kind);
      waits.push(first.waitMs / 1000);
      at += first.waitMs;
      const entry = entryOf(breaker, tries, at);
      if (entry.kind !== 'probe') throw new Error(entry.kind);
      const after = fail(entry.breaker, tries, at);
      expect(after.acquitted).toEqual([tries]);
      breaker = after.breaker;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 600, 600, 600]);
  });

  test('does not last because a worker died while it tried', () => {
    const at = now + firstWaitMs;
    const entry = entryOf(afterFailures(runMax), 42, at);
    if (entry.kind !== 'probe') throw new Error(entry.kind);
    expect(entryOf(entry.breaker, 43, at + probeMs)).toMatchObject({ kind: 'probe', breaker: { mailbox: 43 } });
  });

  test('is not shut for longer because a mailbox with a fault of its own was the one to try', () => {
    const at = now + firstWaitMs;
    const entry = entryOf(afterFailures(runMax), 42, at);
    if (entry.kind !== 'probe') throw new Error(entry.kind);
    const after = fail(entry.breaker, 42, at, 'unreachable');
    expect(entryOf(after.breaker, 43, at)).toEqual({ kind: 'wait', waitMs: firstWaitMs });
  });
});

describe('a platform that is well', () => {
  test('is not shut by forgotten passwords among others that get in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: runMax - 1 }), { maxLength: 50 }), (runs) => {
        let breaker = closed;
        let mailbox = 0;
        for (const failures of runs) {
          for (let i = 0; i < failures; i++) breaker = fail(breaker, ++mailbox).breaker;
          expect(breaker.kind).toBe('closed');
          breaker = afterSignIn(breaker, { mailbox: ++mailbox, failed: null }, now).breaker;
        }
      }),
    );
  });

  test('is not shut by one mailbox that fails again and again', () => {
    let breaker = closed;
    for (let i = 0; i < 100; i++) breaker = fail(breaker, 7).breaker;
    expect(breaker).toEqual({ kind: 'closed', run: { how: 'refused', mailboxes: [7] } });
  });

  test('is not shut by failures of different kinds', () => {
    let breaker = closed;
    for (let i = 0; i < 100; i++) breaker = fail(breaker, i, now, i % 2 ? 'refused' : 'lost').breaker;
    expect(breaker.kind).toBe('closed');
  });
});

test('however long the directory is away, few mailboxes find out', () => {
  // A day on which every sign-in fails and somebody asks every second.
  let breaker: Breaker = closed;
  let tried = 0;
  for (let second = 0; second < 86_400; second++) {
    const at = now + second * 1000;
    const entry = entryOf(breaker, second, at);
    if (entry.kind === 'wait') continue;
    tried++;
    if (entry.kind === 'probe') breaker = entry.breaker;
    breaker = afterSignIn(breaker, { mailbox: second, failed: refused }, at).breaker;
  }
  expect(tried).toBeLessThan(170);
});
