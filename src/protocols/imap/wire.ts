/**
 * The connection under a session: TCP, TLS at once or after STARTTLS, and DEFLATE (RFC 4978). It reads into recycled slabs
 * (`slabs.ts`) as long as Node lets us choose the memory, which it does not after STARTTLS or with compression.
 */

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { Compression } from './compression.ts';
import { ImapError } from './errors.ts';
import { LineSpeed } from './line-speed.ts';
import { Outgoing } from './outgoing.ts';
import { Slabs } from './slabs.ts';

export interface WireOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly tls: boolean;
  /** PEM of the authority to trust; null for those this machine trusts. */
  readonly ca: string | null;
  readonly verify: boolean;
  readonly connectMs: number;
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
}

/** So much is passed on at once, or what has come in a millisecond. */
const stretchOctets = 64 * 1024;
/** What may be lent to sinks at once where Node owns the buffers. */
const lentMax = 1024 * 1024;

export class Wire {
  readonly out: Outgoing;
  /** How long the TCP handshake took, in milliseconds. */
  readonly roundTripMs: number;
  readonly speed = new LineSpeed();
  readonly #options: WireOptions;
  readonly #listener: WireListener;
  #socket: Socket;
  #slabs: Slabs | null;
  #closed = false;
  #lent = 0;

  private constructor(socket: Socket, slabs: Slabs, options: WireOptions, listener: WireListener, roundTripMs: number) {
    this.roundTripMs = roundTripMs;
    this.#socket = socket;
    this.#slabs = slabs;
    this.#options = options;
    this.#listener = listener;
    this.out = new Outgoing(socket, this.speed, () => listener.left());
  }

  /** Connects; rejects with `unreachable` or `connect-timeout`, or with the signal's reason. */
  static async connect(options: WireOptions, listener: WireListener, signal: AbortSignal | null): Promise<Wire> {
    // Loading TLS takes as long as checking ten mailboxes in the clear.
    const tls = options.tls ? await import('node:tls') : null;
    signal?.throwIfAborted();
    return new Promise<Wire>((resolve, reject) => {
      let wire: Wire | null = null;
      let phase: 'connecting' | 'handshake' = 'connecting';
      let since = performance.now();
      let roundTripMs = 0;
      const slabs = new Slabs(() => wire?.readOn());
      const onread = {
        buffer: () => slabs.region,
        callback: (octets: number, region: Uint8Array) => wire?.readInto(octets, region) ?? false,
      };
      const common = {
        host: options.host,
        port: options.port,
        onread,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 60_000,
      };
      const socket: Socket = tls ? tls.connect({ ...tlsOptions(options), ...common }) : connectTcp(common);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        socket.removeListener('error', failed);
        socket.removeListener('close', closed);
        act();
      };
      const fail = (error: unknown): void =>
        settle(() => {
          socket.on('error', () => {});
          socket.destroy();
          reject(error);
        });
      const failed = (cause: Error): void => fail(new ImapError({ kind: 'unreachable', phase, cause }));
      const closed = (): void =>
        fail(new ImapError({ kind: 'unreachable', phase, cause: new Error('closed before it was open') }));
      const aborted = (): void => fail(signal?.reason);
      const timer = setTimeout(
        () => fail(new ImapError({ kind: 'connect-timeout', seconds: options.connectMs / 1_000 })),
        options.connectMs,
      );
      signal?.addEventListener('abort', aborted, { once: true });
      socket.once('error', failed);
      socket.once('close', closed);
      socket.once('lookup', () => {
        since = performance.now();
      });
      socket.once('connect', () => {
        // SYN and SYN-ACK: one round trip and nothing else.
        roundTripMs = performance.now() - since;
        phase = 'handshake';
      });
      socket.once(tls ? 'secureConnect' : 'connect', () =>
        settle(() => {
          wire = new Wire(socket, slabs, options, listener, roundTripMs);
          wire.#listen(socket);
          resolve(wire);
        }),
      );
    });
  }

  /** The TLS of this connection, null where it has none. */
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

  /** What was read and not looked at yet. */
  #gathered: { readonly memory: ArrayBufferLike; readonly from: number; octets: number } | null = null;
  #delivering: NodeJS.Immediate | null = null;

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

  #unasked = 0;
  #asking: NodeJS.Timeout | null = null;

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
  startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners();
    return new Promise<void>((resolve, reject) => {
      const secure = process.getBuiltinModule('node:tls').connect({ ...tlsOptions(this.#options), socket: plain });
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        secure.on('error', () => {});
        this.#closed = true;
        secure.destroy();
        plain.destroy();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new ImapError({ kind: 'connect-timeout', seconds: this.#options.connectMs / 1_000 })),
        this.#options.connectMs,
      );
      const failed = (cause: Error): void => fail(new ImapError({ kind: 'unreachable', phase: 'handshake', cause }));
      const closed = (): void => failed(new Error('closed during the TLS handshake'));
      secure.once('error', failed);
      secure.once('close', closed);
      secure.once('secureConnect', () => {
        clearTimeout(timer);
        secure.removeListener('error', failed);
        secure.removeListener('close', closed);
        this.#socket = secure;
        this.#slabs?.release(this.#unasked > 0);
        this.#slabs = null;
        this.out.redirect(secure);
        this.#listen(secure);
        secure.on('data', (octets: Buffer) => this.#read(octets, secure));
        resolve();
      });
    });
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

  #compression: Compression | null = null;

  /** Reads again after a pause. */
  readOn(): void {
    if (this.#closed) return;
    this.speed.ready();
    this.#socket.resume();
  }

  /** Octets on the line so far, both ways, TLS and compression included. */
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
    socket.on('error', ended);
    socket.on('end', () => ended(null));
    socket.on('close', () => ended(null));
  }

  #end(error: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.on('error', () => {});
    this.#socket.destroy();
    this.#compression?.destroy();
    this.#slabs?.release(this.#unasked > 0);
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
  #owned(octets: Buffer, from: { pause(): unknown; resume(): unknown }): void {
    if (this.#closed) return;
    this.#deliver(octets);
    if (this.#closed) return;
    const returned = this.#listener.returned();
    if (!returned) return;
    this.#lent += octets.length;
    if (this.#lent > lentMax) from.pause();
    void returned.then(() => {
      const wasHeld = this.#lent > lentMax;
      this.#lent -= octets.length;
      if (!wasHeld || this.#lent > lentMax) return;
      if (from === this.#socket) this.readOn();
      else from.resume();
    });
  }
}

/** As `instanceof`, for a class that is not loaded where there is no TLS. */
function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}

function tlsOptions(options: WireOptions): ConnectionOptions {
  return {
    ...(isIP(options.host) === 0 ? { servername: options.host } : {}),
    ...(options.ca === null ? {} : { ca: options.ca }),
    host: options.host,
    rejectUnauthorized: options.verify,
    // RFC 8314 §4.1, RFC 9051 §11.1.
    minVersion: 'TLSv1.2',
  };
}
