/** What `godwit doctor` finds of a whole estate: what is the matter, how far it reaches, and what to do. */

import type { Reach } from './fault.ts';

/** `wrong`: somebody must act. `look`: somebody may wish to look. `not tried`: it could not be seen, and why. */
export type Verdict = 'ok' | 'wrong' | 'look' | 'not tried';

export interface Remark {
  /** Which of several: a platform, a worker, a file. */
  readonly about: string;
  readonly state: Verdict;
  readonly says: string;
  /** What to do; null where nothing is. */
  readonly remedy: string | null;
}

export interface Diagnosis extends Remark {
  readonly check: string;
  readonly reach: Reach | 'machine';
}

const ranks: Readonly<Record<Verdict, number>> = { wrong: 0, look: 1, 'not tried': 2, ok: 3 };
const reaches: Readonly<Record<Diagnosis['reach'], number>> = {
  estate: 0,
  platform: 1,
  machine: 2,
  mailbox: 3,
  folder: 4,
  item: 5,
};

/** As a list of things to do: what must be done first, and of that what reaches farthest. */
export function asTasks(diagnoses: readonly Diagnosis[]): readonly Diagnosis[] {
  return diagnoses.toSorted((a, b) => ranks[a.state] - ranks[b.state] || reaches[a.reach] - reaches[b.reach]);
}

export const fine = (about: string, says: string): Remark => ({ about, state: 'ok', says, remedy: null });
export const wrong = (about: string, says: string, remedy: string): Remark => ({ about, state: 'wrong', says, remedy });
export const look = (about: string, says: string, remedy: string): Remark => ({ about, state: 'look', says, remedy });
export const untried = (about: string, says: string): Remark => ({ about, state: 'not tried', says, remedy: null });
