/** What Node says of a socket that could not be opened, secured or kept, in the words of our catalogue of faults. */

import { Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';

/** Where and when it happened: the same reset is no way to TLS in one phase and a lost connection in another. */
export interface SocketMoment {
  readonly host: string;
  readonly port: number;
  readonly phase: 'connecting' | 'handshake' | 'open';
  /** How long we had waited; told when nothing came. */
  readonly seconds: number;
}

/** The fault behind an error of `node:net` or `node:tls`. A fault comes back as it is. */
export function socketFault(error: unknown, { host, port, phase, seconds }: SocketMoment): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  const cause = { cause: error };
  const text = wordsOf(error, code);
  const certificate = certificateFaults[code];
  if (certificate) return fault(certificate, { host }, cause);
  switch (code) {
    case 'ENOTFOUND':
      return fault('imap.host.unknown', { host }, cause);
    case 'EAI_AGAIN':
      return fault('imap.host.unresolved', { host }, cause);
    case 'ECONNREFUSED':
      return fault('imap.connect.refused', { host, port }, cause);
    case 'ETIMEDOUT':
      return phase === 'open' ? lost() : fault('imap.connect.timeout', { host, port, seconds }, cause);
  }
  if (phase === 'open') return isTls(code) ? failed() : lost();
  if (phase === 'handshake' || isTls(code)) return failed();
  return fault('imap.connect.unreachable', { host, port, text }, cause);

  function lost(): Fault {
    return fault('imap.connection.lost', { host, text }, cause);
  }
  function failed(): Fault {
    return fault('imap.tls.failed', { host, text }, cause);
  }
}

/** The codes of OpenSSL's verification (X509_V_ERR_*, without the prefix) and Node's own for the name. */
const certificateFaults: Readonly<
  Record<string, 'imap.tls.expired' | 'imap.tls.untrusted' | 'imap.tls.wrong-host' | undefined>
> = {
  CERT_HAS_EXPIRED: 'imap.tls.expired',
  CERT_NOT_YET_VALID: 'imap.tls.expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'imap.tls.untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'imap.tls.untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'imap.tls.untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'imap.tls.untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'imap.tls.untrusted',
  CERT_UNTRUSTED: 'imap.tls.untrusted',
  CERT_REJECTED: 'imap.tls.untrusted',
  CERT_SIGNATURE_FAILURE: 'imap.tls.untrusted',
  INVALID_CA: 'imap.tls.untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'imap.tls.wrong-host',
  HOSTNAME_MISMATCH: 'imap.tls.wrong-host',
};

/** What people read for the codes they meet most. */
const plainWords: Readonly<Record<string, string | undefined>> = {
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ECONNABORTED: 'the connection was aborted',
  ETIMEDOUT: 'nothing came through any more',
  EHOSTUNREACH: 'no route to the host',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'no route to its network',
  ENETDOWN: 'the network of this machine is down',
  EADDRNOTAVAIL: 'no local port or address is free',
  EMFILE: 'this process may open no more files',
  CERT_REVOKED: 'its certificate has been revoked',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks only versions of TLS that are no longer safe',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks only versions of TLS that are no longer safe',
};

function isTls(code: string): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO' || code === 'CERT_REVOKED';
}

function wordsOf(error: unknown, code: string): string {
  const known = plainWords[code];
  if (known) return known;
  const reason = error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : null;
  return cleanText(reason ?? (error instanceof Error ? error.message : String(error)), 300);
}

/**
 * Where several addresses were tried (RFC 8305) there are several errors; the first one that says something is taken.
 */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) {
    for (const each of error.errors) {
      const code = codeOf(each);
      if (code !== '') return code;
    }
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
