import { expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import type { JobQueue } from '#ports/queue.ts';
import { leadOn, seldom } from './releaser.ts';

const nothing = {
  journeys: {
    due: async () => ({ now: 0, candidates: [], waves: new Map() }),
    release: async () => 0,
    block: async () => undefined,
  },
  queue: {
    depth: async () => ({ waiting: 0, active: 0 }),
    supervise: async () => undefined,
    abandoned: async () => [],
  } as unknown as JobQueue,
};

test('a chore of the leader that cannot be done keeps no other from being done, and is told', async () => {
  const [done, told]: [string[], unknown[]] = [[], []];
  const stop = new AbortController();
  const upkeep = [
    async () => void done.push('the first'),
    () => Promise.reject(new Error('the state folder is read-only')),
    async () => void done.push('the last'),
  ];
  const log = { ...silent, warn: (_: string, about?: object) => told.push(about) };
  await leadOn({ ...nothing, upkeep, log }, stop.signal, async () => stop.abort());
  expect(done).toEqual(['the first', 'the last']);
  expect(told).toEqual([{ text: 'the state folder is read-only' }]);
});

test('a chore that is done seldom is done at once, and again when its time has come', async () => {
  let [now, times] = [1_000, 0];
  const chore = seldom(
    60_000,
    async () => void times++,
    () => now,
  );
  for (const at of [1_000, 4_000, 60_999, 61_000, 64_000]) {
    now = at;
    await chore();
  }
  expect(times).toBe(2);
});

test('the leader looks again sooner only where it has released so much that the workers may run out of work', async () => {
  const paused = async (due: number): Promise<number> => {
    const candidate = { organisation: 1, stage: 'settled', wave: null, dueAt: 0, lagMs: null, mayMove: true } as const;
    const candidates = Array.from({ length: due }, (_, mailbox) => ({ ...candidate, mailbox }));
    const journeys = {
      ...nothing.journeys,
      due: async () => ({ now: 1, candidates, waves: new Map() }),
      release: async (choices: readonly unknown[]) => choices.length,
    };
    const stop = new AbortController();
    let forMs = 0;
    await leadOn({ ...nothing, journeys, upkeep: [], log: silent }, stop.signal, async (ms) => {
      forMs = ms;
      stop.abort();
    });
    return forMs;
  };
  const [idle, some, many] = [await paused(0), await paused(100), await paused(1_000)];
  expect(some).toBe(idle);
  expect(many).toBeLessThan(some);
});
