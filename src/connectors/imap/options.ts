/** What it takes to open a mailbox over IMAP. */

import type { Log } from '#lib/log.ts';
import type { Fault } from '#domain/fault.ts';
import type { Credentials } from '#ports/credentials.ts';
import type { Reach } from '#ports/reach.ts';
import type { SessionPace } from '#protocols/imap/index.ts';
import type { KeptSession } from './kept-session.ts';
import type { ServerMemory } from './server-memory.ts';

export interface ImapEndpoint {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'clear';
  /** PEM of the authority to trust instead of those this machine trusts. */
  readonly ca: string | null;
  /** False turns the check of the certificate off. */
  readonly verify: boolean;
}

export interface ImapOptions {
  readonly endpoint: ImapEndpoint;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly servers: ServerMemory;
  /** How the mailbox is called to people: `imaps://someone@mail.example`, without secrets. */
  readonly name: string;
  /** How long any command may go unanswered; 90 seconds unless told. */
  readonly commandDeadlineMs?: number;
  /** Asked before the last octets of each APPEND: false, and the connection is closed instead. */
  readonly mayComplete?: () => boolean;
  /** Shared with all sessions that are to keep to one rate together. */
  readonly pace?: SessionPace;
  /** Judges where a connection leads before it is made; without it any will do. */
  readonly reach?: Reach;
  /** Waits until one more connection may be opened; none is opened when it rejects. */
  readonly berth?: (signal: AbortSignal) => Promise<Berth>;
  readonly watcher?: SessionWatcher;
  /** Where a session waits for whoever opens this mailbox next, instead of signing out. */
  readonly kept?: KeptSession;
  /** `auto`: where the line is known to be slow. */
  readonly compress?: 'auto' | 'off';
}

/** Room for one connection. */
export interface Berth {
  /** The connection is closed, or never came to be. `isMutual`: on the server's side as well. */
  leave(isMutual: boolean): void;
}

/** Told what shows how a server is; returns at once. */
export interface SessionWatcher {
  signedIn(): void;
  /** After sign-in: it refused something for the weather there, or ended the connection. */
  troubled(fault: Fault): void;
}

/** Long enough for a server that opens a folder of millions for the first time, short enough for people to wait. */
export const usualDeadlineMs = 90_000;
export const connectMs = 30_000;
