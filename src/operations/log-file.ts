/**
 * A log file as it lies there, plain or compressed by gzip, and how it is known again. Logs are renamed, compressed and copied, so
 * neither a name nor a number of the file system tells which one it is; its first octets do, and those before the place up to
 * which it was read. Both have to be as they were.
 */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';

/** Octets that are looked at of its beginning, and of what stands before a place. */
export const headMostOctets = 1_024;
const chunkOctets = 1 << 18;

export interface LogFile extends AsyncDisposable {
  readonly path: string;
  readonly isCompressed: boolean;
  /** Of the file as it lies there, for whoever shows how far he is. */
  readonly sizeOctets: number;
  /** When it was written to last. */
  readonly writtenAt: number;
  /** By which the file system knows it. */
  readonly number: string;
  /** The first octets of the log, as many as there are and not more than `headMostOctets`. */
  head(): Promise<Buffer>;
  /** The octets of the log from there on, to where it ends now. */
  from(octet: number): AsyncIterable<Buffer>;
  /** The octets before that place, at most `headMostOctets`; null where the log does not reach so far. */
  before(octet: number): Promise<Buffer | null>;
}

export function digestOf(octets: Buffer): Buffer {
  return createHash('sha256').update(octets).digest();
}

const otherPackings: readonly (readonly [magic: string, name: string, tool: string])[] = [
  ['28b52ffd', 'zstd', 'zstd -d'],
  ['fd377a58', 'xz', 'xz -d'],
  ['425a68', 'bzip2', 'bzip2 -d'],
  ['504b0304', 'zip', 'unzip'],
];

/** Throws `tail.file.unreadable`. */
export async function openLogFile(path: string): Promise<LogFile> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) throw fault('tail.file.unreadable', { file: shownPath(path), text: 'it is no file.' });
    const magic = (await octetsAt(file, 0, 4)).toString('hex');
    const other = otherPackings.find(([beginning]) => magic.startsWith(beginning));
    if (other) {
      const text = `it is compressed by ${other[1]}, which is not read here; unpack it first (${other[2]}).`;
      throw fault('tail.file.unreadable', { file: shownPath(path), text });
    }
    const isCompressed = magic.startsWith('1f8b');
    const reading = isCompressed ? packed(path, file) : plain(path, file);
    return {
      path,
      isCompressed,
      sizeOctets: Number(found.size),
      writtenAt: Number(found.mtimeMs),
      number: `${found.dev}:${found.ino}`,
      ...reading,
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw unreadable(path, error);
  }
}

type Reading = Pick<LogFile, 'head' | 'from' | 'before'>;

function plain(path: string, file: FileHandle): Reading {
  return {
    head: () => octetsAt(file, 0, headMostOctets),
    from: (octet) => octetsOf(path, file, octet),
    async before(octet) {
      const many = Math.min(octet, headMostOctets);
      const found = await octetsAt(file, octet - many, many);
      return found.length === many ? found : null;
    },
  };
}

async function* octetsOf(path: string, file: FileHandle, octet = 0): AsyncGenerator<Buffer> {
  for (let at = octet; ; ) {
    const chunk = Buffer.allocUnsafe(chunkOctets);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Each look begins at the beginning: there is no other way into what gzip made. */
function packed(path: string, file: FileHandle): Reading {
  async function* from(octet: number): AsyncGenerator<Buffer> {
    const source = Readable.from(octetsOf(path, file), { objectMode: false, highWaterMark: chunkOctets });
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
  }
  return {
    from,
    async head() {
      const parts: Buffer[] = [];
      let octets = 0;
      for await (const chunk of from(0)) {
        parts.push(Buffer.from(chunk.subarray(0, headMostOctets)));
        octets += chunk.length;
        if (octets >= headMostOctets) break;
      }
      return Buffer.concat(parts).subarray(0, headMostOctets);
    },
    async before(octet) {
      const many = Math.min(octet, headMostOctets);
      const parts: Buffer[] = [];
      let missing = many;
      for await (const chunk of from(octet - many)) {
        if (missing === 0) break;
        const part = Buffer.from(chunk.subarray(0, missing));
        parts.push(part);
        missing -= part.length;
      }
      return missing === 0 ? Buffer.concat(parts) : null;
    },
  };
}

async function octetsAt(file: FileHandle, at: number, most: number): Promise<Buffer> {
  const octets = Buffer.alloc(most);
  let read = 0;
  while (read < most) {
    const { bytesRead } = await file.read(octets, read, most - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return octets.subarray(0, read);
}

function unreadable(path: string, error: unknown): unknown {
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

function shownPath(path: string): string {
  return cleanText(path, 300);
}
