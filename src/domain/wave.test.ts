import { expect, test } from 'vitest';
import { failuresAtLeast, isOverBudget, waveAfter } from './wave.ts';

const steps = ['start', 'pause', 'resume', 'cancel', 'finish'] as const;

test.each([
  ['planned', { start: 'running', cancel: 'cancelled' }],
  ['running', { pause: 'paused', cancel: 'cancelled', finish: 'finished' }],
  ['paused', { resume: 'running', cancel: 'cancelled' }],
  ['cancelled', {}],
  ['finished', {}],
] as const)('a wave that is %s takes these steps and no other: %j', (state, allowed) => {
  const taken = steps.flatMap((step) => {
    const next = waveAfter(state, step);
    return next === null ? [] : [[step, next]];
  });
  expect(Object.fromEntries(taken)).toEqual(allowed);
});

test('the first few failures never stop a wave, however few of it have begun', () => {
  expect(isOverBudget(failuresAtLeast - 1, failuresAtLeast - 1, 0)).toBe(false);
  expect(isOverBudget(failuresAtLeast, failuresAtLeast, 0)).toBe(true);
});

test('a wave stops when more of it fail than its error budget allows, and not when just as many do', () => {
  expect(isOverBudget(20, 1_000, 0.02)).toBe(false);
  expect(isOverBudget(21, 1_000, 0.02)).toBe(true);
  expect(isOverBudget(1_000, 1_000, 1)).toBe(false);
});
