/** The octets of one connection: lines and literals in, answers out, with the socket changed underneath for TLS and DEFLATE. */

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

/** Octets that wait to be read before the socket is paused. */
const unreadMax = 4 << 20;
/** Octets that wait to be sent before an answer pauses. */
const unsentMax = 1 << 20;

/** Thrown to whoever reads or writes when the connection has ended. */
export class Closed extends Error {
  override readonly name = 'Closed';
}

export interface TlsMaterial {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

export class Wire {
  #socket: Socket;
  #unread: Buffer[] = [];
  #unreadOctets = 0;
  #wake: (() => void) | null = null;
  #ended = false;
  #deaf = false;
  #deflate: DeflateRaw | null = null;
  #inflate: InflateRaw | null = null;
  readonly #pieces: number;
  readonly #closers: (() => void)[] = [];

  constructor(socket: Socket, pieces: number) {
    this.#socket = socket;
    this.#pieces = pieces;
    this.#listen();
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get closed(): boolean {
    return this.#ended;
  }

  /** Whether octets have come that nobody has read. */
  get unread(): boolean {
    return this.#unreadOctets > 0;
  }

  /** The next line without its CRLF (or LF), as Latin-1. Null when it is longer than `maxOctets`. */
  async line(maxOctets: number): Promise<string | null> {
    let text = '';
    for (;;) {
      const chunk = this.#unread[0];
      if (!chunk) {
        await this.#more();
        continue;
      }
      const end = chunk.indexOf(10);
      const taken = this.#take(end < 0 ? chunk.length : end + 1);
      text += taken.toString('latin1');
      if (text.length > maxOctets) return null;
      if (end >= 0) return text.replace(/\r?\n$/, '');
    }
  }

  /** The next `octets` octets, copied. */
  async octets(octets: number): Promise<Buffer> {
    const out = Buffer.allocUnsafe(octets);
    let filled = 0;
    while (filled < octets) {
      const chunk = this.#unread[0];
      if (!chunk) {
        await this.#more();
        continue;
      }
      const taken = this.#take(Math.min(chunk.length, octets - filled));
      taken.copy(out, filled);
      filled += taken.length;
    }
    return out;
  }

  /** Resolves when there is something to read; rejects with `Closed` at the end. */
  async readable(): Promise<void> {
    while (this.#unreadOctets === 0) await this.#more();
  }

  /** Sends text (Latin-1) or octets; gathered over one turn of the loop. */
  send(data: string | Uint8Array): void {
    if (this.#ended) return;
    const out = this.#deflate ?? this.#socket;
    if (this.#pieces === 0) {
      this.#gather();
      out.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
      return;
    }
    const octets = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    for (let at = 0; at < octets.length; at += this.#pieces) out.write(octets.subarray(at, at + this.#pieces));
  }

  /** Waits while the other side is slow to take what was sent. */
  async drained(): Promise<void> {
    while (this.#socket.writableLength > unsentMax && !this.#ended) {
      await new Promise<void>((resolve) => {
        const goOn = (): void => {
          this.#socket.off('drain', goOn).off('close', goOn);
          resolve();
        };
        this.#socket.on('drain', goOn).on('close', goOn);
      });
    }
    if (this.#ended) throw new Closed();
  }

  /** Sends what was gathered and resets the connection, so that the other side sees an error after it. */
  cut(): void {
    this.#ended = true;
    // What was pipelined behind this point was never heard.
    this.#unread = [];
    this.#unreadOctets = 0;
    this.#socket.uncork();
    // A plain end would look like a clean goodbye; what was written goes out before it all the same.
    this.#socket.end(() => this.#socket.destroy());
    this.#wake?.();
  }

  /** Ends politely. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Reads and says nothing any more; resolves when the other side has hung up. */
  async deaf(): Promise<never> {
    this.#deaf = true;
    this.#unread = [];
    this.#unreadOctets = 0;
    this.#socket.resume();
    await new Promise<void>((resolve) => (this.#ended ? resolve() : this.#closers.push(resolve)));
    throw new Closed();
  }

  /** Goes on in TLS; octets that came in the clear after STARTTLS are thrown away. */
  async startTls(material: TlsMaterial): Promise<void> {
    this.#unread = [];
    this.#unreadOctets = 0;
    const clear = this.#socket;
    clear.removeAllListeners('data');
    clear.removeAllListeners('end');
    clear.removeAllListeners('close');
    const secure = new TLSSocket(clear, { isServer: true, ...material });
    this.#socket = secure;
    this.#listen();
    await new Promise<void>((resolve, reject) => {
      secure.once('secure', resolve);
      secure.once('close', () => reject(new Closed()));
    });
  }

  /** Goes on in DEFLATE (RFC 4978). */
  compress(): void {
    const inflate = createInflateRaw();
    inflate.on('data', (chunk: Buffer) => this.#arrived(chunk));
    inflate.on('error', () => this.#socket.destroy());
    this.#inflate = inflate;
    this.#deflate = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH });
    this.#deflate.pipe(this.#socket);
  }

  /** Answers to commands that were pipelined leave in one write. */
  #gather(): void {
    const socket = this.#socket;
    if (socket.writableCorked > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => (this.#inflate ? void this.#inflate.write(chunk) : this.#arrived(chunk)));
    // A reset by the other side is an end like any other here; `close` follows.
    socket.on('error', () => {});
    socket.on('end', () => this.#over());
    socket.on('close', () => this.#over());
  }

  #arrived(chunk: Buffer): void {
    if (this.#deaf || this.#ended) return;
    this.#unread.push(chunk);
    this.#unreadOctets += chunk.length;
    if (this.#unreadOctets > unreadMax) this.#socket.pause();
    this.#wake?.();
  }

  #over(): void {
    this.#ended = true;
    this.#wake?.();
    for (const close of this.#closers) close();
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Closed();
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    if (this.#ended && this.#unreadOctets === 0) throw new Closed();
  }

  #take(octets: number): Buffer {
    const chunk = this.#unread[0] as Buffer;
    if (octets < chunk.length) this.#unread[0] = chunk.subarray(octets);
    else this.#unread.shift();
    this.#unreadOctets -= octets;
    if (this.#unreadOctets === 0 && this.#socket.isPaused()) this.#socket.resume();
    return chunk.subarray(0, octets);
  }
}
