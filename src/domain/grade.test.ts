import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Gradable, gradeOfMailbox, gradeOfWave, gradeRules, noGrades } from './grade.ts';

const whole: Gradable = {
  outcome: 'whole',
  sourceMessages: 20_000,
  open: 0,
  accepted: 0,
  behind: 0,
  interruptedMs: 2_000,
};
const gradeOf = (found: Partial<Gradable>) => gradeOfMailbox({ ...whole, ...found }).grade;

describe('a mailbox', () => {
  test('is perfect where nothing is listed and nobody was kept out for long, or it has not switched yet', () => {
    expect(gradeOfMailbox(whole)).toEqual({ grade: 'perfect', because: [] });
    expect(gradeOf({ interruptedMs: null })).toBe('perfect');
    expect(gradeOf({ interruptedMs: 5_000 })).toBe('perfect');
  });

  test('is good where a person accepted what is listed, or the switch took up to a minute', () => {
    expect(gradeOfMailbox({ ...whole, outcome: 'accepted', accepted: 3 })).toEqual({
      grade: 'good',
      because: ['3 exceptions accepted by a person'],
    });
    expect(gradeOf({ interruptedMs: 5_001 })).toBe('good');
    expect(gradeOf({ interruptedMs: 60_000 })).toBe('good');
  });

  test('is to be investigated while little is open, and poor when it is more', () => {
    expect(gradeOf({ outcome: 'differs', open: 10 })).toBe('investigate');
    expect(gradeOf({ outcome: 'differs', open: 11 })).toBe('poor');
    expect(gradeOf({ outcome: 'differs', open: 2, sourceMessages: 500 })).toBe('poor');
    expect(gradeOf({ outcome: 'differs', open: 1, sourceMessages: 5 })).toBe('investigate');
    expect(gradeOf({ outcome: 'inconclusive' })).toBe('investigate');
    expect(gradeOf({ interruptedMs: 60_001 })).toBe('investigate');
    expect(gradeOf({ interruptedMs: 600_001 })).toBe('poor');
    expect(gradeOf({ outcome: 'unfinished' })).toBe('poor');
    expect(gradeOf({ outcome: 'not-copied', interruptedMs: null })).toBe('poor');
  });

  test('is not perfect while messages wait for the next pass, of which the target has nothing', () => {
    expect(gradeOfMailbox({ ...whole, behind: 7, interruptedMs: null })).toEqual({
      grade: 'investigate',
      because: ['of the source 7 messages are not carried yet'],
    });
  });

  test('tells the gravest reason first', () => {
    const found = { ...whole, outcome: 'differs', open: 1, accepted: 2, interruptedMs: 700_000 } as const;
    expect(gradeOfMailbox(found)).toEqual({
      grade: 'poor',
      because: [
        'its switch kept somebody out for 700 seconds',
        '1 exception open',
        '2 exceptions accepted by a person',
      ],
    });
  });
});

describe('a wave', () => {
  const of = (counts: Partial<typeof noGrades>, uncertified = 0) =>
    gradeOfWave({ ...noGrades, ...counts }, uncertified).grade;

  test('is as good as all of its mailboxes, one without a certificate counting as poor', () => {
    expect(of({ perfect: 500 })).toBe('perfect');
    expect(of({ perfect: 499, good: 1 })).toBe('good');
    expect(of({ perfect: 99, investigate: 1 })).toBe('good');
    expect(of({ perfect: 98, investigate: 2 })).toBe('investigate');
    expect(of({ perfect: 99, poor: 1 })).toBe('investigate');
    expect(of({ perfect: 98, poor: 2 })).toBe('poor');
    expect(of({ perfect: 99 }, 1)).toBe('investigate');
    expect(of({ perfect: 9 }, 1)).toBe('poor');
    expect(of({})).toBe('poor');
  });
});

test('the thresholds are published word for word', () => {
  const page = readFileSync(new URL('../../docs/evidence.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
  for (const rules of [gradeRules.mailbox, gradeRules.wave])
    for (const rule of Object.values(rules)) expect(page).toContain(rule);
});
