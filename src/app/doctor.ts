/** Joins `godwit doctor coexistence` to the database, the doors of this machine, the MX, the proxies and both platforms. */

import { randomUUID } from 'node:crypto';
import type { DoctorOptions } from '#cli/world.ts';
import { imapSource, type ImapOptions, ServerMemory } from '#connectors/imap/index.ts';
import { SmtpPost } from '#connectors/smtp/index.ts';
import type { OpenSource } from '#ports/mailbox.ts';
import type { Uid } from '#domain/item.ts';
import { type Named, type SideName, userOn } from '#domain/platform.ts';
import { realClock } from '#lib/clock.ts';
import { doctorCoexistence } from '#operations/doctor-coexistence.ts';
import type { DoctorParts, Finding } from '#operations/doctor-parts.ts';
import type { Inbox } from '#operations/doctor-sides.ts';
import type { Posted } from '#ports/notices.ts';
import { openDoorCare } from '#store/door-care.ts';
import { routeOf } from '#store/route-of.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { authoritiesFor } from './authorities.ts';
import { questionsOf } from './doctor-questions.ts';
import { joinEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { type CredentialPlaces, platformCredentials } from './platform-credentials.ts';
import { reachOf } from './reach.ts';
import { SecretResolver } from './secret-resolver.ts';

/** A test mailbox answers soon; who waits wants to know that it does not. */
const answerMaxMs = 20_000;

/** Throws `database.*`; what is wrong with the chain stands among the findings. */
export async function doctor(
  options: DoctorOptions,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { settings, stateDir, log, moved, unmoved, withinMs, tell } = options;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit doctor', log };
  await using db = await joinEstateDatabase(settings.database, opening, signal);
  const kept = sealedSecrets(db);
  const secrets = new SecretResolver({ environment, kept, keys, log, clock: () => performance.now() });
  const servers = new ServerMemory();
  const reach = reachOf(settings.endpoints ?? null, log);
  const oauthFiles = async () => new (await import('#connectors/oauth/index.ts')).OAuthFiles(environment, { reach });
  const places: CredentialPlaces = { secrets, oauthFiles, log };
  const care = openDoorCare(db);
  const { doors } = settings;
  const { nginx } = doors ?? { nginx: null };
  const secretOf = new Map(
    [moved, unmoved].flatMap(({ address, secret }) => (secret ? [[address, secret] as const] : [])),
  );
  const { imap, mx, from } = options;
  const parts: DoctorParts = {
    patients: [
      { address: unmoved.address, side: 'source' },
      { address: moved.address, side: 'target' },
    ],
    nobody: `nobody-${randomUUID().slice(0, 8)}${unmoved.address.slice(unmoved.address.lastIndexOf('@'))}`,
    doors: () => care.list(),
    routeOf: (address) => routeOf(db, address),
    questions: doors === null ? [] : questionsOf(doors, async () => (nginx === null ? '' : secrets.resolve(nginx.key))),
    send: mx && ((to, messageId, stop) => handOver(mx, { from: from ?? to, to, messageId }, stop)),
    messageId: () => `<godwit-probe-${randomUUID()}@${unmoved.address.slice(unmoved.address.lastIndexOf('@') + 1)}>`,
    inboxOn: (side, named, messageId, stop) => look(platformOptions(side, named), messageId, stop),
    inboxThrough(address) {
      const secret = secretOf.get(address);
      if (imap === null || secret === undefined) return null;
      const { endpoint, ca, verify } = imap;
      const { host, port, security } = endpoint;
      const credentials = {
        current: async () => ({
          kind: 'password' as const,
          user: address,
          password: await secrets.resolve(secret),
          onBehalfOf: null,
        }),
      };
      const there = { host, port, security, ca: authoritiesFor(endpoint, ca), verify };
      return (messageId, stop) =>
        look(
          { ...common, endpoint: there, credentials, name: endpoint.name, servers: new ServerMemory() },
          messageId,
          stop,
        );
    },
    withinMs,
    clock: realClock,
    tell,
  };
  const common = { log, servers, reach, commandDeadlineMs: answerMaxMs, compress: 'off' } as const;
  const platformOptions = (side: SideName, named: Named): ImapOptions => {
    const platform = settings[side];
    const { host, port, security, name } = platform.endpoint;
    return {
      ...common,
      endpoint: { host, port, security, ca: authoritiesFor(platform.endpoint, platform.ca), verify: platform.verify },
      credentials: platformCredentials(side, platform, named, places),
      name: name.replace('://', `://${userOn(side, platform, named)}@`),
    };
  };
  return await doctorCoexistence(parts, signal);
}

/** Opened anew for each look, so that nothing is remembered, and only to be read. */
async function look(options: ImapOptions, messageId: string | null, signal: AbortSignal): Promise<Inbox> {
  const open: OpenSource = imapSource(options);
  await using reader = await open(signal);
  const inbox = (await reader.folders()).folders.find(({ path }) => path.length === 1 && path[0] === 'INBOX');
  if (!inbox?.state) throw new Error('there is no inbox, or it does not tell its state');
  const { uidValidity, uidNext } = inbox.state;
  let hasMessage = false;
  // The last ones only: it has just come.
  const first = Math.max(1, uidNext - latelyMax) as Uid;
  if (messageId !== null && uidNext > 1)
    await reader.headers(inbox.id, [[first, (uidNext - 1) as Uid]], ['Message-ID'], (_, header) => {
      if (header.includes(messageId)) hasMessage = true;
    });
  return { uidValidity, uidNext, hasMessage };
}

const latelyMax = 1_000;

interface ProbeLetter {
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
}

/** As a stranger would bring it, without signing in. */
async function handOver(
  { host, port }: { readonly host: string; readonly port: number },
  { from, to, messageId }: ProbeLetter,
  signal: AbortSignal,
): Promise<Posted> {
  const server = { host, port, security: 'clear', ca: null, verify: false, signIn: null } as const;
  const post = new SmtpPost({ server, password: async () => '' });
  try {
    await post.ready(signal);
    return await post.send(
      {
        messageId,
        from: { name: null, address: from },
        replyTo: null,
        to: { name: null, address: to },
        subject: 'A message by which godwit doctor tries the way of mail',
        text: 'It proves that mail finds this test mailbox on the side where it lives. It may be deleted.\n',
        language: 'en',
        date: new Date(),
      },
      signal,
    );
  } finally {
    await post[Symbol.asyncDispose]();
  }
}
