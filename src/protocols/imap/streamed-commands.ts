/** The commands of one stream of messages, in the order in which they are sent, and what became of each. */

import type { ImapError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Tagged } from './response.ts';

/** What became of one command of the stream, and of how many messages it bore. */
export type AppendAnswer =
  | { readonly kind: 'answered'; readonly messages: number; readonly answer: Tagged }
  | { readonly kind: 'lost'; readonly messages: number; readonly error: ImapError };

export interface StreamedCommand {
  messages: number;
  /** Null until it is begun. */
  exchange: Exchange | null;
  answer: AppendAnswer | null;
}

export class StreamedCommands {
  readonly #all: StreamedCommand[] = [];

  /** One more; lost from the start where there is an `error`. */
  add(error: ImapError | null): StreamedCommand {
    const answer: AppendAnswer | null = error && { kind: 'lost', messages: 0, error };
    const command: StreamedCommand = { messages: 0, exchange: null, answer };
    this.#all.push(command);
    return command;
  }

  /** The one that is to be begun next. */
  next(): StreamedCommand | undefined {
    return this.#all.find(({ exchange, answer }) => exchange === null && answer === null);
  }

  /** There will be no more answers. */
  lose(error: ImapError): void {
    for (const command of this.#all) command.answer ??= { kind: 'lost', messages: command.messages, error };
  }

  /** What became of each; null while one has no answer. */
  answers(): readonly AppendAnswer[] | null {
    if (this.#all.some(({ answer }) => answer === null)) return null;
    return this.#all.map(({ answer, messages }) => ({ ...(answer as AppendAnswer), messages }));
  }
}
