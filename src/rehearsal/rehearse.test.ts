import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rehearsal, Stand } from './outcome.ts';
import { platformsFor } from './order.ts';
import { dayMs, firstDay, hourMs, type Made, missedIn, orderOf, rehearsed } from './rehearsal.test-kit.ts';
import { beginRehearsal } from './play.ts';
import { rehearse } from './rehearse.ts';
import type { Weather } from './weather.ts';
import { leftOver } from './words.ts';

/** Somewhat of everything. */
function badWeather(calm: Weather): Weather {
  return {
    ...calm,
    outages: [{ side: 'target', from: firstDay + 3 * dayMs + 18 * hourMs, until: firstDay + 4 * dayMs + 2 * hourMs }],
    throttling: { side: 'target', share: 0.2, to: 0.4, spellMs: hourMs },
    failures: { passes: 0.05, mailboxes: 0.08, atSwitch: 0.3, mendMs: 12 * hourMs },
    slow: { share: 0.2, times: 3 },
    people: {
      ...calm.people,
      holds: 0.05,
      holdMs: 3 * dayMs,
      excludes: 0.02,
      leavers: 0.02,
      joiners: 0.05,
      goBacks: 0.03,
      goBackMs: dayMs,
    },
  };
}

function whereAll(stand: Stand): number {
  return stand.settled + stand.released + elsewhere(stand);
}

describe('a rehearsal', () => {
  it('follows the plan exactly where there is no weather', () => {
    const { evenings, end, finish, plannedFinish, everMissed } = rehearsed({ mailboxes: 600, windows: 6, each: 120 });
    expect(evenings.map(({ done }) => done)).toEqual([120, 120, 120, 120, 120, 0]);
    expect(evenings.every(({ late, movedIn }) => late === 0 && movedIn === 0)).toBe(true);
    expect(everMissed).toBe(0);
    expect(end.settled + end.released).toBe(600);
    expect(finish).toBeLessThan(plannedFinish ?? 0);
  });

  it('is the same for the same seed, and another for another', () => {
    const made = { mailboxes: 400, windows: 8, each: 80, weather: badWeather };
    expect(rehearsed(made)).toEqual(rehearsed(made));
    expect(rehearsed({ ...made, seed: 2 })).not.toEqual(rehearsed(made));
  });

  it('loses nobody: on every day each mailbox is in exactly one place, and each evening adds up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (seed, mailboxes, each, atOnce) => {
          const made = { mailboxes, windows: 7, each, seed, rates: { atOnce }, weather: badWeather };
          const order = orderOf(made);
          const result = rehearse(order, {
            day: (stand) => expect(whereAll(stand)).toBe(stand.mailboxes),
          });
          expect(whereAll(result.end)).toBe(result.end.mailboxes);
          // Who stands between the two sides when all is over has neither switched nor missed their window.
          const between = result.evenings.reduce(
            (sum, { planned, movedIn, done, missed }) => sum + planned + movedIn - done - missedIn({ missed }),
            0,
          );
          expect(between).toBeGreaterThanOrEqual(0);
          expect(between).toBeLessThanOrEqual(result.end.switching + result.end.blocked);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has no more in a window than fits, whoever is moved into it', () => {
    const { evenings } = rehearsed({ mailboxes: 300, windows: 12, each: 40, weather: badWeather });
    for (const { window, planned, movedIn } of evenings)
      expect(planned + movedIn).toBeLessThanOrEqual(window.mailboxes);
  });

  it('can be stopped at any hour and goes on as if it had not been', () => {
    const order = orderOf({ mailboxes: 200, windows: 6, each: 50, weather: badWeather });
    const whole = rehearse(order, { day() {} });
    const play = beginRehearsal(order);
    for (let at = play.begins; !play.isOver; at += 7 * 60_000) play.until(at);
    expect(play.outcome()).toEqual(whole);
  });
});

describe('what goes wrong', () => {
  const outOn = (evening: number) => (calm: Weather) => ({
    ...calm,
    outages: [
      {
        side: 'source' as const,
        from: firstDay + evening * dayMs + 18 * hourMs,
        until: firstDay + (evening + 1) * dayMs + 7 * hourMs,
      },
    ],
  });

  it('moves the people of an evening on which a platform was away to later windows, and says so', () => {
    const { evenings, missed, end } = rehearsed({ mailboxes: 200, windows: 10, each: 50, weather: outOn(1) });
    // Eight tried before the breaker opened, and were seen through when the platform was back.
    expect(evenings[1]).toMatchObject({ planned: 50, done: 8, late: 8, missed: { outage: 42 }, nowhere: 0 });
    const went = evenings[1]?.wentTo ?? [];
    expect(went.reduce((sum, { mailboxes }) => sum + mailboxes, 0)).toBe(42);
    expect(went.every(({ window }) => window > 3 && evenings[window]?.movedIn === evenings[window]?.done)).toBe(true);
    expect(missed.outage).toBe(42);
    expect(end.settled).toBe(200);
  });

  it('forgets nobody of an evening that is larger than what waits at the releaser', () => {
    const quick = { fixedMs: 1_000, msPerItem: 0, msPerByte: 0, sigma: 0 };
    const rates = { atOnce: 40, copy: quick, switch: quick };
    const { evenings, end } = rehearsed({ mailboxes: 3_000, windows: 8, each: 1_500, rates, weather: outOn(1) });
    expect(evenings[1]?.missed.outage).toBeGreaterThan(1_400);
    expect(evenings[4]?.done).toBe(evenings[4]?.movedIn);
    expect(end).toMatchObject({ settled: 3_000, unplaced: 0 });
  });

  it('takes longer in a slow window', () => {
    const made = { mailboxes: 40, windows: 2, each: 40 };
    const slow = (calm: Weather): Weather => ({ ...calm, slow: { share: 1, times: 4 } });
    const tookMs = ({ evenings: [first] }: Rehearsal): number => (first?.lastAt ?? 0) - (first?.window.opensAt ?? 0);
    expect(tookMs(rehearsed({ ...made, weather: slow })) / tookMs(rehearsed(made))).toBeCloseTo(4, 1);
    expect(rehearsed({ ...made, weather: slow }).evenings[0]?.isSlow).toBe(true);
  });

  it('leaves whom no later window takes without one, and counts them', () => {
    const { evenings, end } = rehearsed({ mailboxes: 200, windows: 4, each: 50, weather: outOn(2) });
    expect(evenings[2]).toMatchObject({ late: 8, nowhere: 42, wentTo: [] });
    expect(end).toMatchObject({ settled: 158, unplaced: 42 });
  });

  it('does not send an organisation into a window that is closed to it', () => {
    const closed = Uint8Array.from({ length: 10 }, (_, i) => (i >= 4 && i < 8 ? 1 : 0));
    const made = { mailboxes: 100, windows: 10, each: 25, organisations: 1, weather: outOn(1) };
    const { evenings } = rehearsed({ ...made, more: { closed: [closed] } });
    expect(evenings[1]?.wentTo).toEqual([{ window: 8, mailboxes: 17 }]);
  });

  it('keeps who goes last behind the last person of their organisation', () => {
    const made = {
      mailboxes: 60,
      windows: 10,
      each: 25,
      organisations: 1,
      kind: (mailbox: number) => (mailbox >= 50 ? ('application' as const) : ('person' as const)),
    };
    const kept = { ...made, weather: outOn(1), more: { kindsLast: ['application' as const] } };
    const { evenings, switchedIn } = rehearsed(kept);
    expect(Math.min(...switchedIn.subarray(50))).toBeGreaterThan(Math.max(...switchedIn.subarray(0, 50)));
    expect(evenings[2]).toMatchObject({ planned: 10, done: 0, missed: { order: 10 } });
    // A kind that does not go last stays where it was.
    expect(rehearsed({ ...made, weather: outOn(1) }).switchedIn[55]).toBe(2);
  });

  it('pauses a wave whose failures are more than its error budget, until somebody resumes it', () => {
    const weather = (calm: Weather): Weather => ({
      ...calm,
      failures: { passes: 0, mailboxes: 0.2, atSwitch: 1, mendMs: 30 * hourMs },
      people: { ...calm.people, resumeMs: 2 * hourMs },
    });
    const made = { mailboxes: 100, windows: 3, each: 100, weather };
    const [first] = rehearsed(made).evenings;
    expect(first?.pauses).toBeGreaterThan(0);
    expect(first?.pausedMs).toBeGreaterThanOrEqual(2 * hourMs);
    const generous = rehearsed({ ...made, more: { habits: { ...orderOf(made).habits, errorBudget: 0.5 } } });
    expect(generous.evenings[0]).toMatchObject({ pauses: 0, pausedMs: 0 });
  });

  it('says that a window was too short where it was', () => {
    const { evenings } = rehearsed({ mailboxes: 100, windows: 6, each: 100, rates: { atOnce: 1, switch: slowSwitch } });
    expect(evenings[0]?.missed.capacity).toBeGreaterThan(50);
    expect(evenings[0]?.done).toBeGreaterThan(5);
  });

  it('says that copies were not done where they were begun too late', () => {
    const late = { ...orderOf({ mailboxes: 1, windows: 1, each: 1 }).habits, aheadMs: hourMs };
    const made = {
      mailboxes: 300,
      windows: 6,
      each: 300,
      rates: { atOnce: 1, copy: slowSwitch },
      more: { habits: late },
    };
    expect(rehearsed(made).evenings[0]?.missed.copying).toBeGreaterThan(0);
  });

  it('switches fewer in the same time while a platform asks for patience', () => {
    const made = { mailboxes: 200, windows: 3, each: 200, rates: { atOnce: 4, switch: slowSwitch } };
    const throttled = (calm: Weather): Weather => ({
      ...calm,
      throttling: { side: 'target', share: 1, to: 0.5, spellMs: hourMs },
    });
    const [calm, slowed] = [rehearsed(made), rehearsed({ ...made, weather: throttled })];
    expect(slowed.platforms.complaints).toBeGreaterThan(0);
    expect(slowed.evenings[0]?.done).toBeLessThan((calm.evenings[0]?.done ?? 0) * 0.8);
    expect(slowed.evenings[0]?.missed.throttling).toBeGreaterThan(0);
  });

  it('takes who is sent home back to the old side, and into a later window when they are let go', () => {
    const weather = (calm: Weather): Weather => ({
      ...calm,
      people: { ...calm.people, goBacks: 1, goBackMs: hourMs, holdMs: dayMs },
    });
    const { wentBack, switchedIn, everMissed } = rehearsed({ mailboxes: 20, windows: 8, each: 20, weather });
    expect(wentBack).toBe(20);
    expect([...switchedIn].every((window) => window > 0)).toBe(true);
    expect(everMissed).toBe(0);
  });

  it('counts whom no window has room for once, also who was in work as theirs closed', () => {
    const copy = { fixedMs: 14 * hourMs, msPerItem: 0, msPerByte: 0, sigma: 0 };
    const made = { mailboxes: 8, windows: 1, each: 8, rates: { copy } };
    const habits = { ...orderOf(made).habits, aheadMs: hourMs };
    const { evenings, end } = rehearsed({ ...made, more: { habits } });
    expect(evenings[0]).toMatchObject({ done: 0, nowhere: 8, missed: { copying: 8 } });
    expect(end.unplaced).toBe(8);
  });

  it('keeps who goes last behind somebody who joined, and tells joiners without a window from those who missed one', () => {
    const weather = (calm: Weather): Weather => ({ ...calm, people: { ...calm.people, joiners: 0.4 } });
    const kind = (mailbox: number) => (mailbox >= 50 ? ('application' as const) : ('person' as const));
    const more = { kindsLast: ['application' as const] };
    const made = { mailboxes: 60, windows: 20, each: 10, organisations: 1, kind, weather, more };
    const order = orderOf({ ...made, windows: 14 });
    // The applications go in the seventh evening, and people join until then.
    const told = rehearse(order, { day() {} });
    const applications = [...told.switchedIn.subarray(50)].filter((window) => window >= 0);
    const joinedLast = told.evenings.findLastIndex(({ movedIn }, i) => movedIn > 0 && !applications.includes(i));
    expect(told.missed.order).toBeGreaterThan(0);
    expect(Math.min(...applications)).toBeGreaterThan(joinedLast);
    const full = rehearsed({ ...made, windows: 6, more: {} });
    expect(full.joinedWithout).toBeGreaterThan(0);
    expect(Object.fromEntries(leftOver(full))).toMatchObject({ 'joined, and no window has room': full.joinedWithout });
    expect(Object.fromEntries(leftOver(full))).not.toHaveProperty('missed their window, and no later one has room');
  });

  it('releases everybody in their time, whoever went home meanwhile and came again', () => {
    const weather = (calm: Weather): Weather => ({
      ...calm,
      people: { ...calm.people, goBacks: 0.2, goBackMs: hourMs, holdMs: 2 * dayMs },
    });
    const made = { mailboxes: 100, windows: 12, each: 100, weather };
    const habits = { ...orderOf(made).habits, releaseAfterMs: 6 * dayMs };
    // One of them goes last, so that the programme is not over before.
    const window = new Int32Array(100);
    window[99] = 11;
    const released = new Map<number, number>();
    const { wentBack } = rehearse(orderOf({ ...made, more: { habits, window } }), {
      day: (stand) => void released.set(Math.floor((stand.at - firstDay) / dayMs), stand.released),
    });
    expect(wentBack).toBeGreaterThan(5);
    expect(released.get(7)).toBeGreaterThanOrEqual(99 - wentBack);
  });

  it('has half as many switches at one time as connections, and no more than there are hands', () => {
    const fixed = { fixedMs: 30 * 60_000, msPerItem: 0, msPerByte: 0, sigma: 0 };
    const made = { mailboxes: 16, windows: 1, each: 16, rates: { atOnce: 8, switch: fixed } };
    const tookMs = ({ evenings: [first] }: Rehearsal): number => (first?.lastAt ?? 0) - (first?.window.opensAt ?? 0);
    expect(tookMs(rehearsed(made)) / fixed.fixedMs).toBeCloseTo(4, 1);
    expect(tookMs(rehearsed({ ...made, more: { hands: 2 } })) / fixed.fixedMs).toBeCloseTo(8, 1);
    // Where a mailbox may have one connection only, each switch makes do with it.
    const { budget, timezone } = platformsFor(8, 'UTC').source;
    const one = { budget: { ...budget, connectionsPerMailbox: 1 }, timezone };
    expect(
      tookMs(rehearsed({ ...made, more: { platforms: { source: one, target: one } } })) / fixed.fixedMs,
    ).toBeCloseTo(2, 1);
  });

  it('copies no faster than octets and commands a second allow, hour by hour', () => {
    const made = { mailboxes: 40, windows: 1, each: 40, rates: { atOnce: 40 } };
    const { budget, timezone } = platformsFor(40, 'UTC').source;
    const all = { budget, timezone };
    const with_ = (changes: Partial<typeof budget>) => ({
      ...made,
      more: { platforms: { source: all, target: { budget: { ...budget, ...changes }, timezone } } },
    });
    const copiedBy = (what: Made): number => {
      const days: number[] = [];
      const { days: pages } = rehearse(orderOf(what), { day() {} });
      for (const { copied } of pages) days.push(copied);
      return days.findIndex((_, i) => days.slice(0, i + 1).reduce((sum, each) => sum + each, 0) === 40);
    };
    // 20 GB at 100 kB a second are more than two days, and 200,000 commands at one a second as well.
    expect(copiedBy(made)).toBe(2);
    expect(copiedBy(with_({ bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: 100_000 }] }))).toBe(4);
    expect(copiedBy(with_({ commandsPerSecond: 1 }))).toBe(4);
    // And by day without a limit: then most of it is through as soon as that has come.
    const nights = [
      { fromMinute: 0, bytesPerSecond: 100_000 },
      ...[1, 2, 3, 4, 5].flatMap((day) => [
        { fromMinute: day * 1_440 + 8 * 60, bytesPerSecond: null },
        { fromMinute: day * 1_440 + 9 * 60, bytesPerSecond: 100_000 },
      ]),
    ];
    expect(copiedBy(with_({ bytesPerSecond: nights }))).toBeLessThan(4);
  });

  it('meets the same mailboxes with the same luck in another weather', () => {
    const made = { mailboxes: 400, windows: 12, each: 50 };
    const held = (calm: Weather): Weather => ({ ...calm, people: { ...calm.people, holds: 0.1 } });
    const heldAndSlow = (calm: Weather): Weather => ({ ...held(calm), slow: { share: 1, times: 1.5 } });
    const [one, other] = [rehearsed({ ...made, weather: held }), rehearsed({ ...made, weather: heldAndSlow })];
    expect(one.missed.held).toBeGreaterThan(10);
    expect(other.missed.held).toBe(one.missed.held);
  });
});

const slowSwitch = { fixedMs: 30 * 60_000, msPerItem: 0, msPerByte: 0, sigma: 0 };

function elsewhere(stand: Stand): number {
  const { unplaced, planned, copying, following, switching, returning, held, blocked, excluded, left } = stand;
  return unplaced + planned + copying + following + switching + returning + held + blocked + excluded + left;
}
