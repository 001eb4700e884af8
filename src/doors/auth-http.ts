/**
 * The door that nginx's mail proxy asks at each sign-in (`auth_http`): it names name and password, and is told where to sign in with
 * them. nginx looks at the headers of the answer and not at its status, so an answer holds these headers and nothing else.
 *
 * Whoever is not known is sent to the source, which refuses by itself: nothing is learnt here that was not to be learnt before. Only who
 * waits for a mailbox that is held learns that there is one; so where a password can be checked, only who has the right one waits.
 * Passwords pass through unread otherwise, but where we have nginx sign in with credentials of ours; then the person's own is checked
 * first.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type SignInProtocol, signInProtocols } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { Named, SideName } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { RouteBook } from '#ports/routes.ts';
import type { TailSink } from '#ports/tail.ts';
import { Answers, type Door } from './door.ts';
import { type Allowed, endListening, listenAt, mayCome } from './listening.ts';
import type { PasswordCheck, PasswordVerdict } from './password-check.ts';
import { isWaitedFor, settled, turnedAway, watching, whoseMailbox } from './patience.ts';
import { SignInRate } from './sign-in-rate.ts';
import { sightingAt } from './sighting.ts';

/** Where nginx connects to; it takes addresses and no names. */
export interface ProxyPlace {
  readonly address: string;
  readonly port: number;
}

/** Credentials of ours with which the proxy signs in on a side, in place of the person's. */
export interface Substitute {
  /** Who signs in for this mailbox. */
  readonly user: (named: Named) => string;
  readonly password: () => Promise<string>;
  readonly check: PasswordCheck;
}

export interface AuthHttpOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find' | 'whenOpen'>;
  readonly places: Readonly<Record<SideName, Readonly<Partial<Record<SignInProtocol, ProxyPlace>>>>>;
  readonly substitutes: Readonly<Partial<Record<SideName, Substitute>>>;
  /** What tells whether a password is right, of somebody on that side who is held, without signing in on the side that is being left. */
  readonly checksOfHeld?: Readonly<Partial<Record<SideName, PasswordCheck>>>;
  /** By which nginx proves itself: the value of `auth_http_header X-Auth-Key`. */
  readonly key: string;
  /** So long a sign-in waits for a mailbox to open; nginx has to be told to wait longer (`auth_http_timeout`). */
  readonly waitMs: number;
  /** By one client. */
  readonly signInsPerMinute: number;
  /** Told who was led where; without it nobody is. */
  readonly tail?: TailSink;
  /** Told who had to wait; without it nobody is. */
  readonly attempts?: AttemptSink;
  readonly log: Log;
}

/** One for each sign-in that waits; more than any evening has at once. */
const connectionsMax = 5_000;
const headersOctetsMax = 16_384;
const questionMaxMs = 10_000;

type AuthHeaders = Readonly<Record<string, string>>;

/** Throws `listen.unusable`. */
export async function openAuthHttp(options: AuthHttpOptions): Promise<Door> {
  const answers = new Answers();
  const rate = new SignInRate(options.signInsPerMinute);
  const ended = new AbortController();
  const parts: Parts = { ...options, answers, rate, ended: ended.signal };
  const http = createServer(
    { maxHeaderSize: headersOctetsMax, requestTimeout: questionMaxMs, headersTimeout: questionMaxMs },
    (request, response) => void respond(request, response, parts),
  );
  http.maxConnections = connectionsMax;
  const sockets = new Set<Socket>();
  http.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (!mayCome(socket, options.at, options.allowed)) socket.destroy();
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const at = await listenAt(http, options.at);
  return {
    serves: 'nginx',
    at,
    answers,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await endListening(http, sockets);
    },
  };
}

interface Parts extends AuthHttpOptions {
  readonly answers: Answers;
  readonly rate: SignInRate;
  readonly ended: AbortSignal;
}

async function respond(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  // Nobody sends a body; one that is sent is not read.
  request.resume();
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.sendDate = false;
  if (!isKey(header(request, 'x-auth-key'), parts.key)) {
    parts.answers.count('wrong key');
    response.writeHead(403, { 'Content-Length': 0 }).end();
    return;
  }
  let headers: AuthHeaders;
  try {
    headers = await answerTo(request, parts, AbortSignal.any([parts.ended, gone.signal]));
  } catch (error) {
    parts.log.error('a sign-in could not be answered', { text: error instanceof Error ? error.name : '' });
    headers = later('imap', parts.answers);
  }
  response.writeHead(200, { ...headers, 'Content-Length': 0 }).end();
}

async function answerTo(request: IncomingMessage, parts: Parts, signal: AbortSignal): Promise<AuthHeaders> {
  const { book, places, answers, rate, substitutes, waitMs, tail } = parts;
  const said = header(request, 'auth-protocol');
  const protocol = signInProtocols.find((each) => each === said);
  if (protocol === undefined) return refused('imap', 'this protocol is not served here', answers);
  const user = unescaped(header(request, 'auth-user'));
  if (user === null || user === '') return refused(protocol, 'Authentication failed.', answers);
  // Where somebody's own password is asked for here, nobody gets in for somebody else.
  const isAsked = Object.keys({ ...substitutes, ...parts.checksOfHeld }).length > 0;
  const name = isAsked ? user : whoseMailbox(book, user);
  const client = header(request, 'client-ip');
  if (!rate.take(isIP(client) === 0 ? '' : client)) {
    answers.count('too many');
    turnedAway(book.find(name), parts.attempts);
    return unavailable(protocol, 'Too many sign-ins; try again in a minute.', 10);
  }
  const [seen, since] = [watching(book, name, parts.attempts), performance.now()];
  if ((await verdictOfHeld(user, request, parts, signal)) === 'wrong')
    return refused(protocol, 'Authentication failed.', answers);
  const found = await settled(book, name, waitMs - (performance.now() - since), signal);
  // Who has hung up was not refused.
  if (!signal.aborted) seen(found);
  if (isWaitedFor(found)) return later(protocol, answers);
  const side = found.kind === 'home' ? found.route.side : 'source';
  const place = places[side][protocol];
  if (place === undefined) {
    answers.count('no way');
    return unavailable(protocol, 'This mailbox cannot be reached this way any more; ask your help desk.', 5);
  }
  const led = { 'Auth-Status': 'OK', 'Auth-Server': place.address, 'Auth-Port': String(place.port) };
  const substitute = substitutes[side];
  if (found.kind !== 'home') {
    answers.count(side);
    return led;
  }
  const sighting = sightingAt({ protocol, side, name: user, ip: client });
  if (substitute === undefined) {
    answers.count(side);
    if (name === user) tail?.seen(sighting);
    return led;
  }
  const password = unescaped(header(request, 'auth-pass'));
  const verdict = password === null ? 'wrong' : await substitute.check(user, password, signal);
  if (verdict === 'wrong') return refused(protocol, 'Authentication failed.', answers);
  const ours = verdict === 'right' ? await substitute.password() : '';
  // It took a while: what was true of the mailbox before may not be so now, and nothing is awaited from here on.
  const still = book.find(user);
  if (verdict === 'unsure' || isWaitedFor(still) || still.kind !== 'home' || still.route.side !== side)
    return later(protocol, answers);
  answers.count(side);
  tail?.seen(sighting);
  return {
    ...led,
    'Auth-User': escaped(substitute.user(found.named)),
    'Auth-Pass': escaped(ours),
  };
}

/** Whether the password of somebody who is held is right; `unsure` where that cannot be told, and of everybody else. */
async function verdictOfHeld(
  user: string,
  request: IncomingMessage,
  { book, checksOfHeld = {} }: Parts,
  signal: AbortSignal,
): Promise<PasswordVerdict> {
  const found = book.find(user);
  const check = found.kind === 'home' && found.route.standing === 'held' ? checksOfHeld[found.route.side] : undefined;
  if (check === undefined) return 'unsure';
  const password = unescaped(header(request, 'auth-pass'));
  return password === null ? 'wrong' : await check(user, password, signal);
}

function later(protocol: SignInProtocol, answers: Answers): AuthHeaders {
  answers.count('later');
  return unavailable(protocol, 'Your mailbox is being moved; try again in a moment.', 2);
}

/**
 * In the words of each protocol for "not now" (RFC 5530 §3, RFC 3206 §4, RFC 4954 §4.7.6), which keep a client from asking its user for
 * the password. With `Auth-Wait` the session stays usable; without, nginx closes it.
 */
function unavailable(protocol: SignInProtocol, text: string, waitSeconds: number): AuthHeaders {
  const wait = { 'Auth-Wait': String(waitSeconds) };
  switch (protocol) {
    case 'imap':
      return { 'Auth-Status': `[UNAVAILABLE] ${text}`, ...wait };
    case 'pop3':
      return { 'Auth-Status': `[SYS/TEMP] ${text}`, ...wait };
    case 'smtp':
      return { 'Auth-Status': text, 'Auth-Error-Code': '454 4.7.0', ...wait };
    default:
      return protocol satisfies never;
  }
}

function refused(protocol: SignInProtocol, text: string, answers: Answers): AuthHeaders {
  answers.count('refused');
  const coded = { imap: '[AUTHENTICATIONFAILED] ', pop3: '[AUTH] ', smtp: '' }[protocol];
  return { 'Auth-Status': `${coded}${text}`, 'Auth-Wait': '3' };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Compared in the same time whatever is wrong with it. */
function isKey(given: string, key: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(given), digest(key));
}

/** nginx writes names and passwords with `%`, blanks and controls escaped. Null where that was not nginx. */
function unescaped(text: string): string | null {
  try {
    // Node reads the octets of a header as Latin-1.
    return decodeURIComponent(Buffer.from(text, 'latin1').toString());
  } catch {
    return null;
  }
}

/** nginx takes the value of `Auth-User` and `Auth-Pass` as it stands; a line break would begin another header. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('credentials hold a control character');
  return Buffer.from(text).toString('latin1');
}
