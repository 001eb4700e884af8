/**
 * From nothing to a session that is signed in. The first time on a server is careful, step by step. Whoever comes later
 * knows what the server can do and sends sign-in, ENABLE and the listing of all folders in one write, and if that was too
 * hasty, the next one is careful again.
 */

import { type Fault, fault, isFault } from '#domain/fault.ts';
import type { Credential } from '#ports/credentials.ts';
import * as imap from '#protocols/imap/index.ts';
import { isWorthCompressing } from './compression.ts';
import { faultOf, signInFaultOf } from './faults.ts';
import { isRefusal } from './folder-tree.ts';
import { type Mask, maskedError, maskOf } from './masking.ts';
import { connectMs, type ImapOptions, usualDeadlineMs } from './options.ts';
import type { ServerFacts } from './server-memory.ts';

export interface SignedIn {
  readonly session: imap.Session;
  /** The folders, asked for along with the sign-in; null where that was not done or went wrong. */
  readonly listed: Promise<imap.Listed | null> | null;
}

/**
 * Opens a session and signs in. Throws faults, and the signal's reason when it aborts before. A password is presented once. A
 * token that is refused although it had not expired may have been revoked: one fresh one is tried, on a new connection.
 */
export async function openSession(options: ImapOptions, isReadOnly: boolean, signal: AbortSignal): Promise<SignedIn> {
  const { credentials, endpoint } = options;
  const credential = await credentials.current(signal);
  try {
    return await openWith(credential, options, isReadOnly, signal);
  } catch (error) {
    if (credential.kind !== 'oauth' || !isFault(error, 'imap.sign-in.refused')) throw error;
    credentials.refused?.();
    const fresh = await credentials.current(signal);
    if (fresh.kind !== 'oauth' || fresh.token === credential.token) throw tokenRefused(endpoint.host, error);
    options.log.debug('token refused, trying a fresh one', { host: endpoint.host });
    try {
      return await openWith(fresh, options, isReadOnly, signal);
    } catch (again) {
      throw isFault(again, 'imap.sign-in.refused') ? tokenRefused(endpoint.host, again) : again;
    }
  }
}

function tokenRefused(host: string, refusal: Fault<'imap.sign-in.refused'>): Fault {
  const { user, text } = refusal.about;
  return fault('oauth.token.refused', { host, user, text }, { cause: refusal });
}

async function openWith(
  credential: Credential,
  options: ImapOptions,
  isReadOnly: boolean,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { endpoint, log } = options;
  const facts = options.servers.of(endpoint);
  const mask = maskOf(credential);
  const knewOfUtf8 = facts.lies.has('utf8');
  let session: imap.Session;
  try {
    session = await imap.Session.open(sessionOptions(options, isReadOnly, mask), signal);
  } catch (error) {
    throw faultOf(error, endpoint);
  }
  const abort = (): void => session.close({ kind: 'closed', why: 'stopped' });
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { listed } = await signIn(session, options, facts, credential);
    if (!knewOfUtf8 && facts.lies.has('utf8')) {
      session.leave();
      return await openWith(credential, options, isReadOnly, signal);
    }
    const offered = options.compress !== 'off' && session.capabilities.has('COMPRESS=DEFLATE');
    if (isWorthCompressing(endpoint.host, offered, facts)) {
      log.debug('compressing', { host: endpoint.host, isOn: await session.compress() });
    }
    log.debug('signed in', { host: endpoint.host, roundTripMs: Math.round(session.roundTripMs * 10) / 10 });
    return { session, listed };
  } catch (error) {
    session.close({ kind: 'closed', why: 'not signed in' });
    signal.throwIfAborted();
    throw faultOf(maskedError(error, mask), endpoint);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function sessionOptions(
  { endpoint, log, commandDeadlineMs }: ImapOptions,
  isReadOnly: boolean,
  mask: Mask,
): imap.SessionOptions {
  const { trace } = log;
  return {
    host: endpoint.host,
    port: endpoint.port,
    tls: endpoint.security === 'tls',
    ca: endpoint.ca,
    verify: endpoint.verify,
    connectMs,
    deadlineMs: commandDeadlineMs ?? usualDeadlineMs,
    isReadOnly,
    trace: trace === null ? null : (direction, line) => trace('wire', { direction, line: mask(line) }),
  };
}

async function signIn(
  session: imap.Session,
  options: ImapOptions,
  facts: ServerFacts,
  credential: Credential,
): Promise<Pick<SignedIn, 'listed'>> {
  const before = facts.beforeSignIn;
  const after = facts.afterSignIn;
  if (before !== null && after !== null && options.endpoint.security !== 'starttls' && !facts.lies.has('haste')) {
    return hastily(session, options, facts, credential, before, after);
  }
  const isIn = await greeted(session, options);
  if (session.capabilities.isEmpty) await imap.capability(session);
  facts.beforeSignIn = session.capabilities;
  if (!isIn && !(await present(session, options, credential, session.capabilities))) {
    // RFC 9051 §6.2.2: what was known before is no longer true.
    await imap.capability(session);
  }
  const tuned = tune(session, options, facts, session.capabilities);
  await tuned.done;
  return { listed: tuned.listed };
}

async function hastily(
  session: imap.Session,
  options: ImapOptions,
  facts: ServerFacts,
  credential: Credential,
  before: imap.Capabilities,
  after: imap.Capabilities,
): Promise<Pick<SignedIn, 'listed'>> {
  session.capabilities = before;
  const presented = present(session, options, credential, before);
  session.capabilities = after;
  const tuned = tune(session, options, facts, after);
  // Whatever becomes of what was sent behind it, a failed sign-in is the one thing to tell.
  tuned.done.catch(() => {});
  try {
    const told = await presented;
    // The greeting may have told what holds before sign-in; a server that says nothing afterwards is believed to be as before.
    if (!told) session.capabilities = after;
    facts.afterSignIn = session.capabilities;
    await tuned.done;
  } catch (error) {
    if (isFault(error, 'imap.connection.lost') || isFault(error, 'imap.server.garbled')) facts.lies.add('haste');
    throw error;
  }
  return { listed: tuned.listed };
}

/** Waits for the greeting and protects the connection; true when the server takes us as signed in already. */
async function greeted(session: imap.Session, { endpoint }: ImapOptions): Promise<boolean> {
  const { status } = await session.greeting;
  if (endpoint.security !== 'starttls') return status === 'PREAUTH';
  // RFC 9051 §11.1: PREAUTH forbids STARTTLS, so whoever answers may be somebody in between.
  if (status === 'PREAUTH') throw new imap.ImapError({ kind: 'unprotected', why: 'preauth' });
  if (session.capabilities.isEmpty) await imap.capability(session);
  if (!session.capabilities.has('STARTTLS')) throw new imap.ImapError({ kind: 'unprotected', why: 'starttls-missing' });
  await session.startTls();
  return false;
}

/** Signs in; true when the server told its capabilities along with the answer. */
async function present(
  session: imap.Session,
  { endpoint }: ImapOptions,
  credential: Credential,
  offered: imap.Capabilities,
): Promise<boolean> {
  try {
    return await presenting(session, endpoint, credential, offered);
  } catch (error) {
    throw signInFaultOf(maskedError(error, maskOf(credential)), endpoint, userOf(credential));
  }
}

function presenting(
  session: imap.Session,
  endpoint: ImapOptions['endpoint'],
  credential: Credential,
  offered: imap.Capabilities,
): Promise<boolean> {
  const { host, port } = endpoint;
  const mechanisms = new Set(offered.mechanisms);
  if (credential.kind === 'oauth') {
    const bearer = { user: credential.user, token: credential.token, host, port };
    const mechanism = mechanisms.has('OAUTHBEARER')
      ? imap.sasl.oauthbearer(bearer)
      : mechanisms.has('XOAUTH2')
        ? imap.sasl.xoauth2(bearer)
        : null;
    if (mechanism) return imap.authenticate(session, mechanism);
    throw noMechanism(host, offered);
  }
  const { onBehalfOf, password } = credential;
  const master = onBehalfOf?.style === 'user*master' ? `${onBehalfOf.mailbox}*${credential.user}` : credential.user;
  const authorizeAs = onBehalfOf?.style === 'authzid' ? onBehalfOf.mailbox : '';
  const identity = { user: master, password, authorizeAs };
  // Some servers have no literals at LOGIN (met by Thunderbird), so it carries only what quotes can hold.
  const isPlainText = /^[\x20-\x7e]{0,400}$/.test(master) && /^[\x20-\x7e]{0,400}$/.test(password);
  if (authorizeAs === '' && isPlainText && !offered.has('LOGINDISABLED')) return imap.login(session, master, password);
  const mechanism =
    mechanisms.has('PLAIN') || authorizeAs !== ''
      ? imap.sasl.plain(identity)
      : mechanisms.has('LOGIN')
        ? imap.sasl.login(identity)
        : null;
  const isOffered = mechanism !== null && mechanisms.has(mechanism.name);
  if (mechanism && isOffered) return imap.authenticate(session, mechanism);
  if (authorizeAs === '' && !offered.has('LOGINDISABLED')) return imap.login(session, master, password);
  throw noMechanism(host, offered);
}

function noMechanism(host: string, offered: imap.Capabilities): unknown {
  return fault('imap.sign-in.no-mechanism', {
    host,
    offered: offered.mechanisms.slice(0, 20).join(', ').slice(0, 200),
  });
}

function userOf(credential: Credential): string {
  return credential.kind === 'password' && credential.onBehalfOf
    ? `${credential.onBehalfOf.mailbox} (by ${credential.user})`
    : credential.user;
}

/** Turns on what we use, in one write, with the listing of all folders behind it. */
function tune(
  session: imap.Session,
  { log }: ImapOptions,
  facts: ServerFacts,
  capabilities: imap.Capabilities,
): { readonly done: Promise<unknown> } & Pick<SignedIn, 'listed'> {
  const first = facts.afterSignIn === null;
  facts.afterSignIn = capabilities;
  const running: Promise<unknown>[] = [];
  const tolerate = (what: string, asked: Promise<unknown>): void => {
    running.push(
      asked.catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        log.debug('refused', { what });
      }),
    );
  };
  const wishes = wishesOf(capabilities, facts);
  if (capabilities.has('ENABLE') && wishes.length > 0) {
    const enabled = imap.enable(session, wishes).then(() => {
      // iCloud and others answer OK and no ENABLED (MailKit), and then nobody knows how names are to be spelt. It is asked
      // once, and from then on never again.
      if (wishes.includes('UTF8=ACCEPT') && !session.isUtf8) facts.lies.add('utf8');
    });
    tolerate('ENABLE', enabled);
  }
  if (first && capabilities.has('ID')) {
    const told = imap.id(session, { name: 'Godwit', version: '0.1' }).then((fields) => {
      log.debug('server', {
        name: imap.clean(fields.get('name') ?? '', 80),
        version: imap.clean(fields.get('version') ?? '', 80),
      });
    });
    tolerate('ID', told);
  }
  if (facts.namespaces === null && capabilities.has('NAMESPACE') && !facts.lies.has('namespace')) {
    const told = imap.namespace(session).then(
      (namespaces) => {
        facts.namespaces = namespaces;
      },
      (error: unknown) => {
        // Exchange 2003 drops the connection here and later ones answer BAD (MailKit): never again.
        facts.lies.add('namespace');
        throw error;
      },
    );
    tolerate('NAMESPACE', told);
  }
  const listed = prefetched(session, facts, capabilities);
  return { done: Promise.all(running), listed };
}

function wishesOf(capabilities: imap.Capabilities, facts: ServerFacts): readonly string[] {
  const wishes: string[] = [];
  if (capabilities.has('QRESYNC')) wishes.push('QRESYNC');
  else if (capabilities.has('CONDSTORE')) wishes.push('CONDSTORE');
  const mayUtf8 = capabilities.has('UTF8=ACCEPT') && !facts.lies.has('utf8');
  if (mayUtf8 || capabilities.has('UTF8=ONLY')) wishes.push('UTF8=ACCEPT');
  return wishes;
}

/** The listing that everybody asks for first; whoever does not ask for it at once gets another. */
function prefetched(
  session: imap.Session,
  facts: ServerFacts,
  capabilities: imap.Capabilities,
): Promise<imap.Listed | null> | null {
  if (!capabilities.hasListStatus || facts.lies.has('list-extended')) return null;
  const specialUse = capabilities.has('SPECIAL-USE') && !facts.lies.has('special-use');
  const highestModSeq = capabilities.has('CONDSTORE') || capabilities.has('QRESYNC');
  return imap.listExtended(session, '*', { specialUse, status: { highestModSeq } }).catch(() => null);
}
