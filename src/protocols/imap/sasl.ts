/**
 * The mechanisms we sign in with (RFC 9051 §6.2.2): PLAIN (RFC 4616), LOGIN (never standardised, still found), XOAUTH2
 * (Google's, also Exchange Online's) and OAUTHBEARER (RFC 7628). Each is a value without state: what to say first, and
 * what to answer to the server's challenges, as base64 fit for the wire. All of it is secret and must be masked in any
 * trace.
 */

export type MechanismName = 'PLAIN' | 'LOGIN' | 'XOAUTH2' | 'OAUTHBEARER';

export interface SaslMechanism {
  readonly name: MechanismName;
  /**
   * Base64 of what the client says first: with the command where the server has SASL-IR (RFC 4959 §3), else in answer
   * to the first, empty challenge. Null where the server speaks first.
   */
  readonly initialResponse: string | null;
  /**
   * The answer to the server's challenge number `index` (from 0, the one that merely asks for `initialResponse` not
   * counted), as base64 that may be empty; null when there is nothing to say and `*` must cancel the exchange.
   */
  answer(challenge: string, index: number): string | null;
}

export interface PlainIdentity {
  /** Who signs in. */
  readonly user: string;
  readonly password: string;
  /** Whose mailbox is opened, when an administrator signs in on behalf of somebody; empty for one's own. */
  readonly authorizeAs?: string;
}

export interface BearerIdentity {
  /** Whose mailbox is opened. */
  readonly user: string;
  readonly token: string;
  /** What the client believes to be connected to; RFC 7628 §3.1 lets the server look at it. */
  readonly host: string;
  readonly port: number;
}

/** PLAIN (RFC 4616 §2). Null when a part bears NUL, which the mechanism cannot carry. */
export function plain({ user, password, authorizeAs = '' }: PlainIdentity): SaslMechanism | null {
  if (user === '' || [authorizeAs, user, password].some((part) => part.includes('\0'))) return null;
  return { name: 'PLAIN', initialResponse: base64(`${authorizeAs}\0${user}\0${password}`), answer: () => null };
}

/**
 * LOGIN (draft-murchison-sasl-login-00). The server asks twice and its wording differs from one to the next
 * (`Username:`, `User Name` and a NUL), so only the order counts. It knows no authorisation identity.
 */
export function login({ user, password }: PlainIdentity): SaslMechanism | null {
  if (user === '' || `${user}${password}`.includes('\0')) return null;
  const answers = [base64(user), base64(password)];
  return { name: 'LOGIN', initialResponse: null, answer: (_, index) => answers[index] ?? null };
}

/**
 * XOAUTH2. A refused token brings a challenge with an error in JSON (`bearerErrorOf`) that is answered by an empty
 * line, after which the server says NO.
 */
export function xoauth2({ user, token }: BearerIdentity): SaslMechanism | null {
  if (user === '' || !isBearer(token) || hasControls(user)) return null;
  return {
    name: 'XOAUTH2',
    initialResponse: base64(`user=${user}\x01auth=Bearer ${token}\x01\x01`),
    answer: (_, index) => (index === 0 ? '' : null),
  };
}

/** OAUTHBEARER (RFC 7628 §3.1). A refusal brings an error in JSON, answered by a lone %x01 (RFC 7628 §3.2.3). */
export function oauthbearer({ user, token, host, port }: BearerIdentity): SaslMechanism | null {
  if (user === '' || !isBearer(token) || hasControls(user) || hasControls(host)) return null;
  // `saslname` (RFC 5801 §4): `=` and `,` are spelt out.
  const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
  return {
    name: 'OAUTHBEARER',
    initialResponse: base64(`n,a=${name},\x01host=${host}\x01port=${port}\x01auth=Bearer ${token}\x01\x01`),
    answer: (_, index) => (index === 0 ? base64('\x01') : null),
  };
}

/** What a server says of a token it refuses (RFC 7628 §3.2.2), with bounded words. */
export interface BearerError {
  /** `invalid_token`, `insufficient_scope`, …; XOAUTH2 puts an HTTP status here (`401`). */
  readonly status: string;
  readonly scope: string | null;
}

/** Reads the error challenge of XOAUTH2 and OAUTHBEARER; null when it is not one. Never throws. */
export function bearerErrorOf(challenge: string): BearerError | null {
  if (challenge.length > longestChallenge) return null;
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(challenge, 'base64').toString('utf8'));
  } catch {
    // Not JSON is an expected answer of this function: a challenge that is no error.
    return null;
  }
  if (typeof said !== 'object' || said === null || !('status' in said)) return null;
  const scope = 'scope' in said && typeof said.scope === 'string' ? said.scope.slice(0, longestWord) : null;
  return { status: String(said.status).slice(0, longestWord), scope };
}

/** An error challenge is some hundred octets; more is not looked at. */
const longestChallenge = 8_192;
const longestWord = 200;

/** `b64token` of RFC 6750 §2.1, and what real tokens hold besides: any visible US-ASCII. */
function isBearer(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

function hasControls(text: string): boolean {
  return /[\x00-\x1f\x7f]/.test(text);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
