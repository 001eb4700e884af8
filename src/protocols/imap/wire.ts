/**
 * The connection under a session: TCP, TLS at once or after STARTTLS, and DEFLATE (RFC 4978). It reads into recycled slabs
 * (`slabs.ts`) as long as Node lets us choose the memory, which it does not after STARTTLS or with compression.
 */

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Compression } from './compression.ts';
import { dial, type DialOptions, isTls, secure } from './dial.ts';
import type { Line } from './line.ts';
import { LineSpeed } from './line-speed.ts';
import { Loans, type Pausable } from './loans.ts';
import { Outgoing } from './outgoing.ts';
import type { SessionPace } from './session-pace.ts';
import { Slabs } from './slabs.ts';

export interface WireOptions extends DialOptions {
  readonly pace?: SessionPace;
}

export interface WireListener {
  /** Whether a response has begun to come and is not whole yet. */
  readonly isInside: boolean;
  /** Octets have come, lent until `returned` says otherwise. May throw: the wire is then closed with that. */
  came(octets: Buffer): void;
  /** When everything that came so far may be written over, null for now. Asked once for all that came in one turn. */
  returned(): Promise<void> | null;
  /** Something we wrote has left. */
  left(): void;
  /** The connection is no more; `error` is null when the other side closed it. */
  ended(error: Error | null): void;
  /** Its socket is closed. `isMutual`: the other side had said that it is done, so that it counts no connection any more. */
  gone(isMutual: boolean): void;
}

/** So much is passed on at once, or what has come in a millisecond. */
const stretchOctets = 64 * 1024;

export class Wire implements Line {
  readonly out: Outgoing;
  readonly roundTripMs: number;
  readonly speed = new LineSpeed();
  readonly #options: WireOptions;
  readonly #listener: WireListener;
  #socket: Socket;
  #compression: Compression | null = null;
  #slabs: Slabs | null;
  /** What was read into slabs and not looked at yet. */
  #gathered: { readonly memory: ArrayBufferLike; readonly from: number; octets: number } | null = null;
  #delivering: NodeJS.Immediate | null = null;
  /** Octets that were looked at, and nobody was asked when they may be written over. */
  #unasked = 0;
  #asking: NodeJS.Timeout | null = null;
  readonly #loans = new Loans((from) => (from === this.#socket ? this.readOn() : from.resume()));
  #closed = false;

  private constructor(socket: Socket, slabs: Slabs, options: WireOptions, listener: WireListener, roundTripMs: number) {
    this.roundTripMs = roundTripMs;
    this.#socket = socket;
    this.#slabs = slabs;
    this.#options = options;
    this.#listener = listener;
    this.out = new Outgoing(socket, this.speed, options.pace ?? null, () => listener.left());
  }

  /** Connects; rejects as `dial` does. */
  static async connect(options: WireOptions, listener: WireListener, signal: AbortSignal | null): Promise<Wire> {
    let wire: Wire | null = null;
    const slabs = new Slabs(() => wire?.readOn());
    const onread = {
      buffer: () => slabs.region,
      callback: (octets: number, region: Uint8Array) => wire?.readInto(octets, region) ?? false,
    };
    try {
      return await dial(options, onread, signal, (socket, roundTripMs) => {
        wire = new Wire(socket, slabs, options, listener, roundTripMs);
        wire.#listen(socket);
        return wire;
      });
    } catch (error) {
      listener.gone(false);
      throw error;
    }
  }

  get tls(): TLSSocket | null {
    return isTls(this.#socket) ? this.#socket : null;
  }

  /** A read has ended; false stops reading until there is room. */
  readInto(octets: number, region: Uint8Array): boolean {
    const slabs = this.#slabs;
    if (this.#closed || !slabs) return false;
    // The memory is read into again when this returns and zlib looks at it later, so that gets a copy.
    if (this.#compression) {
      this.speed.read(octets, this.#listener.isInside);
      return this.#compression.take(Buffer.copyBytesFrom(region, 0, octets));
    }
    this.#gathered ??= { memory: region.buffer, from: region.byteOffset, octets: 0 };
    this.#gathered.octets += octets;
    const hasRoom = slabs.filled(octets);
    // TLS hands on one record of 4 to 16 kB after the other, and they lie one behind the other: they are looked at together.
    if (hasRoom && this.#options.tls && this.#gathered.octets < stretchOctets) {
      this.#delivering ??= setImmediate(() => this.#deliverGathered());
      return true;
    }
    this.#deliverGathered();
    if (this.#closed) return false;
    if (hasRoom) return true;
    this.#ask();
    return slabs.turnOver();
  }

  #deliverGathered(): void {
    if (this.#delivering) clearImmediate(this.#delivering);
    this.#delivering = null;
    const gathered = this.#gathered;
    this.#gathered = null;
    if (!gathered || this.#closed) return;
    const { memory, from, octets } = gathered;
    this.speed.read(octets, this.#listener.isInside);
    this.#unasked += octets;
    this.#deliver(Buffer.from(memory, from, octets));
    if (this.#closed) return;
    if (this.#unasked < stretchOctets) this.#askSoon();
    else this.#ask();
  }

  /**
   * Many small reads are one stretch: a write for each would cost us and the other server more than all the octets in it.
   * What ends a command does not wait for this.
   */
  #askSoon(): void {
    this.#asking ??= setTimeout(() => this.#ask(), 1);
  }

  #ask(): void {
    this.#unasked = 0;
    if (this.#asking) clearTimeout(this.#asking);
    this.#asking = null;
    if (this.#closed) return;
    const returned = this.#listener.returned();
    if (returned) this.#slabs?.lend(returned);
  }

  /**
   * Puts TLS on this connection after the server has agreed to STARTTLS. The caller has made sure that nothing came behind
   * that agreement. Rejects as `connect` does.
   */
  async startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners();
    try {
      await secure(plain, this.#options, (socket) => {
        this.#socket = socket;
        this.#slabs?.release(this.#unasked > 0);
        this.#slabs = null;
        this.out.redirect(socket);
        this.#listen(socket);
        socket.on('data', (octets: Buffer) => this.#read(octets, socket));
      });
    } catch (error) {
      this.#closed = true;
      this.#listener.gone(false);
      throw error;
    }
  }

  /** Puts DEFLATE on both directions; nothing may be on its way. */
  compress(): void {
    const compression: Compression = new Compression(this.#socket, {
      inflated: (octets) => this.#owned(octets, compression),
      room: () => this.readOn(),
      broken: (error) => this.destroy(error),
    });
    this.#compression = compression;
    this.out.redirect(compression.out);
  }

  /** Reads again after a pause. */
  readOn(): void {
    if (this.#closed) return;
    this.speed.ready();
    this.#socket.resume();
  }

  get octets(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  get waited(): { readonly octets: number; readonly seconds: number } {
    const { octetsRead, waitedMs } = this.speed;
    return { octets: octetsRead + this.#socket.bytesWritten, seconds: waitedMs / 1_000 };
  }

  /** Closes at once; the listener hears of it. */
  destroy(error: Error | null): void {
    if (this.#closed) return;
    this.#end(error);
  }

  /** Says that we are done; the other side closes. After `patienceMs` we do. */
  end(patienceMs: number): void {
    if (this.#closed) return;
    this.out.flush();
    // What is still being compressed ends the socket by itself.
    (this.#compression ?? this.#socket).end();
    setTimeout(() => this.#socket.destroy(), patienceMs).unref();
  }

  #listen(socket: Socket): void {
    const ended = (error: Error | null): void => {
      // What had come before still counts.
      this.#deliverGathered();
      this.#end(error);
    };
    let isMutual = false;
    socket.on('error', ended);
    socket.on('end', () => {
      isMutual = true;
      ended(null);
    });
    socket.on('close', () => {
      ended(null);
      this.#listener.gone(isMutual);
    });
  }

  #end(error: Error | null): void {
    if (this.#closed) return;
    // Where it ends in good order what came last is most often the answer to LOGOUT, and nothing of it is lent.
    const isUnasked = this.#unasked > 0 && (error !== null || this.#listener.returned() !== null);
    this.#closed = true;
    this.#socket.on('error', () => {});
    this.#socket.destroy();
    this.#compression?.destroy();
    this.#slabs?.release(isUnasked);
    this.out.destroyed();
    this.#listener.ended(error);
  }

  #deliver(octets: Buffer): void {
    try {
      this.#listener.came(octets);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** After STARTTLS, Node chooses the memory. */
  #read(octets: Buffer, secure: Socket): void {
    if (this.#closed) return;
    this.speed.read(octets.length, this.#listener.isInside);
    if (!this.#compression) this.#owned(octets, secure);
    else if (!this.#compression.take(octets)) secure.pause();
  }

  /** Octets in memory of their own. */
  #owned(octets: Buffer, from: Pausable): void {
    if (this.#closed) return;
    this.#deliver(octets);
    if (this.#closed) return;
    const returned = this.#listener.returned();
    if (returned) this.#loans.lend(octets.length, returned, from);
  }
}
