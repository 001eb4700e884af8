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

/** So many jobs may wait: some seconds of work for many workers. */
export const waitingMax = 1_000;
/** Looked at for each choice: more than are chosen, so that turns between organisations have somebody to choose from. */
export const candidatesMax = 4_000;

/** A mailbox that is due, without a mark, and has no job in the queue. */
export interface Candidate {
  readonly mailbox: number;
  readonly organisation: number;
  readonly stage: Stage;
  readonly wave: number | null;
  readonly dueAt: number;
  /** Whether its dates (`not_before`, `not_after`) allow the day of its wave. */
  readonly mayMove: boolean;
  /** How far the target was behind at the end of the last pass; null where none has ended. */
  readonly lagMs: number | null;
}

export interface Choice {
  readonly mailbox: number;
  readonly work: Work;
  /** Of two that wait for a worker the one with more of it is done first: a whole number of 32 bits. */
  readonly urgency: number;
}

/** The work that is due on a mailbox, or null where it has to wait. */
export function workFor({ stage, dueAt, mayMove }: Candidate, wave: WaveNow | null, now: number): Work | null {
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
      return mayMove && wave.state === 'running' && wave.opensAt <= now && now < wave.closesAt ? 'switch' : 'follow';
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

/**
 * How long until a mailbox that has settled is looked at again: seconds at first, since something may still come to the side that was
 * left, and then less and less often. `turnedForMs`: since it changed sides; null where that is not known.
 */
export function nextLookHomeInMs(turnedForMs: number | null, everyMs: number): number {
  if (turnedForMs === null) return everyMs;
  const wanted = watchful.find(({ untilMs }) => turnedForMs < untilMs);
  return wanted ? Math.min(wanted.everyMs, everyMs) : everyMs;
}

const watchful = [
  { untilMs: 60_000, everyMs: 10_000 },
  { untilMs: 5 * 60_000, everyMs: 40_000 },
  { untilMs: 2 * 3_600_000, everyMs: 5 * 60_000 },
] as const;

/**
 * What people wait for comes first: a switch that was begun; a window that will close, in it the pilot before the rest and
 * the smallest lag first; a way back. What nobody waits for has no place in this order.
 */
type Place =
  | { readonly group: 'begun' | 'return' | 'ordinary'; readonly dueAt: number }
  | { readonly group: 'window'; readonly isPilot: boolean; readonly lagMs: number };

const groups = ['begun', 'window', 'return', 'ordinary'] as const satisfies readonly Place['group'][];

function placeOf(candidate: Candidate, work: Work, wave: WaveNow | null): Place {
  if (candidate.stage === 'switching') return { group: 'begun', dueAt: candidate.dueAt };
  // One that was never measured is last.
  if (work === 'switch')
    return { group: 'window', isPilot: wave?.pilot === true, lagMs: candidate.lagMs ?? Number.POSITIVE_INFINITY };
  return { group: work === 'return' ? 'return' : 'ordinary', dueAt: candidate.dueAt };
}

/** Negative where `a` comes before `b`. */
function compare(a: Place, b: Place): number {
  if (a.group === 'window' && b.group === 'window')
    return Number(b.isPilot) - Number(a.isPilot) || ascending(a.lagMs, b.lagMs);
  if (a.group !== 'window' && b.group !== 'window' && a.group === b.group) return ascending(a.dueAt, b.dueAt);
  return groups.indexOf(a.group) - groups.indexOf(b.group);
}

/** Also where both are infinite. */
function ascending(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** More than any lag that is told apart in the queue: nine days. */
const lagMaxMs = 800_000_000;

function urgencyOf(place: Place): number {
  switch (place.group) {
    case 'begun':
      return 2_000_000_000;
    case 'window':
      return (place.isPilot ? 1_900_000_000 : 1_000_000_000) - Math.round(Math.min(place.lagMs, lagMaxMs));
    case 'return':
      return 1;
    case 'ordinary':
      return 0;
  }
}

/**
 * Chooses at most `room` of the candidates, in the order above. Where nobody waits for it organisations come by turns, so that
 * a large one does not keep all the others waiting, and in each the one that has waited longest.
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
    return work === null ? [] : [{ candidate, work, place: placeOf(candidate, work, wave) }];
  });
  due.sort((a, b) => compare(a.place, b.place) || a.candidate.mailbox - b.candidate.mailbox);
  const turns = new Map<number, number>();
  const inTurn = due.map((each) => {
    if (each.place.group !== 'ordinary') return { ...each, turn: -1 };
    const { organisation } = each.candidate;
    const turn = turns.get(organisation) ?? 0;
    turns.set(organisation, turn + 1);
    return { ...each, turn };
  });
  // What stands in order already stays in it: sorting is stable.
  inTurn.sort((a, b) => a.turn - b.turn);
  return inTurn
    .slice(0, room)
    .map(({ candidate: { mailbox }, work, place }) => ({ mailbox, work, urgency: urgencyOf(place) }));
}
