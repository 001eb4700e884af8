/**
 * Looks at an IMAP server for `godwit probe`: the connection and what is said before sign-in, then, where credentials were
 * given, the mailbox. Everything is read only.
 */

import { Fault, isFault } from '#domain/fault.ts';
import type { MailboxFacts, ServerFacts } from '#domain/probe-report.ts';
import type { Inspection, InspectServer } from '#ports/inspection.ts';
import type { Credentials } from '#ports/credentials.ts';
import * as imap from '#protocols/imap/index.ts';
import { faultOf } from './faults.ts';
import { inspectMailbox } from './inspect-mailbox.ts';
import { openSession } from './open.ts';
import { connectMs, type ImapOptions, usualDeadlineMs } from './options.ts';
import { serverKind } from './server-kind.ts';
import { tlsFactsOf } from './tls-facts.ts';

export interface InspectOptions extends Omit<ImapOptions, 'credentials'> {
  /** Null to look without signing in. */
  readonly credentials: Credentials | null;
}

/** Questions asked to know how long one takes. */
const roundTrips = 5;

export function inspectImap(options: InspectOptions): InspectServer {
  return async (signal) => {
    let server: ServerFacts | null = null;
    let mailbox: MailboxFacts | null = null;
    try {
      server = await inspectServer(options, options.endpoint.verify, signal);
      if (options.credentials) {
        const inside = await signedIn({ ...options, credentials: options.credentials }, signal);
        server = { ...server, ...inside.server, kind: kindOf(server, inside.server) };
        mailbox = inside.mailbox;
      }
    } catch (error) {
      const found = faultOf(error, options.endpoint);
      if (!(found instanceof Fault)) throw found;
      return { server: await withoutTrust(options, server, found, signal), mailbox, fault: found };
    }
    return { server, mailbox, fault: null } satisfies Inspection;
  };
}

/**
 * When the certificate is the trouble, what it says is what people need to see: it is looked at on a connection over which
 * nothing secret goes.
 */
async function withoutTrust(
  options: InspectOptions,
  server: ServerFacts | null,
  found: Fault,
  signal: AbortSignal,
): Promise<ServerFacts | null> {
  if (isFault(found, 'imap.sign-in.refused') && server) return { ...server, signIn: 'refused' };
  if (server || !found.code.startsWith('imap.tls.')) return server;
  try {
    return await inspectServer(options, false, signal);
  } catch (error) {
    options.log.debug('nothing to be seen without trust either', {
      detail: error instanceof Error ? error.name : null,
    });
    return null;
  }
}

async function inspectServer(options: InspectOptions, verify: boolean, signal: AbortSignal): Promise<ServerFacts> {
  const { endpoint, log } = options;
  const { trace } = log;
  const session = await imap.Session.open(
    {
      ...(options.reach?.to(endpoint) ?? { host: endpoint.host, port: endpoint.port }),
      tls: endpoint.security === 'tls',
      ca: endpoint.ca,
      verify,
      connectMs,
      deadlineMs: options.commandDeadlineMs ?? usualDeadlineMs,
      isReadOnly: true,
      trace: trace === null ? null : (direction, line) => trace('wire', { direction, line }),
    },
    signal,
  );
  const abort = (): void => session.close({ kind: 'closed', why: 'stopped' });
  signal.addEventListener('abort', abort, { once: true });
  try {
    const greeting = await session.greeting;
    // RFC 9051 §11.1: PREAUTH forbids STARTTLS.
    if (endpoint.security === 'starttls' && greeting.status === 'PREAUTH') {
      throw new imap.ImapError({ kind: 'unprotected', why: 'preauth' });
    }
    if (session.capabilities.isEmpty) await imap.capability(session);
    if (endpoint.security === 'starttls') {
      if (!session.capabilities.has('STARTTLS'))
        throw new imap.ImapError({ kind: 'unprotected', why: 'starttls-missing' });
      await session.startTls();
      await imap.capability(session);
    }
    const { capabilities } = session;
    const said = capabilities.has('ID') ? await idOf(session) : {};
    const words = imap.clean(greeting.text, 200);
    return {
      host: endpoint.host,
      port: endpoint.port,
      security: endpoint.security,
      tls: session.line.tls ? tlsFactsOf(session.line.tls) : null,
      greeting: words,
      id: said,
      kind: serverKind(words, said, capabilities),
      capabilitiesBefore: namesOf(session),
      capabilitiesAfter: null,
      mechanisms: mechanismsOf(capabilities),
      roundTripMs: await roundTripOf(session),
      signIn: greeting.status === 'PREAUTH' ? 'accepted' : 'not-tried',
    };
  } finally {
    signal.removeEventListener('abort', abort);
    session.leave();
  }
}

async function signedIn(
  options: ImapOptions,
  signal: AbortSignal,
): Promise<{
  readonly server: Pick<ServerFacts, 'capabilitiesAfter' | 'id' | 'signIn'>;
  readonly mailbox: MailboxFacts;
}> {
  const { session } = await openSession(options, true, signal);
  try {
    const said = session.capabilities.has('ID') ? await idOf(session) : {};
    const mailbox = await inspectMailbox(session, options.servers.of(options.endpoint));
    return { server: { capabilitiesAfter: namesOf(session), id: said, signIn: 'accepted' }, mailbox };
  } finally {
    session.leave();
  }
}

/** SASL mechanisms, and the LOGIN command unless it is forbidden (RFC 9051 §6.2.3). */
function mechanismsOf(capabilities: imap.Capabilities): readonly string[] {
  const names = capabilities.mechanisms.map((name) => imap.clean(name, 40));
  return [...new Set(capabilities.has('LOGINDISABLED') ? names : [...names, 'LOGIN'])];
}

function kindOf(server: ServerFacts, inside: Pick<ServerFacts, 'id'>): ServerFacts['kind'] {
  return server.kind === 'unknown' ? serverKind(server.greeting, inside.id, emptyCapabilities) : server.kind;
}

const emptyCapabilities = { has: () => false };

async function idOf(session: imap.Session): Promise<Readonly<Record<string, string>>> {
  try {
    const fields = await imap.id(session, { name: 'Godwit' });
    return Object.fromEntries(
      [...fields].slice(0, 30).map(([field, value]) => [imap.clean(field, 30), imap.clean(value, 200)]),
    );
  } catch (error) {
    if (error instanceof imap.ImapError && error.trouble.kind === 'refused') return {};
    throw error;
  }
}

function namesOf(session: imap.Session): readonly string[] {
  return session.capabilities.names.map((name) => imap.clean(name, 80)).sort();
}

/** The middle one of several: the first may have waited for a machine to wake up. */
async function roundTripOf(session: imap.Session): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < roundTrips; i++) {
    const asked = performance.now();
    await imap.noop(session);
    taken.push(performance.now() - asked);
  }
  taken.sort((a, b) => a - b);
  return Math.round((taken[Math.floor(roundTrips / 2)] as number) * 10) / 10;
}
