/**
 * The file in which a door keeps its routes: a line that says what it is, a head in JSON, the memory of the table as it lies, and then a
 * line for all that has changed since, written as it came. Each part has a checksum (CRC-32); what does not agree with its own is not
 * believed.
 *
 *     godwit routes 1 <length of the head> <its checksum>\n
 *     {"of":…,"estate":…,"revision":…,"shape":{…},"bodyBytes":…}
 *     …the body…
 *     <checksum of the body>\n
 *     <checksum> {"revision":8,"changes":[[4711,"target","announced"]]}\n
 *     <checksum> {"door":"0f3c…"}\n
 */

import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { SideName } from '#domain/platform.ts';
import type { Standing } from '#domain/route.ts';
import type { RoutesAt } from '#ports/routes.ts';
import { RouteTable, type TableShape } from './route-table.ts';

export interface SnapshotHead extends RoutesAt {
  /** Which database it was read from. */
  readonly of: string;
}

/** A line behind the body. */
export type SnapshotLine =
  | { readonly revision: number; readonly changes: readonly (readonly [number, SideName, Standing])[] }
  /** By which the database knows the door. */
  | { readonly door: string }
  /** It ended in good order then, in milliseconds since 1970, and told the database so. */
  | { readonly ended: number };

export interface ReadSnapshot {
  readonly head: SnapshotHead;
  /** As it was when the body was written. */
  readonly table: RouteTable;
  readonly lines: readonly SnapshotLine[];
  /** Where the next line belongs. One that was broken off when we were killed was never acknowledged. */
  readonly endsAt: number;
}

interface WholeHead extends SnapshotHead {
  readonly endianness: string;
  readonly shape: TableShape;
  readonly bodyBytes: number;
}

/** Grows when the form of any part changes: another is not read. */
const format = 1;
const title = /^godwit routes (\d+) (\d+) ([0-9a-f]{8})\n/;
const titleMost = 64;
const headMost = 1 << 26;
/** A checksum in hexadecimal digits, and the end of its line. */
const sumBytes = 9;
/** Taken at once by one call of the system: it takes no more. */
const buffersMost = 512;

/** Why a file is not used, in words. */
export class UnusableSnapshot extends Error {}

/** Writes all but lines; answers with where these begin. Its states are those of the moment of the call. */
export async function writeSnapshot(file: FileHandle, head: SnapshotHead, table: RouteTable): Promise<number> {
  const body = table.memory('copied');
  const bodyBytes = bytesOf(body);
  const whole: WholeHead = { ...head, endianness: endianness(), shape: table.shape, bodyBytes };
  const text = Buffer.from(`${JSON.stringify(whole)}\n`);
  const first = Buffer.from(`godwit routes ${format} ${text.length} ${sumOf(text)}\n`);
  await writeAll(file, [first, text], 0);
  let at = first.length + text.length;
  let sum = 0;
  for (let i = 0; i < body.length; i += buffersMost) {
    const some = body.slice(i, i + buffersMost);
    await writeAll(file, some, at);
    at += bytesOf(some);
    sum = await summed(some, sum);
  }
  await writeAll(file, [Buffer.from(`${hex(sum)}\n`)], at);
  return at + sumBytes;
}

/** Throws `UnusableSnapshot`. */
export async function readSnapshot(file: FileHandle): Promise<ReadSnapshot> {
  const { size } = await file.stat();
  const first = await readText(file, 0, Math.min(size, titleMost));
  const [line, number, length, sum] = title.exec(first) ?? [];
  if (line === undefined) throw new UnusableSnapshot('it is no file of routes');
  if (Number(number) !== format) throw new UnusableSnapshot(`it is of format ${number}, and this is ${format}`);
  const headBytes = Number(length);
  if (headBytes > headMost || line.length + headBytes > size) throw new UnusableSnapshot('it was cut off');
  const text = await readText(file, line.length, headBytes, 'utf8');
  if (sumOf(text) !== sum) throw new UnusableSnapshot('its head is damaged');
  const head = JSON.parse(text) as WholeHead;
  if (head.endianness !== endianness()) throw new UnusableSnapshot('it was written by another kind of machine');
  const bodyAt = line.length + headBytes;
  const linesAt = bodyAt + head.bodyBytes + sumBytes;
  if (linesAt > size) throw new UnusableSnapshot('it was cut off');
  const table = await readTable(file, bodyAt, head);
  const { lines, endsAt } = linesOf(await readText(file, linesAt, size - linesAt), linesAt);
  return { head, table, lines, endsAt };
}

export function lineText(line: SnapshotLine): string {
  const text = JSON.stringify(line);
  return `${sumOf(text)} ${text}\n`;
}

async function readTable(file: FileHandle, bodyAt: number, head: WholeHead): Promise<RouteTable> {
  const table = new RouteTable(head.shape.seed, head.shape);
  const body = table.memory('live');
  if (bytesOf(body) !== head.bodyBytes) throw new UnusableSnapshot('its body is not as its head says');
  let at = bodyAt;
  let sum = 0;
  for (let i = 0; i < body.length; i += buffersMost) {
    const some = body.slice(i, i + buffersMost);
    await readAll(file, some, at);
    at += bytesOf(some);
    sum = await summed(some, sum);
  }
  if ((await readText(file, at, sumBytes)) !== `${hex(sum)}\n`) throw new UnusableSnapshot('its body is damaged');
  table.refilled();
  return table;
}

function linesOf(text: string, startsAt: number): { readonly lines: readonly SnapshotLine[]; readonly endsAt: number } {
  const lines: SnapshotLine[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const line = end < 0 ? '' : text.slice(at + sumBytes, end);
    if (end < 0 || text.slice(at, at + sumBytes) !== `${sumOf(line)} `) {
      // What was being written when we were killed is the last there is; anything behind it would not be.
      if (end >= 0 && end + 1 < text.length) throw new UnusableSnapshot('its lines are damaged');
      break;
    }
    lines.push(JSON.parse(line) as SnapshotLine);
    at = end + 1;
  }
  return { lines, endsAt: startsAt + at };
}

async function writeAll(file: FileHandle, buffers: readonly Uint8Array[], at: number): Promise<void> {
  const { bytesWritten } = await file.writev([...buffers], at);
  const bytes = bytesOf(buffers);
  if (bytesWritten < bytes) await writeAll(file, after(buffers, bytesWritten), at + bytesWritten);
}

async function readAll(file: FileHandle, buffers: readonly Uint8Array[], at: number): Promise<void> {
  const { bytesRead } = await file.readv([...buffers], at);
  if (bytesRead === 0) throw new UnusableSnapshot('it was cut off');
  if (bytesRead < bytesOf(buffers)) await readAll(file, after(buffers, bytesRead), at + bytesRead);
}

/** What is left of them behind so many octets. */
function after(buffers: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let before = 0;
  return buffers.flatMap((buffer) => {
    const from = Math.max(0, bytes - before);
    before += buffer.length;
    return from >= buffer.length ? [] : [buffer.subarray(from)];
  });
}

/** All but the head is ASCII. */
async function readText(
  file: FileHandle,
  at: number,
  bytes: number,
  encoding: 'latin1' | 'utf8' = 'latin1',
): Promise<string> {
  if (bytes === 0) return '';
  const text = Buffer.alloc(bytes);
  await readAll(file, [text], at);
  return text.toString(encoding);
}

/** The checksum of what came before and these; others are let in between. */
async function summed(buffers: readonly Uint8Array[], before: number): Promise<number> {
  let sum = before;
  let bytes = 0;
  for (const buffer of buffers) {
    sum = crc32(buffer, sum);
    if ((bytes += buffer.length) < 4 << 20) continue;
    bytes = 0;
    await new Promise(setImmediate);
  }
  return sum;
}

function bytesOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

function sumOf(text: string | Uint8Array): string {
  return hex(crc32(text));
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
