/** Joins `godwit doctor` to all that an estate stands on: the machine, the settings, the database, both platforms, and what is outside. */

import type { DoctorEstateOptions } from '#cli/world.ts';
import { imapSource, ServerMemory } from '#connectors/imap/index.ts';
import { inspectImap } from '#connectors/imap/inspect.ts';
import { SmtpPost } from '#connectors/smtp/index.ts';
import { type Diagnosis, fine, look, type Remark, untried, wrong } from '#domain/diagnosis.ts';
import { judgeDatabase } from '#domain/diagnosis-database.ts';
import {
  judgeBlocked,
  judgeClock,
  judgeForecast,
  judgeNotices,
  judgeQueue,
  judgeReplication,
  judgeSize,
  judgeStanding,
  judgeWorkers,
} from '#domain/diagnosis-estate.ts';
import { judgeCertificate } from '#domain/diagnosis-machine.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import { realClock } from '#lib/clock.ts';
import { type Examination, examine, NotSeen } from '#operations/examine.ts';
import { auditHead, followsOn } from '#store/audit.ts';
import { databaseInfo } from '#store/database-care.ts';
import { doctorFacts } from '#store/doctor-facts.ts';
import { openDoorCare } from '#store/door-care.ts';
import { openEstateView } from '#store/estate-view.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { readAuditHead } from './audit-keeping.ts';
import { authoritiesFor } from './authorities.ts';
import { machineExaminations } from './doctor-machine.ts';
import { type EstateDatabase, reachMadeDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { platformCredentials } from './platform-credentials.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';

/** Servers that answer, answer sooner. */
const withinMs = 15_000;
/** For one question to a server, so that it ends by itself before its examination does. */
const answerMaxMs = 10_000;

/** Looks at everything; rejects only with the reason of the signal. */
export async function doctorEstate(
  options: DoctorEstateOptions,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const { settings, problems, log } = options;
  await using ends = new AsyncDisposableStack();
  const database = settings === null ? null : opened(settings, options, environment, ends, signal);
  // Whoever looks at it tells why it cannot be had; here nobody waits for it yet.
  database?.catch(() => undefined);
  const there = async (): Promise<EstateDatabase> => {
    const db = await database?.catch(() => null);
    if (!db) throw new NotSeen(settings === null ? 'the settings cannot be read' : 'the database cannot be reached');
    return db;
  };
  const said: readonly Remark[] =
    problems.length > 0
      ? problems.map((problem) => wrong('godwit.yaml', problem, 'Correct it: docs/godwit-yaml.md.'))
      : [fine('godwit.yaml', 'can be read')];
  const examinations: readonly Examination[] = [
    { check: 'settings', reach: 'estate', look: async () => said },
    ...machineExaminations(options),
    ...databaseExaminations(options, database, there),
    ...(settings === null ? [] : outsideExaminations(settings, options, environment, there)),
  ];
  log.debug('looking', { examinations: examinations.length });
  return await examine(examinations, { withinMs, clock: realClock }, signal);
}

async function opened(
  settings: EstateSettings,
  { stateDir, log }: DoctorEstateOptions,
  environment: Environment,
  ends: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const opening = { stateDir, environment, connectionsMax: 4, applicationName: 'godwit doctor', log };
  const db = await reachMadeDatabase(settings.database, opening, signal);
  if (!ends.disposed) return ends.use(db);
  // Nobody waits for it any more.
  await db[Symbol.asyncDispose]();
  throw new NotSeen('the database answered too late');
}

function databaseExaminations(
  { stateDir, version }: DoctorEstateOptions,
  database: Promise<EstateDatabase> | null,
  there: () => Promise<EstateDatabase>,
): readonly Examination[] {
  const facts = once(async () => doctorFacts(await there()));
  const now = once(async () => openEstateView(await there()).now());
  return [
    {
      check: 'database',
      reach: 'estate',
      look: async () => {
        const db = await (database ?? there());
        return judgeDatabase({ ...(await databaseInfo(db)), isEmbedded: db.isEmbedded });
      },
    },
    {
      check: 'database',
      reach: 'estate',
      look: async () => {
        const db = await there();
        const before = Date.now();
        const found = await doctorFacts(db);
        // In the middle of the round trip.
        const skewMs = found.now - (before + Date.now()) / 2;
        return [judgeClock(skewMs), judgeReplication(found), judgeSize(found.mailboxes, db.isEmbedded)];
      },
    },
    { check: 'work', reach: 'estate', look: async () => judgeWorkers(await facts(), version) },
    { check: 'work', reach: 'estate', look: async () => [judgeQueue(await facts())] },
    { check: 'mailboxes', reach: 'mailbox', look: async () => judgeBlocked(await facts()) },
    { check: 'notices', reach: 'mailbox', look: async () => judgeNotices(await facts()) },
    { check: 'standing', reach: 'estate', look: async () => judgeStanding(await now(), (await facts()).now) },
    {
      check: 'forecast',
      reach: 'estate',
      look: async () => [
        judgeForecast(
          await facts(),
          (await now()).waves.some(({ state }) => state !== 'cancelled'),
        ),
      ],
    },
    { check: 'doors', reach: 'platform', look: async () => doorsIn(await there()) },
    { check: 'audit', reach: 'estate', look: async () => [await auditIn(await there(), stateDir)] },
  ];
}

function outsideExaminations(
  settings: EstateSettings,
  { keys, log }: DoctorEstateOptions,
  environment: Environment,
  there: () => Promise<EstateDatabase>,
): readonly Examination[] {
  const reach = reachOf(settings.endpoints ?? null, log);
  const secrets = once(async () => {
    const keyring = await readKeyring(keys, environment, log);
    const db = await there().catch(() => null); // secrets that are not sealed can be had without it
    const kept = db && sealedSecrets(db);
    return new SecretResolver({ environment, kept, keys: keyring, log, clock: () => performance.now() });
  });
  const oauthFiles = async () => new (await import('#connectors/oauth/index.ts')).OAuthFiles(environment, { reach });
  const optionsOf = (side: SideName) => {
    const { endpoint, ca, verify } = settings[side];
    const at = { ...endpoint, ca: authoritiesFor(endpoint, ca), verify };
    const common = { log, reach, name: endpoint.name, commandDeadlineMs: answerMaxMs, compress: 'off' } as const;
    return { ...common, endpoint: at, servers: new ServerMemory() };
  };
  const answers = (side: SideName): Examination['look'] => {
    const { endpoint, verify } = settings[side];
    return async (signal) => {
      const { server, fault } = await inspectImap({ ...optionsOf(side), credentials: null })(signal);
      return [
        fault === null ? fine(side, `${endpoint.name} answers`) : wrong(side, fault.message, fault.remedy),
        server?.tls ? judgeCertificate(side, server.tls.validTo, Date.now()) : null,
        verify ? null : look(side, 'its certificate is not verified', `Name its authority in ${side}.ca instead.`),
      ];
    };
  };
  const signsIn =
    (side: SideName): Examination['look'] =>
    async (signal) => {
      const { someone } = await doctorFacts(await there());
      if (someone === null) return [untried(side, 'nobody can be signed in yet: no mailbox is followed')];
      const places = { secrets: await secrets(), oauthFiles, log };
      const credentials = platformCredentials(side, settings[side], someone, places);
      await using _mailbox = await imapSource({ ...optionsOf(side), credentials })(signal);
      return [fine(side, `the sign-in of ${someone.address} succeeds`)];
    };
  const { notices } = settings;
  return [
    ...sideNames.flatMap((side): Examination[] => [
      { check: 'platform', reach: 'platform', look: answers(side) },
      { check: 'sign-in', reach: 'platform', look: signsIn(side) },
    ]),
    {
      check: 'secrets',
      reach: 'estate',
      look: async () => {
        const others = [settings.directory?.secret, notices?.smtp.signIn?.secret].filter((each) => each !== undefined);
        const lacking = await (await secrets()).lacking(
          sideNames.map((side) => settings[side]),
          others,
        );
        const remedy =
          'Put it there: godwit secret set, the file, or the variable of the environment (docs/secrets.md).';
        return lacking.length === 0
          ? [fine('secrets', 'all can be had here')]
          : lacking.map((each) => wrong(each, 'it cannot be had here', remedy));
      },
    },
    ...(notices === null
      ? []
      : [
          {
            check: 'notices',
            reach: 'platform',
            look: async (signal) => {
              const { smtp } = notices;
              const password = async () => (smtp.signIn ? (await secrets()).resolve(smtp.signIn.secret) : '');
              await using post = new SmtpPost({ server: smtp, reach, password });
              await post.ready(signal);
              return [fine('mail server', `${smtp.host} lets us in`)];
            },
          } satisfies Examination,
        ]),
  ];
}

async function doorsIn(db: EstateDatabase): Promise<readonly Remark[]> {
  return (await openDoorCare(db).list()).map(({ id, host, pid, serves, isAlive, lostForMs }) => {
    const about = `${serves.join(', ')} on ${host}, process ${pid}`;
    if (isAlive) return fine(about, 'its lease is alive');
    const remedy = `Start it again, or stop it for good and say so: godwit coexist forget ${id.slice(0, 8)} --why …`;
    return wrong(about, `has not been heard of for ${Math.round(lostForMs / 1_000)} s`, remedy);
  });
}

/** By the head that is kept, which costs nothing; the whole log is what `godwit audit verify` reads. */
async function auditIn(db: EstateDatabase, stateDir: string): Promise<Remark | null> {
  const kept = await readAuditHead(stateDir);
  if (kept === null)
    return (await auditHead(db.sql)) === null
      ? null
      : look(
          'head',
          'none is kept in this state folder',
          'The control plane that leads keeps one in its own: look there (docs/audit.md).',
        );
  const broken = await followsOn(db.sql, kept);
  return broken === null
    ? fine('head', `the log holds the head that was kept, link ${kept.seq}`)
    : wrong(
        'head',
        `the log is not as it was written: ${broken}`,
        'godwit audit verify; if a backup was put back, docs/audit.md says what to do.',
      );
}

/** Asked once, whoever wants it. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= ask());
}
