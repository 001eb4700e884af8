/** A mailbox over IMAP that is read, and that is asked what it allows: on the one connection that it is given. */

import type { MailboxFacts } from '#domain/probe-report.ts';
import type { InspectedReader, OpenInspected } from '#ports/inspection.ts';
import { faultOf } from './faults.ts';
import { inspectMailbox } from './inspect-mailbox.ts';
import { ImapReader } from './mailbox.ts';
import { openSession } from './open.ts';
import type { ImapOptions } from './options.ts';

export function imapInspected(options: ImapOptions): OpenInspected {
  return async (signal) => new ImapInspected(await openSession(options, true, signal), options);
}

class ImapInspected extends ImapReader implements InspectedReader {
  inspect(): Promise<MailboxFacts> {
    return this.inOrder(this.#inspect());
  }

  async #inspect(): Promise<MailboxFacts> {
    try {
      return await inspectMailbox(this.session, this.facts);
    } catch (error) {
      throw faultOf(error, this.options.endpoint);
    }
  }
}
