/**
 * One connection to one mailbox. Commands go out in the order in which they are given, without waiting for each other
 * (RFC 9051 §5.5), and a mailbox is opened by itself when the next command needs another. Answers find the command that
 * asked for them by what they say, since servers may work on several commands at once.
 */

import { Capabilities } from './capabilities.ts';
import type { Command, Place } from './command.ts';
import { Deadline } from './deadline.ts';
import { clean, garbled, ImapError, type Trouble } from './errors.ts';
import { type Exchange, type Queued, refuse, type Streamer } from './exchange.ts';
import { Hearing } from './hearing.ts';
import { type Limits, usualLimits } from './limits.ts';
import { assertReadOnly } from './read-only.ts';
import { tagged } from './response.ts';
import { Sending } from './sending.ts';
import { type Greeting, Told } from './told.ts';
import type { LiteralManner } from './writer.ts';
import type { DialOptions } from './dial.ts';
import { Wire } from './wire.ts';

/** `C` is ours, `S` the server's. Lines are cleaned and bounded; secrets are masked. */
export type Trace = (direction: 'C' | 'S', line: string) => void;

export interface SessionOptions extends DialOptions {
  /** How long a command may go without an answer, in milliseconds; ten times that where something comes but no headway. */
  readonly deadlineMs: number;
  /** Commands that could change anything are refused before they are sent. */
  readonly isReadOnly: boolean;
  readonly trace: Trace | null;
  readonly limits?: Limits;
}

export class Session {
  readonly options: SessionOptions;
  readonly #told = new Told(() => this.#goodbye());
  readonly #sending: Sending;
  readonly #hearing: Hearing;
  readonly #deadline: Deadline;
  #wire: Wire | null = null;
  /** Why it is over; null while it lives. The error is made when somebody needs it, since it costs more than a LOGOUT. */
  #over: Trouble | null = null;
  #madeError: ImapError | null = null;
  #leaving = false;
  /** After STARTTLS was agreed to and before TLS is on: whatever comes now was injected (RFC 9051 §6.2.1). */
  #sealed = false;

  private constructor(options: SessionOptions) {
    this.options = options;
    this.#sending = new Sending(this);
    this.#hearing = new Hearing(
      {
        flying: this.#sending.flying,
        trace: options.trace && ((line) => this.trace(line, 'S')),
        begins: () => {
          if (this.#sealed) throw new ImapError({ kind: 'unprotected', why: 'starttls-injected' });
        },
        headway: () => this.headway(),
        greets: (response) => {
          const isGreeting = this.#told.greets(response);
          if (isGreeting) this.headway();
          return isGreeting;
        },
        unasked: (response, text) => this.#told.unasked(response, text, this.#sending.open?.opened ?? null),
        continuation: (text) => this.#sending.continuation(text),
        tagged: (text) => this.#tagged(text),
      },
      options.limits ?? usualLimits,
    );
    this.#deadline = new Deadline(
      options.deadlineMs,
      () => this.#isServersTurn(),
      (seconds) => this.close({ kind: 'silent', command: this.#waitedFor(), seconds }),
    );
  }

  /** Connects, with TLS where that is asked for; does not wait for the greeting. Rejects with `ImapError`, or the signal's reason. */
  static async open(options: SessionOptions, signal: AbortSignal | null): Promise<Session> {
    const session = new Session(options);
    session.#wire = await Wire.connect(
      options,
      {
        get isInside() {
          return !session.#hearing.isBetween;
        },
        came: (octets) => session.#came(octets),
        returned: () => session.#hearing.returned(),
        left: () => session.#deadline.headway(),
        ended: (error) => session.#ended(error),
      },
      signal,
    );
    session.#deadline.start();
    return session;
  }

  get greeting(): Promise<Greeting> {
    return this.#told.greeting;
  }

  /** As last told; whoever remembers them from another connection may set them before. */
  get capabilities(): Capabilities {
    return this.#told.capabilities;
  }

  set capabilities(capabilities: Capabilities) {
    this.#told.capabilities = capabilities;
  }

  /** Said in answer to ENABLE (RFC 9051 §6.3.1), in capitals. */
  get enabled(): Set<string> {
    return this.#told.enabled;
  }

  /** Whether commands can still be given. */
  get isAlive(): boolean {
    return this.#over === null;
  }

  /** As measured when it was connected, in milliseconds. */
  get roundTripMs(): number {
    return this.#wired().roundTripMs;
  }

  /** Version, cipher and certificate of the connection, null where it has no TLS. */
  get tls(): Wire['tls'] {
    return this.#wired().tls;
  }

  /** Octets on the line so far, both ways, TLS and compression included. */
  get octets(): number {
    return this.#wired().octets;
  }

  /** How many octets went while the line was what we waited for, and how long that was (`line-speed.ts`). */
  get waited(): { readonly octets: number; readonly seconds: number } {
    return this.#wired().waited;
  }

  /** How literals may be sent now. */
  get literals(): LiteralManner {
    return this.capabilities.literals;
  }

  /** Whether names are UTF-8 (RFC 6855 §3) instead of modified UTF-7. */
  get isUtf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT');
  }

  /** Runs a command in its turn. Rejects with `ImapError`, among them `refused` of EXAMINE or SELECT where its place cannot be opened. */
  run<Result>(command: Command<Result>, place: Place | null = null): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#enqueue({ place, command, streamer: null, settle: { resolve, reject } });
    });
  }

  /** Gives something its turn to write by itself, with the queue that it is given, until it says that it has ended. */
  stream(streamer: Streamer): Sending {
    if (this.options.isReadOnly) assertReadOnly('APPEND');
    this.#enqueue({ place: null, command: null, streamer, settle: null });
    return this.#sending;
  }

  /** Where a streamer writes; only in its turn. */
  get out(): Wire['out'] {
    return this.#wired().out;
  }

  /** Sends a line that belongs to the command under way (the DONE of IDLE). */
  say(line: string): void {
    if (!this.#over) this.#sending.say(line);
  }

  /** Puts TLS on the connection (RFC 9051 §6.2.1). Everything learnt before is forgotten. */
  async startTls(): Promise<void> {
    await this.run({
      name: 'STARTTLS',
      isAlone: true,
      compose: (writer) => writer.raw('STARTTLS'),
      end: (answer) => {
        if (answer.status !== 'OK') throw new ImapError({ kind: 'unprotected', why: 'starttls-refused' });
        this.#sealed = true;
      },
    });
    // What came in the same read as the agreement has been looked at by now.
    if (this.#over) throw this.#error(this.#over);
    try {
      await this.#wired().startTls();
    } catch (error) {
      this.close(error instanceof ImapError ? error.trouble : { kind: 'lost', text: clean(String(error)) });
      throw error;
    }
    this.capabilities = Capabilities.none;
    this.#sealed = false;
    this.#sending.soon();
  }

  /** Puts DEFLATE on the connection (RFC 4978). False where the server does not want it. */
  async compress(): Promise<boolean> {
    const isOn = await this.run({
      name: 'COMPRESS',
      isAlone: true,
      compose: (writer) => writer.raw('COMPRESS DEFLATE'),
      end: (answer) => {
        // Compressed from the very next octet on.
        if (answer.status === 'OK') this.#wired().compress();
        return answer.status === 'OK';
      },
    });
    return isOn;
  }

  /** Says LOGOUT where that is possible and lets go. Never waits long, never throws. */
  leave(): void {
    if (this.#over) return;
    if (this.#sending.isBusy || !this.#wire) {
      this.close({ kind: 'closed', why: 'by us' });
      return;
    }
    this.#leaving = true;
    this.trace('LOGOUT');
    this.out.text(`${this.#sending.tag()} LOGOUT\r\n`);
    this.#wire.end(2_000);
    this.#fail({ kind: 'closed', why: 'by us' });
  }

  /** Breaks the connection; everything under way is lost. */
  close(trouble: Trouble): void {
    this.#fail(trouble);
    this.#wire?.destroy(null);
  }

  #wired(): Wire {
    if (!this.#wire) throw new Error('a session that is not connected');
    return this.#wire;
  }

  get mayTalk(): boolean {
    return this.#over === null && !this.#sealed;
  }

  get isReadOnly(): boolean {
    return this.options.isReadOnly;
  }

  /** ENABLE turns on what EXAMINE would otherwise ask for. */
  get asksForModSeq(): boolean {
    return this.capabilities.has('CONDSTORE') && this.enabled.size === 0;
  }

  headway(): void {
    this.#deadline.headway();
  }

  trace(line: string, direction: 'C' | 'S' = 'C'): void {
    this.options.trace?.(direction, clean(line, 2_000));
  }

  #enqueue(queued: Queued): void {
    if (this.#over) refuse(queued, this.#error(this.#over));
    else this.#sending.enqueue(queued);
  }

  /** Octets have come: dealt with when this returns, but for what was lent to sinks. */
  #came(octets: Buffer): void {
    this.#deadline.sign(octets.length);
    try {
      this.#hearing.push(octets);
      if (this.#sealed && !this.#hearing.isBetween) {
        throw new ImapError({ kind: 'unprotected', why: 'starttls-injected' });
      }
    } catch (error) {
      this.#failWith(
        error instanceof ImapError ? error : new ImapError({ kind: 'garbled', text: clean(String(error)) }),
      );
      throw error;
    }
  }

  /** The server leaves. Answers may still be on their way behind it; some servers never close, so we do. */
  #goodbye(): void {
    if (this.#leaving) return;
    setTimeout(() => {
      if (this.#told.bye) this.close({ kind: 'bye', ...this.#told.bye });
    }, 1_000).unref();
  }

  #tagged(text: string): void {
    const answer = tagged(text);
    const exchange: Exchange | null = (answer && this.#sending.flying.get(answer.tag)) ?? null;
    if (!answer || !exchange) {
      if (this.#leaving) return;
      throw garbled(answer ? 'an answer to nothing' : 'neither answer nor data', text);
    }
    this.headway();
    this.#told.code(answer.code);
    this.#sending.landed(exchange);
    exchange.answered(answer);
  }

  #isServersTurn(): boolean {
    if (this.#over) return false;
    return this.#told.isUngreeted || this.#wire?.out.isPending === true || this.#sending.isServersTurn;
  }

  #waitedFor(): string {
    if (this.#told.isUngreeted) return 'the greeting';
    for (const { name } of this.#sending.flying.values()) return name;
    return 'nothing';
  }

  #ended(error: Error | null): void {
    if (error instanceof ImapError) this.#failWith(error);
    else if (this.#told.bye) this.#fail({ kind: 'bye', ...this.#told.bye });
    else this.#fail({ kind: 'lost', text: error ? clean(error.message) : 'closed by the server' });
  }

  #error(trouble: Trouble): ImapError {
    return (this.#madeError ??= new ImapError(trouble));
  }

  #failWith(error: ImapError): void {
    this.#madeError ??= error;
    this.#fail(error.trouble);
  }

  #fail(trouble: Trouble): void {
    if (this.#over) return;
    this.#over = trouble;
    this.#deadline.stop();
    if (!this.#told.isUngreeted && !this.#sending.isBusy) return;
    const error = this.#error(trouble);
    this.#told.fails(error);
    this.#sending.lose(error);
  }
}
