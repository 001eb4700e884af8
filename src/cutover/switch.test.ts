/** Whatever goes wrong at whichever point of a cutover: nobody stays held, and the route is turned only for what was compared. */

import { describe, expect, test } from 'vitest';
import type { FaultReport } from '#domain/report.ts';
import { type SwitchParts, type SwitchPoint, switchMailbox, switchPoints } from './switch.ts';

const wrong = { code: 'target.full' } as unknown as FaultReport;
const late = { code: 'switch.too-long' } as unknown as FaultReport;
const signal = new AbortController().signal;

type Act =
  | 'carry'
  | 'meet'
  | 'hold'
  | 'carry again'
  | 'compare'
  | 'listen'
  | 'agree'
  | 'point'
  | 'point back'
  | 'turn'
  | 'let go';

interface Mishaps {
  /** What these answer with instead of success. */
  readonly fails?: Act;
  readonly throws?: Act;
  /** As if the process met its end there, as far as a test can. */
  readonly stopsAt?: SwitchPoint;
  /** So long the others keep it waiting. */
  readonly agreesInMs?: number;
}

/** A side with people on it, that writes down what is done to it. Each act takes a second, but that nobody has to be waited for. */
function pretend({ fails, throws, stopsAt, agreesInMs = 0 }: Mishaps = {}): {
  readonly parts: SwitchParts;
  readonly done: string[];
} {
  const done: string[] = [];
  let now = 0;
  const act = (name: Act): boolean => {
    now += name === 'agree' ? agreesInMs : 1_000;
    done.push(name);
    if (throws === name) throw new Error(name);
    return fails !== name;
  };
  const reported = (name: Act): FaultReport | null => (act(name) ? null : wrong);
  return {
    done,
    parts: {
      carry: async () => reported(done.includes('carry') ? 'carry again' : 'carry'),
      meet: async () => act('meet'),
      hold: async () => void act('hold'),
      holdMostMs: null,
      tooLong: () => late,
      letGo: async () => void act('let go'),
      notLetGo: (error) => void done.push(`told of ${(error as Error).message}`),
      compare: async () => reported('compare'),
      unrest: async () => reported('listen'),
      agree: async () => act('agree'),
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
    const looked = ['carry', 'meet', 'hold', 'carry again', 'compare', 'listen', 'agree'];
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

  test('tells the turn how much is left of the time that people may be kept waiting', async () => {
    const { parts } = pretend();
    const told: (number | null)[] = [];
    const turn: SwitchParts['turn'] = async (_, withinMs) => {
      told.push(withinMs);
      return true;
    };
    await switchMailbox({ ...parts, turn, holdMostMs: 20_000 }, signal);
    await switchMailbox({ ...pretend().parts, turn }, signal);
    expect(told).toEqual([15_000, null]);
  });

  test('passes its points in their order', async () => {
    const passed: SwitchPoint[] = [];
    await switchMailbox({ ...pretend().parts, at: (point) => void passed.push(point) }, signal);
    expect(passed).toEqual(switchPoints);
  });

  test('holds nobody before those have come with whom it changes sides, and comes again', async () => {
    const { parts, done } = pretend({ fails: 'meet' });
    expect(await switchMailbox(parts, signal)).toEqual({ kind: 'waits' });
    expect(done).toEqual(['carry', 'meet']);
  });

  test('stays where one of those stays with whom it changes sides, and lets people go', async () => {
    const { parts, done } = pretend({ fails: 'agree' });
    expect(await switchMailbox(parts, signal)).toEqual({ kind: 'waits' });
    expect(done.slice(-2)).toEqual(['agree', 'let go']);
  });

  test('that has waited for others looks once more, and carries and compares what came meanwhile before it follows them', async () => {
    const quiet = pretend({ agreesInMs: 5_000 });
    expect(await switchMailbox(quiet.parts, signal)).toMatchObject({ kind: 'turned' });
    expect(quiet.done.slice(quiet.done.indexOf('agree'), -3)).toEqual(['agree', 'listen', 'point']);
    const { parts, done } = pretend({ agreesInMs: 5_000 });
    let restless = 1;
    const unrest: SwitchParts['unrest'] = (within) =>
      done.includes('agree') && restless-- > 0 ? Promise.resolve(wrong) : parts.unrest(within);
    expect(await switchMailbox({ ...parts, unrest }, signal)).toMatchObject({ kind: 'turned' });
    expect(done.slice(done.indexOf('agree'), -3)).toEqual(['agree', 'carry again', 'compare', 'listen', 'point']);
  });

  test('that has waited for others while more came than can be carried stays, and lets people go', async () => {
    const { parts, done } = pretend({ agreesInMs: 5_000 });
    const unrest = async (): Promise<FaultReport | null> => (done.includes('agree') ? wrong : null);
    expect(await switchMailbox({ ...parts, unrest }, signal)).toEqual({ kind: 'stayed', fault: wrong });
    expect(done).not.toContain('turn');
    expect(done.at(-1)).toBe('let go');
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

  test.each(['carry', 'meet', 'hold', 'carry again', 'compare', 'agree', 'turn'] as const)(
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

  test('has turned, and that is told, whatever comes of letting people go then; where it has not, the error is', async () => {
    const turned = pretend({ throws: 'let go' });
    expect(await switchMailbox(turned.parts, signal)).toMatchObject({ kind: 'turned' });
    expect(turned.done.at(-1)).toBe('told of let go');
    const stays = pretend({ throws: 'let go', fails: 'compare' });
    await expect(switchMailbox(stays.parts, signal)).rejects.toThrow('let go');
  });

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
