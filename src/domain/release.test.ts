/** Who is worked on now, as people who wait for it would see it. */

import { describe, expect, test } from 'vitest';
import { stages } from './journey.ts';
import {
  type Candidate,
  choose,
  nextLookHomeInMs,
  nextLookInMs,
  type WaveNow,
  type WaveState,
  workFor,
} from './release.ts';

const [opensAt, closesAt] = [10_000, 20_000];
const inside = 15_000;
const waveStates: readonly WaveState[] = ['planned', 'running', 'paused', 'cancelled', 'finished'];

function wave(more: Partial<WaveNow> = {}): WaveNow {
  return { id: 1, state: 'running', opensAt, closesAt, pilot: false, ...more };
}

function due(mailbox: number, more: Partial<Candidate> = {}): Candidate {
  return { mailbox, organisation: 1, stage: 'following', wave: 1, dueAt: 0, lagMs: null, mayMove: true, ...more };
}

function chosen(candidates: readonly Candidate[], waves: readonly WaveNow[] = [wave()], room = 100): readonly number[] {
  const known = new Map(waves.map((each) => [each.id, each] as const));
  return choose(candidates, known, inside, room).map(({ mailbox }) => mailbox);
}

describe('a mailbox', () => {
  test.each([
    [opensAt - 1, 'follow'],
    [opensAt, 'switch'],
    [closesAt - 1, 'switch'],
    [closesAt, 'follow'],
  ] as const)('that follows switches only while its window is open: at %d it is to %s', (now, work) => {
    expect(workFor(due(1), wave(), now)).toBe(work);
  });

  test.each(stages)('that is %s waits until it is due', (stage) => {
    expect(workFor(due(1, { stage, dueAt: inside + 1 }), wave(), inside)).toBeNull();
  });

  test('is first copied when its wave was started, and not before, nor during a pause', () => {
    const planned = due(1, { stage: 'planned' });
    const works = waveStates.map((state) => workFor(planned, wave({ state }), inside));
    expect(works).toEqual([null, 'copy', null, null, null]);
    expect(workFor(planned, null, inside)).toBeNull();
  });

  test('in a paused wave does not switch in its window, and its target stays close', () => {
    const paused = wave({ state: 'paused' });
    expect(workFor(due(1), paused, inside)).toBe('follow');
    expect(workFor(due(1, { stage: 'copying' }), paused, inside)).toBe('copy');
  });

  test('of a wave that was cancelled is left alone while it has not switched', () => {
    const cancelled = wave({ state: 'cancelled' });
    for (const stage of ['planned', 'copying', 'following'] as const)
      expect(workFor(due(1, { stage }), cancelled, inside)).toBeNull();
  });

  test.each(waveStates)('whose switch or way back was begun is seen through, though its wave is %s', (state) => {
    for (const now of [opensAt - 1, inside, closesAt]) {
      expect(workFor(due(1, { stage: 'switching' }), wave({ state }), now)).toBe('switch');
      expect(workFor(due(1, { stage: 'returning' }), wave({ state }), now)).toBe('return');
    }
  });

  test('that came home and stays there is looked at, whatever its wave, and does not switch', () => {
    for (const state of waveStates)
      expect(workFor(due(1, { staysHome: true }), wave({ state }), inside)).toBe('follow');
    expect(workFor(due(1, { staysHome: true, wave: null }), null, inside)).toBe('follow');
  });

  test('that has settled has its changes carried home, until it is released', () => {
    expect(workFor(due(1, { stage: 'settled' }), null, inside)).toBe('follow-back');
    expect(workFor(due(1, { stage: 'released' }), wave(), inside)).toBeNull();
    expect(workFor(due(1, { stage: 'known' }), wave(), inside)).toBeNull();
  });
});

describe('the next look at a mailbox', () => {
  test('comes when its window opens, where that is before its next turn', () => {
    expect(nextLookInMs('following', wave(), opensAt - 300, 1_000)).toBe(300);
    expect(nextLookInMs('following', wave(), opensAt - 3_000, 1_000)).toBe(1_000);
  });

  test('comes at once where its window is open already', () => {
    expect(nextLookInMs('following', wave(), inside, 1_000)).toBe(0);
  });

  test('is its ordinary turn where it cannot switch: too late, paused, of no wave, or at another stage', () => {
    expect(nextLookInMs('following', wave(), closesAt, 1_000)).toBe(1_000);
    expect(nextLookInMs('following', wave({ state: 'paused' }), inside, 1_000)).toBe(1_000);
    expect(nextLookInMs('following', null, inside, 1_000)).toBe(1_000);
    expect(nextLookInMs('settled', wave(), inside, 1_000)).toBe(1_000);
  });
});

describe('of those that are due', () => {
  test('a switch that was begun comes first, then those whose window is open, then ways back, then copies', () => {
    const candidates = [
      due(1, { stage: 'copying' }),
      due(2, { stage: 'returning' }),
      due(3),
      due(4, { stage: 'switching', wave: null }),
    ];
    expect(chosen(candidates)).toEqual([4, 3, 2, 1]);
  });

  test('the pilot switches before the rest, however far behind it is', () => {
    const waves = [wave(), wave({ id: 2, pilot: true })];
    expect(chosen([due(1, { lagMs: 1 }), due(2, { wave: 2, lagMs: 9_000 })], waves)).toEqual([2, 1]);
  });

  test('the one whose target is closest switches first, and one that was never measured last', () => {
    expect(chosen([due(1), due(2, { lagMs: 900 }), due(3, { lagMs: 20 })])).toEqual([3, 2, 1]);
  });

  test('the one that has waited longest is copied first', () => {
    const candidates = [due(1, { stage: 'copying', dueAt: 9 }), due(2, { stage: 'copying', dueAt: 3 })];
    expect(chosen(candidates)).toEqual([2, 1]);
  });

  test('a small organisation gets its turn though a large one has waited longer with all of its mailboxes', () => {
    const large = Array.from({ length: 50 }, (_, i) => due(i + 1, { stage: 'copying', dueAt: i }));
    const small = [
      due(100, { stage: 'copying', organisation: 2, dueAt: 900 }),
      due(101, { stage: 'copying', organisation: 2, dueAt: 901 }),
    ];
    expect(chosen([...large, ...small], [wave()], 5)).toEqual([1, 100, 2, 101, 3]);
  });

  test('those who change sides together are chosen together, though they are more than there is room for', () => {
    const company = { party: 2, isAwaited: false };
    const candidates = [
      due(1, { lagMs: 10 }),
      due(2, { lagMs: 20, company }),
      due(3, { lagMs: 30 }),
      due(4, { lagMs: 9_000, company }),
    ];
    expect(chosen(candidates)).toEqual([1, 2, 4, 3]);
    expect(chosen(candidates, [wave()], 2)).toEqual([1, 2, 4]);
    expect(chosen(candidates, [wave()], 1)).toEqual([1]);
  });

  test('one for whom others wait comes before all that have not begun', () => {
    const awaited = { company: { party: 7, isAwaited: true } };
    expect(chosen([due(1, { lagMs: 1 }), due(2, { lagMs: 900, ...awaited }), due(3, { stage: 'switching' })])).toEqual([
      3, 2, 1,
    ]);
    const back = { stage: 'returning' } as const;
    expect(chosen([due(1, back), due(2, { ...back, ...awaited, dueAt: 9 }), due(3)])).toEqual([2, 3, 1]);
  });

  test('no more are chosen than there is room for, and none that has to wait', () => {
    const candidates = [due(1), due(2, { dueAt: inside + 1 }), due(3), due(4, { wave: 7 })];
    expect(chosen(candidates)).toEqual([1, 3]);
    expect(chosen(candidates, [wave()], 1)).toEqual([1]);
    expect(chosen(candidates, [wave()], 0)).toEqual([]);
  });
});

test('one that has just changed sides is looked at within seconds, and less and less often as time goes by', () => {
  const minute = 60_000;
  expect([0, 2 * minute, 30 * minute, 300 * minute].map((since) => nextLookHomeInMs(since, 15 * minute))).toEqual([
    10_000,
    40_000,
    5 * minute,
    15 * minute,
  ]);
  // Never less often than it was asked for.
  expect([0, 2 * minute, 30 * minute].map((since) => nextLookHomeInMs(since, 5_000))).toEqual([5_000, 5_000, 5_000]);
  expect(nextLookHomeInMs(null, 7_000)).toBe(7_000);
});
