/**
 * An IMAP server in bad weather: a proxy that reads along and now and then turns a client away, refuses a command with
 * `NO [THROTTLED]` or `NO [UNAVAILABLE]`, says BYE, or cuts the line. What it refuses never reaches the server, so that it
 * tells no lies; SELECT and EXAMINE are never refused, since what is pipelined behind them would meet another folder.
 */

import { connect, createServer, type Socket } from 'node:net';
import type { Chance } from '../src/lib/chance.ts';
import { listen } from './tcp-proxy.ts';

/** How often, each once in so many on average. */
export interface Climate {
  /** Connections that are greeted with `* BYE`. */
  readonly turnedAway: number;
  /** Connections that are cut or reset after some octets of one direction. */
  readonly cut: number;
  /** Commands that are refused. */
  readonly refused: number;
  /** Commands that are answered by `* BYE` and the end of the connection. */
  readonly bye: number;
}

export interface WeatherSeen {
  readonly connections: number;
  readonly turnedAway: number;
  readonly cut: number;
  readonly refused: number;
  readonly bye: number;
}

export interface Weather extends AsyncDisposable {
  readonly port: number;
  /** Octets that went to the server in all. */
  readonly toServerBytes: number;
  seen(): WeatherSeen;
  /**
   * Holds back the next command of this name and all that comes after it on its connection, as a network does that delivers
   * late: what was sent arrives when it is released, though its sender may be gone by then.
   */
  holdNext(verb: string): Held;
}

export interface Held {
  /** Resolves when there is such a command and all of it has come. */
  readonly whole: Promise<void>;
  release(): void;
}

const refusable = /^(?:UID )?(?:FETCH|SEARCH|STATUS|LIST|APPEND|CREATE|LOGIN|AUTHENTICATE|NOOP|STORE)$/;
const refusals = [
  '[THROTTLED] Request is throttled. Suggested Backoff Time: 300 milliseconds',
  '[UNAVAILABLE] Temporary trouble with the storage, try again later',
  '[INUSE] Somebody else is at it',
] as const;

/** Puts weather between clients and a port on loopback. */
export async function startWeather(
  to: { readonly port: number },
  climate: Climate | null,
  chance: Chance,
): Promise<Weather> {
  const seen = { connections: 0, turnedAway: 0, cut: 0, refused: 0, bye: 0 };
  const open = new Set<Line>();
  let toServerBytes = 0;
  let holding: HoldOrder | null = null;
  const happens = (what: keyof Climate): boolean => climate !== null && chance.once(climate[what]);
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    seen.connections++;
    if (happens('turnedAway')) {
      seen.turnedAway++;
      client.on('error', () => undefined);
      client.resume().end('* BYE [UNAVAILABLE] Too busy at the moment\r\n');
      return;
    }
    const upstream = connect({ port: to.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const line = new Line(client, upstream, {
      cutAfter: happens('cut') ? 2 ** chance.between(6, 24) : Infinity,
      judge: (verb) => {
        if (verb === holding?.verb) {
          const { taken } = holding;
          holding = null;
          return taken;
        }
        if (happens('bye')) return 'bye';
        return refusable.test(verb) && happens('refused') ? chance.pick(refusals) : 'pass';
      },
      happened: (what) => seen[what]++,
      passed: (octets) => {
        toServerBytes += octets;
      },
    });
    open.add(line);
    void line.ended.then(() => open.delete(line));
  });
  const port = await listen(server);
  return {
    port,
    get toServerBytes() {
      return toServerBytes;
    },
    seen: () => ({ ...seen }),
    holdNext(verb) {
      const whole = Promise.withResolvers<void>();
      let line: Line | null = null;
      const taken = (by: Line): void => {
        line = by;
        by.hold(whole.resolve);
      };
      holding = { verb, taken };
      return { whole: whole.promise, release: () => line?.release() };
    },
    async [Symbol.asyncDispose]() {
      for (const line of open) line.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface HoldOrder {
  readonly verb: string;
  readonly taken: (line: Line) => void;
}

interface Rules {
  readonly cutAfter: number;
  judge(verb: string): 'pass' | 'bye' | (typeof refusals)[number] | HoldOrder['taken'];
  happened(what: 'cut' | 'refused' | 'bye'): void;
  passed(octets: number): void;
}

/** One connection, both ways. */
class Line {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #rules: Rules;
  readonly #answers = new Reader();
  readonly #commands = new Reader();
  /** What is ours to say to the client as soon as the server is between two of its answers. */
  #toSay: string[] = [];
  /** The tag of a command that is kept from the server. */
  #refusing: { readonly tag: string; readonly words: string } | null = null;
  /** Called when a command that is held back is whole. */
  #heldWhole: (() => void) | null = null;
  #heldBack: Buffer[] = [];
  #passed = 0;
  readonly ended: Promise<void>;

  constructor(client: Socket, upstream: Socket, rules: Rules) {
    this.#client = client;
    this.#upstream = upstream;
    this.#rules = rules;
    this.ended = Promise.all([client, upstream].map(closed)).then(() => undefined);
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    upstream.on('data', (chunk: Buffer) => this.#fromServer(chunk));
    client.on('end', () => {
      if (!this.#heldWhole) upstream.end();
    });
    upstream.on('end', () => client.end());
    // Whoever is reset takes the other with it.
    client.on('error', () => {
      if (!this.#heldWhole) upstream.destroy();
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => {
      if (!this.#heldWhole) upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  }

  cut(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  hold(whole: () => void): void {
    this.#heldWhole = whole;
  }

  release(): void {
    this.#heldWhole = null;
    for (const part of this.#heldBack.splice(0)) this.#pass(part);
    if (this.#client.destroyed || this.#client.readableEnded) this.#upstream.end();
  }

  #fromServer(chunk: Buffer): void {
    this.#answers.feed(chunk, (part, end) => {
      write(part, this.#client, this.#upstream);
      if (end !== 'inside') this.#say();
    });
  }

  #fromClient(chunk: Buffer): void {
    this.#commands.feed(chunk, (part, end, line) => {
      if (line !== null && !this.#refusing && !this.#heldWhole) this.#judge(line);
      if (this.#heldWhole) {
        this.#heldBack.push(Buffer.from(part));
        if (end === 'whole') this.#heldWhole();
      } else if (!this.#refusing) this.#pass(part);
      else if (end === 'whole') {
        this.#toSay.push(`${this.#refusing.tag} NO ${this.#refusing.words}\r\n`);
        this.#refusing = null;
        if (this.#answers.isBetween) this.#say();
      }
    });
  }

  /** `line`: the first of a command. */
  #judge(line: string): void {
    const [, tag = '', verb = ''] = /^(\S+) ((?:UID )?\S+)/i.exec(line) ?? [];
    // Who waits for a `+` is let through: that has to come from the server.
    if (verb === '' || /\{\d+\}\r\n$/.test(line)) return;
    const verdict = this.#rules.judge(verb.toUpperCase());
    if (verdict === 'pass') return;
    if (typeof verdict === 'function') return verdict(this);
    if (verdict === 'bye') {
      this.#rules.happened('bye');
      this.#client.end('* BYE [UNAVAILABLE] Going down for a moment\r\n');
      this.#upstream.destroy();
      return;
    }
    this.#rules.happened('refused');
    this.#refusing = { tag, words: verdict };
  }

  #pass(part: Buffer): void {
    const left = this.#rules.cutAfter - this.#passed;
    const some = part.subarray(0, left);
    this.#passed += some.length;
    this.#rules.passed(some.length);
    write(some, this.#upstream, this.#client);
    if (some.length < left) return;
    this.#rules.happened('cut');
    this.cut();
  }

  #say(): void {
    for (const words of this.#toSay.splice(0)) this.#client.write(words);
  }
}

/** `whole`: what goes on after this part is something new. `inside`: it is not over. */
type PartEnd = 'whole' | 'inside';

/** Tells commands or answers from each other: lines, and literals within them (RFC 9051 §4.3). */
class Reader {
  #rest: Buffer = Buffer.alloc(0);
  #literalLeft = 0;
  #isFirstLine = true;

  /** Whether the other side is between two of them. */
  get isBetween(): boolean {
    return this.#isFirstLine && this.#literalLeft === 0 && this.#rest.length === 0;
  }

  /** Calls `took` for each part; `line`: the text where it is the first line of something. */
  feed(chunk: Buffer, took: (part: Buffer, end: PartEnd, line: string | null) => void): void {
    let left = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (left.length > 0) {
      if (this.#literalLeft > 0) {
        const part = left.subarray(0, this.#literalLeft);
        this.#literalLeft -= part.length;
        left = left.subarray(part.length);
        took(part, 'inside', null);
        continue;
      }
      const newline = left.indexOf(10);
      if (newline === -1) {
        // Kept until the line is whole.
        this.#rest = Buffer.from(left);
        return;
      }
      const part = left.subarray(0, newline + 1);
      left = left.subarray(newline + 1);
      const literal = /\{(\d+)\+?\}\r\n$/.exec(part.subarray(-32).toString('latin1'));
      this.#literalLeft = Number(literal?.[1] ?? 0);
      const isFirst = this.#isFirstLine;
      this.#isFirstLine = literal === null;
      took(part, literal === null ? 'whole' : 'inside', isFirst ? part.toString('latin1') : null);
    }
  }
}

function write(part: Buffer, into: Socket, from: Socket): void {
  if (into.destroyed || into.writableEnded || into.write(part) || from.isPaused()) return;
  from.pause();
  into.once('drain', () => from.resume());
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
