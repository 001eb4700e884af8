/**
 * The streams of changes (WHATWG HTML, section 9.2 "Server-sent events"): `changes` and `reset`, with numbers of links of the audit log
 * for ids, so that whoever comes again with the last one that they had misses nothing. What is told to some is written once for all
 * who see the same.
 */

import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Fault, fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { FollowedChanges, Told } from '#operations/follow-changes.ts';
import { answerCheck } from './checked.ts';
import type { Judged } from './judge.ts';
import { headersOf } from './lines.ts';
import { eventData } from './shapes/change.ts';

export interface ChangeStreamsOptions {
  readonly changes: FollowedChanges;
  readonly clock: Clock;
  readonly log: Log;
  /** So many at once; else 500. */
  readonly most?: number;
  /** So many octets may wait for one reader; else 1 MB. */
  readonly unreadMost?: number;
}

export interface StreamAsked {
  readonly judged: Judged;
  /** The id that they had last; null: from now on. */
  readonly after: number | null;
  /** Judges the same question again. Throws as it did at first. */
  readonly again: () => Promise<Judged>;
}

/** Before somebody who lost the stream comes again. */
const retryMs = 3_000;
/** Between two signs of life: proxies end what is silent for a minute, and often for half of that. */
const aliveMs = 15_000;
/** Who was revoked hears for so long at most. */
const judgedForMs = 60_000;
const tickMs = 1_000;
/** Of browsers: each shows one, and a programme has some hundred people. Half of it at most goes to one bearer. */
const usualMost = 500;
/** A minute of the busiest evening for whoever sees all of it. */
const usualUnreadMost = 1_048_576;
/** Who takes nothing for so long takes no more. */
const readerMaxMs = 60_000;

export class ChangeStreams {
  readonly #options: ChangeStreamsOptions;
  readonly #streams = new Set<Stream>();
  readonly #check = answerCheck(eventData);
  /** As it is sent, by what is told: the same object to all who see the same (`follow-changes.ts`). */
  readonly #written = new WeakMap<Told, Buffer>();
  #over = new AbortController();
  /** Taken while their beginning is looked up. */
  #beginning = 0;

  constructor(options: ChangeStreamsOptions) {
    this.#options = options;
  }

  /** Tells them from now on, until one of both ends it. Throws `api.streams.too-many` and `database.*`. */
  async open(reply: FastifyReply, { judged, after, again }: StreamAsked): Promise<FastifyReply> {
    const { changes, clock, unreadMost = usualUnreadMost } = this.#options;
    this.#seeThatThereIsRoom(judged);
    const stream = new Stream(reply, { judged, again, now: clock.now(), unreadMost });
    this.#beginning++;
    let listening: Disposable;
    try {
      listening = await changes.listen({
        within: judged.within,
        after,
        tell: (told) => stream.tell(this.#octets(told), idOf(told), clock.now()),
      });
    } finally {
      this.#beginning--;
    }
    stream.whenOver(() => {
      listening[Symbol.dispose]();
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#over.abort();
    });
    if (stream.isOver) return reply;
    this.#streams.add(stream);
    if (this.#streams.size === 1) void this.#care();
    return reply;
  }

  /** Ends all of them in good order; they come again to whoever answers then. */
  end(): void {
    for (const stream of this.#streams) stream.end();
  }

  #seeThatThereIsRoom({ holder }: Judged): void {
    const { most = usualMost } = this.#options;
    const own = [...this.#streams].filter(({ who }) => who === holder?.who).length;
    if (this.#streams.size + this.#beginning >= most || own >= Math.ceil(most / 2))
      throw fault('api.streams.too-many', { seconds: retryMs / 1000 });
  }

  /** Null where there is nothing in it for them. */
  #octets(told: Told): Buffer | null {
    if (told.kind === 'nothing') return null;
    const written = this.#written.get(told);
    if (written) return written;
    const data = told.kind === 'changes' ? told.changes : { upTo: told.upTo };
    const checked = this.#check(data);
    if ('wrong' in checked) {
      this.#options.log.error('an event does not fit the contract', { text: cleanText(checked.wrong, 500) });
      // They read it all again, and miss nothing by our fault.
      return event('reset', idOf(told), { upTo: idOf(told) });
    }
    const octets = event(told.kind, idOf(told), checked.fits);
    this.#written.set(told, octets);
    return octets;
  }

  /** Sees to all of them once a second, as long as there are any. */
  async #care(): Promise<void> {
    const { clock, log } = this.#options;
    const over = new AbortController();
    this.#over = over;
    while (!over.signal.aborted) {
      await clock.sleep(tickMs, over.signal).catch(() => undefined); // the last of them has gone
      if (over.signal.aborted) return;
      for (const stream of this.#streams) stream.seeTo(clock.now(), log);
    }
  }
}

interface StreamOptions {
  readonly judged: Judged;
  readonly again: () => Promise<Judged>;
  readonly now: number;
  readonly unreadMost: number;
}

/** One reader. Its head is written with the first that it is told. */
class Stream {
  readonly who: string | undefined;
  readonly #raw: ServerResponse;
  readonly #reply: FastifyReply;
  readonly #options: StreamOptions;
  /** The last id that it was sent, and the one that it has been told of. */
  #sentId: number | null = null;
  #id = 0;
  #wroteAt: number;
  #judgedAt: number;

  constructor(reply: FastifyReply, options: StreamOptions) {
    [this.#reply, this.#raw, this.#options] = [reply, reply.raw, options];
    this.who = options.judged.holder?.who;
    this.#wroteAt = options.now;
    this.#judgedAt = options.now;
  }

  get isOver(): boolean {
    return this.#raw.destroyed || this.#raw.writableEnded;
  }

  whenOver(act: () => void): void {
    if (this.isOver) act();
    else this.#raw.once('close', act);
  }

  tell(octets: Buffer | null, id: number, now: number): void {
    this.#id = id;
    if (this.#sentId === null) this.#begin(octets === null, now);
    if (octets !== null) this.#write(octets, now);
  }

  seeTo(now: number, log: Log): void {
    if (now - this.#wroteAt >= aliveMs) this.#write(idOnly(this.#id), now);
    if (now - this.#judgedAt < judgedForMs) return;
    this.#judgedAt = now;
    void this.#judgeAgain(log);
  }

  end(): void {
    if (!this.isOver) this.#raw.end();
  }

  /** Who is not let in any more, or sees another part by now, hears no more of this. */
  async #judgeAgain(log: Log): Promise<void> {
    try {
      const { within } = await this.#options.again();
      if (JSON.stringify(within) !== JSON.stringify(this.#options.judged.within)) this.end();
    } catch (error) {
      // The database is away: nobody is told anything of it meanwhile, and they are asked about again.
      if (error instanceof Fault && error.code.startsWith('database.')) return;
      if (error instanceof Fault && error.code.startsWith('api.')) return this.end();
      log.error('a stream cannot be judged again', { text: cleanText(String(error), 200) });
      this.end();
    }
  }

  #begin(tellsId: boolean, now: number): void {
    this.#reply.hijack();
    if (this.isOver) return;
    this.#reply.headers({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx holds answers back until they are worth a packet (ngx_http_proxy_module, proxy_buffering).
      'X-Accel-Buffering': 'no',
    });
    this.#raw.writeHead(200, headersOf(this.#reply));
    this.#raw.socket?.setTimeout(readerMaxMs);
    this.#write(Buffer.from(`retry: ${retryMs}\n${tellsId ? `id: ${this.#id}\n` : ''}\n`), now);
  }

  #write(octets: Buffer, now: number): void {
    if (this.isOver) return;
    this.#sentId = this.#id;
    this.#wroteAt = now;
    this.#raw.write(octets);
    // They may come again and go on from what they have read.
    if (this.#raw.writableLength > this.#options.unreadMost) this.#raw.destroy();
  }
}

function idOf(told: Told): number {
  return told.kind === 'changes' ? told.changes.upTo : told.upTo;
}

/** JSON has no line breaks of its own, so its data is one line. */
function event(name: 'changes' | 'reset', id: number, data: unknown): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Without data nothing is told, and the id is remembered all the same. */
function idOnly(id: number): Buffer {
  return Buffer.from(`id: ${id}\n\n`);
}
