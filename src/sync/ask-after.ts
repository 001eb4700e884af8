/** What the source was asked for and did not return. */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { ReadOutcome } from '#ports/mailbox.ts';
import type { Engine } from './engine.ts';
import type { OpenJobs } from './open-jobs.ts';
import { type Job, rowOf } from './send-plan.ts';
import { wordsOf } from './stops.ts';

/** Asks whether the messages that did not come are still listed; those that are go by themselves next, and then are named. */
export async function askAfter(engine: Engine, jobs: OpenJobs, job: Job, outcome: ReadOutcome): Promise<void> {
  const { plan } = job;
  const { source, suspects } = engine;
  const folder = plan.work.source.id;
  const still = await source.list(folder, uidSet(outcome.missing), false);
  const listed = new Set<Uid>();
  for (let row = 0; row < still.length; row++) listed.add(still.uid(row));
  for (const uid of outcome.missing) {
    if (!listed.has(uid)) {
      // It left the source between the listing and the reading; the next run would not see it either.
      jobs.close(job, 1);
      continue;
    }
    if (job.rows.length > 1) {
      while (suspects.companyMax(folder, uid) > 1) suspects.add(folder, uid);
      plan.rows.push(rowOf(plan, job.rows, uid));
      jobs.close(job, 1);
      continue;
    }
    const words = outcome.refused ? wordsOf(outcome.refused) : 'the source lists it and returns nothing for it';
    // What may be given another time is asked for in every run.
    jobs.refuse(job, uid, outcome.refused?.isPassing === false ? 'unreadable' : 'withheld', words, null);
  }
}
