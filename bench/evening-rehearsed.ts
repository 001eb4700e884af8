/**
 * An evening that was measured, rehearsed: the same mailboxes, the settings that it had and the rates that Godwit measured of it, on
 * a virtual clock; and how far the one lies from the other.
 */

import { readFileSync } from 'node:fs';
import { mailboxKinds } from '#domain/estate.ts';
import type { Budget } from '#domain/platform.ts';
import type { Rates } from '#domain/rates.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import type { RehearsalOrder } from '#rehearsal/order.ts';
import { beginRehearsal } from '#rehearsal/play.ts';
import { usualWeather } from '#rehearsal/weather.ts';

/** What a rehearsal has to know of an evening. */
export interface EveningMeasured {
  readonly atOnce: number;
  readonly connections: number;
  readonly connectionsPerMailbox: number;
  readonly followEverySeconds: number;
  /** As `godwit forecast -o json` told them afterwards. */
  readonly rates: Rates;
  readonly sizes: readonly { readonly items: number; readonly sizeBytes: number }[];
}

export interface MeasuredEvening {
  readonly phases: readonly { readonly name: string; readonly seconds: number }[];
  readonly measured: EveningMeasured;
}

export interface Beside {
  readonly what: 'first copy' | 'switch';
  readonly measuredSeconds: number;
  readonly rehearsedSeconds: number;
  readonly ratio: number;
}

/** What is to be reached: a quarter more or less. */
const farthest = 0.25;
const hourMs = 3_600_000;
/** So that everybody is followed when the window opens, as in the evening. */
const aheadMs = 48 * hourMs;
const lookMs = 1_000;

/** Reads the file that `evening --json FILE` wrote. Throws where it is none, or of before it told what this needs. */
export function readEvening(file: string): MeasuredEvening {
  const evening = JSON.parse(readFileSync(file, 'utf8')) as Partial<MeasuredEvening>;
  const { phases, measured } = evening;
  if (!phases || !measured?.rates || measured.sizes.length === 0)
    throw new Error(
      `${file} is no evening with what it measured: make one with npm run bench -- evening --json ${file}`,
    );
  return { phases, measured };
}

export function besideRehearsal({ phases, measured }: MeasuredEvening): readonly Beside[] {
  const { copySeconds, switchSeconds } = rehearsedSeconds(measured);
  return [beside('first copy', copySeconds), beside('switch', switchSeconds)];

  function beside(what: Beside['what'], seconds: number): Beside {
    const measuredSeconds = phases.find(({ name }) => name === what)?.seconds ?? Number.NaN;
    return { what, measuredSeconds, rehearsedSeconds: seconds, ratio: seconds / measuredSeconds };
  }
}

export function besideLines(
  { measured: { rates, sizes, atOnce, connections } }: MeasuredEvening,
  found: readonly Beside[],
): readonly string[] {
  const number = (value: number): string => value.toFixed(1).padStart(9);
  return [
    `${sizes.length} mailboxes, ${atOnce} at once with ${connections} connections a side; rates ${rates.origin} of ${rates.samples} copies and ${rates.switchSamples} switches`,
    ...found.map(({ what, measuredSeconds, rehearsedSeconds: seconds, ratio }) => {
      const verdict = Math.abs(ratio - 1) <= farthest ? 'PASS' : 'short';
      return `${what.padEnd(11)} measured${number(measuredSeconds)} s, rehearsed${number(seconds)} s: ${ratio.toFixed(2)} (0.75 to 1.25: ${verdict})`;
    }),
  ];
}

function rehearsedSeconds(measured: EveningMeasured): { readonly copySeconds: number; readonly switchSeconds: number } {
  const order = orderOf(measured);
  const [window] = order.windows;
  if (!window) throw new Error('there is no window');
  const play = beginRehearsal(order);
  const startsAt = window.opensAt - aheadMs;
  let at = startsAt;
  for (let isCopied = false; !isCopied && at < window.opensAt; at += lookMs) {
    play.until(at);
    const { planned, copying } = play.stand();
    isCopied = at > startsAt && planned + copying === 0;
  }
  play.until(Number.POSITIVE_INFINITY);
  const [evening] = play.outcome().evenings;
  return {
    copySeconds: (at - startsAt) / 1_000,
    switchSeconds: ((evening?.lastAt ?? Number.NaN) - window.opensAt) / 1_000,
  };
}

function orderOf({
  atOnce,
  connections,
  connectionsPerMailbox,
  followEverySeconds,
  rates,
  sizes,
}: EveningMeasured): RehearsalOrder {
  const size = sizes.length;
  const budget: Budget = {
    connections,
    connectionsPerMailbox,
    bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
    commandsPerSecond: null,
  };
  // Any Monday.
  const opensAt = Date.parse('2026-08-03T19:00Z');
  const window = {
    name: 'evening',
    day: '2026-08-03' as const,
    dayNumber: Math.floor(opensAt / (24 * hourMs)),
    start: '2026-08-03T19:00',
    opensAt,
    closesAt: opensAt + 12 * hourMs,
    mailboxes: size,
    bytes: Number.POSITIVE_INFINITY,
    isPilot: false,
  };
  return {
    roster: {
      size,
      kind: new Uint8Array(size).fill(mailboxKinds.indexOf('person')),
      organisation: new Int32Array(size),
      sizeBytes: Float64Array.from(sizes, ({ sizeBytes }) => sizeBytes),
      items: Float64Array.from(sizes, ({ items }) => items),
      notBefore: new Int32Array(size).fill(noDayBefore),
      notAfter: new Int32Array(size).fill(noDayAfter),
      organisations: [{ code: 'ALL', name: '', parent: -1 }],
    },
    windows: [window],
    closed: [null],
    kindsLast: [],
    window: new Int32Array(size),
    rates,
    platforms: { source: { budget, timezone: 'UTC' }, target: { budget, timezone: 'UTC' } },
    hands: atOnce,
    weather: usualWeather(rates),
    habits: { aheadMs, followEveryMs: followEverySeconds * 1_000, errorBudget: 1, releaseAfterMs: null },
    timezone: 'UTC',
    seed: 1,
  };
}
