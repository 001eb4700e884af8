/** Connections that a piece of work has use for on either side: workers take them, and forecasts and rehearsals reckon with them. */

import type { Work } from './release.ts';

/** A switch keeps those it carries with while it compares. */
export const connectionsFor = { copy: 1, follow: 1, 'follow-back': 1, switch: 2, return: 2 } as const satisfies Record<
  Work,
  number
>;
