/** What nodemailer says of a server that could not be reached, or would not have us, as faults of the catalogue. */

import { type Fault, fault } from '#domain/fault.ts';
import type { SmtpServer } from '#domain/notice-settings.ts';
import { cleanText } from '#lib/clean-text.ts';

/** As nodemailer makes them. */
export interface SmtpError extends Error {
  readonly code?: string;
  /** Of the system or of OpenSSL, where there was one below. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly response?: string;
  /** That was under way: CONN, MAIL FROM, RCPT TO, DATA. */
  readonly command?: string;
}

/** Words for a person; none of them is a secret, since a server that repeats one is cut short of it. */
export function wordsOf(error: SmtpError): string {
  return cleanText(error.response ?? error.message, 300);
}

/** What Node says of certificates that it does not take, without the many that are rare. */
const certificate =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH|INVALID_CA)/;

export function connectFault(error: SmtpError, { host, port, security, signIn }: SmtpServer): Fault {
  const codes = [error.originalCode, error.code, (error.cause as SmtpError | undefined)?.code];
  const text = wordsOf(error);
  const cause = { cause: error };
  if (codes.some((code) => code !== undefined && certificate.test(code)) || /certificate/i.test(text))
    return fault('notice.server.certificate', { host, text }, cause);
  if (error.code === 'EAUTH' || error.code === 'ENOAUTH')
    return fault('notice.server.sign-in', { host, user: signIn?.user ?? '', text }, cause);
  if (error.code === 'ETLS') return fault('notice.server.no-tls', { host, port, text }, cause);
  if (security === 'starttls' && /STARTTLS/i.test(error.command ?? ''))
    return fault('notice.server.no-tls', { host, port, text }, cause);
  return fault('notice.server.unreachable', { host, port, text }, cause);
}
