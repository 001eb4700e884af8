/** What the TLS of a connection says about itself and the server, for people. */

import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { TlsFacts } from '#domain/probe-report.ts';
import { cleanText } from '#lib/clean-text.ts';

const nameOctetsMax = 200;
const namesMax = 50;

export function tlsFactsOf(tls: TLSSocket): TlsFacts {
  const certificate = tls.getPeerCertificate();
  return {
    version: tls.getProtocol() ?? 'unknown',
    cipher: tls.getCipher().standardName,
    trusted: tls.authorized,
    problem: tls.authorized ? null : shown(problemOf(tls)),
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate),
    validFrom: isoOf(certificate.valid_from),
    validTo: isoOf(certificate.valid_to),
    sha256: certificate.fingerprint256 ?? '',
  };
}

/** Node gives a code (`CERT_HAS_EXPIRED`), whatever its types say. */
function problemOf(tls: TLSSocket): string {
  const problem: unknown = tls.authorizationError;
  if (problem instanceof Error) return problem.message;
  return typeof problem === 'string' ? problem : 'it was not checked';
}

type DistinguishedName = Readonly<Record<string, string | string[] | undefined>>;

/** The common name, or the whole where it has none (a certificate needs none, RFC 6125 §2.3). */
function nameOf(name: DistinguishedName | undefined): string {
  if (!name) return '';
  const common = name['CN'] ?? name['O'];
  if (common !== undefined) return shown(String(common));
  const parts = Object.entries(name).map(([field, value]) => `${field}=${String(value)}`);
  return shown(parts.join(', '));
}

/** `subjectaltname` reads `DNS:a.example, IP Address:127.0.0.1`. */
function namesOf(certificate: PeerCertificate): readonly string[] {
  const names = (certificate.subjectaltname ?? '').split(', ').filter((name) => name !== '');
  return names.slice(0, namesMax).map((name) => shown(name.replace(/^(?:DNS|IP Address):/, '')));
}

function isoOf(text: string | undefined): string {
  const instant = Date.parse(text ?? '');
  return Number.isNaN(instant) ? '' : new Date(instant).toISOString().replace('.000Z', 'Z');
}

function shown(text: string): string {
  return cleanText(text, nameOctetsMax);
}
