/** What is put on a connection that is in use: TLS after STARTTLS (RFC 9051 §6.2.1), and DEFLATE (RFC 4978). */

import type { Command } from './command.ts';
import type { Ending } from './ending.ts';
import { clean, ImapError } from './errors.ts';
import type { Wire } from './wire.ts';

export class Upgrades {
  /** After STARTTLS was agreed to and before TLS is on: whatever comes now was injected (RFC 9051 §6.2.1). */
  isSealed = false;
  readonly #session: { run<Result>(command: Command<Result>): Promise<Result> };
  readonly #ending: Ending;
  readonly #wire: () => Wire;

  constructor(session: { run<Result>(command: Command<Result>): Promise<Result> }, ending: Ending, wire: () => Wire) {
    this.#session = session;
    this.#ending = ending;
    this.#wire = wire;
  }

  /** Nothing is sent and nothing may come until this has resolved. Rejects with `ImapError`; then the session is over. */
  async startTls(): Promise<void> {
    await this.#session.run({
      name: 'STARTTLS',
      isAlone: true,
      compose: (writer) => writer.raw('STARTTLS'),
      end: (answer) => {
        if (answer.status !== 'OK') throw new ImapError({ kind: 'unprotected', why: 'starttls-refused' });
        this.isSealed = true;
      },
    });
    // What came in the same read as the agreement has been looked at by now.
    const over = this.#ending.error();
    if (over) throw over;
    try {
      await this.#wire().startTls();
    } catch (error) {
      this.#ending.close(error instanceof ImapError ? error.trouble : { kind: 'lost', text: clean(String(error)) });
      throw error;
    }
    this.isSealed = false;
  }

  /** False where the server does not want it. */
  compress(): Promise<boolean> {
    return this.#session.run({
      name: 'COMPRESS',
      isAlone: true,
      compose: (writer) => writer.raw('COMPRESS DEFLATE'),
      end: (answer) => {
        // Compressed from the very next octet on.
        if (answer.status === 'OK') this.#wire().compress();
        return answer.status === 'OK';
      },
    });
  }
}

/** Somebody in between has put octets behind the agreement to STARTTLS. */
export function injected(): ImapError {
  return new ImapError({ kind: 'unprotected', why: 'starttls-injected' });
}
