/**
 * Looks at mailboxes of an estate from the command line, or beside the work: one of those at work for as long as it lasts, so
 * that its connections count in the budgets of both platforms, and one that takes no jobs.
 */

import { hostname } from 'node:os';
import { imapSource, ServerMemory } from '#connectors/imap/index.ts';
import { imapInspected } from '#connectors/imap/inspected.ts';
import type { OAuthFiles } from '#connectors/oauth/index.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import { Fault, fault, isFault } from '#domain/fault.ts';
import { type SideName, sideNames, userOn } from '#domain/platform.ts';
import type { Keyring } from '#ports/key-service.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { OpenInspected } from '#ports/inspection.ts';
import type { Traveller } from '#ports/journeys.ts';
import type { InView, LookAt } from '#ports/looks.ts';
import type { SharedSettings } from '#ports/programme.ts';
import { openGovernor, openPlatforms } from '#store/budget.ts';
import type { Database } from '#store/db.ts';
import { openJourneys } from '#store/journeys.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openWorkforce } from '#store/workforce.ts';
import { attend } from '#worker/attendance.ts';
import { Lease } from '#worker/lease.ts';
import { Lookout } from '#worker/lookout.ts';
import { Paces } from '#worker/paces.ts';
import { type ConnectionParts, connectionsOf, takeBoth } from './connections.ts';
import { imapOptions, type WayThere } from './imap-options.ts';
import type { Environment } from './keyring.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';
import { Visit } from './visit.ts';
import { publishBudgets } from './workshop.ts';

export interface OnlookerOptions {
  readonly db: Database;
  readonly settings: SharedSettings;
  readonly version: string;
  /** Of sealed secrets. */
  readonly keys: Keyring | null;
  readonly environment: Environment;
  readonly log: Log;
}

/** Connections on either side, for one look. */
const connectionsForLook = 1;

/** Ends with `await using`. */
export class Onlooker implements AsyncDisposable {
  readonly #options: OnlookerOptions;
  readonly #places = new Set<Promise<Place>>();
  #place: Promise<Place> | null = null;

  constructor(options: OnlookerOptions) {
    this.#options = options;
  }

  /** Begins anew, under another name, when it was counted as gone: the machine slept, or the database was away for long. */
  readonly lookAt: LookAt = async (mailbox, look, signal) => {
    for (;;) {
      signal.throwIfAborted();
      const opening = (this.#place ??= this.#opened());
      const place = await opening;
      try {
        return await lookWithin(place, mailbox, look, AbortSignal.any([signal, place.lease.lapsed]));
      } catch (error) {
        if (signal.aborted || !place.lease.lapsed.aborted) throw error;
        if (this.#place === opening) this.#place = null;
      }
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of this.#places) await (await place.catch(() => null))?.leave();
  }

  #opened(): Promise<Place> {
    const place = opened(this.#options);
    this.#places.add(place);
    return place;
  }
}

interface Place extends ConnectionParts {
  readonly lease: Lease;
  leave(): Promise<void>;
}

/** Throws `secret.*` where a secret of a platform cannot be resolved here. */
async function opened({ db, settings, version, keys, environment, log }: OnlookerOptions): Promise<Place> {
  await using ends = new AsyncDisposableStack();
  const lease = ends.use(new Lease());
  const secrets = new SecretResolver({
    environment,
    kept: sealedSecrets(db),
    keys,
    log,
    clock: () => performance.now(),
  });
  const [lacking] = await secrets.lacking(sideNames.map((side) => settings[side]));
  if (lacking !== undefined) throw fault('secret.unresolved', { reference: lacking, text: 'it cannot be had here' });
  await publishWhereNobodyHas(db, settings);
  const identity = { host: hostname(), pid: process.pid, version, role: 'onlooker', lacks: [] } as const;
  const membership = ends.use(await openWorkforce(db).register(identity));
  const governor = openGovernor(db, membership);
  const source = ends.use(new Lookout('source', { governor, clock: realClock, lapsed: lease.lapsed, log }));
  const target = ends.use(new Lookout('target', { governor, clock: realClock, lapsed: lease.lapsed, log }));
  const paces = new Paces(lease.lapsed);
  const beforeAll = await membership.heartbeat();
  if (beforeAll.kind === 'alive') paces.hear(beforeAll.shares);
  ends.use(attend({ membership, lease, heard: ({ shares }) => paces.hear(shares), log }));
  const reach = reachOf(settings.endpoints ?? null, log);
  let oauthFiles: Promise<OAuthFiles> | null = null;
  const bench: WayThere = {
    settings,
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
  const journeys = openJourneys(db, { send: () => Promise.reject(new Error('an onlooker releases nothing')) });
  const all = ends.move();
  return {
    lease,
    governor,
    bench,
    journeys,
    lookouts: { source, target },
    paces,
    clock: realClock,
    leave: () => all[Symbol.asyncDispose](),
  };
}

/** Where no control plane was ever started nobody has said what the platforms may be asked. */
async function publishWhereNobodyHas(db: Database, settings: SharedSettings): Promise<void> {
  if ((await openPlatforms(db).platformsNow()).length < sideNames.length) await publishBudgets(db, settings);
}

async function lookWithin<Answer>(
  place: Place,
  mailbox: number,
  look: (inView: InView, signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer | null> {
  for (;;) {
    const leases = await takeBoth(place, mailbox, connectionsForLook, signal);
    const visit = new Visit(place, mailbox, connectionsOf(leases));
    let waitMs = 0;
    try {
      const found = await place.journeys.find(mailbox);
      if (!found) return null;
      return await look(inView(place, found.traveller, visit), AbortSignal.any([signal, visit.broken]));
    } catch (error) {
      const { interruption } = visit;
      if (signal.aborted || !interruption) throw error;
      if (interruption.kind === 'asked') waitMs = interruption.waitMs;
    } finally {
      await visit.allLeft();
      await place.governor.release(leases);
    }
    await place.clock.sleep(waitMs, signal);
  }
}

function inView({ bench }: Place, traveller: Traveller, visit: Visit): InView {
  const options = (side: SideName) => imapOptions(bench, traveller, visit, side);
  const keyOf = (side: SideName): string => {
    const platform = bench.settings[side];
    return mailboxKey({ ...platform.endpoint, user: userOn(side, platform, traveller) });
  };
  return {
    traveller,
    pair: { source: keyOf('source'), target: keyOf('target') },
    open: (side) => (signal) => visit.open(side, imapSource(options(side)), signal),
    inspect: (side) => inspecting(visit, side, imapInspected(options(side))),
  };
}

/**
 * A refused sign-in is what such a look is there to find, of mailboxes that nobody has made yet: it says nothing of the platform,
 * and must not keep those at work from signing in.
 */
function inspecting(visit: Visit, side: SideName, open: OpenInspected): OpenInspected {
  return async (signal) => {
    const opened = await visit.open(
      side,
      (within) =>
        open(within).catch((error: unknown) => {
          if (isFault(error, 'imap.sign-in.refused')) return error;
          throw error;
        }),
      signal,
    );
    if (opened instanceof Fault) throw opened;
    return opened;
  };
}
