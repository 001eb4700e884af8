import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from './agenda.ts';
import { draw, drawNormal, drawWait, lots } from './draws.ts';
import { Jobs } from './jobs.ts';

describe('the agenda', () => {
  it('gives what was entered by its time, and what falls together in the order in which it was entered', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 3_000 }), (times) => {
        const agenda = new Agenda();
        const given: { at: number; whom: number }[] = [];
        const take = (): void => {
          given.push({ at: agenda.nextAt, whom: agenda.nextWhom });
          agenda.shift();
        };
        for (const [whom, at] of times.entries()) agenda.add(at, 'due', whom);
        while (agenda.size > 0) take();
        const wanted = times.map((at, whom) => ({ at, whom })).toSorted((a, b) => a.at - b.at || a.whom - b.whom);
        expect(given).toEqual(wanted);
        expect(agenda.nextAt).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });
});

describe('jobs that wait', () => {
  it('go by their urgency, and alike ones by who came first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 200 }), (urgencies) => {
        const jobs = new Jobs();
        for (const [mailbox, urgency] of urgencies.entries()) jobs.add({ mailbox, work: 'copy', urgency });
        expect(jobs.urgent).toBe(urgencies.filter((urgency) => urgency > 1).length);
        const taken: number[] = [];
        for (let { first } = jobs; first !== null; { first } = jobs) {
          taken.push(first.mailbox);
          jobs.shift();
        }
        const wanted = urgencies
          .map((urgency, mailbox) => ({ urgency, mailbox }))
          .toSorted((a, b) => b.urgency - a.urgency || a.mailbox - b.mailbox);
        expect(taken).toEqual(wanted.map(({ mailbox }) => mailbox));
        expect(jobs.urgent).toBe(0);
      }),
    );
  });
});

describe('draws', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => i);
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

  it('are the same for the same mailbox, and have nothing to do with its neighbours or with other draws', () => {
    expect(draw(1, 5, lots.holds)).toBe(draw(1, 5, lots.holds));
    const both = mean(many.map((i) => (draw(1, i, lots.holds) - 0.5) * (draw(1, i + 1, lots.holds) - 0.5)));
    const other = mean(many.map((i) => (draw(1, i, lots.holds) - 0.5) * (draw(1, i, lots.excludes) - 0.5)));
    const seeds = mean(many.map((i) => (draw(1, i, lots.holds) - 0.5) * (draw(2, i, lots.holds) - 0.5)));
    for (const correlation of [both, other, seeds]) expect(Math.abs(correlation)).toBeLessThan(0.003);
  });

  it('are spread evenly, normally, and as waits are', () => {
    expect(mean(many.map((i) => draw(7, i, lots.isBlocked)))).toBeCloseTo(0.5, 2);
    expect(many.filter((i) => draw(7, i, lots.isBlocked) < 0.05).length / many.length).toBeCloseTo(0.05, 2);
    const normal = many.map((i) => drawNormal(7, i, lots.copyTime));
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(mean(many.map((i) => drawWait(7, i, lots.mendTime, 60))) / 60).toBeCloseTo(1, 1);
  });
});
