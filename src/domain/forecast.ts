/**
 * When each wave of an estate will have been copied, how long its switch will take, and when all of it is over: as a range, by
 * playing the programme some hundred times with the luck that the rates speak of. What is played are not two million mailboxes
 * but what is left of each wave, by size: a sum of many is known better than each of them.
 */

import { Chance } from '#lib/chance.ts';
import { type EstateAhead, leftIn, mailboxesIn, type WaveAhead } from './estate-ahead.ts';
import { type Lanes, playOnce, type WavePlayed } from './forecast-run.ts';
import type { Window } from './window.ts';

export interface Range {
  readonly p50: number;
  readonly p90: number;
}

export interface WaveForecast {
  readonly wave: string;
  readonly state: WaveAhead['state'];
  readonly window: Window;
  /** Who is still to switch in it. */
  readonly mailboxes: number;
  readonly toCopy: number;
  /** When the last of those that are not blocked has been copied; null where all have. */
  readonly copied: Range | null;
  /** How long its switch takes in its window, in milliseconds. */
  readonly switchMs: Range;
  /** When the last of those who make it has switched, which is within the window; null where nobody makes it. */
  readonly finish: Range | null;
  /** The share of its mailboxes that miss the window. */
  readonly missed: Range;
  /** What may be done about it, in sentences. */
  readonly remarks: readonly string[];
}

export interface Forecast {
  readonly madeAt: number;
  readonly runs: number;
  readonly waves: readonly WaveForecast[];
  /**
   * When the last of all has switched: who misses a window switches in what later ones have left, and whoever finds none there
   * after the last of them. Null where no window is ahead.
   */
  readonly finish: Range | null;
  /** How many mailboxes of all waves miss their windows. */
  readonly missed: Range;
  /** For how many the windows there are have no room: they need time after the last. Who missed a window long over counts too. */
  readonly inNoWindow: Range;
  /** Waves whose window is over, with who is still to switch in them: they need another. */
  readonly overdue: readonly { readonly wave: string; readonly mailboxes: number }[];
  readonly unplanned: number;
}

export const usualRuns = 400;

/** Forecasts. The same estate and seed give the same answer. */
export function forecast(estate: EstateAhead, runs = usualRuns, seed = 1): Forecast {
  const { now } = estate;
  const isOver = ({ window }: WaveAhead): boolean => window.closesAt <= now;
  const toMove = estate.waves
    .filter((wave) => leftIn(wave) > 0)
    .toSorted((a, b) => a.window.opensAt - b.window.opensAt);
  const ahead = toMove.flatMap((wave, place) => (isOver(wave) ? [] : [{ wave, place }]));
  const runsOf = ahead.length === 0 ? 0 : runs;
  const played = Array.from({ length: runsOf }, (_, run) =>
    playOnce({ ...estate, waves: toMove }, chanceOf(seed, run)),
  );
  const lanes = played[0]?.lanes ?? { copies: estate.rates.atOnce, switches: estate.rates.atOnce };
  const waves = ahead.map(({ wave, place }) =>
    waveForecast(
      wave,
      played.map((run) => run.waves[place] as WavePlayed),
      now,
      lanes,
    ),
  );
  const missed = played.map((run) =>
    ahead.reduce((sum, { wave, place }) => sum + (run.waves[place] as WavePlayed).missed * leftIn(wave), 0),
  );
  return {
    madeAt: now,
    runs,
    waves,
    finish: ahead.length === 0 ? null : rangeOf(played.map(({ finish }) => finish)),
    missed: rounded(rangeOf(missed)),
    inNoWindow: rangeOf(played.map(({ inNone }) => inNone)),
    overdue: estate.waves
      .filter((wave) => isOver(wave) && leftIn(wave) > 0)
      .map((wave) => ({ wave: wave.name, mailboxes: leftIn(wave) })),
    unplanned: estate.unplanned,
  };
}

function chanceOf(seed: number, run: number): Chance {
  return new Chance(seed * 1_000_003 + run);
}

function waveForecast(wave: WaveAhead, runs: readonly WavePlayed[], now: number, lanes: Lanes): WaveForecast {
  const { name, state, window } = wave;
  const mailboxes = leftIn(wave);
  const toCopy = mailboxesIn(wave.toCopy);
  const finishes = runs.flatMap(({ finish }) => (finish === null ? [] : [finish]));
  const told = {
    wave: name,
    state,
    window,
    mailboxes,
    toCopy,
    copied: toCopy === 0 ? null : rangeOf(runs.map(({ copied }) => copied)),
    switchMs: rangeOf(runs.map(({ switchMs }) => switchMs)),
    finish: finishes.length === 0 ? null : rangeOf(finishes),
    missed: rangeOf(runs.map(({ missed }) => missed)),
  };
  const copyMs = rangeOf(runs.map(({ copyMs: ms }) => ms));
  return { ...told, remarks: remarksOn(told, copyMs, now, lanes) };
}

const hourMs = 3_600_000;

/** What would help. */
function remarksOn(
  { window, copied, switchMs, mailboxes, state }: Omit<WaveForecast, 'remarks'>,
  copyMs: Range,
  now: number,
  lanes: Lanes,
): readonly string[] {
  const remarks: string[] = [];
  if (copied !== null && copied.p90 > window.opensAt) {
    const startBy = window.opensAt - copyMs.p90;
    const late = copied.p50 > window.opensAt ? 'more likely than not' : 'one time in ten';
    remarks.push(
      state === 'planned' && startBy > now
        ? `Its copying is not done when its window opens, ${late}: start it by ${momentText(startBy)}, or sooner where others are copied at that time.`
        : `Its copying is not done when its window opens, ${late}: more connections (${lanes.copies} mailboxes at a time now), a later window, or fewer mailboxes.`,
    );
  }
  const hasMs = window.closesAt - Math.max(now, window.opensAt);
  if (switchMs.p90 > hasMs) {
    const fits = Math.floor((mailboxes * hasMs) / switchMs.p90);
    remarks.push(
      `Its switch does not fit into its window: about ${fits.toLocaleString('en')} mailboxes do, ${lanes.switches} at a time.`,
    );
  }
  return remarks;
}

function momentText(ms: number): string {
  return `${new Date(Math.floor(ms / hourMs) * hourMs).toISOString().slice(0, 16)}Z`;
}

function rangeOf(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p90: at(0.9) };
}

function rounded({ p50, p90 }: Range): Range {
  return { p50: Math.round(p50), p90: Math.round(p90) };
}
