/**
 * A session between two uses of one mailbox in one role: whoever opens it next within the same piece of work finds it signed
 * in. It is used by one at a time, and only handed on when nothing is under way on it.
 */

import type { Session } from '#protocols/imap/index.ts';

export class KeptSession implements Disposable {
  #session: Session | null = null;
  #isOver = false;

  /** The session that waits, if one does and still lives. */
  take(): Session | null {
    const session = this.#session;
    this.#session = null;
    return session?.isIdle ? session : null;
  }

  /** False where it is not kept: then whoever has it ends it. */
  keep(session: Session): boolean {
    if (this.#isOver || this.#session || !session.isIdle) return false;
    this.#session = session;
    return true;
  }

  /** Signs out; nothing is kept from now on. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.take()?.leave();
  }
}
