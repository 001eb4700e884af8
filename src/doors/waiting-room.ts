/**
 * Where sign-ins wait while a mailbox is held: a port of this machine for each that somebody comes for. It takes connections and says
 * nothing. Once the mailbox is open it connects to the side it lives on now, and passes on what either says; what is waited for too
 * long is told so and closed.
 *
 * The proxy comes here in clear text, from the same machine; to the backend TLS is spoken from here, verified, as the proxy would.
 * Whose certificate is right cannot be said before it is known which side it will be.
 */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SignInBackend, SignInBackends, SignInProtocol } from '#domain/door-backends.ts';
import type { SideName } from '#domain/platform.ts';
import type { RouteFound } from '#domain/route.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { RouteBook } from '#ports/routes.ts';
import type { Answers } from './door.ts';
import { endListening } from './listening.ts';
import { isWaitedFor, settled, watching } from './patience.ts';

export interface WaitingRoomOptions {
  readonly book: Pick<RouteBook, 'find' | 'whenOpen' | 'onHold'>;
  readonly backends: Readonly<Record<SideName, SignInBackends>>;
  readonly waitMs: number;
  /** Told who had to wait; without it nobody is. */
  readonly attempts?: AttemptSink;
  readonly log: Log;
  readonly answers: Answers;
}

/** Mailboxes that people wait for at a time, and connections to each: a person has a handful of devices. */
const chambersMax = 2_000;
/** Of names of which nothing is certain, whoever guesses has any number: they leave room for mailboxes that are held. */
const uncertainMax = 500;
const uncertain = '? ';
const guestsMax = 50;
const connectMaxMs = 5_000;
/** A chamber that nobody comes to is closed. */
const emptyMaxMs = 60_000;

export class WaitingRoom implements AsyncDisposable {
  readonly #options: WaitingRoomOptions;
  readonly #chambers = new Map<string, Promise<Chamber | null>>();
  readonly #passing = new Map<number, Set<Socket>>();
  readonly #ended = new AbortController();

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
    // Whoever signed in by way of here works through us: at a hold their session ends, as those do that the proxy is told to end.
    options.book.onHold(async (mailbox) => {
      for (const socket of this.#passing.get(mailbox) ?? []) socket.destroy();
    });
  }

  /** Where to wait for this name, of which that was found; null where there is no more room. */
  async portFor(name: string, protocol: SignInProtocol, found: RouteFound): Promise<number | null> {
    // However it is written, a mailbox has one.
    const key = found.kind === 'home' ? `${protocol} ${found.route.mailbox}` : `${uncertain}${protocol} ${name}`;
    let opening = this.#chambers.get(key);
    if (opening === undefined) {
      if (this.#chambers.size >= chambersMax) return null;
      if (found.kind !== 'home' && this.#uncertain() >= uncertainMax) return null;
      opening = this.#open(key, name, protocol);
      this.#chambers.set(key, opening);
    }
    const chamber = await opening;
    chamber?.expect();
    return chamber?.port ?? null;
  }

  #uncertain(): number {
    return this.#chambers
      .keys()
      .filter((key) => key.startsWith(uncertain))
      .reduce((count) => count + 1, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    for (const opening of this.#chambers.values()) await (await opening)?.close();
    for (const sockets of this.#passing.values()) for (const socket of sockets) socket.destroy();
  }

  async #open(key: string, name: string, protocol: SignInProtocol): Promise<Chamber | null> {
    const guests = new Set<Socket>();
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (guests.size >= guestsMax) return void socket.destroy();
      guests.add(socket);
      socket.on('close', () => guests.delete(socket));
      void this.#receive(socket, name, protocol);
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
    } catch (error) {
      this.#chambers.delete(key);
      this.#options.log.warn('no port to wait at', { text: error instanceof Error ? error.name : '' });
      return null;
    }
    return new Chamber(server, guests, () => this.#chambers.delete(key));
  }

  /** Nothing is read from a guest before there is somebody to pass it on to. */
  async #receive(guest: Socket, name: string, protocol: SignInProtocol): Promise<void> {
    const { book, backends, waitMs, answers, attempts } = this.#options;
    const gone = new AbortController();
    guest.once('close', () => gone.abort());
    guest.pause();
    const seen = watching(book, name, attempts);
    const found = await settled(book, name, waitMs, AbortSignal.any([gone.signal, this.#ended.signal]));
    if (guest.destroyed) return;
    seen(found);
    const side = found.kind === 'home' ? found.route.side : 'source';
    const backend = backends[side][protocol];
    if (isWaitedFor(found) || backend === undefined) {
      answers.count('waited too long');
      guest.end(notNow[protocol]);
      return;
    }
    const behind = dial(backend);
    // Before anything is awaited: a hold that comes later finds them.
    if (found.kind === 'home') this.#pass(found.route.mailbox, guest, behind);
    splice(guest, behind, notNow[protocol]);
    answers.count('let through');
  }

  #pass(mailbox: number, ...sockets: readonly Socket[]): void {
    const there = this.#passing.get(mailbox) ?? new Set();
    this.#passing.set(mailbox, there);
    for (const socket of sockets) {
      there.add(socket);
      socket.once('close', () => {
        there.delete(socket);
        if (there.size === 0 && this.#passing.get(mailbox) === there) this.#passing.delete(mailbox);
      });
    }
  }
}

class Chamber {
  readonly #server: Server;
  readonly #guests: ReadonlySet<Socket>;
  readonly #closed: () => void;
  #empty: NodeJS.Timeout | undefined;

  constructor(server: Server, guests: ReadonlySet<Socket>, closed: () => void) {
    this.#server = server;
    this.#guests = guests;
    this.#closed = closed;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Somebody has been sent here; it stays open until nobody has come for a while. */
  expect(): void {
    clearTimeout(this.#empty);
    this.#empty = setTimeout(() => {
      this.#closed();
      // Those who are in it stay.
      this.#server.close();
    }, emptyMaxMs);
    this.#empty.unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#empty);
    this.#closed();
    await endListening(this.#server, this.#guests);
  }
}

/** What each protocol greets with when nobody is to be let in now (RFC 9051 §7.1.5, RFC 2449 §8.1.1, RFC 5321 §4.2.2). */
const notNow: Readonly<Record<SignInProtocol, string>> = {
  imap: '* BYE [UNAVAILABLE] This mailbox is being moved; try again in a moment.\r\n',
  pop3: '-ERR [SYS/TEMP] This mailbox is being moved; try again in a moment.\r\n',
  smtp: '421 4.3.2 This mailbox is being moved; try again in a moment.\r\n',
};

function dial({ host, port, security, ca, verify }: SignInBackend): Socket {
  if (security === 'clear') return connect({ host, port, noDelay: true });
  const trust = { rejectUnauthorized: verify, ...(ca === null ? {} : { ca }), minVersion: 'TLSv1.2' as const };
  return connectTls({ host, port, servername: /^[\d.]+$|:/.test(host) ? '' : host, ...trust });
}

/** Each is read as fast as the other takes it. A backend that cannot be reached, or is not who it should be, is told as "not now". */
function splice(guest: Socket, behind: Socket, apology: string): void {
  let isThere = false;
  const late = setTimeout(() => behind.destroy(new Error('no answer')), connectMaxMs);
  behind.once('data', () => {
    isThere = true;
    clearTimeout(late);
  });
  behind.on('error', () => behind.destroy());
  behind.on('close', () => {
    clearTimeout(late);
    if (isThere) guest.destroySoon();
    else guest.end(apology);
  });
  guest.on('close', () => behind.destroy());
  behind.pipe(guest, { end: false });
  guest.pipe(behind);
  guest.setNoDelay(true);
}
