/**
 * One connection to one mailbox. Commands go out in the order in which they are given, without waiting for each other
 * (RFC 9051 §5.5), and a mailbox is opened by itself when the next command needs another. Answers find the command that
 * asked for them by what they say, since servers may work on several commands at once.
 */

import { Capabilities } from './capabilities.ts';
import type { Command, Place } from './command.ts';
import { Deadline } from './deadline.ts';
import type { DialOptions } from './dial.ts';
import { Ending } from './ending.ts';
import { clean, garbled, type Trouble } from './errors.ts';
import { type Exchange, type Queued, refuse, type Streamer } from './exchange.ts';
import { Hearing } from './hearing.ts';
import type { Line } from './line.ts';
import { type Limits, usualLimits } from './limits.ts';
import { assertReadOnly } from './read-only.ts';
import { type Tagged, tagged } from './response.ts';
import { Sending } from './sending.ts';
import { both, type SessionPace } from './session-pace.ts';
import { type Greeting, Told } from './told.ts';
import { injected, Upgrades } from './upgrades.ts';
import { Wire } from './wire.ts';
import type { LiteralManner } from './writer.ts';

/** `C` is ours, `S` the server's. Lines are cleaned and bounded; secrets are masked. */
export type Trace = (direction: 'C' | 'S', line: string) => void;

export interface SessionOptions extends DialOptions {
  /** How long a command may go without an answer, in milliseconds; ten times that where something comes but no headway. */
  readonly deadlineMs: number;
  /** Commands that could change anything are refused before they are sent. */
  readonly isReadOnly: boolean;
  readonly trace: Trace | null;
  /**
   * Asked just before the last octets of an APPEND: false, and the connection is closed instead, so that the message is never
   * whole. For a client that may have lost the right to write without having noticed.
   */
  readonly mayComplete?: () => boolean;
  readonly pace?: SessionPace;
  readonly listener?: SessionListener;
  readonly limits?: Limits;
}

/** Hears what a server says of itself, whichever command it said it to. Returns at once. */
export interface SessionListener {
  /** A command was answered with NO or BAD. */
  refused(answer: Tagged): void;
  /** The session is over. */
  over(trouble: Trouble): void;
  /** The connection is no more, or never came to be. `isMutual`: the server has closed it as well, and counts it no more. */
  gone(isMutual: boolean): void;
}

export class Session {
  readonly options: SessionOptions;
  readonly #told = new Told(() => this.#ending.goodbye());
  readonly #sending: Sending;
  readonly #hearing: Hearing;
  readonly #deadline: Deadline;
  readonly #ending: Ending;
  readonly #upgrades: Upgrades;
  #wire: Wire | null = null;
  /** Octets that came and that the pace was not told of. */
  #unpaced = 0;
  #pausedFor: Promise<void> | null = null;

  private constructor(options: SessionOptions) {
    this.options = options;
    this.#sending = new Sending(this, this.#told);
    this.#hearing = new Hearing(
      {
        flying: this.#sending.flying,
        trace: options.trace && ((line) => this.trace(line, 'S')),
        begins: () => {
          if (this.#upgrades.isSealed) throw injected();
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
    this.#ending = new Ending(this.#told, this.#sending, this.#deadline, {
      breaks: () => this.#wire?.destroy(null),
      over: (trouble) => options.listener?.over(trouble),
    });
    this.#upgrades = new Upgrades(this, this.#ending, () => this.#wired());
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
        returned: () => both(session.#hearing.returned(), session.#paced()),
        left: () => session.#deadline.headway(),
        ended: (error) => session.#ending.ended(error),
        gone: (isMutual) => options.listener?.gone(isMutual),
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
    return !this.#ending.isOver;
  }

  /** Whether a mailbox is open (RFC 9051 §3.3). */
  get hasOpen(): boolean {
    return this.#sending.hasOpen;
  }

  /** Whether nothing is under way or waits for its turn: it could be used for something else. */
  get isIdle(): boolean {
    return this.isAlive && !this.#sending.isBusy;
  }

  /** What can be told of the connection under it. */
  get line(): Line {
    return this.#wired();
  }

  /** How literals may be sent now. */
  get literals(): LiteralManner {
    return this.#told.literals;
  }

  /** Whether names are UTF-8 (RFC 6855 §3) instead of modified UTF-7. */
  get isUtf8(): boolean {
    return this.#told.isUtf8;
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
    if (this.isAlive) this.#sending.say(line);
  }

  /** Puts TLS on the connection (RFC 9051 §6.2.1). Everything learnt before is forgotten. */
  async startTls(): Promise<void> {
    await this.#upgrades.startTls();
    this.capabilities = Capabilities.none;
    this.#sending.soon();
  }

  /** Puts DEFLATE on the connection (RFC 4978). False where the server does not want it. */
  compress(): Promise<boolean> {
    return this.#upgrades.compress();
  }

  /** Says LOGOUT where that is possible and lets go. Never waits long, never throws. */
  leave(): void {
    if (!this.isAlive) return;
    if (this.#sending.isBusy || !this.#wire) {
      this.close({ kind: 'closed', why: 'by us' });
      return;
    }
    this.#ending.isLeaving = true;
    this.trace('LOGOUT');
    this.out.text(`${this.#sending.tag()} LOGOUT\r\n`);
    this.#wire.end(2_000);
    this.#ending.fail({ kind: 'closed', why: 'by us' });
  }

  /** Breaks the connection; everything under way is lost. */
  close(trouble: Trouble): void {
    this.#ending.close(trouble);
  }

  #wired(): Wire {
    if (!this.#wire) throw new Error('a session that is not connected');
    return this.#wire;
  }

  get mayTalk(): boolean {
    return this.isAlive && !this.#upgrades.isSealed;
  }

  headway(): void {
    this.#deadline.headway();
  }

  trace(line: string, direction: 'C' | 'S' = 'C'): void {
    this.options.trace?.(direction, clean(line, 2_000));
  }

  #enqueue(queued: Queued): void {
    const error = this.#ending.error();
    if (error) refuse(queued, error);
    else this.#sending.enqueue(queued);
  }

  /** Octets have come: dealt with when this returns, but for what was lent to sinks. */
  #came(octets: Buffer): void {
    this.#deadline.sign(octets.length);
    this.#unpaced += octets.length;
    try {
      this.#hearing.push(octets);
      if (this.#upgrades.isSealed && !this.#hearing.isBetween) throw injected();
    } catch (error) {
      this.#ending.failWith(error);
      throw error;
    }
  }

  /** What came was told to the pace: when more may come. */
  #paced(): Promise<void> | null {
    const octets = this.#unpaced;
    this.#unpaced = 0;
    const pause = this.options.pace?.octets(octets) ?? null;
    if (!pause) return null;
    this.#pausedFor = pause;
    void pause.then(() => {
      if (this.#pausedFor === pause) this.#pausedFor = null;
    });
    return pause;
  }

  #tagged(text: string): void {
    const answer = tagged(text);
    const exchange: Exchange | null = (answer && this.#sending.flying.get(answer.tag)) ?? null;
    if (!answer || !exchange) {
      if (this.#ending.isLeaving) return;
      throw garbled(answer ? 'an answer to nothing' : 'neither answer nor data', text);
    }
    this.headway();
    this.#told.code(answer.code);
    this.#sending.landed(exchange);
    if (answer.status !== 'OK') this.options.listener?.refused(answer);
    exchange.answered(answer);
  }

  #isServersTurn(): boolean {
    // Of what we do not read, the server cannot say more.
    if (!this.isAlive || this.#pausedFor) return false;
    return this.#told.isUngreeted || this.#wire?.out.isPending === true || this.#sending.isServersTurn;
  }

  #waitedFor(): string {
    if (this.#told.isUngreeted) return 'the greeting';
    for (const { name } of this.#sending.flying.values()) return name;
    return 'nothing';
  }
}
