/**
 * Messages on their way to the server: one MULTIAPPEND (RFC 3502) for all, or one APPEND (RFC 9051 §6.3.12) after the other
 * without waiting. The octets are not gathered: what is given while it is our turn is written, and what is given before, or
 * while a `+` is waited for, is held by reference and counts as lent.
 */

import { clean, type ImapError, type Trouble } from './errors.ts';
import type { Tagged } from './response.ts';
import type { Exchange } from './exchange.ts';
import type { Sending } from './sending.ts';
import type { Session } from './session.ts';
import { CommandWriter, flagList, literalHead, waitsForLiteral } from './writer.ts';

export interface AppendWords {
  readonly flags: readonly string[];
  /** `date-time` without its quotes; null to let the server take the present. */
  readonly date: string | null;
  readonly octets: number;
}

/** What became of one command of the stream, and of how many messages it bore. */
export type AppendAnswer =
  | { readonly kind: 'answered'; readonly messages: number; readonly answer: Tagged }
  | { readonly kind: 'lost'; readonly messages: number; readonly error: ImapError };

type Piece =
  | { readonly kind: 'begin-command' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'wait' }
  | { readonly kind: 'end-command' };

interface SentCommand {
  messages: number;
  exchange: Exchange | null;
  answer: AppendAnswer | null;
}

export class AppendStream {
  readonly #session: Session;
  /** Where it writes and waits for its turn, from the first `begin` on. */
  #sending: Sending | null = null;
  readonly #mailbox: string;
  readonly #isTogether: boolean;
  readonly #commands: SentCommand[] = [];
  /** The command that messages are being put into. */
  #filling: SentCommand | null = null;
  /** The command whose octets are being written. */
  #writing: SentCommand | null = null;
  readonly #held: Piece[] = [];
  #state: 'new' | 'queued' | 'turn' | 'over' = 'new';
  #isWaiting = false;
  /** Inside a message: octets still to be given. */
  #left = 0;
  #isInside = false;
  #heldReturn: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  #finished: { resolve(answers: readonly AppendAnswer[]): void } | null = null;
  #error: ImapError | null = null;

  /** Nothing is sent before the first `begin`. `isTogether`: in one command, which the server must know (MULTIAPPEND). */
  constructor(session: Session, mailbox: string, isTogether: boolean) {
    this.#session = session;
    this.#mailbox = mailbox;
    this.#isTogether = isTogether;
  }

  begin(words: AppendWords): void {
    if (this.#isInside) throw new Error('a message of this batch has not ended');
    if (this.#state === 'new') {
      this.#state = 'queued';
      this.#sending = this.#session.stream(this);
    }
    if (!this.#filling || !this.#isTogether) {
      const error = this.#error;
      this.#filling = { messages: 0, exchange: null, answer: error && { kind: 'lost', messages: 0, error } };
      this.#commands.push(this.#filling);
      this.#piece({ kind: 'begin-command' });
    }
    this.#filling.messages++;
    this.#isInside = true;
    this.#left = words.octets;
    const manner = this.#session.literals;
    const flags = flagsText(words.flags);
    const date = words.date === null ? '' : ` "${words.date}"`;
    this.#piece({ kind: 'text', text: `${flags}${date} ${literalHead(manner, words.octets)}` });
    if (waitsForLiteral(manner, words.octets)) this.#piece({ kind: 'wait' });
  }

  data(octets: Uint8Array): void {
    this.#left -= octets.length;
    if (!this.#isInside || this.#left < 0) throw new Error('octets beyond those that were announced');
    this.#piece({ kind: 'octets', octets });
  }

  end(): void {
    if (!this.#isInside || this.#left !== 0) throw new Error('fewer octets than were announced');
    this.#isInside = false;
    if (!this.#isTogether) this.#piece({ kind: 'end-command' });
  }

  /**
   * As `Outgoing.returned`, for held octets as well. A batch that was finished owns its octets, and is asked all the same:
   * whoever fills the next one while this one is still on its way out fills the memory.
   */
  returned(): Promise<void> | null {
    if (this.#error) return null;
    if (this.#state === 'over') return this.#finished ? this.#session.out.returned() : null;
    if (this.#held.some((piece) => piece.kind === 'octets')) {
      if (!this.#heldReturn) {
        let resolve: () => void = () => {};
        const promise = new Promise<void>((settle) => {
          resolve = settle;
        });
        this.#heldReturn = { promise, resolve };
      }
      return this.#heldReturn.promise;
    }
    return this.#state === 'turn' ? this.#session.out.returned() : null;
  }

  /** Completes the last command; resolves with the answers in the order sent, whatever they are. */
  finish(): Promise<readonly AppendAnswer[]> {
    if (this.#isInside) throw new Error('a message of this batch has not ended');
    return new Promise((resolve) => {
      this.#finished = { resolve };
      if (this.#state === 'new') this.#state = 'over';
      else if (!this.#error && this.#state !== 'over') {
        if (this.#isTogether) this.#piece({ kind: 'end-command' });
        this.#filling = null;
        this.#keepLent();
        this.#drain();
      }
      this.#settle();
    });
  }

  /** Makes sure that the server never has a whole command more than it has now. */
  abandon(): void {
    const isOpen = this.#writing !== null && this.#writing.answer === null;
    this.#held.length = 0;
    this.#heldReturned();
    if (this.#state === 'over' || this.#state === 'new' || this.#error) {
      this.#state = 'over';
      return;
    }
    this.#state = 'over';
    // A command that was begun cannot be taken back: only an end of the connection keeps the server from what it has of it.
    if (isOpen) this.#session.close({ kind: 'closed', why: 'a message could not be read to its end' });
    else {
      this.#session.out.keep();
      this.#sending?.streamEnded(this);
    }
  }

  /** Nobody asks `returned` of a batch that was finished: what was lent to it is copied. */
  #keepLent(): void {
    for (const [at, piece] of this.#held.entries()) {
      if (piece.kind === 'octets') this.#held[at] = { kind: 'octets', octets: Buffer.from(piece.octets) };
    }
    this.#heldReturned();
    if (this.#state === 'turn') this.#session.out.keep();
  }

  /** Called by the session. */
  start(): void {
    this.#state = 'turn';
    this.#drain();
  }

  /** Called by the session. */
  lost(error: ImapError): void {
    this.#error ??= error;
    this.#held.length = 0;
    this.#heldReturned();
    for (const command of this.#commands) command.answer ??= { kind: 'lost', messages: command.messages, error };
    this.#settle();
  }

  #piece(piece: Piece): void {
    if (this.#error || this.#state === 'over') return;
    if (this.#state === 'turn' && !this.#isWaiting && this.#held.length === 0) this.#write(piece);
    else this.#held.push(piece);
  }

  /** Writes what was held, up to where a `+` must come. */
  #drain(): void {
    if (this.#state !== 'turn' || this.#isWaiting) return;
    let written = 0;
    while (written < this.#held.length && !this.#isWaiting && this.#state === 'turn')
      this.#write(this.#held[written++] as Piece);
    this.#held.splice(0, written);
    if (this.#state !== 'turn') return;
    this.#sending?.soon();
    if (this.#heldReturn && !this.#held.some((piece) => piece.kind === 'octets')) {
      const { resolve } = this.#heldReturn;
      this.#heldReturn = null;
      const leaving = this.#session.out.returned();
      if (leaving) void leaving.then(resolve);
      else resolve();
    }
    this.#letGo();
  }

  #write(piece: Piece): void {
    const { out } = this.#session;
    switch (piece.kind) {
      case 'begin-command':
        this.#beginCommand();
        break;
      case 'text':
        if (this.#writing?.answer === null) out.text(piece.text);
        break;
      case 'octets':
        if (this.#writing?.answer === null) out.bytes(piece.octets);
        break;
      case 'wait':
        if (this.#writing?.answer !== null || !this.#writing.exchange) return;
        this.#isWaiting = true;
        this.#sending?.awaitFor(this.#writing.exchange);
        break;
      case 'end-command':
        if (this.#writing?.answer === null) out.text('\r\n');
        this.#writing = null;
        this.#letGo();
        break;
      default:
        piece satisfies never;
    }
  }

  #beginCommand(): void {
    const command = this.#commands.find(({ exchange, answer }) => exchange === null && answer === null);
    if (!command) throw new Error('no command to begin');
    this.#writing = command;
    const name = this.#isTogether ? 'MULTIAPPEND' : 'APPEND';
    const sending = this.#sending;
    if (!sending) throw new Error('a batch that has no turn');
    const exchange = sending.beginStreamed('APPEND', this.#mailbox, {
      answered: (answer) => this.#answered(command, answer),
      continued: () => this.#continued(),
      lost: (error) => {
        command.answer ??= { kind: 'lost', messages: command.messages, error };
        this.lost(error);
      },
    });
    command.exchange = exchange;
    // A name with octets above 127 goes in quotes where a literal would have to wait: a server that shows such names takes them.
    const writer = new CommandWriter('plus', this.#session.isUtf8 || this.#session.literals === 'wait')
      .raw('APPEND ')
      .mailbox(this.#mailbox);
    this.#session.out.text(`${exchange.tag} ${writer.parts.join('')}`);
    this.#session.options.trace?.('C', `${exchange.tag} ${name} ${clean(this.#mailbox)} …`);
  }

  #continued(): void {
    this.#isWaiting = false;
    this.#sending?.awaitFor(null);
    this.#drain();
  }

  #answered(command: SentCommand, answer: Tagged): void {
    command.answer = { kind: 'answered', messages: command.messages, answer };
    if (this.#writing === command) this.#answeredEarly(answer);
    this.#settle();
  }

  /** The command was answered before it was whole: refused in all likelihood. */
  #answeredEarly(answer: Tagged): void {
    const wasWaiting = this.#isWaiting;
    this.#isWaiting = false;
    if (!wasWaiting && (this.#isInside || this.#held.length > 0)) {
      // Octets that were announced are still to come, and a server that no longer expects them takes them for commands.
      const why: Trouble = { kind: 'lost', text: `APPEND was answered before its end: ${clean(answer.text)}` };
      this.#session.close(why);
      return;
    }
    if (this.#isTogether) {
      // Ends the line that the server gave up; what else is given to this batch is part of the same refusal.
      if (!wasWaiting) this.#session.out.text('\r\n');
      this.#held.length = 0;
      this.#writing = null;
    }
    this.#drain();
  }

  /** Lets the next command of the session go out once everything of ours is written. */
  #letGo(): void {
    if (this.#state !== 'turn' || !this.#finished || this.#held.length > 0 || this.#writing || this.#isWaiting) return;
    this.#state = 'over';
    this.#sending?.streamEnded(this);
  }

  #settle(): void {
    if (this.#state === 'turn') this.#letGo();
    if (!this.#finished || this.#commands.some(({ answer }) => answer === null)) return;
    const { resolve } = this.#finished;
    this.#finished = null;
    if (this.#state === 'turn') {
      this.#state = 'over';
      this.#sending?.streamEnded(this);
    }
    resolve(this.#commands.map(({ answer, messages }) => ({ ...(answer as AppendAnswer), messages })));
  }

  #heldReturned(): void {
    this.#heldReturn?.resolve();
    this.#heldReturn = null;
  }
}

/** Neighbouring messages mostly share one array of flags: it is checked and written once. */
let lastFlags: readonly string[] = [];
let lastText = '';

function flagsText(flags: readonly string[]): string {
  if (flags === lastFlags) return lastText;
  const text = flags.length === 0 ? '' : ` ${flagList(flags)}`;
  lastFlags = flags;
  lastText = text;
  return text;
}
