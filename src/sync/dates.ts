/**
 * Messages whose INTERNALDATE is missing or such that servers turn it into now (measured: Dovecot 1960 → 2096, Cyrus
 * 1-Jan-1970 00:00:00 → now). They are sent with the date of their Date: field, else of the newest Received:, else the
 * first second that every server keeps; and they are listed, since the source shows another.
 */

import type { Instant, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Engine } from './engine.ts';
import { headerField } from './header-field.ts';
import type { Override } from './send-plan.ts';
import type { Survey } from './survey.ts';

const firstKept = 1 as Instant;
/** Later ones are sent by no connector of ours: 32 bits end here. */
const lastTaken = 0x7fff_ffff as Instant;
/** The last second of 2037: later ones become now on Dovecot 2.3 (measured 2026-11). */
const lastKept = 2_145_916_799 as Instant;

/** Whether no server turns this date into another. */
export function isKeptEverywhere(date: Instant | null): boolean {
  return date !== null && date > firstKept && date <= lastKept;
}

/** Whether a message is sent with another date than this. */
export function isToBeMended(date: Instant | null): boolean {
  return date === null || date < firstKept || date > lastTaken;
}

/** Overrides for the rows of `plan` whose date no server would keep. */
export async function mendDates(engine: Engine, plan: Survey): Promise<Map<Uid, Override>> {
  const overrides = new Map<Uid, Override>();
  const odd: Uid[] = [];
  for (const row of plan.rows) {
    if (isToBeMended(plan.listing.internalDate(row))) odd.push(plan.listing.uid(row));
  }
  if (odd.length === 0) return overrides;
  for (const uid of odd) overrides.set(uid, { internalDate: firstKept });
  await engine.source.headers(plan.work.source.id, uidSet(odd), ['DATE', 'RECEIVED'], (uid, header) => {
    overrides.set(uid, { internalDate: dateOf(header) });
  });
  return overrides;
}

function dateOf(header: string): Instant {
  const received = headerField(header, 'Received');
  const candidates = [headerField(header, 'Date'), received ? received.slice(received.lastIndexOf(';') + 1) : null];
  for (const text of candidates) {
    if (!text) continue;
    const seconds = Math.floor(Date.parse(text.replace(/\([^()]*\)/g, '')) / 1000);
    if (seconds >= firstKept && seconds <= lastKept) return seconds as Instant;
  }
  return firstKept;
}
