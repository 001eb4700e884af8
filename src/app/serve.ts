/**
 * The control plane with workers in the same process: opens the database, publishes the settings, joins the workforce, and
 * leads where nobody else does. Ends in good order when it is asked to.
 */

import { hostname } from 'node:os';
import {
  type EstateSettings,
  usualHomeLateAfterSeconds,
  usualSwitching,
  usualTogetherMost,
} from '#domain/estate-settings.ts';
import type { Listen } from '#domain/listen.ts';
import { sideNames } from '#domain/platform.ts';
import type { KeyReference } from '#domain/secret-reference.ts';
import type { Metrics } from '#api/metrics.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Door } from '#doors/door.ts';
import type { Log } from '#lib/log.ts';
import { estateWatch } from '#operations/watch-estate.ts';
import { auditHead } from '#store/audit.ts';
import { ClockWatch } from '#store/clock-watch.ts';
import type { Database } from '#store/db.ts';
import { openElection } from '#store/election.ts';
import { openEstateView } from '#store/estate-view.ts';
import { openForecasting } from '#store/forecasting.ts';
import { openJourneys } from '#store/journeys.ts';
import { openLooks } from '#store/looks.ts';
import { restoredWhy } from '#store/origin.ts';
import { openProgrammeSettings } from '#store/programme.ts';
import { installQueue } from '#store/queue-schema.ts';
import { careForRoutes } from '#store/route-holds.ts';
import { careForParties, type PartyTerms } from '#store/party-keeping.ts';
import { findLost } from '#store/queue-rows.ts';
import { openQueue } from '#store/queue.ts';
import { openRouteSource } from '#store/route-following.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { sweepSentFiles } from '#store/sent-files.ts';
import { openInterruptions } from '#store/interruptions.ts';
import { openTailIntake } from '#store/tail.ts';
import { careForWaves } from '#store/wave-care.ts';
import { careForWaysHome, type WayHomeBounds } from '#store/way-home.ts';
import type { SendNoticesParts } from '#operations/send-notices.ts';
import type { Lead } from '#ports/workforce.ts';
import { openWorkforce } from '#store/workforce.ts';
import { leadOn, seldom } from '#worker/releaser.ts';
import type { Vitals } from '#worker/vitals.ts';
import { openApi } from './api.ts';
import { goToWork } from './at-work.ts';
import { type HeadSendingParts, sendHeadsWhenDue } from './audit-head-sending.ts';
import { AuditKeeper, sayWhatIsLost } from './audit-keeping.ts';
import { checkAhead, type CheckAheadParts } from './check-ahead.ts';
import { type Coexistence, openCoexistence } from './coexistence.ts';
import { doctorEstate } from './doctor-estate.ts';
import { type EstateDatabase, estateDatabaseName, openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { workUntil } from './keep-working.ts';
import { forecastNightly, type NightlyForecastParts } from './nightly-forecast.ts';
import { Onlooker, type OnlookerOptions } from './onlooker.ts';
import { noticeParts } from './notices.ts';
import { sendNoticesWhenDue } from './notices-when-due.ts';
import { rootKeyOf } from './root-key.ts';
import { noticeEarlier, untilConfirmed } from './restored.ts';
import { publishedSettings } from './settings-to-work-by.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';
import { openTracing } from './tracing.ts';
import { publishBudgets } from './workshop.ts';

export interface ServeOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  readonly version: string;
  readonly keys: readonly KeyReference[];
  readonly environment: Environment;
  /** What receives traces (GODWIT_TRACES); lacking or null: nobody does. */
  readonly traces?: string | null;
  readonly log: Log;
  /** Called once everything is open; with where health and metrics are told, null for nowhere. */
  readonly started: (at: Listen | null, doors: readonly Pick<Door, 'serves' | 'at'>[]) => void;
}

/** Connections to the database for the work itself; leading and the workforce have some of their own. */
const connectionsMax = 16;
/** Between two looks at the clock by who waits for the lead. */
const watchMs = 5_000;

/** Serves until `stop` fires. Throws what keeps it from beginning. */
export async function serve(options: ServeOptions, stop: AbortSignal): Promise<void> {
  const { settings, stateDir, environment, log, version, started } = options;
  await using traces = await openTracing(options.traces ?? null, version, log);
  await using atWork = await goToWork({ role: 'serve', version, listen: settings.listen, traces, log });
  const { vitals, metrics } = atWork;
  const keys = await readKeyring(options.keys, environment, log);
  const { embedded } = settings;
  const opening = { stateDir, environment, embedded, connectionsMax, applicationName: 'godwit serve', log };
  await using db = await openEstateDatabase(settings.database, opening, stop);
  await installQueue(db);
  await noticeEarlier(db, stateDir);
  const rootKey = await rootKeyOf({ db, stateDir, keys, mayMake: true, log });
  await sayWhatIsLost(db, stateDir, log);
  await publish(db, settings, version);
  await using queue = await openQueue(db, log);
  metrics.tellOfEstate(estateWatch(openEstateView(db), queue));
  const ended = new AbortController();
  const leader = {
    db,
    stateDir,
    vitals,
    log,
    checking: checkingParts({ db, settings, version, keys, environment, log }),
    notices:
      settings.notices &&
      noticeParts({
        db,
        settings: settings.notices,
        timezone: settings.timezone,
        endpoints: settings.endpoints ?? null,
        keys,
        environment,
        log,
      }),
    heads: headsToSend({ db, settings, stateDir, keys, environment, log }),
    forecasts: { forecasting: openForecasting(db), timezone: settings.timezone, now: () => Date.now(), log },
    announceAheadMs: (settings.switching ?? usualSwitching).announceAheadSeconds * 1000,
    home: {
      lateAfterMs: (settings.switching?.homeLateAfterSeconds ?? usualHomeLateAfterSeconds) * 1000,
      followEveryMs: settings.followEverySeconds * 1000,
    },
    together: {
      togetherMost: settings.switching?.togetherMost ?? usualTogetherMost,
      atOnce: settings.atOnce,
      connections: Math.min(...sideNames.map((side) => settings[side].budget.connections)),
    },
  };
  const leading = leadWhenNobodyDoes(leader, AbortSignal.any([stop, ended.signal]));
  await using coexistence = settings.doors && (await openWithDoors(options, db, keys, metrics));
  const { api } = settings;
  const secrets = new SecretResolver({
    environment,
    kept: sealedSecrets(db),
    keys,
    log,
    clock: () => performance.now(),
  });
  const looking = { settings, problems: [], stateDir, keys: options.keys, version, log };
  const examine = () => doctorEstate(looking, environment, ended.signal, db);
  await using _api =
    api && (await openApi({ api, settings, db, stateDir, keys, secrets, version, traces, environment, log, examine }));
  started(atWork.at, coexistence === null ? [] : coexistence.doors);
  try {
    const toWorkBy = publishedSettings(openProgrammeSettings(db), vitals, log);
    const working = { role: 'serve', settings: toWorkBy, keys, version, environment, db, rootKey, vitals } as const;
    const end = await workUntil({ ...working, meters: metrics, traces, log }, stop);
    if (end === 'drained') {
      log.info('drained: this control plane leads on, and carries nothing more until it is started again');
      await leading;
    }
  } finally {
    ended.abort();
    await leading;
  }
}

/** The doors, where the settings name some; they answer for this estate in the same process. */
async function openWithDoors(
  { settings, stateDir, environment, version, log }: ServeOptions,
  db: EstateDatabase,
  keys: Keyring | null,
  metrics: Metrics,
): Promise<Coexistence> {
  const kept = sealedSecrets(db);
  const secrets = new SecretResolver({ environment, kept, keys, log, clock: () => performance.now() });
  const databaseName = await estateDatabaseName(settings.database, { stateDir, environment });
  const source = openRouteSource(db);
  const intake = openTailIntake(db, { source: settings.source.user, target: settings.target.user });
  const interruptions = openInterruptions(db);
  const parts = { settings, source, secrets, intake, interruptions, stateDir, databaseName, version, log };
  const coexistence = await openCoexistence(parts);
  metrics.tellOfDoors(() => coexistence.counts());
  return coexistence;
}

/** Makes known to all workers what to go by. Whichever control plane was started last is right. */
async function publish(db: Database, settings: EstateSettings, version: string): Promise<void> {
  const {
    database: _database,
    embedded: _embedded,
    listen: _listen,
    api: _api,
    notices: _notices,
    audit: _audit,
    doors: _doors,
    approvals: _approvals,
    ...shared
  } = settings;
  await publishBudgets(db, shared);
  await openProgrammeSettings(db).publish(shared, { version, host: hostname() });
}

interface LeaderParts {
  readonly db: Database;
  readonly stateDir: string;
  readonly vitals: Vitals;
  readonly log: Log;
  /** Null: nobody is looked at ahead. */
  readonly checking: CheckAheadParts | null;
  readonly forecasts: NightlyForecastParts;
  /** Null: the head of the audit log is kept in the state folder and nowhere else. */
  readonly heads: HeadSendingParts | null;
  /** So long a mailbox is announced to the doors before it may switch. */
  readonly announceAheadMs: number;
  readonly home: WayHomeBounds;
  readonly together: PartyTerms;
  /** Null: people are told nothing. */
  readonly notices: SendNoticesParts | null;
}

function checkingParts(options: OnlookerOptions & Pick<ServeOptions, 'settings'>): CheckAheadParts | null {
  const { db, settings, log } = options;
  const { checkAheadSeconds: aheadSeconds, selection } = settings;
  if (aheadSeconds === null) return null;
  return { aheadSeconds, selection, looks: openLooks(db), open: () => new Onlooker(options), log };
}

function headsToSend(
  options: Omit<OnlookerOptions, 'settings' | 'version'> & Pick<ServeOptions, 'settings' | 'stateDir'>,
): HeadSendingParts | null {
  const { db, settings, stateDir, keys, environment, log } = options;
  const { audit = null, notices, timezone, endpoints = null } = settings;
  if (audit === null || audit.sendHead.length === 0) return null;
  const post = notices && noticeParts({ db, settings: notices, timezone, endpoints, keys, environment, log });
  return {
    settings: audit,
    stateDir,
    head: () => auditHead(db.sql),
    notices,
    openPost: () => {
      if (!post) throw new Error('there is no mail server to send it by');
      return post.openPost();
    },
    reach: reachOf(endpoints, log),
    now: () => Date.now(),
    log,
  };
}

/** Leads as soon as nobody else does, again and again, until `stop` fires. */
async function leadWhenNobodyDoes(
  { db, stateDir, vitals, log, checking, forecasts, heads, notices, announceAheadMs, home, together }: LeaderParts,
  stop: AbortSignal,
): Promise<void> {
  const clock = new ClockWatch(db, log);
  while (!stop.aborted) {
    try {
      await using lead = await elected(db, clock, log, stop);
      await noticeEarlier(db, stateDir);
      await untilConfirmed(db, log, AbortSignal.any([stop, lead.lost]));
      log.info('leading');
      vitals.leads = true;
      const restored = new AbortController();
      const signal = AbortSignal.any([stop, lead.lost, restored.signal]);
      await using queue = await openQueue(db, log);
      const workforce = openWorkforce(db);
      const audit = new AuditKeeper(db, stateDir, log);
      const upkeep = [
        () => clock.look(),
        () => audit.keep(),
        async () => {
          await noticeEarlier(db, stateDir);
          if ((await restoredWhy(db.sql)) !== null) restored.abort();
        },
        () => workforce.strikeVanished(),
        () => careForWaves(db, forecasts.timezone),
        () => careForRoutes(db, announceAheadMs),
        seldom(15_000, () => careForWaysHome(db, home, log)),
        () => careForParties(db, together),
        seldom(60_000, () => findLost(db.sql)),
        seldom(600_000, () => sweepSentFiles(db)),
      ];
      await using _looking = checking && beside(signal, (over) => checkAhead(checking, over, (ms) => pause(ms, over)));
      await using _forecasting = beside(signal, (over) => forecastNightly(forecasts, over, (ms) => pause(ms, over)));
      await using _witnessed =
        heads && beside(signal, (over) => sendHeadsWhenDue(heads, over, (ms) => pause(ms, over)));
      await using _telling =
        notices && beside(signal, (over) => sendNoticesWhenDue(notices, over, (ms) => pause(ms, over)));
      await leadOn({ journeys: openJourneys(db, queue), queue, upkeep, log }, signal, (ms) => pause(ms, signal));
    } catch (error) {
      if (stop.aborted) return;
      log.warn('the lead was lost', { text: error instanceof Error ? error.message : String(error) });
      await pause(1_000, stop);
    } finally {
      vitals.leads = false;
    }
  }
}

/** The lead, once it is ours. Until then the clock is watched all the same. */
async function elected(db: Database, clock: ClockWatch, log: Log, stop: AbortSignal): Promise<Lead> {
  const ended = new AbortController();
  const over = AbortSignal.any([stop, ended.signal]);
  const watched = (async () => {
    while (!over.aborted) {
      await clock.watch().catch(() => undefined); // the database is away: what happens meanwhile is seen afterwards
      await pause(watchMs, over);
    }
  })();
  try {
    return await openElection(db).lead(stop, () => log.info('another control plane leads; waiting'));
  } finally {
    ended.abort();
    await watched;
  }
}

/** What goes on beside the leading, until it is disposed of. */
function beside(signal: AbortSignal, work: (over: AbortSignal) => Promise<void>): AsyncDisposable {
  const ended = new AbortController();
  const worked = work(AbortSignal.any([signal, ended.signal]));
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await worked;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
