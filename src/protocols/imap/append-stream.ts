/**
 * Messages on their way to the server: one MULTIAPPEND (RFC 3502) for all, or one APPEND (RFC 9051 §6.3.12) after the other
 * without waiting. The octets are not gathered: what is given while it is our turn is written, and what is given before, or
 * while a `+` is waited for, is held by reference and counts as lent.
 */

import { type AppendWords, commandHead, messageHead } from './append-words.ts';
import { clean, type ImapError, type Trouble } from './errors.ts';
import { HeldPieces, type Piece } from './held-pieces.ts';
import type { Tagged } from './response.ts';
import type { Sending } from './sending.ts';
import type { Session } from './session.ts';
import { type AppendAnswer, type StreamedCommand, StreamedCommands } from './streamed-commands.ts';
import { waitsForLiteral } from './writer.ts';

export class AppendStream {
  readonly #session: Session;
  /** Where it writes and waits for its turn, from the first `begin` on. */
  #sending: Sending | null = null;
  readonly #mailbox: string;
  readonly #isTogether: boolean;
  readonly #commands = new StreamedCommands();
  /** The command that messages are being put into. */
  #filling: StreamedCommand | null = null;
  /** The command whose octets are being written. */
  #writing: StreamedCommand | null = null;
  readonly #held = new HeldPieces();
  #state: 'new' | 'queued' | 'turn' | 'over' = 'new';
  #isWaiting = false;
  /** Inside a message: octets still to be given. */
  #left = 0;
  #isInside = false;
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
      this.#filling = this.#commands.add(this.#error);
      this.#piece({ kind: 'begin-command' });
    }
    this.#filling.messages++;
    this.#isInside = true;
    this.#left = words.octets;
    const manner = this.#session.literals;
    this.#piece({ kind: 'text', text: messageHead(words, manner) });
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
    return this.#held.returned() ?? (this.#state === 'turn' ? this.#session.out.returned() : null);
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
        // Nobody asks `returned` of a batch that was finished: what was lent to it is copied.
        this.#held.keep();
        if (this.#state === 'turn') this.#session.out.keep();
        this.#drain();
      }
      this.#settle();
    });
  }

  /** Makes sure that the server never has a whole command more than it has now. */
  abandon(): void {
    const isOpen = this.#writing !== null && this.#writing.answer === null;
    this.#held.forget();
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

  /** Called by the session. */
  start(): void {
    this.#state = 'turn';
    this.#drain();
  }

  /** Called by the session. */
  lost(error: ImapError): void {
    this.#error ??= error;
    this.#held.forget();
    this.#commands.lose(error);
    this.#settle();
  }

  #piece(piece: Piece): void {
    if (this.#error || this.#state === 'over') return;
    if (this.#state === 'turn' && !this.#isWaiting && this.#held.isEmpty) this.#write(piece);
    else this.#held.push(piece);
  }

  /** Writes what was held, up to where a `+` must come. */
  #drain(): void {
    if (this.#state !== 'turn' || this.#isWaiting) return;
    let written = 0;
    for (; written < this.#held.length && !this.#isWaiting && this.#state === 'turn'; written++)
      this.#write(this.#held.at(written));
    this.#held.dropFirst(written);
    if (this.#state !== 'turn') return;
    this.#sending?.soon();
    if (this.#held.isOwed) this.#held.giveBack(this.#session.out.returned());
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
        if (this.#writing?.answer === null) {
          if (this.#session.options.mayComplete?.() === false)
            return this.#session.close({ kind: 'closed', why: 'nothing may be completed here any more' });
          out.text('\r\n');
        }
        this.#writing = null;
        this.#letGo();
        break;
      default:
        piece satisfies never;
    }
  }

  #beginCommand(): void {
    const command = this.#commands.next();
    if (!command) throw new Error('no command to begin');
    this.#writing = command;
    const name = this.#isTogether ? 'MULTIAPPEND' : 'APPEND';
    const sending = this.#sending;
    if (!sending) throw new Error('a batch that has no turn');
    const exchange = sending.beginStreamed('APPEND', this.#mailbox, {
      answered: (answer) => this.#answered(command, answer),
      continued: () => this.#continued(),
      lost: (error) => this.lost(error),
    });
    command.exchange = exchange;
    const { out, literals, isUtf8 } = this.#session;
    out.text(`${exchange.tag} ${commandHead(this.#mailbox, literals, isUtf8)}`);
    this.#session.options.trace?.('C', `${exchange.tag} ${name} ${clean(this.#mailbox)} …`);
  }

  #continued(): void {
    this.#isWaiting = false;
    this.#sending?.awaitFor(null);
    this.#drain();
  }

  #answered(command: StreamedCommand, answer: Tagged): void {
    command.answer = { kind: 'answered', messages: command.messages, answer };
    if (this.#writing === command) this.#answeredEarly(answer);
    this.#settle();
  }

  /** The command was answered before it was whole: refused in all likelihood. */
  #answeredEarly(answer: Tagged): void {
    const wasWaiting = this.#isWaiting;
    this.#isWaiting = false;
    if (!wasWaiting && (this.#isInside || !this.#held.isEmpty)) {
      // Octets that were announced are still to come, and a server that no longer expects them takes them for commands.
      const why: Trouble = { kind: 'lost', text: `APPEND was answered before its end: ${clean(answer.text)}` };
      this.#session.close(why);
      return;
    }
    if (this.#isTogether) {
      // Ends the line that the server gave up; what else is given to this batch is part of the same refusal.
      if (!wasWaiting) this.#session.out.text('\r\n');
      this.#held.drop();
      this.#writing = null;
    }
    this.#drain();
  }

  /** Lets the next command of the session go out once everything of ours is written. */
  #letGo(): void {
    if (this.#state !== 'turn' || !this.#finished || !this.#held.isEmpty || this.#writing || this.#isWaiting) return;
    this.#state = 'over';
    this.#sending?.streamEnded(this);
  }

  #settle(): void {
    if (this.#state === 'turn') this.#letGo();
    if (!this.#finished) return;
    const answers = this.#commands.answers();
    if (!answers) return;
    const { resolve } = this.#finished;
    this.#finished = null;
    if (this.#state === 'turn') {
      this.#state = 'over';
      this.#sending?.streamEnded(this);
    }
    resolve(answers);
  }
}
