/**
 * What is to be worked on now: windows, pauses and fairness between organisations, as a function of what is known. The
 * releaser asks the database for candidates and this for the choice, and a rehearsal asks this on a virtual clock.
 */

import type { Stage } from './journey.ts';

/** A piece of work on one mailbox, minutes to hours long. */
export type Work = 'copy' | 'follow' | 'switch' | 'follow-back' | 'return';

export type WaveState = 'planned' | 'running' | 'paused' | 'cancelled' | 'finished';

/** Times are milliseconds since 1970, by the clock of the database. */
export interface WaveNow {
  readonly id: number;
  readonly state: WaveState;
  readonly opensAt: number;
  readonly closesAt: number;
  readonly pilot: boolean;
}

/** A mailbox that is due, without a mark, and has no job in the queue. */
export interface Candidate {
  readonly mailbox: number;
  readonly organisation: number;
  readonly stage: Stage;
  readonly wave: number | null;
  readonly dueAt: number;
  /** How far the target was behind at the end of the last pass; null where none has ended. */
  readonly lagMs: number | null;
}

export interface Choice {
  readonly mailbox: number;
  readonly work: Work;
}

/** The work that is due on a mailbox, or null where it has to wait. */
export function workFor({ stage, dueAt }: Candidate, wave: WaveNow | null, now: number): Work | null {
  if (dueAt > now) return null;
  switch (stage) {
    case 'known':
    case 'released':
      return null;
    case 'planned':
      return wave?.state === 'running' ? 'copy' : null;
    case 'copying':
      return wave?.state === 'running' || wave?.state === 'paused' ? 'copy' : null;
    case 'following':
      if (!wave || wave.state === 'cancelled') return null;
      // A pause stops the switching, and the target stays close all the same.
      return wave.state === 'running' && wave.opensAt <= now && now < wave.closesAt ? 'switch' : 'follow';
    // A switch that has begun is seen through, whatever the hour.
    case 'switching':
      return 'switch';
    case 'settled':
      return 'follow-back';
    case 'returning':
      return 'return';
  }
}

/**
 * How long until a mailbox is looked at again after a pass that ended well: every `everyMs`, and when its window opens, so
 * that nobody's switch waits for the next turn of following.
 */
export function nextLookInMs(stage: Stage, wave: WaveNow | null, now: number, everyMs: number): number {
  if (stage !== 'following' || wave?.state !== 'running' || wave.closesAt <= now) return everyMs;
  return Math.min(everyMs, Math.max(0, wave.opensAt - now));
}

/** What people wait for comes first: a switch that was begun, a way back, a window that will close. */
const urgency = { switch: 1, return: 2, copy: 3, follow: 3, 'follow-back': 3 } as const satisfies Record<Work, number>;

/**
 * Chooses at most `room` of the candidates. In a window: the pilot before the rest, the smallest lag first. Between
 * organisations by turns, so that a large one does not keep all the others waiting.
 */
export function choose(
  candidates: readonly Candidate[],
  waves: ReadonlyMap<number, WaveNow>,
  now: number,
  room: number,
): readonly Choice[] {
  const due = candidates.flatMap((candidate) => {
    const wave = candidate.wave === null ? null : (waves.get(candidate.wave) ?? null);
    const work = workFor(candidate, wave, now);
    if (work === null) return [];
    const group = candidate.stage === 'switching' ? 0 : urgency[work];
    const [first, second] =
      work === 'switch' ? [wave?.pilot ? 0 : 1, candidate.lagMs ?? Infinity] : [0, candidate.dueAt];
    return [{ candidate, work, group, first, second }];
  });
  due.sort(
    (a, b) =>
      a.group - b.group || a.first - b.first || a.second - b.second || a.candidate.mailbox - b.candidate.mailbox,
  );
  const turns = new Map<string, number>();
  const inTurn = due.map((each) => {
    const key = `${each.group} ${each.first} ${each.candidate.organisation}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return { ...each, turn };
  });
  inTurn.sort((a, b) => a.group - b.group || a.first - b.first || a.turn - b.turn || a.second - b.second);
  return inTurn.slice(0, room).map(({ candidate, work }) => ({ mailbox: candidate.mailbox, work }));
}
