/** What can be wrong with planning by the HTTP API; part of the catalogue (`fault.ts`). */

import { entry } from './fault-entry.ts';

export const planningFaults = {
  'api.planning.under-way': entry<object>(
    'estate',
    'paced',
    () => 'This server is planning, applying or rehearsing for somebody already, and does one at a time.',
    'Ask again when that has ended; it ends at once when whoever asked for it stops waiting.',
  ),
  'api.planning.ended': entry<{ readonly text: string }>(
    'estate',
    'operator',
    ({ text }) => `What was to plan ended before it had an answer: ${text}`,
    'See the log of the server. Planning two million mailboxes takes some 2 GB of memory there. Nothing was changed, or all of it: apply the plan once more without --yes to see.',
  ),
} as const;
