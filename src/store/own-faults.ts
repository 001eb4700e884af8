/**
 * Faults of ours that broke a job off: written down like any other failure of its mailbox, and counted, so that a person sees
 * them and nothing is tried again every second for ever.
 */

import { sql } from 'kysely';
import { fault } from '#domain/fault.ts';
import type { Stage } from '#domain/journey.ts';
import { nextTryInMs, ownFaultsMax } from '#domain/next-try.ts';
import type { OwnFaults, Stumbled } from '#ports/journeys.ts';
import type { Job } from '#ports/queue.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { block } from './journeys.ts';
import { takenOut } from './queue-rows.ts';

export function openOwnFaults(db: Database): OwnFaults {
  return {
    stumbled: (job, detail, who) =>
      faulted(
        db.name,
        db.sql.transaction().execute((tx) => stumbled(tx, job, detail, who)),
      ),
  };
}

async function stumbled(tx: Sql, job: Job, detail: string, who: string): Promise<Stumbled> {
  const ended = await takenOut(job).execute(tx);
  if (ended.rows.length === 0) return 'not-ours';
  const { mailbox } = job;
  const { code, message } = fault('internal', { detail });
  // A pass that ended well, and whoever retries it, sets `failures` to 0: then it is the first again.
  const { stage, failures, times } = await oneRow(
    tx,
    sql<{ stage: Stage; failures: number; times: number }>`
      select stage, failures, 1 + case when failures > 0 and last_fault ->> 'code' = ${code}
                                       then coalesce((last_fault ->> 'times')::int, 1) else 0 end as times
        from mailbox where id = ${mailbox} for update`,
  );
  const waitSeconds = nextTryInMs(failures) / 1000;
  // Who has nothing to do by itself any more was sent elsewhere meanwhile.
  await sql`
    update mailbox
       set failures = least(failures + 1, 30000), queued_at = null,
           due_at = case when due_at is null then null else now() + make_interval(secs => ${waitSeconds}::float8) end,
           last_fault = jsonb_build_object(
             'code', ${code}::text, 'message', ${message}::text, 'at', now(), 'times', ${times}::int)
     where id = ${mailbox}`.execute(tx);
  if (times < ownFaultsMax) return 'again';
  await block(tx, mailbox, code, { message, stage }, who);
  return 'blocked';
}
