/**
 * A log file as it lies there, plain or compressed by gzip, and how it is known again. Logs are renamed, compressed and copied, so
 * neither a name nor a number of the file system tells which one it is; its first octets do, and those before the place up to
 * which it was read. Both have to be as they were.
 */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fault } from '#domain/fault.ts';
import type { OpenSentFile } from '#ports/sent-files.ts';
import {
  chunkOctets,
  headMostOctets,
  isOfGzip,
  type LogOctets,
  octetsBy,
  shownPath,
  unpacked,
  unreadable,
} from './log-octets.ts';

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

/** Throws `tail.file.unreadable`. */
export async function openLogFile(path: string): Promise<LogFile> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) throw fault('tail.file.unreadable', { file: shownPath(path), text: 'it is no file.' });
    const isCompressed = isOfGzip(path, await octetsAt(file, 0, 4));
    const reading = isCompressed ? unpacked(path, () => octetsOf(path, file)) : plain(path, file);
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

/** One that was sent; `writtenAt`: as it was where it lay. Throws `tail.file.unreadable`, and what reading it throws. */
export async function openSentLog(path: string, sent: OpenSentFile, writtenAt: number): Promise<LogFile> {
  const plainly = octetsBy((octet) => sent.from(octet));
  const isCompressed = isOfGzip(path, await plainly.head());
  return {
    path,
    isCompressed,
    sizeOctets: sent.octets,
    writtenAt,
    number: sent.file,
    ...(isCompressed ? unpacked(path, () => sent.from(0)) : plainly),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function plain(path: string, file: FileHandle): LogOctets {
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
