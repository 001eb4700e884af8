/** Certificates of authorities that the operator trusts besides those of this machine (`--ca`). */

import { type Endpoint, isLoopback } from '#domain/endpoint.ts';

let trusted: string | null = null;

/**
 * What a connection to `endpoint` is to be given as its authorities: null for the machine's with those of `ca` among them.
 * They are joined once for the whole process: 150 authorities parsed anew for each connection would cost 20 ms each time.
 */
export function authoritiesFor(endpoint: Endpoint, ca: string | null): string | null {
  if (ca === null) return null;
  // No public authority certifies loopback, so there those of the machine can be spared.
  if (isLoopback(endpoint)) return ca;
  if (trusted !== ca) {
    // Here and not above, since a copy in the clear is over before TLS would be loaded.
    const { getCACertificates, setDefaultCACertificates } = process.getBuiltinModule('node:tls');
    const own = ca.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    setDefaultCACertificates([...getCACertificates('default'), ...own]);
    trusted = ca;
  }
  return null;
}
