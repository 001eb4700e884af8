/**
 * DEFLATE on both directions of a connection (RFC 4978). What comes compressed may be a thousand times as much as it seems, so
 * nothing is inflated ahead of its reader: what waits is one read of the socket and one chunk of the inflater.
 */

import type { Writable } from 'node:stream';
import type { DeflateRaw, InflateRaw } from 'node:zlib';

/** So much is inflated at a time. */
const chunkOctets = 64 * 1024;

export interface CompressionListener {
  /** Octets as they were before they were compressed, in memory of their own. */
  inflated(octets: Buffer): void;
  /** There is room again after `take` said that there was none. */
  room(): void;
  /** What came is not DEFLATE. */
  broken(error: Error): void;
}

export class Compression {
  /** What is written here leaves compressed. */
  readonly out: DeflateRaw;
  readonly #inflate: InflateRaw;

  constructor(to: Writable, listener: CompressionListener) {
    // Not imported above: it is hardly ever needed, and here there is no time to wait for it.
    const { constants, createDeflateRaw, createInflateRaw } = process.getBuiltinModule('node:zlib');
    this.out = createDeflateRaw({ level: 1, flush: constants.Z_SYNC_FLUSH });
    this.#inflate = createInflateRaw({ chunkSize: chunkOctets });
    this.out.on('error', (error: Error) => listener.broken(error));
    this.#inflate.on('error', (error: Error) => listener.broken(error));
    this.#inflate.on('data', (octets: Buffer) => listener.inflated(octets));
    this.#inflate.on('drain', () => listener.room());
    this.out.pipe(to);
  }

  /** Takes what came, whose memory it keeps for a while. False when nothing more should be read before `room`. */
  take(octets: Buffer): boolean {
    return this.#inflate.write(octets);
  }

  /** Inflates no more than what is under way, until `resume`. */
  pause(): void {
    this.#inflate.pause();
  }

  resume(): void {
    this.#inflate.resume();
  }

  /** Ends what is written, and with it the socket, when all of it has left. */
  end(): void {
    this.out.end();
  }

  destroy(): void {
    this.#inflate.destroy();
    this.out.destroy();
  }
}
