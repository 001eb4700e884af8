/**
 * What is to be said on a connection, in the order in which it is asked for, without waiting for answers (RFC 9051 §5.5),
 * but for what must be waited for: a `+`, a mailbox that must surely be open, a command that bears nothing behind it.
 */

import type { Place } from './command.ts';
import { ImapError } from './errors.ts';
import { type Exchange, isRenumbered, type Queued, refuse, type Streamer } from './exchange.ts';
import { Opening, opening } from './opened.ts';
import type { Outgoing } from './outgoing.ts';
import { assertReadOnly } from './read-only.ts';
import { SentCommand } from './sent-command.ts';
import type { SessionPace } from './session-pace.ts';
import type { Told } from './told.ts';
import { CommandWriter } from './writer.ts';

/** What sending needs to know of its session. */
export interface Speaker {
  readonly out: Outgoing;
  /** False when it is over, and while TLS is being put on. */
  readonly mayTalk: boolean;
  readonly options: { readonly isReadOnly: boolean; readonly pace?: SessionPace };
  trace(line: string): void;
  headway(): void;
}

export class Sending {
  readonly flying = new Map<string, Exchange>();
  /** The mailbox that is open now. */
  open: Opening | null = null;
  readonly #speaker: Speaker;
  readonly #told: Told;
  readonly #queue: Queued[] = [];
  #lastTag = 0;
  /** Who waits for a `+`; nothing is sent behind it meanwhile. */
  #awaiting: Exchange | null = null;
  /** Nothing is sent behind these before they have ended. */
  #streaming: Streamer | null = null;
  #alone: Exchange | null = null;
  /** The mailbox that is open once everything that was sent has been done. */
  #place: Opening | null = null;
  /** The place that `#place` was opened for. */
  #freshFor: Place | null = null;
  /** We appended to it since it was opened: it may not show that yet. */
  #stale = false;
  #isDue = false;
  /** The pace allows no more commands for now. */
  #isHeldBack = false;
  /** A patient command was told to end. */
  #isHurried = false;

  constructor(speaker: Speaker, told: Told) {
    this.#speaker = speaker;
    this.#told = told;
  }

  /** Whether anything is under way or waits for its turn. */
  get isBusy(): boolean {
    return this.flying.size > 0 || this.#queue.length > 0 || this.#streaming !== null;
  }

  /** Whether the server is to say something now. */
  get isServersTurn(): boolean {
    if (this.#alone?.command?.isPatient && !this.#isHurried) return false;
    // While we are the ones who write, the server has nothing to say.
    return this.#awaiting !== null || this.flying.size > (this.#streaming ? 1 : 0);
  }

  enqueue(queued: Queued): void {
    this.#queue.push(queued);
    this.soon();
  }

  /** What is called in one turn of the event loop goes out in one write: a write to loopback costs more than its octets. */
  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.#speaker.mayTalk) return;
      this.#pump();
      this.#speaker.out.flush();
    });
  }

  /** Sends a line that belongs to the command under way (the DONE of IDLE). */
  say(line: string): void {
    this.#speaker.trace(line);
    this.#awaiting = null;
    this.#isHurried = true;
    this.#speaker.headway();
    this.#speaker.out.text(`${line}\r\n`);
    this.#speaker.out.flush();
  }

  /** A streamer begins a command in a mailbox. */
  beginStreamed(name: string, mailbox: string, handlers: Pick<Exchange, 'answered' | 'continued' | 'lost'>): Exchange {
    const exchange: Exchange = { tag: this.tag(), name, opening: null, place: null, command: null, ...handlers };
    this.#fly(exchange);
    const pause = this.#paced();
    if (pause) this.#speaker.out.hold(pause);
    if (this.#place?.place.mailbox === mailbox) this.#stale = true;
    return exchange;
  }

  /** A streamer waits for a `+`; null when it has got it. */
  awaitFor(exchange: Exchange | null): void {
    this.#awaiting = exchange;
    if (!exchange) return;
    this.#speaker.headway();
    this.#speaker.out.flush();
  }

  /** A part of a command has been written; `awaiting`: who waits for a `+` behind it. */
  partSent(awaiting: Exchange | null, isFirst: boolean, isLast: boolean): void {
    this.#awaiting = awaiting;
    if (isLast && !isFirst) this.#pump();
    if (this.#awaiting || !isFirst) this.#speaker.out.flush();
  }

  /** A streamer has written all it had: whoever is next may write. */
  streamEnded(streamer: Streamer): void {
    if (this.#streaming !== streamer) {
      const at = this.#queue.findIndex((queued) => queued.streamer === streamer);
      if (at >= 0) this.#queue.splice(at, 1);
      return;
    }
    this.#streaming = null;
    this.#speaker.headway();
    this.soon();
  }

  /** The server said `+`. */
  continuation(text: string): void {
    // Exchange sends one that nobody waits for (MailKit); it says nothing.
    if (!this.#awaiting) return;
    this.#speaker.headway();
    this.#awaiting.continued(text);
  }

  /** A command has been answered; takes it out. */
  landed(exchange: Exchange): void {
    this.flying.delete(exchange.tag);
    if (this.#awaiting === exchange) this.#awaiting = null;
    if (this.#alone === exchange) this.#alone = null;
    if (this.#queue.length > 0) this.soon();
  }

  /** Everything under way or waiting is lost. */
  lose(error: ImapError): void {
    const flying = [...this.flying.values()];
    const queue = this.#queue.splice(0);
    this.flying.clear();
    for (const exchange of flying) exchange.lost(error);
    for (const queued of queue) refuse(queued, error);
    this.#streaming?.lost(error);
    this.#streaming = null;
  }

  tag(): string {
    return `g${(++this.#lastTag).toString(36)}`;
  }

  /** Sends what may be sent. */
  #pump(): void {
    while (this.#maySend && this.#queue.length > 0) {
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
        refuse(next, new ImapError({ kind: 'renumbered', mailbox: next.place.mailbox }));
        continue;
      }
      if (next.streamer) {
        this.#streaming = next.streamer;
        next.streamer.start();
      } else this.#send(next);
    }
  }

  get #maySend(): boolean {
    return this.#speaker.mayTalk && !this.#awaiting && !this.#streaming && !this.#alone && !this.#isHeldBack;
  }

  /** One more command was begun: null, or when the next may be. */
  #paced(): Promise<void> | null {
    const pause = this.#speaker.options.pace?.command() ?? null;
    if (!pause) return null;
    this.#isHeldBack = true;
    return pause.then(() => {
      this.#isHeldBack = false;
      this.soon();
    });
  }

  /** Whether a mailbox is open, or will be once everything that was sent has been done. */
  get hasOpen(): boolean {
    return this.#place !== null && this.#place.state !== 'refused';
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

  #openPlace(place: Place): void {
    const what = new Opening(place);
    this.#place = what;
    this.#stale = false;
    this.#freshFor = place;
    const command = opening(what, this.#told.asksForModSeq);
    this.#send({
      place: null,
      command,
      streamer: null,
      settle: {
        resolve: () => {
          what.state = 'open';
          this.open = what;
        },
        reject: (error) => {
          what.state = 'refused';
          what.error = error instanceof Error ? error : new Error(String(error));
          // RFC 9051 §6.3.2: a failed SELECT leaves no mailbox open.
          this.open = null;
        },
      },
    });
  }

  #send({ command, place, settle }: Queued): void {
    if (!command) return;
    const writer = new CommandWriter(this.#told.literals, this.#told.isUtf8);
    try {
      command.compose(writer);
      if (this.#speaker.options.isReadOnly) assertReadOnly(writer.parts[0] as string);
    } catch (error) {
      command.broken?.();
      settle?.reject(error);
      return;
    }
    const at = place ? this.#place : null;
    const exchange = new SentCommand(this, this.#speaker, this.tag(), command, writer.parts, at, place, settle);
    this.#fly(exchange);
    if (command.isAlone) this.#alone = exchange;
    this.#isHurried = false;
    // What it waits for holds back those that come after it.
    void this.#paced();
    exchange.sendPart();
  }

  #fly(exchange: Exchange): void {
    if (this.flying.size === 0) this.#speaker.headway();
    this.flying.set(exchange.tag, exchange);
  }
}
