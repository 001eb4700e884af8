/**
 * What a process needs to carry mailboxes of an estate: a place in the workforce, the queue, the ledgers, and the way to both
 * platforms. `serve` and `worker` open the same.
 */

import { hostname } from 'node:os';
import { doveadmSessions } from '#connectors/doveadm/sessions.ts';
import { ServerMemory } from '#connectors/imap/index.ts';
import type { OAuthFiles } from '#connectors/oauth/index.ts';
import type { DirectorySettings } from '#domain/directory.ts';
import type { Keyring } from '#ports/key-service.ts';
import { holdMostSecondsMax, usualSignInPassageMs, usualSwitching, waysPromisedBy } from '#domain/estate-settings.ts';
import { type Platform, sideNames } from '#domain/platform.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { ComparedMemory } from '#operations/compared-memory.ts';
import { type Meters, metered } from '#operations/metered-journeys.ts';
import type { Directing } from '#operations/pointing.ts';
import { StrayMemory } from '#operations/strays.ts';
import type { Governor } from '#ports/budget.ts';
import type { Stumbled } from '#ports/journeys.ts';
import type { SharedSettings } from '#ports/programme.ts';
import type { Job } from '#ports/queue.ts';
import type { Reach } from '#ports/reach.ts';
import type { Sessions } from '#ports/sessions.ts';
import { type Traces, untraced } from '#ports/traces.ts';
import type { MailboxLease, Membership } from '#ports/workforce.ts';
import { openGovernor, openPlatforms } from '#store/budget.ts';
import type { Database } from '#store/db.ts';
import { openEntriesBefore } from '#store/entries-before.ts';
import { openInterruptions } from '#store/interruptions.ts';
import { openJourneys } from '#store/journeys.ts';
import { estateLedgers } from '#store/ledger.ts';
import { openMeetings } from '#store/meetings.ts';
import { openOwnFaults } from '#store/own-faults.ts';
import { openQueue } from '#store/queue.ts';
import { openRouteHolds } from '#store/route-holds.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openWaysInGate } from '#store/ways-in.ts';
import { openWorkforce } from '#store/workforce.ts';
import { Lease } from '#worker/lease.ts';
import { letGo } from '#worker/let-go.ts';
import { Lookout } from '#worker/lookout.ts';
import { Paces } from '#worker/paces.ts';
import type { Vitals } from '#worker/vitals.ts';
import { work, type WorkerEnd } from '#worker/worker.ts';
import type { EstateDatabase } from './estate-database.ts';
import { probesOf } from './probes.ts';
import { doErrand } from './errand.ts';
import type { Workbench } from './in-hand.ts';
import type { Environment } from './keyring.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';

export interface WorkshopOptions {
  readonly db: EstateDatabase;
  /** What to go by, asked for at the beginning and whenever it has changed; resolves when it is to be had. */
  readonly settings: (stop: AbortSignal) => Promise<SettingsToWorkBy>;
  readonly role: 'serve' | 'worker';
  readonly version: string;
  /** Of sealed secrets. */
  readonly keys: Keyring | null;
  /** 32 octets, kept outside of the database. */
  readonly rootKey: Uint8Array;
  readonly environment: Environment;
  readonly vitals: Vitals;
  readonly meters: Meters;
  /** Told what is being done; lacking: nobody looks. */
  readonly traces?: Traces;
  readonly log: Log;
}

export interface SettingsToWorkBy {
  readonly settings: SharedSettings;
  /** As it was published; null for settings that are this process's own, whatever is published. */
  readonly revision: number | null;
}

/** Between two looks whether all secrets can be resolved. */
const secretsLookMs = 15_000;

/** One round, under one name and by one set of settings: until it is to go, lapses, or what it goes by is out of date. */
export async function workOnce(
  options: WorkshopOptions,
  pulse: Database,
  { settings, revision }: SettingsToWorkBy,
  stop: AbortSignal,
): Promise<WorkerEnd> {
  const { db, role, version, environment, keys, log, rootKey, vitals, meters, traces = untraced } = options;
  using lease = new Lease();
  const kept = sealedSecrets(db);
  const secrets = new SecretResolver({ environment, kept, keys, log, clock: () => performance.now() });
  const platforms = sideNames.map((side) => settings[side]);
  const otherSecrets = settings.directory ? [settings.directory.secret] : [];
  const lacks = await secrets.lacking(platforms, otherSecrets);
  if (lacks.length > 0)
    log.error('secrets cannot be resolved here; nothing is taken before they can', { references: lacks.join(', ') });
  const identity = { host: hostname(), pid: process.pid, version, role, lacks };
  await using joined = await openWorkforce(db, pulse).register(identity);
  const membership: Membership = { ...joined, releaseMailbox: (of) => letGo(lease, () => joined.releaseMailbox(of)) };
  await using queue = await openQueue(db, log, pulse);
  await using ledgers = estateLedgers(db, { rootKey, lapsed: lease.lapsed });
  const outdated = new AbortController();
  await using _looks = looking(secretsLookMs, async () => {
    if ((await secrets.lacking(platforms, otherSecrets)).join() !== lacks.join()) outdated.abort();
  });
  const journeys = openJourneys(db, queue);
  const budgets = openGovernor(db, joined);
  const governor: Governor = {
    ...budgets,
    async take(wanted) {
      const taken = await budgets.take(wanted);
      // Whatever follows from that is no fault of the mailbox, nor of ours.
      if (taken.kind === 'gone') lease.lapse();
      return taken;
    },
    release: (of) => letGo(lease, () => budgets.release(of)),
  };
  const ownFaults = openOwnFaults(db);
  await using source = new Lookout('source', { governor, clock: realClock, lapsed: lease.lapsed, log });
  await using target = new Lookout('target', { governor, clock: realClock, lapsed: lease.lapsed, log });
  const paces = new Paces(lease.lapsed);
  const beforeAll = await membership.heartbeat();
  if (beforeAll.kind === 'alive') paces.hear(beforeAll.shares);
  const reach = reachOf(settings.endpoints ?? null, log);
  let oauthFiles: Promise<OAuthFiles> | null = null;
  const bench: Workbench = {
    settings,
    ledgers,
    secrets,
    servers: new ServerMemory(),
    reach,
    oauthFiles: () =>
      (oauthFiles ??= import('#connectors/oauth/index.ts').then(
        (oauth) => new oauth.OAuthFiles(environment, { reach }),
      )),
    msLeft: () => lease.msLeft(),
    log,
  };
  const strays = new StrayMemory();
  const compared = new ComparedMemory();
  const switching = settings.switching ?? usualSwitching;
  const holding = {
    routes: openRouteHolds(db),
    probing: settings.probes
      ? { probes: probesOf(settings.probes, secrets, reach, log), intake: openInterruptions(db) }
      : null,
    waysIn: openWaysInGate(db, waysPromisedBy(settings)),
    meetings: openMeetings(db, membership.worker),
    sessions: {
      source: sessionsOf(settings.source, secrets, reach),
      target: sessionsOf(settings.target, secrets, reach),
    },
    announceAheadMs: switching.announceAheadSeconds * 1000,
    passageMs: switching.signInPassageMs ?? usualSignInPassageMs,
    // Older versions published longer ones.
    mostMs: Math.min(switching.holdMostSeconds, holdMostSecondsMax) * 1000,
  };
  const directing = settings.directory ? await directingOf(settings.directory, db, secrets, reach, lease) : null;
  const doJob = async (job: Job, mailbox: MailboxLease, over: AbortSignal, notBegun: AbortSignal): Promise<void> => {
    // What is written down by these ends the job with it.
    const journeys = openJourneys(db, queue, job);
    const request = {
      journeys: metered(journeys, job.work, meters),
      choices: { selection: settings.selection, delete: settings.delete, prove: 'sample' },
      followEveryMs: settings.followEverySeconds * 1000,
      holding,
      directing,
      strays,
      compared,
      who: `worker ${membership.worker}`,
      log,
      clock: realClock,
      traces,
    } as const;
    try {
      const lookouts = { source, target };
      const parts = { governor, lookouts, paces, bench, journeys, request, clock: realClock };
      const about = { mailbox: job.mailbox, work: job.work };
      await traces.within('journey', about, () => doErrand(parts, job, mailbox, over, notBegun));
      if (!journeys.hasEnded) await journeys.putBack(job);
    } catch (error) {
      if (over.aborted) meters.pass(job.work, 'broken-off');
      throw error;
    }
  };
  const stumbled = async (job: Job, detail: string): Promise<Stumbled> => {
    let became: Stumbled = 'not-ours';
    await letGo(lease, async () => {
      became = await ownFaults.stumbled(job, detail, `worker ${membership.worker}`);
    });
    return counted(job, became);
  };
  const counted = (job: Job, became: Stumbled): Stumbled => {
    if (became === 'again') meters.pass(job.work, 'failed');
    if (became === 'blocked') {
      meters.pass(job.work, 'blocked');
      meters.blocked('internal');
    }
    return became;
  };
  vitals.begins(() => lease.msLeft(), lacks.length);
  // Awaited here: what it works with is let go of at the end of this scope.
  return await work(
    {
      membership,
      lease,
      queue,
      journeys: { putBack: (job) => letGo(lease, () => journeys.putBack(job)) },
      stumbled,
      travel: doJob,
      atOnce: lacks.length > 0 ? 0 : settings.atOnce,
      heard: ({ settingsRevision, shares }) => {
        paces.hear(shares);
        if (revision !== null && settingsRevision !== revision) outdated.abort();
      },
      outdated: outdated.signal,
      vitals,
      log,
    },
    stop,
  );
}

/** Calls `look` every so often until it is disposed of; one that fails is followed by the next. */
function looking(everyMs: number, look: () => Promise<void>): AsyncDisposable {
  const ended = new AbortController();
  const looked = (async () => {
    while (!ended.signal.aborted) {
      await realClock.sleep(everyMs, ended.signal).catch(() => undefined); // it is over
      // The database is away: what could not be looked up now is looked up the next time.
      if (!ended.signal.aborted) await look().catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await looked;
    },
  };
}

/** Makes what the settings say of both platforms known to all workers. */
export async function publishBudgets(db: Database, settings: SharedSettings): Promise<void> {
  const platforms = openPlatforms(db);
  for (const side of sideNames) await platforms.setBudget(side, settings[side].budget, settings.timezone);
}

async function directingOf(
  settings: DirectorySettings,
  db: Database,
  secrets: SecretResolver,
  reach: Reach,
  lease: Lease,
): Promise<Directing> {
  const { server, bindDn, secret, base } = settings;
  const { ldapDirectory } = await import('#connectors/ldap/index.ts');
  const directory = ldapDirectory({ server, bindDn, password: () => secrets.resolve(secret), base, reach });
  return { directory, before: openEntriesBefore(db), settings, msLeft: () => lease.msLeft() };
}

function sessionsOf({ sessions, ca }: Platform, secrets: SecretResolver, reach: Reach): Sessions | null {
  if (!sessions) return null;
  const { url, key } = sessions;
  return doveadmSessions({ url, key: () => secrets.resolve(key), kind: 'server', ca, reach });
}
