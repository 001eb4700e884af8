/**
 * What an issuer means when it gives no token (RFC 6749 §5.2), and what the network means when it gives no answer.
 * Only codes and cleaned words are kept: an answer may hold a token, and an issuer may repeat what it was sent.
 */

import { ClientError, ResponseBodyError } from 'openid-client';
import { cleanText } from '#lib/clean-text.ts';
import type { Secret } from './secret.ts';

export interface IssuerProblem {
  readonly code: IssuerFaultCode;
  readonly text: string;
}
export type IssuerFaultCode =
  | 'oauth.issuer.unreachable'
  | 'oauth.issuer.untrusted'
  | 'oauth.issuer.garbled'
  | 'oauth.client.refused'
  | 'oauth.grant.revoked';

const longestWords = 400;
const mask = '(…)';

/**
 * The problem behind an error of `openid-client`, or null when it is none of an issuer's. `sent` are the secrets that the
 * issuer was given and may repeat.
 */
export function issuerProblem(error: unknown, sent: readonly Secret[]): IssuerProblem | null {
  if (error instanceof ResponseBodyError) {
    const description = sent.reduce(
      (text, secret) => text.replaceAll(secret.reveal(), mask),
      error.error_description ?? '',
    );
    return refusal(error.error, description, error.status);
  }
  if (error instanceof ClientError) return clientProblem(error);
  // `fetch` throws a TypeError whose cause is the socket's error.
  if (error instanceof TypeError && error.cause !== undefined) return networkProblem(error.cause);
  return null;
}

/** `text` without anything that looks like a token, an assertion or a secret, fit to be shown. */
function redacted(text: string): string {
  return cleanText(
    text.slice(0, 10_000).replace(/[A-Za-z0-9_~+/-]{24,}(?:\.[A-Za-z0-9_~+/-]+)*=*/g, maskUnlessPlain),
    longestWords,
  );
}

function refusal(error: string, description: string, status: number): IssuerProblem {
  const text = redacted(description === '' ? error : `${error}: ${description}`);
  if (status === 429 || status >= 500 || busy.has(error)) return { code: 'oauth.issuer.unreachable', text };
  // Google says invalid_grant as well when the service account's signature, not the mailbox, is what it does not like.
  if (revoked.has(error) && !/signature|jwt|short-lived/i.test(description))
    return { code: 'oauth.grant.revoked', text };
  return { code: 'oauth.client.refused', text };
}

const busy: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);
/** The last two are Entra ID's: somebody has to sign in again, or consent. */
const revoked: ReadonlySet<string> = new Set([
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
]);

function clientProblem(error: ClientError): IssuerProblem {
  const { cause } = error;
  if (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT') {
    return { code: 'oauth.issuer.unreachable', text: 'it did not answer in time' };
  }
  if (cause instanceof Response) {
    const text = `HTTP status ${cause.status}`;
    return {
      code: cause.status === 429 || cause.status >= 500 ? 'oauth.issuer.unreachable' : 'oauth.issuer.garbled',
      text,
    };
  }
  return cause instanceof Error && cause.name === 'AnswerTooLong'
    ? { code: 'oauth.issuer.garbled', text: cause.message }
    : { code: 'oauth.issuer.garbled', text: cleanText(error.message, longestWords) };
}

function networkProblem(cause: unknown): IssuerProblem {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (certificateCodes.test(code)) return { code: 'oauth.issuer.untrusted', text: code };
  const words = networkWords.get(code) ?? (cause instanceof Error ? cause.message || code : 'the connection failed');
  return { code: 'oauth.issuer.unreachable', text: redacted(words) };
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA/;
const networkWords: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'there is no address for it'],
  ['EAI_AGAIN', 'its address cannot be looked up at the moment'],
  ['ECONNREFUSED', 'it accepts no connection on that port'],
  ['ECONNRESET', 'it closed the connection'],
  ['UND_ERR_SOCKET', 'it closed the connection'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it did not answer in time'],
  ['ETIMEDOUT', 'it did not answer in time'],
]);

/** Words of one letter case without digits are speech; anything else so long is not repeated. */
function maskUnlessPlain(run: string): string {
  return /^(?:[a-z_/-]+|[A-Z_/-]+)$/.test(run) ? run : mask;
}
