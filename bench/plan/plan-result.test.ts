/** What the bench says of a planner is what it was: short where it is short, wrong where a rule is broken. */

import { expect, test } from 'vitest';
import type { Judgement } from '../../labs/plan/judge.ts';
import { isWell, type PlanSample, verdictLines } from './plan-result.ts';

function judgement(grantDays: number, violations: Judgement['violations'] = []): Judgement {
  return {
    violations,
    terms: {
      mailboxes: 10_000,
      placed: 10_000,
      unplaced: 0,
      grantDays,
      grantDaysOfKindsLast: 0,
      grantDaysOfDated: 0,
      splitGrants: 0,
      finish: '2026-11-16T19:00',
      windowsUsed: 70,
      windowsPerOrganisation: 2,
    },
  };
}

function sample(grantDays: number, more: Partial<PlanSample> = {}): PlanSample {
  return {
    mailboxes: 10_000,
    seed: 1,
    effort: 'default',
    loadBefore: 0,
    wallSeconds: 3,
    cpuSeconds: 4,
    peakRssBytes: 2e8,
    judged: {
      godwit: judgement(grantDays),
      alphabetical: judgement(6_000),
      'organisation by organisation': judgement(1_000),
      'whole components': judgement(900),
    },
    ...more,
  };
}

test('means over the seeds count, so one poor seed is borne by a good one', () => {
  const samples = [sample(200), sample(110, { seed: 2 })];
  expect(verdictLines(samples).join('\n')).toMatch(/grant-days .* 15\.5 % \(at most 16\.0 %\): PASS$/m);
  expect(isWell(samples)).toBe(true);
});

test('a planner that is not good enough, or too slow, is short of what is asked', () => {
  expect(isWell([sample(161)])).toBe(false);
  expect(verdictLines([sample(161)]).join('\n')).toMatch(/16\.1 % .*: short$/m);
  expect(isWell([sample(90, { wallSeconds: 5.1 })])).toBe(false);
  expect(isWell([sample(90, { mailboxes: 2_100_000, peakRssBytes: 3.1e9 })])).toBe(false);
});

test('with five minutes more is asked of the plan and nothing of the clock', () => {
  const patient = { effort: '5m', wallSeconds: 290 };
  expect(isWell([sample(100, patient)])).toBe(true);
  expect(isWell([sample(101, patient)])).toBe(false);
});

test('a plan that breaks a rule is wrong however little it costs', () => {
  const wrong = sample(10);
  const godwit = judgement(10, [{ rule: 'every mailbox once', count: 1, examples: ['ann@x is missing'] }]);
  const samples = [{ ...wrong, judged: { ...wrong.judged, godwit } }];
  expect(isWell(samples)).toBe(false);
  expect(verdictLines(samples).join('\n')).toContain('WRONG in 1');
});
