/** Whatever goes wrong at whichever point of a cutover: nobody stays held, and the route is turned only for what was compared. */

import { describe, expect, test } from 'vitest';
import type { FaultReport } from '#domain/report.ts';
import { type SwitchParts, type SwitchPoint, switchMailbox, switchPoints } from './switch.ts';

const wrong = { code: 'target.full' } as unknown as FaultReport;
const late = { code: 'switch.too-long' } as unknown as FaultReport;
const signal = new AbortController().signal;

type Act = 'carry' | 'hold' | 'carry again' | 'compare' | 'listen' | 'point' | 'point back' | 'turn' | 'let go';

interface Mishaps {
  /** What these answer with instead of success. */
  readonly fails?: Act;
  readonly throws?: Act;
  /** As if the process met its end there, as far as a test can. */
  readonly stopsAt?: SwitchPoint;
}

/** A side with people on it, that writes down what is done to it. Each act takes a second. */
function pretend({ fails, throws, stopsAt }: Mishaps = {}): { readonly parts: SwitchParts; readonly done: string[] } {
  const done: string[] = [];
  let now = 0;
  const act = (name: Act): boolean => {
    now += 1_000;
    done.push(name);
    if (throws === name) throw new Error(name);
    return fails !== name;
  };
  const reported = (name: Act): FaultReport | null => (act(name) ? null : wrong);
  return {
    done,
    parts: {
      carry: async () => reported(done.includes('carry') ? 'carry again' : 'carry'),
      hold: async () => void act('hold'),
      holdMostMs: null,
      tooLong: () => late,
      letGo: async () => void act('let go'),
      compare: async () => reported('compare'),
      unrest: async () => reported('listen'),
      point: async () => void act('point'),
      pointBack: async () => void act('point back'),
      turn: async (interruptedMs) => {
        done.push(`interrupted for ${interruptedMs}`);
        return act('turn');
      },
      now: () => now,
      at: (point) => {
        if (point === stopsAt) throw new Error(point);
      },
    },
  };
}

describe('a switch', () => {
  test('carries before and while people are held, compares, turns the route, and lets them go, in this order', async () => {
    const { parts, done } = pretend();
    expect(await switchMailbox(parts, signal)).toEqual({ kind: 'turned', interruptedMs: 5_000 });
    const looked = ['carry', 'hold', 'carry again', 'compare', 'listen'];
    expect(done).toEqual([...looked, 'point', 'interrupted for 5000', 'turn', 'let go']);
  });

  test('carries and compares what came while it compared, and is not turned as long as more comes', async () => {
    const { parts, done } = pretend();
    let restless = 1;
    const unrest = async (): Promise<FaultReport | null> => (restless-- > 0 ? wrong : null);
    expect(await switchMailbox({ ...parts, unrest }, signal)).toMatchObject({ kind: 'turned' });
    expect(done.filter((act) => act === 'carry again' || act === 'compare')).toEqual([
      'carry again',
      'compare',
      'carry again',
      'compare',
    ]);
    restless = 100;
    expect(await switchMailbox({ ...pretend().parts, unrest }, signal)).toEqual({ kind: 'stayed', fault: wrong });
  });

  test('that takes longer than people may be kept waiting stays, says so, and lets them go', async () => {
    const { parts, done } = pretend();
    const compare: SwitchParts['compare'] = (within) =>
      new Promise((_, reject) => within.addEventListener('abort', () => reject(within.reason as Error)));
    expect(await switchMailbox({ ...parts, holdMostMs: 5, compare }, signal)).toEqual({ kind: 'stayed', fault: late });
    expect(done).not.toContain('turn');
    expect(done.at(-1)).toBe('let go');
  });

  test('passes its points in their order', async () => {
    const passed: SwitchPoint[] = [];
    await switchMailbox({ ...pretend().parts, at: (point) => void passed.push(point) }, signal);
    expect(passed).toEqual(switchPoints);
  });

  test('holds nobody where what differs could not be carried beforehand', async () => {
    const { parts, done } = pretend({ fails: 'carry' });
    expect(await switchMailbox(parts, signal)).toEqual({ kind: 'stayed', fault: wrong });
    expect(done).toEqual(['carry']);
  });

  test.each(['carry again', 'compare'] as const)(
    'whose step "%s" does not come out well lets people go where they were, and says why',
    async (fails) => {
      const { parts, done } = pretend({ fails });
      expect(await switchMailbox(parts, signal)).toEqual({ kind: 'stayed', fault: wrong });
      expect(done).not.toContain('turn');
      expect(done.at(-1)).toBe('let go');
    },
  );

  test('that somebody else was faster with lets people go and does not claim to have turned', async () => {
    const { parts, done } = pretend({ fails: 'turn' });
    expect(await switchMailbox(parts, signal)).toEqual({ kind: 'overtaken' });
    expect(done.at(-1)).toBe('let go');
  });

  test.each(['carry', 'hold', 'carry again', 'compare', 'turn'] as const)(
    'that breaks off in "%s" keeps nobody held, and the error is told',
    async (throws) => {
      const { parts, done } = pretend({ throws });
      await expect(switchMailbox(parts, signal)).rejects.toThrow(throws);
      // Also where the hold itself broke off: some of it may have been done.
      expect(done.filter((each) => each === 'let go')).toHaveLength(done.includes('hold') ? 1 : 0);
      expect(done.includes('turn')).toBe(throws === 'turn');
    },
  );

  test.each([{ throws: 'point' }, { throws: 'turn' }, { fails: 'turn' }, { stopsAt: 'pointed' }] as const)(
    'that comes to nothing after the directory may have been written puts it back before anybody is let go: %o',
    async (mishap) => {
      const { parts, done } = pretend(mishap);
      await switchMailbox(parts, signal).catch(() => undefined);
      expect(done.slice(-2)).toEqual(['point back', 'let go']);
    },
  );

  test('lets people go where the directory cannot be put back', async () => {
    const { parts, done } = pretend({ fails: 'turn', throws: 'point back' });
    await expect(switchMailbox(parts, signal)).rejects.toThrow('point back');
    expect(done.at(-1)).toBe('let go');
  });

  test('that came about, or was given up before the directory was written, puts nothing back', async () => {
    for (const mishap of [{}, { fails: 'compare' }, { throws: 'hold' }, { stopsAt: 'turned' }] as const) {
      const { parts, done } = pretend(mishap);
      await switchMailbox(parts, signal).catch(() => undefined);
      expect(done).not.toContain('point back');
    }
  });

  test.each(switchPoints)(
    'that is stopped at %s keeps nobody held, and has turned only what was compared',
    async (stopsAt) => {
      const { parts, done } = pretend({ stopsAt });
      await expect(switchMailbox(parts, signal)).rejects.toThrow(stopsAt);
      expect(done.includes('let go')).toBe(done.includes('hold'));
      expect(done.includes('turn')).toBe(['turned', 'let-go'].includes(stopsAt));
      if (done.includes('turn')) expect(done.indexOf('compare')).toBeLessThan(done.indexOf('turn'));
    },
  );
});
