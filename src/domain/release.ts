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
  /** It came home and waits there for a person; what still comes to the target is carried home nevertheless. */
  readonly staysHome?: boolean;
  /** How far the target was behind at the end of the last pass; null where none has ended. */
  readonly lagMs: number | null;
  /** Those it changes sides together with; lacking where it belongs with nobody. */
  readonly company?: {
    readonly party: number;
    /** Whether one of them is there already, and waits for the others. */
    readonly isAwaited: boolean;
  };
}

export interface Choice {
  readonly mailbox: number;
  readonly work: Work;
  /** Of two that wait for a worker the one with more of it is done first: a whole number of 32 bits. */
  readonly urgency: number;
}

/** The work that is due on a mailbox, or null where it has to wait. */
export function workFor(
  { stage, dueAt, mayMove, staysHome }: Candidate,
  wave: WaveNow | null,
  now: number,
): Work | null {
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
      if (staysHome) return 'follow';
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
 * How long until a mailbox that has settled, or come home, is looked at again: seconds at first, since something may still come to the side that was
 * left, and then less and less often. `turnedForMs`: since it changed sides; null where that is not known.
 */
export function nextLookHomeInMs(turnedForMs: number | null, everyMs: number): number {
  if (turnedForMs === null) return everyMs;
  const wanted = watchful.find(({ untilMs }) => turnedForMs < untilMs);
  return wanted ? Math.min(wanted.everyMs, everyMs) : everyMs;
}

/** Who has come home is looked at for so long, and then until a look finds nothing: a mail server tries again once an hour or so. */
export const watchedAtHomeMs = 6 * 3_600_000;

const watchful = [
  { untilMs: 60_000, everyMs: 10_000 },
  { untilMs: 5 * 60_000, everyMs: 40_000 },
  { untilMs: 2 * 3_600_000, everyMs: 5 * 60_000 },
] as const;

/**
 * What people wait for comes first: a switch that was begun, and whoever is awaited by others; a window that will close, in it the pilot
 * before the rest and the smallest lag first; a way back. Those who change sides together have their places side by side, where the
 * first of them has its own. What nobody waits for has no place in this order.
 */
type Place = { readonly party: number } & (
  | { readonly group: 'begun' | 'return' | 'ordinary'; readonly dueAt: number }
  | { readonly group: 'window'; readonly isPilot: boolean; readonly lagMs: number }
);

const groups = ['begun', 'window', 'return', 'ordinary'] as const satisfies readonly Place['group'][];
/** Of whoever belongs with nobody; parties have the numbers of mailboxes. */
const nobody = 0;

function placeOf(candidate: Candidate, work: Work, wave: WaveNow | null): Place {
  const { stage, dueAt, company } = candidate;
  const party = company?.party ?? nobody;
  if (stage === 'switching' || company?.isAwaited) return { group: 'begun', dueAt, party };
  // One that was never measured is last.
  if (work === 'switch')
    return {
      group: 'window',
      isPilot: wave?.pilot === true,
      lagMs: candidate.lagMs ?? Number.POSITIVE_INFINITY,
      party,
    };
  return work === 'return' ? { group: 'return', dueAt, party } : { group: 'ordinary', dueAt, party: nobody };
}

/** Negative where `a` comes before `b`. */
function compare(a: Place, b: Place): number {
  const first =
    a.group === 'window' && b.group === 'window'
      ? Number(b.isPilot) - Number(a.isPilot) || ascending(a.lagMs, b.lagMs)
      : a.group !== 'window' && b.group !== 'window' && a.group === b.group
        ? ascending(a.dueAt, b.dueAt)
        : groups.indexOf(a.group) - groups.indexOf(b.group);
  return first || a.party - b.party;
}

/** Also where both are infinite. */
function ascending(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Whoever changes sides together stands where the first of them does. */
function sideBySide<Each extends { readonly place: Place }>(inOrder: readonly Each[]): readonly Each[] {
  const firsts = new Map<string, Place>();
  return inOrder
    .map((each) => {
      const { place } = each;
      const key = `${place.group} ${place.party}`;
      if (place.party === nobody) return each;
      const first = firsts.get(key);
      if (!first) firsts.set(key, place);
      return { ...each, place: first ?? place };
    })
    .sort((a, b) => compare(a.place, b.place));
}

/** More than any lag that is told apart in the queue: nine days. */
const lagMaxMs = 800_000_000;
/** So many parties are told apart in the queue; two that are not only stand among each other. */
const partiesMax = 100_000_000;

/** In the queue a number is all that is known of a place, so that it tells parties of one lag apart, too: to ten milliseconds. */
function urgencyOf(place: Place): number {
  const { party } = place;
  switch (place.group) {
    case 'begun':
      return party === nobody ? 2_100_000_000 : 2_099_999_999 - (party % partiesMax);
    case 'window': {
      const lag = Math.floor(Math.min(place.lagMs, lagMaxMs) / 10) * 10;
      return (place.isPilot ? 1_900_000_000 : 1_000_000_000) - lag - (party === nobody ? 0 : 1 + (party % 9));
    }
    case 'return':
      return party === nobody ? partiesMax + 1 : partiesMax - (party % partiesMax);
    case 'ordinary':
      return 0;
  }
}

/**
 * Chooses `room` of the candidates, in the order above, and some more where that would divide a party. Where nobody waits for it
 * organisations come by turns, so that a large one does not keep all the others waiting, and in each the one that has waited longest.
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
  const inTurn = sideBySide(due).map((each) => {
    if (each.place.group !== 'ordinary') return { ...each, turn: -1 };
    const { organisation } = each.candidate;
    const turn = turns.get(organisation) ?? 0;
    turns.set(organisation, turn + 1);
    return { ...each, turn };
  });
  // What stands in order already stays in it: sorting is stable.
  inTurn.sort((a, b) => a.turn - b.turn);
  let end = room;
  while (end > 0 && isDivided(inTurn[end - 1]?.place, inTurn[end]?.place)) end++;
  return inTurn
    .slice(0, end)
    .map(({ candidate: { mailbox }, work, place }) => ({ mailbox, work, urgency: urgencyOf(place) }));
}

function isDivided(last: Place | undefined, next: Place | undefined): boolean {
  return last !== undefined && last.party !== nobody && last.group === next?.group && last.party === next.party;
}
