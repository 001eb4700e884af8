/** A lab that was not run says so aloud, on stderr, whatever the reporter of the tests shows. */

import type { LabAvailable } from './namespace.ts';

/** Tells why a lab is left out, for each thing it lacks; true when it has everything. */
export function skipAloud(lab: string, ...needs: readonly LabAvailable[]): boolean {
  const lacking = needs.flatMap((need) => (need.ok ? [] : [need.why]));
  for (const why of lacking) process.stderr.write(`\nNOT RUN: the lab "${lab}": ${why}\n`);
  return lacking.length === 0;
}
