/**
 * One connection to one mailbox. Commands go out in the order in which they are given, without waiting for each other
 * (RFC 9051 §5.5), and a mailbox is opened by itself when the next command needs another. Answers find the command that
 * asked for them by what they say, since servers may work on several commands at once.
 */

import type { Command, Place } from './command.ts';
import { Capabilities } from './capabilities.ts';
import { Deadline } from './deadline.ts';
import { clean, garbled, ImapError, type Trouble } from './errors.ts';
import { type FetchedMessage, FlagLists, messageItems, usualBodyBegins } from './fetch.ts';
import { Framing, type LiteralTaker } from './framing.ts';
import { type Limits, usualLimits } from './limits.ts';
import { Opening, opening } from './opened.ts';
import { assertReadOnly } from './read-only.ts';
import { Reader } from './reader.ts';
import { fetchBegins, tagged, type Tagged, untagged, type Untagged } from './response.ts';
import type { ResponseCode } from './response-code.ts';
import { CommandWriter, type LiteralManner } from './writer.ts';
import { Wire, type WireOptions } from './wire.ts';

/** `C` is ours, `S` the server's. Lines are cleaned and bounded; secrets are masked. */
export type Trace = (direction: 'C' | 'S', line: string) => void;

export interface SessionOptions extends WireOptions {
  /** How long a command may go without an answer, in milliseconds; ten times that where something comes but no headway. */
  readonly deadlineMs: number;
  /** Commands that could change anything are refused before they are sent. */
  readonly isReadOnly: boolean;
  readonly trace: Trace | null;
  readonly limits?: Limits;
}

export interface Greeting {
  readonly status: 'OK' | 'PREAUTH';
  readonly code: ResponseCode | null;
  readonly text: string;
}

/** A command under way. */
export interface Exchange {
  readonly tag: string;
  readonly name: string;
  readonly opening: Opening | null;
  readonly place: Place | null;
  readonly command: Command<unknown> | null;
  answered(answer: Tagged): void;
  continued(text: string): void;
  lost(error: ImapError): void;
}

/** Something that takes its turn in the queue and then writes by itself: messages on their way (`append-stream.ts`). */
export interface Streamer {
  /** Its turn has come. */
  start(): void;
  lost(error: ImapError): void;
}

interface Queued {
  readonly place: Place | null;
  readonly command: Command<unknown> | null;
  readonly streamer: Streamer | null;
  readonly settle: { resolve(value: unknown): void; reject(error: unknown): void } | null;
}

export class Session {
  capabilities = Capabilities.none;
  /** Said in answer to ENABLE (RFC 9051 §6.3.1), in capitals. */
  readonly enabled = new Set<string>();
  readonly options: SessionOptions;
  readonly greeting: Promise<Greeting>;
  #greeted: { resolve(greeting: Greeting): void; reject(error: unknown): void } | null = null;
  #wire: Wire | null = null;
  readonly #framing: Framing;
  readonly #limits: Limits;
  readonly #flagLists = new FlagLists();
  readonly #deadline: Deadline;
  readonly #queue: Queued[] = [];
  readonly #flying = new Map<string, Exchange>();
  #lastTag = 0;
  /** Who waits for a `+`; nothing is sent behind it meanwhile. */
  #awaiting: Exchange | null = null;
  /** Nothing is sent behind these before they have ended. */
  #streaming: Streamer | null = null;
  #alone: Exchange | null = null;
  /** The mailbox that is open once everything that was sent has been done. */
  #place: Opening | null = null;
  /** The mailbox that is open now. */
  #open: Opening | null = null;
  /** Mailboxes that we appended to since they were opened: they may not show it yet. */
  #stale = false;
  #pumpDue = false;
  /** A patient command was told to end. */
  #isHurried = false;
  /** Why it is over; null while it lives. The error is made when somebody needs it, since it costs more than a LOGOUT. */
  #over: Trouble | null = null;
  #madeError: ImapError | null = null;
  #bye: { code: string | null; text: string } | null = null;
  #leaving = false;
  /** After STARTTLS was agreed to and before TLS is on: whatever comes now was injected (RFC 9051 §6.2.1). */
  #sealed = false;
  #partial: FetchedMessage | null = null;
  /** The commands whose sinks were lent octets since `#returned` was last asked: hardly ever more than one. */
  #lender: Command<unknown> | null = null;
  readonly #otherLenders = new Set<Command<unknown>>();
  /** Whose the body is that comes at the moment. */
  #bodyTaker: LiteralTaker | null = null;
  #bodyOf: Command<unknown> | null = null;
  readonly #bodies: LiteralTaker = {
    data: (octets) => {
      const of = this.#bodyOf;
      if (of !== this.#lender) {
        if (this.#lender && of) this.#otherLenders.add(of);
        else this.#lender = of;
      }
      this.#bodyTaker?.data(octets);
    },
    end: () => {
      const taker = this.#bodyTaker;
      this.#bodyTaker = null;
      this.#bodyOf = null;
      this.#deadline.headway();
      taker?.end();
    },
  };
  #idleResponses = 0;
  readonly #began = performance.now();

  private constructor(options: SessionOptions) {
    this.options = options;
    this.#limits = options.limits ?? usualLimits;
    this.#framing = new Framing(
      { response: (text) => this.#response(text), literal: (text, octets) => this.#literal(text, octets) },
      this.#limits,
    );
    this.#deadline = new Deadline(
      options.deadlineMs,
      () => this.#isServersTurn(),
      (seconds) => this.close({ kind: 'silent', command: this.#waitedFor(), seconds }),
    );
    this.greeting = new Promise((resolve, reject) => {
      this.#greeted = { resolve, reject };
    });
    // Whoever signs in without waiting for the greeting hears of its failure through the commands.
    this.greeting.catch(() => {});
  }

  /** Connects, with TLS where that is asked for; does not wait for the greeting. Rejects with `ImapError`, or the signal's reason. */
  static async open(options: SessionOptions, signal: AbortSignal | null): Promise<Session> {
    const session = new Session(options);
    session.#wire = await Wire.connect(
      options,
      {
        came: (octets) => session.#came(octets),
        returned: () => session.#returned(),
        left: () => session.#deadline.headway(),
        ended: (error) => session.#ended(error),
      },
      signal,
    );
    session.#deadline.start();
    return session;
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

  /** What went over the line so far, and since when. */
  get traffic(): { readonly octets: number; readonly seconds: number } {
    return { octets: this.#wired().octets, seconds: (performance.now() - this.#began) / 1_000 };
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
      this.#enqueue({
        place,
        command,
        streamer: null,
        settle: { resolve, reject },
      });
    });
  }

  /** Gives something its turn to write by itself, until it calls `streamEnded`. */
  stream(streamer: Streamer): void {
    if (this.options.isReadOnly) assertReadOnly('APPEND');
    this.#enqueue({ place: null, command: null, streamer, settle: null });
  }

  /** Where a streamer writes; only in its turn. */
  get out(): Wire['out'] {
    return this.#wired().out;
  }

  /** Sends a line that belongs to the command under way (the DONE of IDLE). */
  say(line: string): void {
    if (this.#over) return;
    this.#trace('C', line);
    this.#awaiting = null;
    this.#deadline.headway();
    this.out.text(`${line}\r\n`);
    this.out.flush();
    this.#isHurried = true;
  }

  /** A streamer begins a command: gives its tag, and its answers go to `handlers`. */
  beginStreamed(name: string, mailbox: string, handlers: Pick<Exchange, 'answered' | 'continued' | 'lost'>): Exchange {
    const exchange: Exchange = { tag: this.#tag(), name, opening: null, place: null, command: null, ...handlers };
    this.#fly(exchange);
    if (this.#place?.place.mailbox === mailbox) this.#stale = true;
    return exchange;
  }

  /** A streamer waits for a `+`. */
  awaitContinuation(exchange: Exchange): void {
    this.#awaiting = exchange;
    this.#deadline.headway();
    this.out.flush();
  }

  /** A streamer has written all it had: whoever is next may write. */
  streamEnded(streamer: Streamer): void {
    if (this.#streaming !== streamer) {
      const at = this.#queue.findIndex((queued) => queued.streamer === streamer);
      if (at >= 0) this.#queue.splice(at, 1);
      return;
    }
    this.#streaming = null;
    this.#deadline.headway();
    this.flushSoon();
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
    if (this.#flying.size > 0 || this.#queue.length > 0 || this.#streaming || !this.#wire) {
      this.close({ kind: 'closed', why: 'by us' });
      return;
    }
    this.#leaving = true;
    this.#trace('C', 'LOGOUT');
    this.out.text(`${this.#tag()} LOGOUT\r\n`);
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

  #enqueue(queued: Queued): void {
    if (this.#over) {
      const error = this.#error(this.#over);
      queued.settle?.reject(error);
      queued.command?.broken?.();
      queued.streamer?.lost(error);
      return;
    }
    this.#queue.push(queued);
    this.flushSoon();
  }

  /** What is called in one turn of the event loop goes out in one write: a write to loopback costs more than its octets. */
  flushSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    setImmediate(() => {
      this.#pumpDue = false;
      if (this.#over) return;
      this.#pump();
      this.out.flush();
    });
  }

  /** Sends what may be sent. */
  #pump(): void {
    while (!this.#over && this.#queue.length > 0 && !this.#awaiting && !this.#streaming && !this.#alone) {
      const next = this.#queue[0] as Queued;
      if (next.place && !this.#isThere(next.place)) {
        if (this.#place?.state === 'refused' && this.#freshFor === next.place) {
          this.#queue.shift();
          next.command?.broken?.();
          next.settle?.reject(this.#place.error);
        } else this.#openPlace(next.place);
        continue;
      }
      if (next.place?.isSure && this.#place?.state === 'asked') return;
      this.#queue.shift();
      if (next.place?.isSure && this.#place && isRenumbered(this.#place, next.place)) {
        next.command?.broken?.();
        next.settle?.reject(new ImapError({ kind: 'renumbered', mailbox: next.place.mailbox }));
        continue;
      }
      if (next.streamer) {
        this.#streaming = next.streamer;
        next.streamer.start();
      } else this.#send(next);
    }
  }

  #isThere(place: Place): boolean {
    return (
      this.#place !== null &&
      this.#place.state !== 'refused' &&
      !this.#stale &&
      this.#place.serves(place) &&
      !this.#isOld(place)
    );
  }

  /** A place that is to be opened anew counts as open only for the command that opened it. */
  #isOld(place: Place): boolean {
    return place.isFresh === true && this.#freshFor !== place;
  }

  #freshFor: Place | null = null;

  #openPlace(place: Place): void {
    const what = new Opening(place);
    this.#place = what;
    this.#stale = false;
    this.#freshFor = place;
    const command = opening(what, this.capabilities.has('CONDSTORE') && this.enabled.size === 0);
    this.#send({
      place: null,
      command,
      streamer: null,
      settle: {
        resolve: () => {
          what.state = 'open';
          this.#open = what;
        },
        reject: (error) => {
          what.state = 'refused';
          what.error = error instanceof Error ? error : new Error(String(error));
          // RFC 9051 §6.3.2: a failed SELECT leaves no mailbox open.
          this.#open = null;
        },
      },
    });
  }

  #send({ command, place, settle }: Queued): void {
    if (!command) return;
    const writer = new CommandWriter(this.literals, this.isUtf8);
    try {
      command.compose(writer);
      if (this.options.isReadOnly) assertReadOnly(writer.parts[0] as string);
    } catch (error) {
      command.broken?.();
      settle?.reject(error);
      return;
    }
    const at = place ? this.#place : null;
    const parts = writer.parts;
    let sent = 0;
    const exchange: Exchange = {
      tag: this.#tag(),
      name: command.name,
      opening: at,
      place,
      command,
      answered: (answer) => {
        if (at?.state === 'open' && isRenumbered(at, place)) {
          command.broken?.();
          settle?.reject(new ImapError({ kind: 'renumbered', mailbox: at.place.mailbox }));
          return;
        }
        if (at && at.state !== 'open') {
          // It was run nowhere, or in a mailbox that it was not meant for: what it says counts for nothing.
          command.broken?.();
          settle?.reject(
            at.error ??
              new ImapError({ kind: 'garbled', text: `${command.name} was answered before its mailbox was open` }),
          );
          return;
        }
        try {
          settle?.resolve(command.end(answer, at?.opened ?? null));
        } catch (error) {
          settle?.reject(error);
        }
      },
      continued: (text) => {
        if (sent < parts.length) {
          sendPart();
          return;
        }
        const line = command.continued?.(text);
        if (line === undefined || line === null) return;
        this.#trace('C', command.isSecret ? '***' : line);
        this.out.text(`${line}\r\n`);
        this.out.flush();
        this.#awaiting = exchange;
      },
      lost: (error) => {
        command.broken?.();
        settle?.reject(error);
      },
    };
    const sendPart = (): void => {
      const part = parts[sent++] as string;
      const isFirst = sent === 1;
      const isLast = sent === parts.length;
      if (isFirst)
        this.#trace('C', command.isSecret ? `${exchange.tag} ${command.name} ***` : `${exchange.tag} ${part}`);
      else if (!command.isSecret) this.#trace('C', part);
      if (isFirst) this.out.text(`${exchange.tag} `);
      this.out.text(isLast ? `${part}\r\n` : part);
      this.#awaiting = isLast && !command.continued ? null : exchange;
      if (isLast && !isFirst) this.#pump();
      if (this.#awaiting || !isFirst) this.out.flush();
    };
    this.#fly(exchange);
    if (command.isAlone) this.#alone = exchange;
    this.#isHurried = false;
    sendPart();
  }

  #tag(): string {
    return `g${(++this.#lastTag).toString(36)}`;
  }

  #fly(exchange: Exchange): void {
    if (this.#flying.size === 0) this.#deadline.headway();
    this.#flying.set(exchange.tag, exchange);
  }

  #trace(direction: 'C' | 'S', line: string): void {
    this.options.trace?.(direction, clean(line, 2_000));
  }

  /** Octets have come: dealt with when this returns, but for what was lent to sinks. */
  #came(octets: Buffer): void {
    this.#deadline.sign(octets.length);
    try {
      this.#framing.push(octets);
      if (this.#sealed && !this.#framing.isBetween)
        throw new ImapError({ kind: 'unprotected', why: 'starttls-injected' });
    } catch (error) {
      this.#failWith(
        error instanceof ImapError ? error : new ImapError({ kind: 'garbled', text: clean(String(error)) }),
      );
      throw error;
    }
  }

  /** When all that was lent since the last time is free again. */
  #returned(): Promise<void> | null {
    const lender = this.#lender;
    if (!lender) return null;
    this.#lender = null;
    const first = lender.returned?.() ?? null;
    if (this.#otherLenders.size === 0) return first;
    const all = [first, ...[...this.#otherLenders].map((other) => other.returned?.() ?? null)].filter(
      (each) => each !== null,
    );
    this.#otherLenders.clear();
    return all.length === 0 ? null : Promise.all(all).then(() => {});
  }

  #response(text: string): void {
    if (this.#sealed) throw new ImapError({ kind: 'unprotected', why: 'starttls-injected' });
    if (this.#partial) {
      this.#restOfFetch(text);
      return;
    }
    if (this.options.trace) this.#trace('S', text);
    const first = text.charCodeAt(0);
    if (first === 0x2a) this.#untagged(untagged(text, this.#flagLists), text);
    else if (first === 0x2b) this.#continuation(text.slice(1).trimStart());
    else this.#tagged(text);
  }

  /** `[…] BODY[] {n}` of a FETCH is handed through; any other literal is held with its response. */
  #literal(text: string, octets: number): LiteralTaker | null {
    const message = this.#partial
      ? this.#bodyAfter(this.#partial, text)
      : (usualBodyBegins(text) ?? this.#bodyIn(text));
    if (!message) return null;
    if (this.options.trace) this.#trace('S', text);
    this.#partial = message;
    for (const exchange of this.#flying.values()) {
      const { command } = exchange;
      if (!command?.body || !isInPlace(exchange)) continue;
      const taker = command.body(message, octets);
      if (!taker) continue;
      this.#idleResponses = 0;
      this.#bodyTaker = taker;
      this.#bodyOf = command;
      break;
    }
    // Octets that nobody wants go nowhere.
    return this.#bodies;
  }

  /** The message of a FETCH whose text ends with the announcement of its body; null for any other literal. */
  #bodyIn(text: string): FetchedMessage | null {
    if (!announcesBody(text)) return null;
    const begun = fetchBegins(text);
    return begun && messageItems(begun.reader, begun.message, this.#flagLists) === 'body' ? begun.message : null;
  }

  #bodyAfter(message: FetchedMessage, text: string): FetchedMessage | null {
    return announcesBody(text) && messageItems(new Reader(text), message, this.#flagLists) === 'body' ? message : null;
  }

  #restOfFetch(text: string): void {
    const message = this.#partial as FetchedMessage;
    if (text === ')') {
      this.#partial = null;
      return;
    }
    const reader = new Reader(text);
    if (messageItems(reader, message, this.#flagLists) === 'body') reader.fail('a literal that is not there');
    this.#partial = null;
  }

  #untagged(response: Untagged, text: string): void {
    if (this.#greeted) {
      this.#greet(response);
      return;
    }
    let isFirst = true;
    for (const exchange of this.#flying.values()) {
      const { command } = exchange;
      if (command?.take && isInPlace(exchange) && command.take(response, isFirst, exchange.opening?.opened ?? null)) {
        this.#idleResponses = 0;
        this.#deadline.headway();
        return;
      }
      if (exchange.opening || command?.opens) isFirst = false;
    }
    if (++this.#idleResponses > this.#limits.idleResponses) {
      throw new ImapError({ kind: 'endless', limit: `${this.#limits.idleResponses} responses nobody asked for` });
    }
    this.#unasked(response, text);
  }

  #unasked(response: Untagged, text: string): void {
    switch (response.kind) {
      case 'capability':
        this.capabilities = new Capabilities(response.names);
        break;
      case 'enabled':
        for (const name of response.names) this.enabled.add(name);
        break;
      case 'exists':
        if (this.#open) this.#open.opened.exists = response.count;
        break;
      case 'status':
        if (response.code?.kind === 'capability') this.capabilities = new Capabilities(response.code.capabilities);
        if (response.status === 'BYE') this.#goodbye(response.code?.name ?? null, response.text);
        break;
      case 'other':
        if (response.name === '') throw garbled('a response without a name', text);
        break;
      default:
    }
  }

  #greet(response: Untagged): void {
    const greeted = this.#greeted;
    this.#greeted = null;
    if (
      response.kind !== 'status' ||
      (response.status !== 'OK' && response.status !== 'PREAUTH' && response.status !== 'BYE')
    ) {
      throw new ImapError({ kind: 'garbled', text: 'no greeting' });
    }
    if (response.code?.kind === 'capability') this.capabilities = new Capabilities(response.code.capabilities);
    if (response.status === 'BYE') {
      this.#goodbye(response.code?.name ?? null, response.text);
      greeted?.reject(new ImapError({ kind: 'bye', code: this.#bye?.code ?? null, text: this.#bye?.text ?? '' }));
      return;
    }
    this.#deadline.headway();
    greeted?.resolve({ status: response.status, code: response.code, text: clean(response.text) });
  }

  /** The server leaves. Answers may still be on their way behind it; some servers never close, so we do. */
  #goodbye(code: string | null, text: string): void {
    this.#bye ??= { code: code === null ? null : clean(code, 40), text: clean(text) };
    if (!this.#leaving)
      setTimeout(
        () => this.close({ kind: 'bye', ...(this.#bye as { code: string | null; text: string }) }),
        1_000,
      ).unref();
  }

  #continuation(text: string): void {
    const exchange = this.#awaiting;
    // Exchange sends one that nobody waits for (MailKit); it says nothing.
    if (!exchange) return;
    this.#deadline.headway();
    exchange.continued(text);
  }

  /** Called by a streamer that got its `+` and goes on writing. */
  continuationUsed(): void {
    this.#awaiting = null;
  }

  #tagged(text: string): void {
    const answer = tagged(text);
    const exchange = answer && this.#flying.get(answer.tag);
    if (!answer || !exchange) {
      if (this.#leaving) return;
      throw garbled(answer ? 'an answer to nothing' : 'neither answer nor data', text);
    }
    this.#flying.delete(answer.tag);
    this.#deadline.headway();
    this.#idleResponses = 0;
    if (answer.code?.kind === 'capability') this.capabilities = new Capabilities(answer.code.capabilities);
    if (this.#awaiting === exchange) this.#awaiting = null;
    if (this.#alone === exchange) this.#alone = null;
    exchange.answered(answer);
    if (this.#queue.length > 0 && !this.#over && !this.#sealed) this.flushSoon();
  }

  #isServersTurn(): boolean {
    if (this.#over) return false;
    if (this.#alone?.command?.isPatient && !this.#isHurried) return false;
    if (this.#greeted || this.#awaiting || this.#wire?.out.isPending) return true;
    // While we are the ones who write, the server has nothing to say.
    return this.#flying.size > (this.#streaming ? 1 : 0);
  }

  #waitedFor(): string {
    if (this.#greeted) return 'the greeting';
    for (const { name } of this.#flying.values()) return name;
    return 'nothing';
  }

  #ended(error: Error | null): void {
    if (error instanceof ImapError) this.#failWith(error);
    else if (this.#bye) this.#fail({ kind: 'bye', ...this.#bye });
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
    const flying = [...this.#flying.values()];
    const queue = this.#queue.splice(0);
    const greeted = this.#greeted;
    this.#flying.clear();
    this.#greeted = null;
    if (flying.length === 0 && queue.length === 0 && !this.#streaming && !greeted) return;
    const error = this.#error(trouble);
    greeted?.reject(error);
    for (const exchange of flying) exchange.lost(error);
    for (const { command, settle, streamer } of queue) {
      command?.broken?.();
      settle?.reject(error);
      streamer?.lost(error);
    }
    this.#streaming?.lost(error);
    this.#streaming = null;
  }
}

function announcesBody(text: string): boolean {
  return /(?:BODY\[\](?:<0>)?|RFC822) +~?\{[0-9]+[+-]?\}$/i.test(text.length > 80 ? text.slice(-80) : text);
}

/** Whether the mailbox that a command was meant for is open, and numbered as whoever gave the command believes. */
function isInPlace({ opening: at, place }: Exchange): boolean {
  return at === null || (at.state === 'open' && !isRenumbered(at, place));
}

function isRenumbered({ opened }: Opening, place: Place | null): boolean {
  const expected = place?.uidValidity ?? null;
  return expected !== null && opened.uidValidity !== null && opened.uidValidity !== expected;
}
