/** The version of pg-boss's tables: here, and as our version of it wants them; and the SQL that leads from one to the other. */

import { sql } from 'kysely';
import type { PlannedStep } from '#domain/database-state.ts';
import type { Sql } from './db.ts';
import { queueName, schema } from './queue-schema.ts';

/** Null where it is not installed. */
export async function queueVersion(db: Sql): Promise<number | null> {
  const { rows } = await sql<{
    there: boolean;
  }>`select to_regclass(${`${schema}.version`}) is not null as there`.execute(db);
  if (!rows[0]?.there) return null;
  const found = await sql<{
    version: number;
  }>`select version::int as version from ${sql.table(`${schema}.version`)}`.execute(db);
  return found.rows[0]?.version ?? null;
}

/** As it says at the end of its own SQL. */
export async function wantedQueueVersion(): Promise<number> {
  const { getConstructionPlans } = await import('pg-boss');
  const version = /INSERT INTO \w+\.version\(version\) VALUES \('(\d+)'\)/.exec(getConstructionPlans(schema))?.[1];
  if (version === undefined) throw new Error('pg-boss does not say which version of its tables it makes');
  return Number(version);
}

/** At most one step. */
export async function queuePlan(db: Sql): Promise<readonly PlannedStep[]> {
  const { getConstructionPlans, getMigrationPlans } = await import('pg-boss');
  const [here, wanted] = [await queueVersion(db), await wantedQueueVersion()];
  const making = `${getConstructionPlans(schema)}\n-- In these tables pg-boss then makes the queue ${queueName}.`;
  if (here === null) return [{ name: `queue-${wanted}`, sql: making }];
  return here < wanted ? [{ name: `queue-${wanted}`, sql: getMigrationPlans(schema, here) }] : [];
}
