/** What platforms may be asked for from now on, hour by hour: looked up often, so counted once. */

import { allowedAt, type Learnt, rateAt } from './governor.ts';
import type { Budget } from './platform.ts';

const hourMs = 3_600_000;
/** Two years: longer than any programme; after that as much a day as before. */
const hoursAhead = 2 * 365 * 24;

/** The octets that all of them together may be asked for between two moments: what the slowest gives, and less of it as long as it has complained lately. Null without limit. */
export function octetsAhead(
  platforms: readonly { readonly budget: Budget; readonly timezone: string; readonly learnt: Learnt }[],
  now: number,
): (until: number) => number | null {
  const limited = platforms.filter(({ budget }) => budget.bytesPerSecond.some((slot) => slot.bytesPerSecond !== null));
  if (limited.length === 0) return () => null;
  const sums = new Float64Array(hoursAhead + 1);
  for (let hour = 0; hour < hoursAhead; hour++) {
    const at = now + hour * hourMs;
    // An hour without a limit is one in which lanes are what counts.
    const rates = limited.map(
      ({ budget, timezone, learnt }) =>
        (rateAt(budget, timezone, at) ?? Number.POSITIVE_INFINITY) * allowedAt(learnt, budget, at).rate,
    );
    const rate = Math.min(...rates, unlimitedRate);
    sums[hour + 1] = (sums[hour] as number) + rate * 3_600;
  }
  const mean = (sums[hoursAhead] as number) / hoursAhead;
  return (until) => {
    const hours = Math.max(0, (until - now) / hourMs);
    if (hours >= hoursAhead) return (sums[hoursAhead] as number) + (hours - hoursAhead) * mean;
    const whole = Math.floor(hours);
    const [from, to] = [sums[whole] as number, sums[whole + 1] as number];
    return from + (hours - whole) * (to - from);
  };
}

/** More than any line carries, in octets a second. */
const unlimitedRate = 1e12;
