/** What `godwit doctor` asks others than the database: both platforms, whether signing in succeeds, and the mail server of the notices. */

import type { DoctorEstateOptions } from '#cli/world.ts';
import { imapSource, ServerMemory } from '#connectors/imap/index.ts';
import { inspectImap } from '#connectors/imap/inspect.ts';
import { SmtpPost } from '#connectors/smtp/index.ts';
import { fine, look, untried, wrong } from '#domain/diagnosis.ts';
import { judgeCertificate } from '#domain/diagnosis-machine.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import { askedOnce } from '#lib/asked-once.ts';
import type { Examination } from '#operations/examine.ts';
import { doctorFacts } from '#store/doctor-facts.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { authoritiesFor } from './authorities.ts';
import type { EstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { platformCredentials } from './platform-credentials.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';

/** For one question to a server, so that it ends by itself before its examination does. */
const answerMaxMs = 10_000;

/** `there`: the database, or `NotSeen` where it cannot be had. */
export function outsideExaminations(
  settings: EstateSettings,
  { keys, log }: DoctorEstateOptions,
  environment: Environment,
  there: () => Promise<EstateDatabase>,
): readonly Examination[] {
  const reach = reachOf(settings.endpoints ?? null, log);
  const secrets = askedOnce(async () => {
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
