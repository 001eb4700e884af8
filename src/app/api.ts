/** Joins the HTTP API to the database of the estate. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ChangeStreams } from '#api/change-stream.ts';
import { type ContractServer, openContractServer } from '#api/contract-server.ts';
import type { EstateDesk, EvidenceDesk, Kept, WaveLooks } from '#api/estate.ts';
import { Judge } from '#api/judge.ts';
import type { PlansDesk } from '#api/planning.ts';
import { callbackPath, type SignInParts } from '#api/sign-in.ts';
import { type ApiSettings, usualFileLimits } from '#domain/api-settings.ts';
import { type EstateSettings, waysPromisedBy } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import type { SignInSettings } from '#domain/sign-in.ts';
import { cleanText } from '#lib/clean-text.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Traces } from '#ports/traces.ts';
import { followChanges } from '#operations/follow-changes.ts';
import { importEstate } from '#operations/import-estate.ts';
import { readLogFile } from '#operations/read-access-log.ts';
import { rotateSecrets, setSecrets } from '#operations/keep-secrets.ts';
import type { NoticeDesk } from '#operations/notice-desk.ts';
import type { SettingsToRehearse } from '#operations/rehearsal-terms.ts';
import { reportWave } from '#operations/report-wave.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { FileLimits } from '#ports/sent-files.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openTokens } from '#store/access-tokens.ts';
import { openApprovals } from '#store/approvals.ts';
import { openBearers } from '#store/bearers.ts';
import { openChanges } from '#store/changes.ts';
import type { Database } from '#store/db.ts';
import { inOneTransaction } from '#store/in-one-transaction.ts';
import { openEstateParts } from '#store/estate-parts.ts';
import { intakeOf } from '#store/intake.ts';
import { openTailIntake } from '#store/tail.ts';
import { openObeyed } from '#store/obeyed.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openSentFiles } from '#store/sent-files.ts';
import { signingKeys } from '#store/signing-keys.ts';
import { shownDoorPlace } from '#domain/door-place.ts';
import type { Secrets } from '#ports/secrets.ts';
import { evidenceDeskOn } from './evidence-desk.ts';
import { openWorks } from './estate-desk.ts';
import { looksOn } from './inspection.ts';
import type { Environment } from './keyring.ts';
import { noticeDeskOn } from './notices.ts';
import { openPlansDesk, type PlansDeskParts } from './plans-desk.ts';
import { reachOf } from './reach.ts';

export interface ApiParts {
  readonly api: ApiSettings;
  readonly settings: EstateSettings;
  readonly db: Database;
  readonly stateDir: string;
  /** By which secrets are sealed; null: none can be set. */
  readonly keys: Keyring | null;
  /** For the identity provider. */
  readonly secrets: Pick<Secrets, 'resolve'>;
  readonly version: string;
  readonly traces: Traces;
  readonly environment: Environment;
  readonly log: Log;
  /** Looks at everything that the estate stands on, from this process. */
  readonly examine: Kept['examine'];
}

/** Answers from now on. Throws `listen.unusable`. */
export async function openApi({
  api,
  settings,
  db,
  stateDir,
  keys,
  secrets,
  version,
  traces,
  environment,
  log,
  examine,
}: ApiParts): Promise<ContractServer> {
  const changes = followChanges(openChanges(db), realClock, log);
  await using undone = new AsyncDisposableStack();
  undone.use(changes);
  const server = await openContractServer({
    at: api.at,
    tls: api.tls && (await tlsOf(api, api.tls)),
    behindProxy: api.behindProxy,
    version,
    traces,
    desk: deskOn({
      db,
      stateDir,
      keys,
      settings,
      looks: looksOn({ db, settings, keys, version, environment, log }),
      planning: { database: settings.database, settings: settingsToRehearse(settings), log },
      fileLimits: api.files,
      notices: noticeDeskOn({ db, settings, keys, environment, log }),
      examine,
      proofs: evidenceDeskOn({ db, stateDir, settings, keys, version, environment, log }),
    }),
    judge: new Judge(openBearers(db, api.signIn), () => performance.now(), api.signIn && api.signIn.origin),
    signIn: api.signIn && (await signInParts(api.signIn, { db, settings, secrets, log })),
    obeyed: openObeyed(db),
    streams: new ChangeStreams({ changes, clock: realClock, log }),
    log,
  });
  undone.use(server);
  const open = undone.move();
  return { at: server.at, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** A client waits two minutes for an answer (`api/client.ts`), and the last message or secret may take its time. */
const usualOrderMaxMs = 45_000;

export interface DeskParts {
  readonly db: Database;
  readonly stateDir: string;
  readonly keys: Keyring | null;
  readonly looks: WaveLooks;
  readonly planning: Pick<PlansDeskParts, 'database' | 'environment' | 'settings' | 'log'>;
  /** Lacking: one is opened. */
  readonly plans?: PlansDesk;
  /** Lacking: the usual ones. */
  readonly fileLimits?: FileLimits;
  readonly notices: NoticeDesk;
  readonly examine: Kept['examine'];
  readonly proofs: EvidenceDesk;
  /** Lacking for as long as is usual. */
  readonly orderMaxMs?: number;
  readonly settings: Pick<EstateSettings, 'timezone' | 'errorBudget' | 'waysIn' | 'source' | 'target' | 'approvals'>;
}

export function deskOn(given: DeskParts): EstateDesk {
  const { db, stateDir, keys, planning, settings, looks, notices, examine, proofs } = given;
  const { fileLimits = usualFileLimits, orderMaxMs = usualOrderMaxMs } = given;
  const { timezone, errorBudget } = settings;
  const works = openWorks(db, stateDir);
  const parts = openEstateParts(db);
  const files = openSentFiles(db, fileLimits);
  // One for all: a server plans for one at a time.
  const plans = given.plans ?? openPlansDesk({ ...planning, stateDir, files });
  const kept: Kept = {
    secrets: secretsOn(db, keys),
    ...readingOn(db, settings),
    looks,
    plans,
    notices,
    examine,
    proofs,
  };
  return {
    atOnce: (work) => inOneTransaction(db, (inner) => work(deskOn({ ...given, plans, db: inner }))),
    for(holder, act) {
      const { accounts, ...part } = parts.of(holder, act);
      return { ...works, ...kept, ...part, reports: { wave: (name) => reportWave(accounts, name) } };
    },
    access: {
      tokens: openTokens(db),
      sessions: openSessions(db),
      approvals: openApprovals(db),
      twoPeople: settings.approvals ?? [],
    },
    files,
    timezone,
    errorBudget,
    waysPromised: waysPromisedBy(settings),
    orderMaxMs,
    signingKeys: signingKeys(db),
  };
}

/** What a rehearsal goes by, and nothing of how somebody signs in. */
function settingsToRehearse(settings: EstateSettings): SettingsToRehearse {
  const { timezone, followEverySeconds, errorBudget, source, target } = settings;
  const budgets = { source: { budget: source.budget }, target: { budget: target.budget } };
  return { timezone, followEverySeconds, errorBudget, ...budgets };
}

function secretsOn(db: Database, keys: Keyring | null): Kept['secrets'] {
  const kept = sealedSecrets(db);
  const keeping = (who: string) => ({ kept, keys, random: randomBytes, who });
  return {
    list: (prefix, after, max) => kept.list(prefix, after, max),
    set: (secret, who) => setSecrets(keeping(who), [secret]),
    remove: (name, who) => kept.remove(name, who),
    lastErasure: () => kept.lastErasure(),
    rotate: (order, who, signal) => rotateSecrets(keeping(who), signal, order),
    erasable: (order) => kept.erasable(order),
    erase: (order, who, why) => kept.erase(order, who, why),
  };
}

/** What reads files that were sent. */
function readingOn(db: Database, { source, target }: DeskParts['settings']): Pick<Kept, 'imports' | 'logs'> {
  const users = { source: source.user, target: target.user };
  const intake = openTailIntake(db, users);
  return {
    imports: { run: (order, signal) => importEstate({ ...order, users, openIntake: intakeOf(db) }, signal) },
    logs: {
      read: (order, file, watcher, signal) => readLogFile({ ...order, intake, watcher, now: Date.now }, file, signal),
      knowAgain: () => intake.knowAgain(),
    },
  };
}

/** What signing in takes is loaded where people do. */
async function signInParts(
  signIn: SignInSettings,
  { db, settings, secrets, log }: Pick<ApiParts, 'db' | 'settings' | 'secrets' | 'log'>,
): Promise<SignInParts> {
  const { OpenIdProvider } = await import('#connectors/oauth/index.ts');
  const { clientSecret } = signIn;
  const provider = new OpenIdProvider({
    settings: signIn,
    callback: new URL(callbackPath, signIn.origin),
    secret: async () => (clientSecret === null ? null : secrets.resolve(clientSecret)),
    reach: reachOf(settings.endpoints ?? null, log),
    clock: () => performance.now(),
  });
  return { provider, settings: signIn, sessions: openSessions(db) };
}

async function tlsOf({ at }: ApiSettings, { certificate, key }: NonNullable<ApiSettings['tls']>) {
  try {
    const [chain, secret] = await Promise.all([readFile(certificate, 'utf8'), readFile(key, 'utf8')]);
    return { certificate: chain, key: secret };
  } catch (error) {
    const text = `its certificate or key cannot be read: ${cleanText((error as Error).message, 200)}`;
    throw fault('listen.unusable', { at: shownDoorPlace(at), text }, { cause: error });
  }
}
