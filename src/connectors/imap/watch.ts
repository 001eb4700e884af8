/** Waiting for news of a mailbox with IDLE (RFC 9051 §6.3.13): INBOX is where nearly all of it comes first. */

import * as imap from '#protocols/imap/index.ts';

/** RFC 2177 wants IDLE to be renewed every 29 minutes at least; some servers hang up after 10. */
const idleMs = 9 * 60_000;
const inbox: imap.Place = { mailbox: 'INBOX', mode: 'examine' };

/** Resolves at the first news, or when the signal aborts. */
export async function watchInbox(session: imap.Session, signal: AbortSignal): Promise<void> {
  let isQuiet = true;
  while (isQuiet && !signal.aborted) {
    const renewal = new AbortController();
    const timer = setTimeout(() => renewal.abort(), idleMs);
    try {
      isQuiet = !(await imap.idle(session, inbox, AbortSignal.any([signal, renewal.signal])));
    } finally {
      clearTimeout(timer);
    }
  }
}
