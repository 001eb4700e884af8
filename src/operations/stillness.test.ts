/** Who is waited for before a mailbox is said to be still, and who is not. */

import { describe, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import type { DoorMissing, RouteHold, RouteHolds } from '#ports/routes.ts';
import type { Sessions } from '#ports/sessions.ts';
import { holdStill, type StillnessParts, untilLanded, waitBeforeSwitch } from './stillness.ts';

const never = new AbortController().signal;
const door = { id: 'd', host: 'mx1', pid: 7, serves: ['postfix'] } as const;

interface Made {
  readonly doors?: number;
  readonly announcedForMs?: number;
  /** What is missing, question by question; the last goes on. */
  readonly missing?: readonly (readonly DoorMissing[])[];
  readonly braked?: boolean;
  /** Sessions there are, question by question; null: nobody tells. */
  readonly sessions?: readonly number[] | null;
}

function pretend({ doors = 1, announcedForMs = 60_000, missing = [[]], braked = false, sessions = null }: Made = {}) {
  const done: string[] = [];
  let now = 0;
  let asked = 0;
  let counted = 0;
  let looks = 0;
  const routes: RouteHolds = {
    outlook: async () => {
      looks += 1;
      return { doors, brake: braked ? { who: 'ann', why: 'smoke', at: 0 } : null };
    },
    announce: async () => announcedForMs,
    hold: async (mailbox) => {
      done.push('hold');
      return { mailbox, revision: 9 };
    },
    missing: async () => missing[Math.min(asked++, missing.length - 1)] ?? [],
    letGo: async () => undefined,
  };
  const people: Sessions | null = sessions && {
    end: async () => void done.push('end'),
    count: async () => sessions[Math.min(counted++, sessions.length - 1)] ?? 0,
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      done.push(`sleep ${ms}`);
    },
  };
  const times = { announceAheadMs: 40_000, passageMs: 500 };
  const parts: StillnessParts = { routes, sessions: people, user: 'ann', mailbox: 3, clock, ...times };
  return { parts, done, looks: () => looks };
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  return error instanceof Fault ? error.code : String(error);
}

describe('before a switch begins', () => {
  test('nobody is announced and nobody waits where there is no door', async () => {
    expect(await waitBeforeSwitch(pretend({ doors: 0, announcedForMs: 0 }).parts)).toBe(0);
  });

  test('those who remember what the doors said are given the time to forget it', async () => {
    expect(await waitBeforeSwitch(pretend({ announcedForMs: 15_000 }).parts)).toBe(25_000);
    expect(await waitBeforeSwitch(pretend({ announcedForMs: 41_000 }).parts)).toBe(0);
  });

  test('brake and doors are asked for in one question', async () => {
    const { parts, looks } = pretend();
    await waitBeforeSwitch(parts);
    expect(looks()).toBe(1);
    await holdStill(parts, () => undefined, never);
    expect(looks()).toBe(2);
  });

  test('a brake is obeyed, with doors and without', async () => {
    expect(await faultOf(waitBeforeSwitch(pretend({ braked: true }).parts))).toBe('switch.braked');
    expect(await faultOf(waitBeforeSwitch(pretend({ braked: true, doors: 0 }).parts))).toBe('switch.braked');
    expect(await faultOf(holdStill(pretend({ braked: true, doors: 0 }).parts, () => undefined, never))).toBe(
      'switch.braked',
    );
  });
});

describe('a mailbox is still', () => {
  test('once every door has taken note, and a server that does not tell of its sessions has had time to finish', async () => {
    const { parts, done } = pretend({ missing: [[{ ...door, why: 'slow' }], []] });
    const held: RouteHold[] = [];
    await holdStill(parts, (hold) => held.push(hold), never);
    expect(held).toEqual([{ mailbox: 3, revision: 9 }]);
    expect(done).toEqual(['hold', 'sleep 10', 'sleep 1000']);
  });

  test('once its sessions have ended, where they can be seen', async () => {
    const { parts, done } = pretend({ sessions: [2, 1, 0] });
    await holdStill(parts, () => undefined, never);
    expect(done).toEqual(['hold', 'end', 'sleep 50', 'end', 'sleep 50', 'end']);
  });

  test('never while a session does not end, nor while a living door takes no note, nor past one that was never told', async () => {
    expect(await faultOf(holdStill(pretend({ sessions: [1] }).parts, () => undefined, never))).toBe('switch.sessions');
    expect(
      await faultOf(holdStill(pretend({ missing: [[{ ...door, why: 'slow' }]] }).parts, () => undefined, never)),
    ).toBe('door.slow');
    const lost = pretend({ missing: [[{ ...door, why: 'lost' }]] });
    let isHeld = false;
    expect(await faultOf(holdStill(lost.parts, () => (isHeld = true), never))).toBe('door.lost');
    // Told before anybody is waited for, so that it is let go of.
    expect(isHeld).toBe(true);
  });
});

describe('who was let in just before the hold', () => {
  test('is waited for from the moment on that every door has taken note, and ended before the last look', async () => {
    const { parts, done } = pretend({ missing: [[{ ...door, why: 'slow' }], []], sessions: [0, 1, 0] });
    const closedAt = await holdStill(parts, () => undefined, never);
    expect(closedAt).toBe(10);
    done.length = 0;
    await untilLanded(parts, closedAt, never);
    expect(done).toEqual(['sleep 500', 'end', 'sleep 50', 'end']);
    done.length = 0;
    await untilLanded(parts, closedAt, never);
    expect(done).toEqual(['end']);
  });

  test('is waited for where the server does not tell of its sessions, and nobody is where there is no door', async () => {
    const { parts, done } = pretend();
    // Which has had its second to finish by then.
    await untilLanded(parts, await holdStill(parts, () => undefined, never), never);
    expect(done).toEqual(['hold', 'sleep 1000']);
    const none = pretend({ doors: 0, sessions: [1] });
    await untilLanded(none.parts, await holdStill(none.parts, () => undefined, never), never);
    expect(none.done).toEqual([]);
  });
});
