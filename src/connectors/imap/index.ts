/** Mailboxes over IMAP, for the engines. */

import type { OpenSource, OpenTarget } from '#ports/mailbox.ts';
import { ImapReader } from './mailbox.ts';
import { openSession } from './open.ts';
import type { ImapOptions } from './options.ts';
import { ImapTarget } from './target.ts';

export { KeptSession } from './kept-session.ts';
export type { ImapOptions } from './options.ts';
export { ServerMemory } from './server-memory.ts';

/** A mailbox that is only read: its session refuses to send anything that could change it. */
export function imapSource(options: ImapOptions): OpenSource {
  return async (signal) => new ImapReader(await openSession(options, true, signal), options);
}

/** A mailbox that is written to. */
export function imapTarget(options: ImapOptions): OpenTarget {
  return async (signal) => new ImapTarget(await openSession(options, false, signal), options);
}
