/** What the database keeps of a platform's governor: its budget, where its hours are told, and what was learnt. */

import { sql } from 'kysely';
import { type Learnt, nothingLearnt, platformNow } from '#domain/governor.ts';
import type { Budget, SideName } from '#domain/platform.ts';
import type { PlatformNow } from '#domain/sighting.ts';
import type { Share } from '#ports/workforce.ts';
import { lockBriefly } from './brief-lock.ts';
import type { Sql } from './db.ts';

export interface GovernorRow {
  readonly side: SideName;
  readonly budget: Budget;
  readonly timezone: string;
  /** What an older version wrote may lack what a newer one learns. */
  readonly state: Partial<Learnt>;
}

/** Any number that nobody else takes, "Gdwg"; the second part is the platform's. */
const lockClass = 0x47647767;
const lockOf = { source: 1, target: 2 } as const satisfies Record<SideName, number>;

/**
 * Whoever gives connections of a platform, or learns of it, does so alone. To be called in a transaction of its own isolation:
 * `read committed`, or the next statement would not see what the one before us did.
 */
export async function lockGovernor(tx: Sql, side: SideName): Promise<void> {
  await lockBriefly(tx, sql`pg_advisory_xact_lock(${lockClass}::int, ${lockOf[side]}::int)`);
}

export function learntOf({ state }: GovernorRow): Learnt {
  return { ...nothingLearnt, ...state };
}

/** What a worker may use of the rates that all `workers` share. */
export function shareOf(row: GovernorRow, workers: number, now: number): Share {
  const { bytesPerSecond, commandsPerSecond } = nowOf(row, 0, now);
  const part = (rate: number | null): number | null => (rate === null ? null : rate / Math.max(1, workers));
  return { side: row.side, bytesPerSecond: part(bytesPerSecond), commandsPerSecond: part(commandsPerSecond) };
}

export function nowOf(row: GovernorRow, inUse: number, now: number): PlatformNow {
  return platformNow(row.side, row.budget, row.timezone, learntOf(row), inUse, now);
}
