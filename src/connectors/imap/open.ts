/**
 * From nothing to a session that is signed in. The first time on a server is careful, step by step. Whoever comes later
 * knows what the server can do and sends sign-in, ENABLE and the listing of all folders in one write, and if that was too
 * hasty, the next one is careful again.
 */

import { Fault, fault, isFault } from '#domain/fault.ts';
import type { Credential } from '#ports/credentials.ts';
import type { Way } from '#ports/reach.ts';
import * as imap from '#protocols/imap/index.ts';
import { isWorthCompressing } from './compression.ts';
import { faultOf, weatherOf } from './faults.ts';
import { type Mask, maskedError, maskOf } from './masking.ts';
import { type Berth, connectMs, type ImapOptions, usualDeadlineMs } from './options.ts';
import { present } from './presenting.ts';
import type { ServerFacts } from './server-memory.ts';
import { tune, type Tuned } from './tuning.ts';

export interface SignedIn extends Pick<Tuned, 'listed'> {
  readonly session: imap.Session;
}

/**
 * Opens a session and signs in. Throws faults, and the signal's reason when it aborts before. A password is presented once. A
 * token that is refused although it had not expired may have been revoked: one fresh one is tried, on a new connection.
 */
export async function openSession(options: ImapOptions, isReadOnly: boolean, signal: AbortSignal): Promise<SignedIn> {
  const { credentials, endpoint, kept } = options;
  const waiting = kept?.take();
  if (waiting) return { session: waiting, listed: null };
  const credential = await credentials.current(signal);
  try {
    return await openWith(credential, options, isReadOnly, signal);
  } catch (error) {
    if (!isFault(error, 'imap.sign-in.refused')) throw error;
    credentials.refused?.();
    if (credential.kind !== 'oauth') throw error;
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
  const way = options.reach?.to(endpoint) ?? endpoint;
  const berth = await options.berth?.(signal);
  const progress: Progress = { isSignedIn: false };
  let session: imap.Session;
  try {
    session = await imap.Session.open(sessionOptions(options, way, isReadOnly, mask, berth ?? null, progress), signal);
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
    progress.isSignedIn = true;
    options.watcher?.signedIn();
    const offered = options.compress !== 'off' && session.capabilities.has('COMPRESS=DEFLATE');
    if (isWorthCompressing(endpoint.host, offered, facts)) {
      log.debug('compressing', { host: endpoint.host, isOn: await session.compress() });
    }
    log.debug('signed in', { host: endpoint.host, roundTripMs: Math.round(session.line.roundTripMs * 10) / 10 });
    return { session, listed };
  } catch (error) {
    session.close({ kind: 'closed', why: 'not signed in' });
    signal.throwIfAborted();
    throw faultOf(maskedError(error, mask), endpoint);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** How far a session has come. */
interface Progress {
  isSignedIn: boolean;
}

function sessionOptions(
  { endpoint, log, commandDeadlineMs, mayComplete, pace, watcher }: ImapOptions,
  way: Pick<Way, 'host' | 'port'> & Partial<Way>,
  isReadOnly: boolean,
  mask: Mask,
  berth: Berth | null,
  progress: Progress,
): imap.SessionOptions {
  const { trace } = log;
  return {
    host: way.host,
    port: way.port,
    ...(way.lookup ? { lookup: way.lookup } : {}),
    tls: endpoint.security === 'tls',
    ca: endpoint.ca,
    verify: endpoint.verify,
    connectMs,
    deadlineMs: commandDeadlineMs ?? usualDeadlineMs,
    isReadOnly,
    ...(mayComplete ? { mayComplete } : {}),
    ...(pace ? { pace } : {}),
    listener: {
      // What keeps from signing in is told by a rejection.
      refused(answer) {
        const weather = progress.isSignedIn ? weatherOf(answer, endpoint) : null;
        if (weather) watcher?.troubled(weather);
      },
      over(trouble) {
        if (!progress.isSignedIn || trouble.kind === 'closed') return;
        const fault = faultOf(new imap.ImapError(trouble), endpoint);
        if (fault instanceof Fault) watcher?.troubled(fault);
      },
      gone: (isMutual) => berth?.leave(isMutual),
    },
    trace: trace === null ? null : (direction, line) => trace('wire', { direction, line: mask(line) }),
  };
}

async function signIn(
  session: imap.Session,
  options: ImapOptions,
  facts: ServerFacts,
  credential: Credential,
): Promise<Pick<Tuned, 'listed'>> {
  const before = facts.beforeSignIn;
  const after = facts.afterSignIn;
  if (before !== null && after !== null && options.endpoint.security !== 'starttls' && !facts.lies.has('haste')) {
    return hastily(session, options, facts, credential, before, after);
  }
  const isIn = await greeted(session, options);
  if (session.capabilities.isEmpty) await imap.capability(session);
  facts.beforeSignIn = session.capabilities;
  if (!isIn && !(await present(session, options.endpoint, credential, session.capabilities))) {
    // RFC 9051 §6.2.2: what was known before is no longer true.
    await imap.capability(session);
  }
  const tuned = tune(session, options.log, facts, session.capabilities);
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
): Promise<Pick<Tuned, 'listed'>> {
  session.capabilities = before;
  const presented = present(session, options.endpoint, credential, before);
  session.capabilities = after;
  const tuned = tune(session, options.log, facts, after);
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
