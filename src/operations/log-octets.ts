/** The octets of a log that can be read from any place on, and of one that gzip made, which can only be read from its beginning. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { LogFile } from './log-file.ts';

/** Octets that are looked at of its beginning, and of what stands before a place. */
export const headMostOctets = 1_024;
export const chunkOctets = 1 << 18;

export type LogOctets = Pick<LogFile, 'head' | 'from' | 'before'>;

const otherPackings: readonly (readonly [magic: string, name: string, tool: string])[] = [
  ['28b52ffd', 'zstd', 'zstd -d'],
  ['fd377a58', 'xz', 'xz -d'],
  ['425a68', 'bzip2', 'bzip2 -d'],
  ['504b0304', 'zip', 'unzip'],
];

/** Whether it is of gzip, by its first octets. Throws `tail.file.unreadable` where it is packed by something else. */
export function isOfGzip(path: string, beginning: Buffer): boolean {
  const magic = beginning.subarray(0, 4).toString('hex');
  const other = otherPackings.find(([first]) => magic.startsWith(first));
  if (other) {
    const text = `it is compressed by ${other[1]}, which is not read here; unpack it first (${other[2]}).`;
    throw fault('tail.file.unreadable', { file: shownPath(path), text });
  }
  return magic.startsWith('1f8b');
}

/** `from`: the octets from there on. What else is looked at is read by that. */
export function octetsBy(from: (octet: number) => AsyncIterable<Buffer>): LogOctets {
  const some = async (octet: number, many: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    let missing = many;
    if (missing > 0)
      for await (const chunk of from(octet)) {
        // A copy: a chunk may be written over.
        const part = Buffer.from(chunk.subarray(0, missing));
        parts.push(part);
        missing -= part.length;
        if (missing === 0) break;
      }
    return Buffer.concat(parts);
  };
  return {
    from,
    head: () => some(0, headMostOctets),
    async before(octet) {
      const many = Math.min(octet, headMostOctets);
      const found = await some(octet - many, many);
      return found.length === many ? found : null;
    },
  };
}

/** Each look begins at the beginning: there is no other way into what gzip made. */
export function unpacked(path: string, octets: () => AsyncIterable<Buffer>): LogOctets {
  return octetsBy(async function* from(octet) {
    const source = Readable.from(octets(), { objectMode: false, highWaterMark: chunkOctets });
    const unpacking = createGunzip({ chunkSize: chunkOctets });
    source.on('error', (error) => unpacking.destroy(error));
    source.pipe(unpacking);
    let at = 0;
    try {
      for await (const chunk of unpacking as AsyncIterable<Buffer>) {
        const skipped = Math.min(chunk.length, Math.max(0, octet - at));
        at += chunk.length;
        if (skipped < chunk.length) yield chunk.subarray(skipped);
      }
    } catch (error) {
      throw unreadable(path, error);
    } finally {
      source.destroy();
      unpacking.destroy();
    }
  });
}

/** The fault that `error` is, where the file is the matter. */
export function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.name === 'Fault') return error;
  return fault('tail.file.unreadable', { file: shownPath(path), text: `${reasonOf(error)}.` }, { cause: error });
}

function reasonOf(error: Error & { readonly code?: unknown }): string {
  const { code } = error;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  if (typeof code === 'string' && code.startsWith('Z_')) return 'what gzip made of it is damaged, or not whole';
  return cleanText(error.message, 200);
}

export function shownPath(path: string): string {
  return cleanText(path, 300);
}
