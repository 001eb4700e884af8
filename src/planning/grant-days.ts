/** What a plan costs: Σ weight × days apart, over all grants of which both ends have a day. */

import { grantKinds } from '#domain/estate.ts';
import { noMove } from './moves.ts';
import type { PlanningOrder } from './placement.ts';

/** `day`: of each mailbox the day number on which it moves or has moved, else `noMove`. Of the grants alone, without wishes. */
export function grantDaysOf({ roster, calendar }: PlanningOrder, day: Int32Array): number {
  const { mailbox, grantee, kind } = roster.grants;
  const weights = grantKinds.map((each) => calendar.weights[each]);
  let sum = 0;
  for (let g = 0; g < mailbox.length; g++) {
    const [a, b] = [day[mailbox[g] as number] as number, day[grantee[g] as number] as number];
    if (a !== noMove && b !== noMove) sum += (weights[kind[g] as number] as number) * Math.abs(a - b);
  }
  return sum;
}
