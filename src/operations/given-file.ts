/** A file that an operation reads once, from its beginning, wherever it lies. */

import { createReadStream } from 'node:fs';
import { whyNotRead } from '#lib/unreadable.ts';

export interface GivenFile {
  /** As whoever gave it calls it. */
  readonly path: string;
  /** Throws `Unreadable`, and what is no matter of the file. */
  octets(): AsyncIterable<Buffer>;
}

/** It cannot be read, and why, in words that complete a sentence. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Read by so much: some thousand lines, which are in memory together. */
const chunkOctets = 256 * 1024;

export function fileOnDisk(path: string): GivenFile {
  return {
    path,
    async *octets() {
      try {
        yield* createReadStream(path, { highWaterMark: chunkOctets }) as AsyncIterable<Buffer>;
      } catch (error) {
        const why = whyUnreadable(error);
        throw why === null ? error : new Unreadable(why, { cause: error });
      }
    },
  };
}

/** One that could not be read where it lies. */
export function unreadableFile(path: string, why: string): GivenFile {
  return {
    path,
    // oxlint-disable-next-line require-yield -- there is nothing to be read
    async *octets() {
      throw new Unreadable(why);
    },
  };
}

/** Why a file could not be read, in words; null where it was not the file. */
export function whyUnreadable(error: unknown): string | null {
  if (error instanceof Unreadable) return error.message;
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return null;
  return whyNotRead(error.code) ?? (['open', 'read', 'stat'].includes(String(error.syscall)) ? error.message : null);
}
