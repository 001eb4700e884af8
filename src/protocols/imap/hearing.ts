/**
 * What is heard on a connection goes to whoever it concerns: bodies straight through to the command that reads them,
 * untagged data to the oldest command that takes it, and the rest to the session.
 */

import type { Command } from './command.ts';
import { ImapError } from './errors.ts';
import { type Exchange, isInPlace } from './exchange.ts';
import { type FetchedMessage, FlagLists, messageItems, usualBodyBegins } from './fetch.ts';
import { Framing, type LiteralTaker } from './framing.ts';
import type { Limits } from './limits.ts';
import { Reader } from './reader.ts';
import { fetchBegins, untagged, type Untagged } from './response.ts';

/** What the session does about what is heard. */
export interface Listener {
  /** Commands under way, the oldest first. */
  readonly flying: ReadonlyMap<string, Exchange>;
  /** Null when nobody wants to see the wire. */
  readonly trace: ((line: string) => void) | null;
  /** A response begins; may throw when nothing should be said now. */
  begins(): void;
  headway(): void;
  /** Takes the greeting while none has come; false afterwards. */
  greets(response: Untagged): boolean;
  unasked(response: Untagged, text: string): void;
  continuation(text: string): void;
  tagged(text: string): void;
}

export class Hearing {
  readonly #listener: Listener;
  readonly #limits: Limits;
  readonly #framing: Framing;
  readonly #flagLists = new FlagLists();
  /** A FETCH whose body has been handed through and whose end has not come. */
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
      this.#listener.headway();
      taker?.end();
    },
  };
  /** Responses since anything was of use to anybody. */
  #idleResponses = 0;

  constructor(listener: Listener, limits: Limits) {
    this.#listener = listener;
    this.#limits = limits;
    this.#framing = new Framing(
      { response: (text) => this.#response(text), literal: (text, octets) => this.#literal(text, octets) },
      limits,
    );
  }

  /** True where nothing of a response has come yet. */
  get isBetween(): boolean {
    return this.#framing.isBetween;
  }

  /** Takes octets as they come. Throws `ImapError` for what is not IMAP or too much of it. */
  push(octets: Buffer): void {
    this.#framing.push(octets);
  }

  /** When all that was lent since the last time is free again. */
  returned(): Promise<void> | null {
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
    this.#listener.begins();
    if (this.#partial) {
      this.#restOfFetch(this.#partial, text);
      return;
    }
    this.#listener.trace?.(text);
    const first = text.charCodeAt(0);
    if (first === 0x2a) this.#untagged(untagged(text, this.#flagLists), text);
    else if (first === 0x2b) this.#listener.continuation(text.slice(1).trimStart());
    else {
      this.#idleResponses = 0;
      this.#listener.tagged(text);
    }
  }

  /** `[…] BODY[] {n}` of a FETCH is handed through; any other literal is held with its response. */
  #literal(text: string, octets: number): LiteralTaker | null {
    const message = this.#partial
      ? this.#bodyAfter(this.#partial, text)
      : (usualBodyBegins(text, this.#flagLists) ?? this.#bodyIn(text));
    if (!message) return null;
    this.#listener.trace?.(text);
    this.#partial = message;
    for (const exchange of this.#listener.flying.values()) {
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

  #restOfFetch(message: FetchedMessage, text: string): void {
    if (text === ')') {
      this.#partial = null;
      return;
    }
    const reader = new Reader(text);
    if (messageItems(reader, message, this.#flagLists) === 'body') reader.fail('a literal that is not there');
    this.#partial = null;
  }

  #untagged(response: Untagged, text: string): void {
    if (this.#listener.greets(response)) return;
    let isFirst = true;
    for (const exchange of this.#listener.flying.values()) {
      const { command } = exchange;
      if (command?.take && isInPlace(exchange) && command.take(response, isFirst, exchange.opening?.opened ?? null)) {
        this.#idleResponses = 0;
        this.#listener.headway();
        return;
      }
      if (exchange.opening || command?.opens) isFirst = false;
    }
    if (++this.#idleResponses > this.#limits.idleResponses) {
      throw new ImapError({ kind: 'endless', limit: `${this.#limits.idleResponses} responses nobody asked for` });
    }
    this.#listener.unasked(response, text);
  }
}

function announcesBody(text: string): boolean {
  return /(?:BODY\[\](?:<0>)?|RFC822) +~?\{[0-9]+[+-]?\}$/i.test(text.length > 80 ? text.slice(-80) : text);
}
