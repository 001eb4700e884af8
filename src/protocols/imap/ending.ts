/** How a session ends: once, for one reason, which everybody is told who waits for something or asks for more. */

import type { Deadline } from './deadline.ts';
import { clean, ImapError, type Trouble } from './errors.ts';
import type { Sending } from './sending.ts';
import type { Told } from './told.ts';

/** Answers may still be on their way behind a BYE, for so long. */
const goodbyeMs = 1_000;

export interface EndingListener {
  /** Closes the connection at once. */
  breaks(): void;
  /** Told once. */
  over(trouble: Trouble): void;
}

export class Ending {
  /** We have said LOGOUT. */
  isLeaving = false;
  readonly #told: Told;
  readonly #sending: Sending;
  readonly #deadline: Deadline;
  readonly #listener: EndingListener;
  /** Why it is over; null while it lives. The error is made when somebody needs it, since it costs more than a LOGOUT. */
  #over: Trouble | null = null;
  #madeError: ImapError | null = null;

  constructor(told: Told, sending: Sending, deadline: Deadline, listener: EndingListener) {
    this.#told = told;
    this.#sending = sending;
    this.#deadline = deadline;
    this.#listener = listener;
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  /** What whoever asks for more is told; null while it lives. */
  error(): ImapError | null {
    return this.#over && (this.#madeError ??= new ImapError(this.#over));
  }

  /** It is over: everything under way is lost. */
  fail(trouble: Trouble): void {
    if (this.#over) return;
    this.#over = trouble;
    this.#deadline.stop();
    this.#listener.over(trouble);
    if (!this.#told.isUngreeted && !this.#sending.isBusy) return;
    const error = (this.#madeError ??= new ImapError(trouble));
    this.#told.fails(error);
    this.#sending.lose(error);
  }

  /** As `fail`; what is no `ImapError` was found in something that is no IMAP. */
  failWith(error: unknown): void {
    const why = error instanceof ImapError ? error : new ImapError({ kind: 'garbled', text: clean(String(error)) });
    this.#madeError ??= why;
    this.fail(why.trouble);
  }

  /** As `fail`, and breaks the connection. */
  close(trouble: Trouble): void {
    this.fail(trouble);
    this.#listener.breaks();
  }

  /** The connection is no more; `error` is null when the other side closed it. */
  ended(error: Error | null): void {
    if (error instanceof ImapError) this.failWith(error);
    else if (this.#told.bye) this.fail({ kind: 'bye', ...this.#told.bye });
    else this.fail({ kind: 'lost', text: error ? clean(error.message) : 'closed by the server' });
  }

  /** The server leaves. Answers may still be on their way behind it; some servers never close, so we do. */
  goodbye(): void {
    if (this.isLeaving) return;
    setTimeout(() => {
      if (this.#told.bye) this.close({ kind: 'bye', ...this.#told.bye });
    }, goodbyeMs).unref();
  }
}
