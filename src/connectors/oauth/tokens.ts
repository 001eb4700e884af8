/**
 * The tokens of one OAuth file: each fetched once however many ask for it, kept until shortly before it expires, and
 * fetched anew when a server does not want it any more. An application's token serves all mailboxes; a service account
 * has one for each.
 */

import { Fault, fault } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';
import type { Reach } from '#ports/reach.ts';
import { type IssuerProblem, issuerProblem } from './issuer-problem.ts';
import { type IssuedToken, TokenRequester } from './requester.ts';
import type { Secret } from './secret.ts';
import type { OAuthSettings } from './settings.ts';

export interface TokenOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** For tests only: their issuer speaks `http:` on the loopback. */
  readonly allowInsecureRequests?: boolean;
  /** Judges where issuers are, before anything is sent there; without it they may be anywhere. */
  readonly reach?: Reach;
}

/** A token is renewed so long before its end, but never more than a tenth of its life. */
const renewAheadMs = 300_000;
/** For an issuer that does not say how long its tokens live (RFC 6749 §5.1 only recommends it). */
const assumedLifetimeSeconds = 300;
/**
 * A shared token that is refused so soon after it was issued is not the fault of the token: a mailbox that is closed to
 * the application refuses it each time, and ten thousand of those must not fetch ten thousand tokens.
 */
const trustedForMs = 60_000;
/**
 * A refusal of the issuer is believed for so long, so that a wave of mailboxes does not ask it the same ten thousand
 * times.
 */
const refusalHoldsMs = { operator: 60_000, paced: 5_000 } as const;
/** One for each mailbox under way is enough; the oldest go first. */
const mostTokens = 10_000;

interface Kept {
  token: Secret | null;
  issuedAtMs: number;
  renewAtMs: number;
  expiresAtMs: number;
  underWay: Promise<IssuerProblem | null> | null;
  problem: IssuerProblem | null;
  problemUntilMs: number;
}

export class Tokens {
  readonly #settings: OAuthSettings;
  readonly #requester: TokenRequester;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(settings: OAuthSettings, { now = Date.now, allowInsecureRequests = false, reach }: TokenOptions = {}) {
    this.#settings = settings;
    this.#now = now;
    this.#requester = new TokenRequester(settings, { now, allowInsecureRequests, reach: reach ?? null });
  }

  /** A token for `mailbox` that is good for now. Throws `oauth.*`, or the signal's reason. */
  async token(mailbox: string, log: Log, signal: AbortSignal): Promise<Secret> {
    signal.throwIfAborted();
    const kept = this.#of(mailbox);
    const now = this.#now();
    if (kept.token && now < kept.renewAtMs) return kept.token;
    if (kept.problem && now < kept.problemUntilMs) return this.#lastResort(kept, kept.problem, mailbox);
    kept.underWay ??= this.#fetch(kept, mailbox, log);
    const problem = await unlessAborted(kept.underWay, signal);
    if (problem || !kept.token)
      return this.#lastResort(kept, problem ?? { code: 'oauth.issuer.garbled', text: 'no token' }, mailbox);
    return kept.token;
  }

  /** A server did not want `token`: the next `token()` fetches another, unless that has been done already. */
  refused(mailbox: string, token: Secret, log: Log): void {
    const kept = this.#of(mailbox);
    if (kept.token !== token) return;
    if (this.#isShared && this.#now() - kept.issuedAtMs < trustedForMs) {
      log.debug('fresh shared token refused, kept for the others', { mailbox });
      return;
    }
    kept.token = null;
  }

  get #isShared(): boolean {
    return this.#settings.grant.kind !== 'service-account';
  }

  /** An issuer that is away for a moment does no harm while the token in hand is still good. */
  #lastResort(kept: Kept, problem: IssuerProblem, mailbox: string): Secret {
    if (kept.token && this.#now() < kept.expiresAtMs && problem.code === 'oauth.issuer.unreachable') return kept.token;
    throw problemFault(problem, this.#settings.place.url.host, mailbox);
  }

  async #fetch(kept: Kept, mailbox: string, log: Log): Promise<IssuerProblem | null> {
    const askedAtMs = this.#now();
    const replacedBefore = this.#requester.refreshTokenReplaced;
    try {
      this.#keep(kept, await this.#requester.request(mailbox), askedAtMs);
      const lifetimeSeconds = Math.round((kept.expiresAtMs - askedAtMs) / 1000);
      log.debug('token fetched', { issuer: this.#settings.place.url.host, mailbox, lifetimeSeconds });
      if (!replacedBefore && this.#requester.refreshTokenReplaced) {
        log.warn('the issuer has replaced the refresh token: the one in the OAuth file may not work in the next run');
      }
      return null;
    } catch (error) {
      const refusal = faultBehind(error);
      if (refusal) throw refusal;
      const problem = issuerProblem(error, this.#requester.secrets);
      if (!problem) throw error;
      kept.problem = problem;
      kept.problemUntilMs =
        this.#now() + refusalHoldsMs[problem.code === 'oauth.issuer.unreachable' ? 'paced' : 'operator'];
      log.debug('no token', { issuer: this.#settings.place.url.host, mailbox, code: problem.code });
      return problem;
    } finally {
      kept.underWay = null;
    }
  }

  #keep(kept: Kept, { token, lifetimeSeconds }: IssuedToken, askedAtMs: number): void {
    const lifetimeMs = Math.max(1, lifetimeSeconds ?? assumedLifetimeSeconds) * 1000;
    kept.token = token;
    kept.issuedAtMs = askedAtMs;
    kept.expiresAtMs = askedAtMs + lifetimeMs;
    kept.renewAtMs = kept.expiresAtMs - Math.min(renewAheadMs, lifetimeMs / 10);
    kept.problem = null;
  }

  #of(mailbox: string): Kept {
    const key = this.#isShared ? '' : mailbox;
    let kept = this.#kept.get(key);
    if (kept) return kept;
    kept = {
      token: null,
      issuedAtMs: 0,
      renewAtMs: 0,
      expiresAtMs: 0,
      underWay: null,
      problem: null,
      problemUntilMs: 0,
    };
    this.#kept.set(key, kept);
    if (this.#kept.size > mostTokens) {
      const oldest = this.#kept.keys().next();
      if (!oldest.done) this.#kept.delete(oldest.value);
    }
    return kept;
  }
}

/** What kept us from asking at all, as `endpoint.refused`, however deep the libraries have wrapped it. */
function faultBehind(error: unknown): Fault | null {
  if (error instanceof Fault) return error;
  return error instanceof Error && error.cause !== undefined ? faultBehind(error.cause) : null;
}

/** The error itself is left out of the fault: it holds the issuer's whole answer. */
function problemFault({ code, text }: IssuerProblem, host: string, user: string): Fault {
  return code === 'oauth.grant.revoked' ? fault(code, { host, user, text }) : fault(code, { host, text });
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
