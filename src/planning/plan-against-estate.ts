/**
 * A plan held against the estate as it stands now: whether it can become waves, and which, and who goes where. Where something
 * speaks against it (`estate-moved.ts`) nothing is to be done.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import type { StandingWave } from '#domain/plan-standing.ts';
import type { DayWindow } from '#domain/window.ts';
import type { CasesOf } from './cases.ts';
import { type NamedCase, PlanLook, type PlanRefusal, type StandingEstate, type WrittenPlan } from './estate-moved.ts';

/** A wave as the plan wants it. */
export interface WaveToBe {
  readonly name: string;
  readonly window: DayWindow;
  /** By the clocks of the calendar: `2026-08-03T19:00`. */
  readonly start: string;
  readonly isPilot: boolean;
  /** A number in the waves that are there; null: it is made. */
  readonly there: number | null;
  /** Where it is there, whether its window becomes another. */
  readonly isRescheduled: boolean;
  /** Who is placed in it by this plan, whether they were in it before or not. */
  readonly mailboxes: number;
}

/** How many mailboxes come to stand elsewhere. */
export interface PlanChanges {
  /** Who had no wave gets one. */
  readonly planned: number;
  /** From one wave to another. */
  readonly moved: number;
  /** Out of a wave, into none. */
  readonly takenOut: number;
  readonly unchanged: number;
}

export interface PlanAgainstEstate {
  /** Null where nothing speaks against it. */
  readonly refused: Readonly<Partial<Record<PlanRefusal, CasesOf<NamedCase>>>> | null;
  /** Who has begun, has moved, or is held, where the plan has them elsewhere. */
  readonly leftAlone: CasesOf<NamedCase>;
  readonly waves: readonly WaveToBe[];
  /** Waves that were never started and lose the last of their mailboxes: numbers in those that are there. */
  readonly emptied: readonly number[];
  readonly changes: PlanChanges;
  /** Where each mailbox goes: `stays`, `goesOut`, or a number in `waves`. */
  readonly goesTo: Int32Array;
}

export const stays = -2;
export const goesOut = -1;

export function planAgainstEstate(estate: StandingEstate, plan: WrittenPlan): PlanAgainstEstate {
  const look = new PlanLook(estate, plan);
  const waves = wavesToBe(estate, plan, look);
  const goings = goingsOf(estate, plan, look, waves);
  const { refused, leftAlone } = look;
  return {
    refused: refused.size === 0 ? null : Object.fromEntries(refused),
    leftAlone,
    waves: waves.toBe,
    ...goings,
  };
}

interface WavesToBe {
  readonly toBe: readonly WaveToBe[];
  /** For each wave of the plan its number there; -1 where nobody is placed in it. */
  readonly numberOf: Int32Array;
}

/** The waves of the plan in which somebody is placed, joined to those that are there. */
function wavesToBe({ waves: there }: StandingEstate, { entries }: WrittenPlan, look: PlanLook): WavesToBe {
  const names = new Map(there.map((wave, i) => [wave.name, i] as const));
  const toBe: WaveToBe[] = [];
  const numberOf = new Int32Array(entries.length).fill(-1);
  for (const [place, { wave: wanted }] of entries.entries()) {
    const mailboxes = look.placed[place] as number;
    const window = look.windowOf(place);
    if (mailboxes === 0 || !window) continue;
    const { name, number } = nameFor(wanted, window, there, names, toBe);
    const known = number === null ? null : (there[number] as StandingWave);
    // One that was started keeps the window that people were told.
    const isOther =
      known?.state === 'planned' && (known.opensAt !== window.opensAt || known.closesAt !== window.closesAt);
    const same = toBe.findIndex((each) => each.name === name);
    if (same >= 0) {
      toBe[same] = { ...(toBe[same] as WaveToBe), mailboxes: (toBe[same] as WaveToBe).mailboxes + mailboxes };
      numberOf[place] = same;
      continue;
    }
    numberOf[place] = toBe.length;
    const { opensAt, closesAt, day: opensOn, isPilot } = window;
    const its = { opensAt, closesAt, day: opensOn };
    toBe.push({ name, window: its, start: window.start, isPilot, there: number, isRescheduled: isOther, mailboxes });
  }
  return { toBe, numberOf };
}

function goingsOf(
  { roster, wave, waves: there }: StandingEstate,
  { entry }: WrittenPlan,
  look: PlanLook,
  { toBe, numberOf }: WavesToBe,
): Pick<PlanAgainstEstate, 'goesTo' | 'changes' | 'emptied'> {
  const goesTo = new Int32Array(roster.size).fill(stays);
  const changes = { planned: 0, moved: 0, takenOut: 0, unchanged: 0 };
  const [members, leaving] = [new Int32Array(there.length), new Int32Array(there.length)];
  for (let m = 0; m < roster.size; m++) {
    const its = wave[m] as number;
    if (its >= 0) (members[its] as number)++;
    if (look.standingOf(m) !== 'free') continue;
    const place = entry[m] as number;
    const to = place < 0 ? goesOut : (numberOf[place] as number);
    const target = toBe[to] ?? null;
    if (target !== null && target.there !== null && target.there === its) changes.unchanged++;
    else if (target !== null) {
      goesTo[m] = to;
      if (its < 0) changes.planned++;
      else changes.moved++;
    } else if (its >= 0 && there[its]?.state === 'planned') {
      goesTo[m] = goesOut;
      changes.takenOut++;
    } else changes.unchanged++;
    if (its >= 0 && goesTo[m] !== stays) (leaving[its] as number)++;
  }
  const isWanted = new Set(toBe.map((each) => each.there));
  const emptied = there.flatMap(({ state }, i) =>
    state === 'planned' && !isWanted.has(i) && leaving[i] !== 0 && leaving[i] === members[i] ? [i] : [],
  );
  return { goesTo, changes, emptied };
}

/**
 * The wave that is meant, where it is there. A name is given once: one that ended keeps it, and so does one that was started and
 * then given another window; whoever comes in the window of the plan later goes in `evening-2026-08-04-2`.
 */
function nameFor(
  wanted: string,
  window: PlanWindow,
  there: readonly StandingWave[],
  names: ReadonlyMap<string, number>,
  made: readonly WaveToBe[],
): { readonly name: string; readonly number: number | null } {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    const number = names.get(name);
    if (number === undefined) {
      const other = made.find((wave) => wave.name === name);
      if (other && other.window.opensAt !== window.opensAt) continue;
      return { name, number: null };
    }
    const { state, opensAt } = there[number] as StandingWave;
    if (state === 'cancelled' || state === 'finished') continue;
    if (opensAt === window.opensAt || (n === 1 && state === 'planned')) return { name, number };
  }
}
