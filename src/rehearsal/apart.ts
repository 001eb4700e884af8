/**
 * People who work in each other's mailboxes, and the days between their switches: as the plan has it, and as it came in a
 * rehearsal. Whoever misses a window is parted from those who did not.
 */

import { grantKinds, type GrantKind } from '#domain/estate.ts';
import type { RosterGrants } from '#planning/roster.ts';

export interface Apart {
  /** Grants with two ends that the plan places. */
  readonly grants: number;
  /** Σ weight × days apart, by the plan and in the rehearsal, over those of which both ends switched. */
  readonly plannedDays: number;
  readonly rehearsedDays: number;
  /** Grants whose ends were to switch on one day and did not. */
  readonly newlySplit: number;
  /** Of which one end never switched. */
  readonly neverJoined: number;
}

/** `planned` and `switched`: the window of each mailbox; -1 for none. `dayOf`: the day of each window. */
export function apart(
  grants: RosterGrants,
  weights: Readonly<Record<GrantKind, number>>,
  dayOf: readonly number[],
  planned: Int32Array,
  switched: Int32Array,
): Apart {
  const weightOf = grantKinds.map((kind) => weights[kind]);
  const sums = { grants: 0, plannedDays: 0, rehearsedDays: 0, newlySplit: 0, neverJoined: 0 };
  for (let grant = 0; grant < grants.kind.length; grant++) {
    const [a, b] = [grants.mailbox[grant] as number, grants.grantee[grant] as number];
    const [plannedA, plannedB] = [planned[a] as number, planned[b] as number];
    if (plannedA < 0 || plannedB < 0) continue;
    sums.grants++;
    const [switchedA, switchedB] = [switched[a] as number, switched[b] as number];
    if (switchedA < 0 || switchedB < 0) {
      sums.neverJoined++;
      continue;
    }
    const weight = weightOf[grants.kind[grant] as number] as number;
    const before = Math.abs((dayOf[plannedA] as number) - (dayOf[plannedB] as number));
    const after = Math.abs((dayOf[switchedA] as number) - (dayOf[switchedB] as number));
    sums.plannedDays += weight * before;
    sums.rehearsedDays += weight * after;
    if (before === 0 && after > 0) sums.newlySplit++;
  }
  return sums;
}
