/**
 * What a process needs to carry mailboxes of an estate: a place in the workforce, the queue, the ledgers, and the way to both
 * platforms. `serve` and `worker` open the same.
 */

import { hostname } from 'node:os';
import { ServerMemory } from '#connectors/imap/index.ts';
import type { OAuthFiles } from '#connectors/oauth/index.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { sideNames } from '#domain/platform.ts';
import type { SecretReference } from '#domain/secret-reference.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { travel } from '#operations/travel.ts';
import type { ConnectionLease, Governor } from '#ports/budget.ts';
import type { Job } from '#ports/queue.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { openGovernor, openPlatforms } from '#store/budget.ts';
import type { Database } from '#store/db.ts';
import { openJourneys } from '#store/journeys.ts';
import { estateLedgers } from '#store/ledger.ts';
import { openQueue } from '#store/queue.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openWorkforce } from '#store/workforce.ts';
import { Lease } from '#worker/lease.ts';
import { work, type WorkerEnd } from '#worker/worker.ts';
import { inHand, type Workbench } from './in-hand.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { SecretResolver } from './secret-resolver.ts';

export interface WorkshopOptions {
  readonly db: Database;
  readonly settings: EstateSettings;
  readonly role: 'serve' | 'worker';
  readonly version: string;
  readonly keys: readonly SecretReference[];
  /** 32 octets, kept outside of the database. */
  readonly rootKey: Uint8Array;
  readonly environment: Environment;
  readonly log: Log;
}

/** Connections that a piece of work has open at a time, on either side: a switch looks while it carries. */
const connectionsFor = { copy: 1, follow: 1, 'follow-back': 1, switch: 2, return: 2 } as const;

/** Works until `stop` fires or the worker is drained; one that lapsed begins anew under a new name. */
export async function workUntil(options: WorkshopOptions, stop: AbortSignal): Promise<void> {
  for (;;) {
    const end = await workOnce(options, stop);
    if (end !== 'lapsed' || stop.aborted) return;
    options.log.warn('this worker was counted as gone, and begins anew');
  }
}

async function workOnce(options: WorkshopOptions, stop: AbortSignal): Promise<WorkerEnd> {
  const { db, settings, role, version, environment, log, rootKey } = options;
  using lease = new Lease();
  const kept = sealedSecrets(db);
  const keys = await readKeyring(options.keys, environment, log);
  const secrets = new SecretResolver({ environment, kept, keys, log, clock: () => performance.now() });
  const lacks = await secrets.lacking(sideNames.map((side) => settings[side]));
  if (lacks.length > 0) log.error('secrets that cannot be resolved here', { secrets: lacks.join(', ') });
  const identity = { host: hostname(), pid: process.pid, version, role, lacks };
  await using membership = await openWorkforce(db).register(identity);
  await using queue = await openQueue(db, log);
  await using ledgers = estateLedgers(db, { rootKey, lapsed: lease.lapsed });
  const journeys = openJourneys(db, queue);
  const governor = openGovernor(db, membership.worker);
  let oauthFiles: Promise<OAuthFiles> | null = null;
  const bench: Workbench = {
    settings,
    ledgers,
    secrets,
    servers: new ServerMemory(),
    oauthFiles: () =>
      (oauthFiles ??= import('#connectors/oauth/index.ts').then((oauth) => new oauth.OAuthFiles(environment))),
    msLeft: () => lease.msLeft(),
    log,
  };
  const doJob = async (job: Job, mailbox: MailboxLease, over: AbortSignal): Promise<void> => {
    const found = await journeys.find(job.mailbox);
    if (!found) return;
    const { traveller, wave } = found;
    const connections = connectionsFor[job.work];
    const leases = await takeBoth(governor, job.mailbox, connections, over);
    try {
      await travel(
        {
          work: job.work,
          inHand: inHand(bench, traveller, mailbox),
          wave,
          journeys,
          choices: { selection: settings.selection, delete: settings.delete, prove: 'sample' },
          followEveryMs: settings.followEverySeconds * 1000,
          who: `worker ${membership.worker}`,
          log,
          clock: realClock,
        },
        over,
      );
    } finally {
      await governor.release(leases);
    }
  };
  // Awaited here: what it works with is let go of at the end of this scope.
  return await work({ membership, lease, queue, journeys, travel: doJob, atOnce: settings.atOnce, log }, stop);
}

/** Connections on both sides, waiting as long as it takes: never more than the budgets allow. */
async function takeBoth(
  governor: Governor,
  mailbox: number,
  connections: number,
  over: AbortSignal,
): Promise<readonly ConnectionLease[]> {
  const taken: ConnectionLease[] = [];
  try {
    for (const side of sideNames) {
      for (;;) {
        over.throwIfAborted();
        const answer = await governor.take({ side, mailbox, connections, atLeast: connections });
        if (answer.kind === 'gone') throw new Error('this worker was counted as gone');
        if (answer.kind === 'granted') {
          taken.push(answer.lease);
          break;
        }
        await realClock.sleep(Math.min(answer.waitMs, 5_000), over);
      }
    }
    return taken;
  } catch (error) {
    await governor.release(taken);
    throw error;
  }
}

/** Makes what the settings say of both platforms known to all workers. */
export async function publishBudgets(db: Database, settings: EstateSettings): Promise<void> {
  const platforms = openPlatforms(db);
  for (const side of sideNames) await platforms.setBudget(side, settings[side].budget, settings.timezone);
}
