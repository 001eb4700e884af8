/** The bodies of messages, handed through as they come (RFC 9051 §6.4.5, BODY.PEEK[]). */

import type { Command, Place } from '../command.ts';
import type { FetchedMessage } from '../fetch.ts';
import type { LiteralTaker } from '../framing.ts';
import { inNumberSet, type NumberGatherer, type NumberSet } from '../number-set.ts';
import type { Opened } from '../opened.ts';
import type { Tagged, Untagged } from '../response.ts';
import type { Session } from '../session.ts';
import type { CommandWriter } from '../writer.ts';

/** What a server tells of a message in front of its body. */
export interface BodyWords {
  readonly flags: readonly string[];
  /** Seconds since 1970; null for what is no date. */
  readonly internalDate: number | null;
}

/** Takes the octets of bodies as they come. */
export interface BodySink {
  /** `words` where they were asked for and stand in front of the body, which no server has to do; else null. */
  begin(uid: number, octets: number, words: BodyWords | null): void;
  data(octets: Buffer): void;
  end(): void;
  broken(): void;
  returned(): Promise<void> | null;
}

export interface BodiesOutcome {
  readonly answer: Tagged;
  readonly opened: Opened;
  /** The server puts UID behind BODY[]: nothing could be told apart, nothing was handed on; ask for them one by one. */
  readonly isUidLate: boolean;
}

/**
 * UID FETCH of whole messages without marking them (RFC 9051 §6.4.5, BODY.PEEK[]), `withWords` with their flags and dates.
 * `set` is what is written, `wanted` the UIDs that may come; those that came are added to `got`, and none is handed on twice.
 */
export function fetchBodies(
  session: Session,
  place: Place,
  set: string,
  wanted: NumberSet,
  got: NumberGatherer,
  sink: BodySink,
  withWords = false,
): Promise<BodiesOutcome> {
  return session.run(new BodiesFetch(set, wanted, got, sink, withWords), place);
}

/** What is not handed on: its octets go nowhere. */
const nobody: LiteralTaker = { data() {}, end() {} };

class BodiesFetch implements Command<BodiesOutcome> {
  readonly name = 'UID FETCH';
  readonly #set: string;
  readonly #wanted: NumberSet;
  /** The one that is wanted: an answer without UID can only be of this. */
  readonly #only: number | null;
  readonly #got: NumberGatherer;
  readonly #sink: BodySink;
  readonly #withWords: boolean;
  readonly #taker: LiteralTaker;
  #isInside = false;
  #isUidLate = false;
  #isOver = false;

  constructor(set: string, wanted: NumberSet, got: NumberGatherer, sink: BodySink, withWords: boolean) {
    this.#set = set;
    this.#wanted = wanted;
    this.#only = wanted.length === 1 && wanted[0]?.[0] === wanted[0]?.[1] ? (wanted[0]?.[0] as number) : null;
    this.#got = got;
    this.#sink = sink;
    this.#withWords = withWords;
    this.#taker = {
      data: (octets) => {
        if (!this.#isOver) sink.data(octets);
      },
      end: () => {
        this.#isInside = false;
        if (!this.#isOver) sink.end();
      },
    };
  }

  compose(writer: CommandWriter): void {
    writer.raw(`UID FETCH ${this.#set} (UID ${this.#withWords ? 'FLAGS INTERNALDATE ' : ''}BODY.PEEK[])`);
  }

  body(message: FetchedMessage, octets: number): LiteralTaker | null {
    const uid = this.#uidOf(message);
    if (uid === null) return nobody;
    if (!inNumberSet(this.#wanted, uid)) return null;
    if (!this.#got.add(uid)) return nobody;
    this.#isInside = true;
    this.#sink.begin(uid, octets, this.#withWords ? wordsOf(message) : null);
    return this.#taker;
  }

  returned(): Promise<void> | null {
    return this.#sink.returned();
  }

  /** A body that came as a quoted string or NIL. */
  take(response: Untagged): boolean {
    if (response.kind !== 'fetch' || response.message.body === undefined) return false;
    const uid = this.#uidOf(response.message);
    const { body } = response.message;
    // NIL is no message but the lack of one: it will be missed.
    if (uid === null || body === null) return true;
    if (!inNumberSet(this.#wanted, uid)) return false;
    if (!this.#got.add(uid)) return true;
    const octets = Buffer.from(body, 'latin1');
    this.#sink.begin(uid, octets.length, this.#withWords ? wordsOf(response.message) : null);
    if (octets.length > 0) this.#sink.data(octets);
    this.#sink.end();
    return true;
  }

  end(answer: Tagged, opened: Opened | null): BodiesOutcome {
    return { answer, opened: opened as Opened, isUidLate: this.#isUidLate };
  }

  broken(): void {
    this.#isOver = true;
    if (this.#isInside) this.#sink.broken();
  }

  #uidOf(message: FetchedMessage): number | null {
    const uid = message.uid ?? this.#only;
    if (uid === null) this.#isUidLate = true;
    return uid;
  }
}

function wordsOf({ flags, internalDate }: FetchedMessage): BodyWords | null {
  return flags === undefined || internalDate === undefined ? null : { flags, internalDate };
}
