/** A command of ours as the session sees it: what it says, which answers it takes, what becomes of it. */

import { clean, ImapError } from './errors.ts';
import type { Opened } from './opened.ts';
import type { FetchedMessage } from './fetch.ts';
import type { LiteralTaker } from './framing.ts';
import type { Tagged, Untagged } from './response.ts';
import type { CommandWriter } from './writer.ts';

export interface Command<Result> {
  /** As it is called in errors and allowed or not to a reader: `UID FETCH`. */
  readonly name: string;
  /** Its text is masked in traces. */
  readonly isSecret?: boolean;
  /** Writes everything after the tag. */
  compose(writer: CommandWriter): void;
  /**
   * Takes an untagged response that answers it; false when that belongs to somebody else. `isFirst`: nothing older is under way in any mailbox.
   * `opened`: the mailbox it is run in.
   */
  take?(response: Untagged, isFirst: boolean, opened: Opened | null): boolean;
  /** Takes the octets of a message's body, or does not (null). */
  body?(message: FetchedMessage, octets: number): LiteralTaker | null;
  /** Asked after each stretch of `body` octets that came from one read. */
  returned?(): Promise<void> | null;
  /** What to send for a `+`, without its line end; null for nothing. Only where the command is not waiting to send a literal. */
  continued?(text: string): string | null;
  /** The tagged answer. `opened` is the mailbox it was run in. May throw an `ImapError`. */
  end(answer: Tagged, opened: Opened | null): Result;
  /** The connection is gone, or the mailbox could not be opened: `end` will not be called. */
  broken?(): void;
  /** It opens a mailbox. */
  readonly opens?: boolean;
  /** True where nothing may be sent behind it before it is answered. */
  readonly isAlone?: boolean;
  /** It may go unanswered for as long as it likes (IDLE). */
  readonly isPatient?: boolean;
}

/** The mailbox a command is to be run in. */
export interface Place {
  /** The name in the server's octets. */
  readonly mailbox: string;
  /** RFC 9051 §6.3.2 and §6.3.3. A selected mailbox serves for what `examine` asks. */
  readonly mode: 'examine' | 'select';
  /** Open it again even if it is open, so that its numbers are those of now. */
  readonly isFresh?: boolean;
  /** Send nothing before it is known to be open: for commands that would harm any other mailbox. */
  readonly isSure?: boolean;
  /** Do nothing in it if it is numbered otherwise: the UIDs at hand would mean other messages. */
  readonly uidValidity?: number | null;
}

/** Throws unless the answer is OK. */
export function mustBeOk(name: string, answer: Tagged): void {
  if (answer.status !== 'OK') throw refusal(name, answer);
}

export function refusal(name: string, answer: Tagged): ImapError {
  const { status, code, text } = answer;
  return new ImapError({
    kind: 'refused',
    command: name,
    status: status === 'BAD' ? 'BAD' : 'NO',
    code: code === null ? null : clean(code.name, 40),
    text: clean(text),
  });
}
