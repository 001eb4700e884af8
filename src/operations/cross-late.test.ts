/** Whoever comes to the side that was left when it had been seen that nobody was there. */

import { expect, test } from 'vitest';
import { type Fault, fault } from '#domain/fault.ts';
import { noDoors } from './holding.test-kit.ts';
import { aJourney } from './way-home.test-kit.ts';

const oneDoor = {
  ...noDoors,
  announceAheadMs: 0,
  routes: {
    ...noDoors.routes,
    outlook: async () => ({ doors: 1, brake: null }),
    hold: async (mailbox: number) => ({ mailbox, revision: 1 }),
  },
  meetings: { ...noDoors.meetings, come: async () => ({ kind: 'alone' as const }) },
};

test('a sign-in that was on its way when the doors took note of the hold, and lands after the last look, is ended once the route is turned', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  let people = 0;
  let looks = 0;
  const source = {
    end: async () => void (people = 0),
    // Nobody is there whenever it is asked, and a moment later somebody is.
    count: async () => (looks++, people++),
  };
  journey.holding = { ...oneDoor, sessions: { source, target: null } };
  await journey.until('settled', 'switch');
  expect([looks, people]).toEqual([2, 0]);
});

test('a server that does not answer after the turn undoes nothing', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  const source = {
    end: async () => {
      if (journey.stage === 'settled') throw fault('sessions.unusable', { url: 'http://old', text: 'it is gone.' });
    },
    count: async () => 0,
  };
  journey.holding = { ...oneDoor, sessions: { source, target: null } };
  await journey.until('settled', 'switch');
  expect(journey).toMatchObject({ stage: 'settled', failures: 0, blocked: null });
  expect(journey.said).toContain('sessions.unusable' satisfies Fault['code']);
});

test('a server that answers with what nobody knows after the turn undoes nothing either', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  const source = {
    end: async () => {
      if (journey.stage === 'settled') throw new Error('a fault of ours');
    },
    count: async () => 0,
  };
  journey.holding = { ...oneDoor, sessions: { source, target: null } };
  await journey.until('settled', 'switch');
  expect(journey).toMatchObject({ stage: 'settled', failures: 0, blocked: null });
  expect(journey.said).toContain('a fault of ours');
});

test('that a hold cannot be put away once the route is turned is told, and who came late is sent away all the same', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  let ends = 0;
  const source = { end: async () => void ends++, count: async () => 0 };
  const letGo = () => Promise.reject(fault('database.away', { name: 'db', text: 'it is gone' }));
  journey.holding = { ...oneDoor, routes: { ...oneDoor.routes, letGo }, sessions: { source, target: null } };
  await journey.until('settled', 'switch');
  expect(journey).toMatchObject({ stage: 'settled', failures: 0 });
  expect(journey.said).toContain('database.away' satisfies Fault['code']);
  expect(ends).toBe(3);
});

test('whose hold cannot be let go of does not stay at the meeting of those it was with', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  let hasLeft = false;
  const letGo = () => Promise.reject(fault('database.away', { name: 'db', text: 'it is gone' }));
  const meetings = {
    ...noDoors.meetings,
    come: async () => ({ kind: 'there' as const }),
    gather: async () => ({ kind: 'met' as const, met: { with: 2, of: 2 } }),
    ready: async () => undefined,
    agreed: async () => 'stays' as const,
    leave: async () => void (hasLeft = true),
  };
  const source = { end: async () => undefined, count: async () => 0 };
  const routes = { ...oneDoor.routes, letGo };
  journey.holding = { ...oneDoor, routes, meetings, sessions: { source, target: null } };
  journey.order('switch');
  await journey.work();
  expect(journey).toMatchObject({ stage: 'switching', failures: 1 });
  expect(hasLeft).toBe(true);
});

test.each([
  ['the end', null],
  ['the turn, where it was killed', 'turned'],
] as const)(
  'a sign-in that lands only after %s is ended by the first looks, and nobody is for hours',
  async (_, point) => {
    await using journey = await aJourney();
    await journey.until('following');
    let people = 0;
    const source = { end: async () => void (people = 0), count: async () => people };
    journey.holding = { ...oneDoor, sessions: { source, target: null } };
    journey.order('switch');
    await journey.work(point);
    expect(journey.stage).toBe('settled');
    for (const turnedForMs of [10_000, 60_000]) {
      people = 1;
      journey.turnedForMs = turnedForMs;
      await journey.work();
      expect(people).toBe(0);
    }
    people = 1;
    journey.turnedForMs = 3_600_000;
    await journey.work();
    expect(people).toBe(1);
  },
);

test('where there are no doors nobody is sent away from the side that was left', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  await journey.until('settled', 'switch');
  let ends = 0;
  const source = { end: async () => void ends++, count: async () => 0 };
  journey.holding = { ...noDoors, sessions: { source, target: null } };
  journey.turnedForMs = 10_000;
  await journey.work();
  expect(ends).toBe(0);
});

test('a switch that somebody else was faster with is not told as one that came about', async () => {
  await using journey = await aJourney();
  await journey.until('following');
  journey.order('switch');
  // As a person who goes back, or another worker, in the last moment.
  journey.meanwhile = (at) => void (at === 'pointed' && (journey.stage = 'following'));
  await journey.work();
  expect(journey.told).toEqual([expect.stringContaining('came too late')]);
  journey.meanwhile = null;
  await journey.until('settled', 'switch');
  expect(journey.told.slice(1)).toEqual(['switched']);
});
