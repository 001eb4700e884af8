/** What can be told of a connection while it lasts. */

import type { TLSSocket } from 'node:tls';

export interface Line {
  /** How long the TCP handshake took, in milliseconds. */
  readonly roundTripMs: number;
  /** The TLS of this connection, null where it has none. */
  readonly tls: TLSSocket | null;
  /** Octets on the line so far, both ways, TLS and compression included. */
  readonly octets: number;
  /** How many octets went while the line was what we waited for, and how long that was (`line-speed.ts`). */
  readonly waited: { readonly octets: number; readonly seconds: number };
}
