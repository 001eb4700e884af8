/** What is odd about a calendar once it is known whose it is: blackouts of organisations that the estate does not have. */

import { nearest } from '#lib/nearest.ts';
import type { Blackout, Calendar } from './calendar.ts';

/** Looking for the nearest of 22,000 codes takes some milliseconds; whoever has more of these mistakes has another list in mind. */
const nearestMost = 50;

/** A sentence for each. They stop nothing: a calendar may speak of an organisation that has not joined yet, or has left. */
export function calendarRemarks(
  { blackouts }: Calendar,
  organisations: readonly { readonly code: string }[],
): readonly string[] {
  const codes = organisations.map(({ code }) => code);
  const known = new Set(codes);
  const unknown = blackouts.flatMap((blackout) =>
    [...new Set([...(blackout.organisations ?? []), ...(blackout.under ?? [])])]
      .filter((code) => !known.has(code))
      .map((code) => ({ blackout, code })),
  );
  return unknown.map(({ blackout, code }, i) => remark(blackout, code, i < nearestMost ? nearest(code, codes) : null));
}

function remark({ from, until }: Blackout, code: string, near: string | null): string {
  const which = from === until ? from : `from ${from} to ${until}`;
  const meant = near === null ? '.' : `; did you mean ${near}?`;
  return `The blackout ${which} names ${JSON.stringify(code)}, and no organisation of the estate has this code${meant}`;
}
