/** A look at a server, before anything is asked of it in earnest. */

import type { Fault } from '#domain/fault.ts';
import type { MailboxFacts, ServerFacts } from '#domain/probe-report.ts';
import type { Reader } from './mailbox.ts';

export interface Inspection {
  /** Null where it could not be reached. */
  readonly server: ServerFacts | null;
  /** Null where nobody signed in. */
  readonly mailbox: MailboxFacts | null;
  /** What ended the look early. */
  readonly fault: Fault | null;
}

/** Reads only, and changes nothing. Does not throw faults: what was learnt before one is worth telling. */
export type InspectServer = (signal: AbortSignal) => Promise<Inspection>;

/** One mailbox, to be read, that also tells what it allows. */
export interface InspectedReader extends Reader {
  /** What a server merely refuses to tell is left empty. */
  inspect(): Promise<MailboxFacts>;
}

export type OpenInspected = (signal: AbortSignal) => Promise<InspectedReader>;
