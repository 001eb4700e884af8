/** One sign-in by IMAP, as a person's program makes it, ended at once; nothing is opened and nothing is asked. */

import type { Endpoint } from '#domain/endpoint.ts';
import { Fault } from '#domain/fault.ts';
import type { SignInTried } from '#ports/interruptions.ts';
import type { Reach } from '#ports/reach.ts';
import * as imap from '#protocols/imap/index.ts';

export interface SignInPlace {
  readonly endpoint: Endpoint;
  readonly ca: string | null;
  readonly verify: boolean;
}

const connectMs = 10_000;
/** Longer than any door lets a sign-in wait. */
const answerMs = 60_000;

/** What our own door says to one client that signs in too often, by way of its proxy: it says nothing of the mailbox. */
const tooMany = /Too many sign-ins/;

/**
 * A function that tries one sign-in at that place: by PLAIN where that is offered, else by LOGIN. A line that breaks counts as refused, since
 * a person would not have got in either. Rejects only with what is no fault of the wire.
 */
export function trySignIn({ endpoint, ca, verify }: SignInPlace, reach?: Reach) {
  const { host, port, security } = endpoint;
  const reached = { tls: security === 'tls', ca, verify, connectMs, deadlineMs: answerMs };
  return async (user: string, password: string, signal: AbortSignal): Promise<SignInTried> => {
    try {
      const session = await imap.Session.open(
        { ...reached, ...(reach?.to({ host, port }) ?? { host, port }), isReadOnly: true, trace: null },
        signal,
      );
      const abort = (): void => session.close({ kind: 'closed', why: 'stopped' });
      signal.addEventListener('abort', abort, { once: true });
      try {
        const plain = session.capabilities.has('AUTH=PLAIN') ? imap.sasl.plain({ user, password }) : null;
        await (plain ? imap.authenticate(session, plain) : imap.login(session, user, password));
        return 'in';
      } finally {
        signal.removeEventListener('abort', abort);
        session.leave();
      }
    } catch (error) {
      if (!(error instanceof imap.ImapError)) {
        if (signal.aborted) return 'not-counted';
        throw error;
      }
      // A place where nothing may be asked says nothing of whoever signs in there.
      if (error.cause instanceof Fault) throw error.cause;
      return signal.aborted || tooMany.test(error.message) ? 'not-counted' : 'refused';
    }
  };
}
