/**
 * Each mailbox's own secret, in a list: CSV with the header `address,secret` and references below it. A list of two million
 * lines would fill the memory, so what is held is one number for each line, and the line is read when it is asked for.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { addressKey } from '#domain/estate.ts';
import { fault } from '#domain/fault.ts';
import { readSecretReference, type SecretReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import { csvLines } from '#lib/csv-lines.ts';
import { whyUnreadable } from '#cli/secret.ts';

/** Of the 53 bits of a number that are exact, 32 are for where a line begins and the rest for what stands first in it. */
const placeSpan = 2 ** 32;
const markSpan = 2 ** 21;
const lineFeed = 0x0a;
/** No line is longer than an address and a path. */
const lineOctetsMax = 8_192;
/** RFC 5321 §4.5.3.1.3 has 254; quotes and blanks may stand around it. */
const addressOctetsMax = 400;

interface Index {
  /** By which a file that was replaced since is known. */
  readonly version: string;
  /** Mark of the address × 2^32 + place of its line, ascending. */
  readonly lines: Promise<Float64Array>;
}

export class SecretList {
  readonly #path: string;
  #index: Index | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** The reference of the mailbox with this address; null where it is not in the list. Throws `secret.unresolved`, `secret.mailbox.wrong`. */
  async find(address: string): Promise<SecretReference | null> {
    await using file = await this.#open();
    const lines = await this.#linesOf(file);
    const key = addressKey(address);
    const mark = markOf(key);
    for (let i = firstAtLeast(lines, mark * placeSpan); i < lines.length; i++) {
      const line = lines[i] as number;
      if (Math.floor(line / placeSpan) !== mark) return null;
      const [first = '', second = ''] = await cellsAt(file, line % placeSpan);
      if (addressKey(first) === key) return this.#referenceOf(second.trim());
    }
    return null;
  }

  /** Throws `secret.unresolved` where it cannot be read. */
  async look(): Promise<void> {
    await using file = await this.#open();
    await this.#linesOf(file);
  }

  #referenceOf(text: string): SecretReference {
    const reference = readSecretReference(text);
    if ('kind' in reference) return reference;
    throw fault('secret.mailbox.wrong', { place: cleanText(this.#path, 300), text: reference.problem });
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'r');
    } catch (error) {
      throw this.#unresolved(`${whyUnreadable(error)}.`);
    }
  }

  async #linesOf(file: FileHandle): Promise<Float64Array> {
    const { size, mtimeMs, ino } = await file.stat();
    const version = `${ino} ${size} ${mtimeMs}`;
    if (this.#index?.version === version) return this.#index.lines;
    if (size >= placeSpan) throw this.#unresolved('it is larger than 4 GB.');
    const index = { version, lines: indexed(file, (text) => this.#unresolved(text)) };
    this.#index = index;
    try {
      return await index.lines;
    } catch (error) {
      if (this.#index === index) this.#index = null;
      throw error;
    }
  }

  #unresolved(text: string): Error {
    return fault('secret.unresolved', { reference: cleanText(`file:${this.#path}`, 300), text });
  }
}

async function indexed(file: FileHandle, unresolved: (text: string) => Error): Promise<Float64Array> {
  const [first, second] = await cellsAt(file, 0);
  if (first?.trim().toLowerCase() !== 'address' || second?.trim().toLowerCase() !== 'secret')
    throw unresolved('its first line is not address,secret.');
  const lines: number[] = [];
  for await (const { place, text } of beginnings(file)) {
    if (place > 0) lines.push(markOf(addressKey(firstCell(text))) * placeSpan + place);
  }
  return Float64Array.from(lines).sort();
}

/** Where each line begins, and its first octets: as many as an address has. */
async function* beginnings(file: FileHandle): AsyncGenerator<{ readonly place: number; readonly text: string }> {
  const buffer = Buffer.alloc(2 ** 16);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    let from = 0;
    for (;;) {
      const found = buffer.subarray(0, bytesRead).indexOf(lineFeed, from);
      // What goes on beyond the buffer is read again from its beginning, unless that is where the buffer begins.
      if (found < 0 && from > 0) break;
      const end = found < 0 ? bytesRead : found;
      if (end > from)
        yield { place: at + from, text: buffer.toString('utf8', from, Math.min(end, from + addressOctetsMax)) };
      from = end + 1;
      if (found < 0) break;
    }
    at += Math.min(from, bytesRead);
  }
}

/** What stands before the first comma, without its quotes. Blanks and case are the business of whoever compares. */
function firstCell(line: string): string {
  const quoted = /^\s*"((?:[^"]|"")*)"/.exec(line);
  return quoted ? (quoted[1] as string).replaceAll('""', '"') : (line.split(',', 1)[0] as string);
}

async function cellsAt(file: FileHandle, place: number): Promise<readonly string[]> {
  const buffer = Buffer.alloc(lineOctetsMax);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, place);
  const end = buffer.subarray(0, bytesRead).indexOf(lineFeed);
  const line = buffer.subarray(0, end < 0 ? bytesRead : end);
  for await (const { lines } of csvLines(only(line))) if (lines[0]) return lines[0].cells;
  return [];
}

async function* only(octets: Buffer): AsyncGenerator<Buffer> {
  yield octets;
}

/** 21 bits of FNV-1a, which spreads short texts well. */
function markOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const octet of Buffer.from(text)) hash = Math.imul(hash ^ octet, 0x01000193);
  return (hash >>> 0) % markSpan;
}

/** Where in an ascending array the first number stands that is at least `least`. */
function firstAtLeast(sorted: Float64Array, least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
