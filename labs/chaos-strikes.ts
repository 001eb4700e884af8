/** What is done to whom, and when: made of a seed before anything begins, so that a run can be repeated. */

import { Chance } from '../src/lib/chance.ts';

/** `freeze`: SIGSTOP for longer than a lease lasts, then SIGCONT. */
export type How = 'kill' | 'restart' | 'freeze';

/** Two control planes with workers in them, one of which leads, and a worker by itself. */
export const processNames = ['serve', 'standby', 'worker'] as const;
export type ProcessName = (typeof processNames)[number];

export interface Strike {
  /** `busiest`: whichever process has most in hand at that moment. */
  readonly victim: ProcessName | 'busiest' | 'postgres';
  readonly how: How;
  /** Strikes after so many milliseconds, or sooner once so many octets more have gone to the target. */
  readonly afterMs: number;
  readonly afterBytes: number;
  /** How long the victim is down, or frozen. */
  readonly forMs: number;
}

export interface StrikePlan {
  readonly kills: number;
  /** Between two strikes, at most. */
  readonly apartMs: number;
  readonly freezes: number;
  readonly restarts: number;
}

/** Kills in random order, with freezes and clean restarts of the database strewn in. */
export function strikesOf(seed: number, { kills, apartMs, freezes, restarts }: StrikePlan): readonly Strike[] {
  const chance = new Chance(seed);
  const kinds: How[] = [
    ...Array.from({ length: kills }, () => 'kill' as const),
    ...Array.from({ length: freezes }, () => 'freeze' as const),
    ...Array.from({ length: restarts }, () => 'restart' as const),
  ];
  return shuffled(kinds, chance).map((how, i): Strike => {
    const victim = how === 'restart' ? 'postgres' : how === 'freeze' ? chance.pick(processNames) : anyone(i, chance);
    // Half of them while something is at stake: when so much has gone to the target since.
    const byBytes = chance.once(2);
    return {
      victim,
      how,
      afterMs: byBytes ? 4 * apartMs : chance.between(Math.round(apartMs / 5), apartMs),
      afterBytes: byBytes ? 2 ** chance.between(12, 22) : Infinity,
      forMs: how === 'freeze' ? chance.between(14_000, 20_000) : chance.between(0, 2_500),
    };
  });
}

/** Each is struck, however few strikes there are. */
function anyone(i: number, chance: Chance): Strike['victim'] {
  const all = [...processNames, 'busiest', 'postgres', 'busiest'] as const;
  return i < all.length ? (all[i] as Strike['victim']) : chance.pick(all);
}

function shuffled<T>(values: readonly T[], chance: Chance): readonly T[] {
  const left = [...values];
  return Array.from(values, () => left.splice(chance.below(left.length), 1)[0] as T);
}
