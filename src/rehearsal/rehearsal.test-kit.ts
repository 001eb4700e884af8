/** Small programmes to rehearse: an estate in columns, windows in a row, and a plan that fills them one after the other. */

import type { PlanWindow } from '#domain/calendar.ts';
import { type MailboxKind, mailboxKinds } from '#domain/estate.ts';
import type { Rates } from '#domain/rates.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import { platformsFor, type RehearsalOrder } from './order.ts';
import type { Rehearsal } from './outcome.ts';
import { rehearse } from './rehearse.ts';
import { noWeather, type Weather } from './weather.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** A Monday. */
export const firstDay = Date.parse('2026-08-03T00:00Z');

export const quickRates: Rates = {
  origin: 'stated',
  samples: 0,
  switchSamples: 0,
  copy: { fixedMs: 60_000, msPerItem: 5, msPerByte: 1e-5, sigma: 0.5 },
  follow: { fixedMs: 300, msPerItem: 5, msPerByte: 1e-5, sigma: 0.5 },
  switch: { fixedMs: 10_000, msPerItem: 5, msPerByte: 1e-5, sigma: 0.5 },
  atOnce: 8,
  newItemsPerDay: 30,
  newBytesPerDay: 3e6,
  retryShare: 0.03,
  blockedShare: 0.02,
  mendHours: 24,
  throttledShare: 0.05,
  throttledTo: 0.5,
};

export interface Made {
  readonly mailboxes: number;
  readonly windows: number;
  readonly each: number;
  readonly rates?: Partial<Rates>;
  readonly weather?: (calm: Weather, windows: readonly PlanWindow[]) => Weather;
  readonly seed?: number;
  /** The kind of every mailbox; persons where it is left out. */
  readonly kind?: (mailbox: number) => MailboxKind;
  readonly organisations?: number;
  readonly more?: Partial<RehearsalOrder>;
}

/** Evenings from seven to six, one each day, that take `each`. */
export function evenings(windows: number, each: number): readonly PlanWindow[] {
  return Array.from({ length: windows }, (_, i) => {
    const opensAt = firstDay + i * dayMs + 19 * hourMs;
    const start = new Date(opensAt).toISOString().slice(0, 16);
    return {
      name: 'evening',
      day: start.slice(0, 10),
      dayNumber: firstDay / dayMs + i,
      start,
      opensAt,
      closesAt: opensAt + 11 * hourMs,
      mailboxes: each,
      bytes: Number.POSITIVE_INFINITY,
      isPilot: i === 0,
    };
  });
}

export function orderOf(made: Made): RehearsalOrder {
  const { mailboxes, each, organisations = 5, kind = () => 'person' } = made;
  const rates = { ...quickRates, ...made.rates };
  const windows = evenings(made.windows, each);
  const column = (value: number): Float64Array => new Float64Array(mailboxes).fill(value);
  const calm = noWeather(rates);
  return {
    roster: {
      size: mailboxes,
      kind: Uint8Array.from({ length: mailboxes }, (_, i) => mailboxKinds.indexOf(kind(i))),
      organisation: Int32Array.from({ length: mailboxes }, (_, i) => i % organisations),
      sizeBytes: column(500e6),
      items: column(5_000),
      notBefore: new Int32Array(mailboxes).fill(noDayBefore),
      notAfter: new Int32Array(mailboxes).fill(noDayAfter),
      organisations: Array.from({ length: organisations }, (_, i) => ({ code: `R${i}`, name: '', parent: -1 })),
    },
    windows,
    closed: Array.from({ length: organisations }, () => null),
    kindsLast: [],
    window: Int32Array.from({ length: mailboxes }, (_, i) =>
      Math.floor(i / each) < made.windows ? Math.floor(i / each) : -1,
    ),
    rates,
    platforms: platformsFor(rates.atOnce, 'UTC'),
    hands: null,
    weather: made.weather?.(calm, windows) ?? calm,
    habits: { aheadMs: 5 * dayMs, followEveryMs: 15 * 60_000, errorBudget: 0.02, releaseAfterMs: 30 * dayMs },
    timezone: 'UTC',
    seed: made.seed ?? 1,
    ...made.more,
  };
}

export function rehearsed(made: Made): Rehearsal {
  return rehearse(orderOf(made), { day() {} });
}

/** All reasons of an evening together. */
export function missedIn({ missed }: Pick<Rehearsal, 'missed'>): number {
  return Object.values(missed).reduce((sum, each) => sum + each, 0);
}
