/** How a connection is made to a place that people typed: judged as it is written, and again when its name is looked up. */

import type { LookupFunction } from 'node:net';
import type { PlaceToJudge, Trust } from '#domain/endpoint-rules.ts';

/** What a socket is opened with, as `node:net`, `node:tls` and `node:http` take it. */
export interface Way extends PlaceToJudge {
  /**
   * Looks a name up and gives what may be connected to and nothing else, so that the socket goes to the very address that was judged.
   * Fails with `endpoint.refused`. The name stays what certificates are held against.
   */
  readonly lookup: LookupFunction;
}

export interface Reach {
  /** Throws `endpoint.refused`. */
  to(place: PlaceToJudge, trust?: Trust): Way;
}
