/** What one mailbox learnt of a server, for the next mailbox on it. Shared by everything in a process. */

import type * as imap from '#protocols/imap/index.ts';

export interface ServerFacts {
  /** Before and after sign-in, as last seen; null before the first time. */
  beforeSignIn: imap.Capabilities | null;
  afterSignIn: imap.Capabilities | null;
  /** RFC 2342; null until it was asked, or where the server does not tell. */
  namespaces: imap.Namespaces | null;
  /** Announced, and refused when tried (ProtonMail Bridge: SPECIAL-USE; Exchange in rev2 mode: LIST RETURN). */
  readonly lies: Set<
    'list-extended' | 'special-use' | 'namespace' | 'create-special-use' | 'multiappend' | 'haste' | 'utf8'
  >;
  /** How often a folder (mailbox and name) had another UIDVALIDITY when opened than was told before. */
  readonly renumberings: Map<string, number>;
  /** Octets per second of waiting for the line, as last seen; null before any. What COMPRESS is decided by. */
  bytesPerSecond: number | null;
}

export class ServerMemory {
  readonly #servers = new Map<string, ServerFacts>();

  /** The facts of one endpoint, to be read and added to. */
  of(endpoint: { readonly host: string; readonly port: number; readonly security: string }): ServerFacts {
    const key = `${endpoint.security} ${endpoint.host} ${endpoint.port}`;
    let facts = this.#servers.get(key);
    if (!facts) {
      facts = {
        beforeSignIn: null,
        afterSignIn: null,
        namespaces: null,
        lies: new Set(),
        renumberings: new Map(),
        bytesPerSecond: null,
      };
      this.#servers.set(key, facts);
    }
    return facts;
  }
}
