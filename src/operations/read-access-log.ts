/**
 * Log files of other people's servers, read to their end or as they grow. Each is gone on with where an earlier reading came to,
 * whatever it is called by then: what a batch of lines told and how far it reached is kept together, so that no line counts twice
 * and none is left out, wherever the process is killed. Memory is bounded however long a file or a line is.
 */

import type { BlockList } from 'node:net';
import { isIPv4, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessLogReader, type AccessLogFormat, type AccessLogReader } from '#domain/access-log.ts';
import { isFault } from '#domain/fault.ts';
import type { SideName } from '#domain/platform.ts';
import { TailFold } from '#domain/tail-fold.ts';
import type { TailProtocol, TailSighting } from '#domain/tail-sighting.ts';
import { cleanText } from '#lib/clean-text.ts';
import { withoutSecrets } from '#lib/redaction.ts';
import type { FileKnown, TailIntake, TailKept } from '#ports/tail.ts';
import { digestOf, type LogFile, openLogFile } from './log-file.ts';
import { LineCutter } from './log-lines.ts';
import { headMostOctets } from './log-octets.ts';

export interface ReadLogOrder {
  readonly path: string;
  readonly format: AccessLogFormat;
  readonly side: SideName;
  readonly timezone: string;
  readonly ports: Readonly<Record<number, TailProtocol>>;
  /** Sign-ins from there are not people's: Godwit's own, and what watches the servers. */
  readonly notFrom: BlockList;
  readonly intake: TailIntake;
  /** Told after every batch. */
  readonly watcher?: (so: LogRead) => void;
  readonly now: () => number;
  /** How often one who follows looks; a second, unless a test has less time. */
  readonly lookEveryMs?: number;
}

/** A line that says nothing a reader understands. */
export interface MalformedLine {
  /** From 1, of the lines that were read this time. */
  readonly line: number;
  /** Its beginning, made fit to be shown. */
  readonly text: string;
}

export interface LogRead extends TailKept {
  readonly path: string;
  /** Octets of the log that an earlier reading had come to. */
  readonly earlierOctets: number;
  /** Where it has come to. */
  readonly reachedOctets: number;
  readonly lines: number;
  /** Lines that told of somebody, or completed what another had told. */
  readonly telling: number;
  readonly malformed: number;
  readonly firstMalformed: readonly MalformedLine[];
  /** Sign-ins from where they are not looked at. */
  readonly notLookedAt: number;
}

/** Uses gathered before they are kept: some 20 MB. */
const usesMost = 20_000;
const linesMost = 400_000;
const shownMost = 5;
const shownOctets = 160;
const usualLookMs = 1_000;
/** What grows is kept at every fifth look. */
const looksOfKeeping = 5;
/** Whoever waits for another line to tell more waits no longer than this. */
const restAfterMs = 15_000;
const lineFeed = 0x0a;

/** Reads the file to its end. Throws `tail.file.*`, `database.*`; what was kept until then is kept. */
export async function readAccessLog(order: ReadLogOrder, signal: AbortSignal): Promise<LogRead> {
  await using file = await openLogFile(order.path);
  return await readLogFile(order, file, signal);
}

/** The same of one that is open. */
export async function readLogFile(order: ReadLogOrder, file: LogFile, signal: AbortSignal): Promise<LogRead> {
  const reading = await LogReading.begin(order, file, () => Math.min(file.writtenAt, order.now()));
  await reading.toItsEnd(signal);
  return await reading.end(signal);
}

/** Reads the file and goes on as it grows, is renamed, cut short or made anew, until `signal`. */
export async function followAccessLog(order: ReadLogOrder, signal: AbortSignal): Promise<LogRead> {
  let sum: LogRead | null = null;
  for (;;) {
    const file: LogFile | null = await openLogFile(order.path).catch((error: unknown) => {
      // Between two names of a file there may be none for a moment; but it was there when we were asked to follow it.
      if (sum !== null && isFault(error, 'tail.file.unreadable')) return null;
      throw error;
    });
    if (file !== null) {
      await using closing = file;
      const reading = await LogReading.begin(order, closing, order.now);
      await reading.asItGrows(signal);
      const read = await reading.end(signal);
      sum = sum === null ? read : added(sum, read);
    }
    if (signal.aborted) return sum as LogRead;
    await pause(order.lookEveryMs ?? usualLookMs, signal);
    if (signal.aborted && sum !== null) return sum;
  }
}

interface Found {
  /** The newest file of all at that moment. */
  readonly newest: number;
  readonly head: Buffer;
  readonly mark: Buffer;
  /** Null for a file that nobody has read. */
  readonly known: FileKnown | null;
}

class LogReading {
  readonly #order: ReadLogOrder;
  readonly #file: LogFile;
  readonly #reader: AccessLogReader;
  readonly #fold = new TailFold();
  readonly #newest: number;
  #cutter: LineCutter;
  #head: Buffer;
  /** The octets before the place that was reached. */
  #mark: Buffer;
  #begun: Buffer = Buffer.alloc(0);
  #id: number | null;
  #kept: number;
  #linesKept = 0;
  #malformedKept = 0;
  #read: LogRead;

  private constructor(order: ReadLogOrder, file: LogFile, writtenAt: () => number, found: Found) {
    const { head, mark, known } = found;
    this.#order = order;
    this.#file = file;
    this.#head = head;
    this.#mark = mark;
    this.#newest = found.newest;
    this.#id = known?.id ?? null;
    this.#kept = known?.readOctets ?? 0;
    this.#cutter = new LineCutter(this.#kept);
    this.#reader = accessLogReader(order.format, { ...order, writtenAt }, known?.state ?? null);
    this.#read = nothingOf(order.path, this.#kept);
  }

  static async begin(order: ReadLogOrder, file: LogFile, writtenAt: () => number): Promise<LogReading> {
    const { intake, format, side } = order;
    const newest = await intake.newestFile();
    const head = await file.head();
    const headOf = (octets: number) => (octets > head.length ? null : digestOf(head.subarray(0, octets)));
    for (const known of await intake.filesBeginning({ format, side }, headOf)) {
      const mark = await file.before(known.readOctets);
      if (mark !== null && digestOf(mark).equals(known.mark))
        return new LogReading(order, file, writtenAt, { newest, head, mark, known });
    }
    return new LogReading(order, file, writtenAt, { newest, head, mark: Buffer.alloc(0), known: null });
  }

  /** To where the file ends now. */
  async toItsEnd(signal: AbortSignal): Promise<void> {
    try {
      await this.#readOn(signal);
    } catch (error) {
      // What was understood before the file turned out to be damaged stays understood.
      if (isFault(error, 'tail.file.unreadable')) await this.#keep();
      throw error;
    }
  }

  /** Until the file under that name is another one, or shorter than what was read. */
  async asItGrows(signal: AbortSignal): Promise<void> {
    const lookMs = this.#order.lookEveryMs ?? usualLookMs;
    let grewAt = this.#order.now();
    for (let look = 1; ; look++) {
      const before = this.#cutter.endedAt;
      const isAnother = await this.#isAnother();
      await this.#readOn(signal);
      const now = this.#order.now();
      if (this.#cutter.endedAt > before) grewAt = now;
      if (signal.aborted || isAnother) return;
      if (now - grewAt >= restAfterMs) this.#reader.rest((sighting) => this.#saw(sighting));
      if (look % looksOfKeeping === 0) await this.#keep();
      await pause(lookMs, signal);
      if (signal.aborted) return;
    }
  }

  /** Those who wait for another line are told of as they are; where we were stopped, they wait for whoever goes on. */
  async end(signal: AbortSignal): Promise<LogRead> {
    if (!signal.aborted) this.#reader.rest((sighting) => this.#saw(sighting));
    await this.#keep();
    return this.#read;
  }

  async #readOn(signal: AbortSignal): Promise<void> {
    // A line that had no end when we were here last is read again from its beginning.
    this.#cutter = new LineCutter(this.#cutter.endedAt);
    this.#begun = Buffer.alloc(0);
    for await (const chunk of this.#file.from(this.#cutter.endedAt)) {
      for (const { text } of this.#cutter.lines(chunk)) this.#line(text);
      this.#remember(chunk);
      const { lines } = this.#read;
      if (this.#fold.size >= usesMost || lines - this.#linesKept >= linesMost) await this.#keep();
      if (signal.aborted) return;
    }
  }

  #line(text: string | null): void {
    if (text === '') return;
    const found = text === null ? 'malformed' : this.#reader.line(text, (sighting) => this.#saw(sighting));
    const { lines, telling, malformed, firstMalformed } = this.#read;
    const isFirst = found === 'malformed' && firstMalformed.length < shownMost;
    this.#read = {
      ...this.#read,
      lines: lines + 1,
      telling: telling + (found === 'read' ? 1 : 0),
      malformed: malformed + (found === 'malformed' ? 1 : 0),
      firstMalformed: isFirst ? [...firstMalformed, { line: lines + 1, text: shownLine(text) }] : firstMalformed,
    };
  }

  #saw(sighting: TailSighting): void {
    if (this.#isNotLookedAt(sighting.ip)) this.#read = { ...this.#read, notLookedAt: this.#read.notLookedAt + 1 };
    else this.#fold.add(sighting);
  }

  #isNotLookedAt(ip: string | null): boolean {
    if (ip === null) return false;
    const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
    const { notFrom } = this.#order;
    return (isIPv4(plain) && notFrom.check(plain, 'ipv4')) || (isIPv6(plain) && notFrom.check(plain, 'ipv6'));
  }

  /** The last octets of whole lines, and of the line that has begun behind them. */
  #remember(chunk: Buffer): void {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0) this.#mark = lastOf([this.#mark, this.#begun, chunk.subarray(0, end)]);
    this.#begun = lastOf(end > 0 ? [chunk.subarray(end)] : [this.#begun, chunk]);
  }

  async #keep(): Promise<void> {
    const { intake, format, side, path } = this.#order;
    const { lines, malformed } = this.#read;
    const reached = this.#cutter.endedAt;
    const uses = this.#fold.take();
    if (reached === this.#kept && uses.length === 0) return;
    if (this.#head.length < headMostOctets) this.#head = await this.#file.head();
    const kept = await intake.keep(uses, {
      id: this.#id,
      format,
      side,
      fromOctets: this.#kept,
      newest: this.#newest,
      reached: {
        head: digestOf(this.#head),
        headOctets: this.#head.length,
        mark: digestOf(this.#mark),
        markOctets: this.#mark.length,
        readOctets: reached,
        lines: lines - this.#linesKept,
        malformed: malformed - this.#malformedKept,
        state: this.#reader.state(),
        path,
      },
    });
    this.#id = kept.file;
    this.#kept = reached;
    this.#linesKept = lines;
    this.#malformedKept = malformed;
    this.#read = {
      ...this.#read,
      reachedOctets: reached,
      ofMailboxes: this.#read.ofMailboxes + kept.ofMailboxes,
      ofStrangers: this.#read.ofStrangers + kept.ofStrangers,
      passedBy: this.#read.passedBy + kept.passedBy,
      lost: this.#read.lost + kept.lost,
    };
    this.#order.watcher?.(this.#read);
  }

  async #isAnother(): Promise<boolean> {
    if (this.#file.isCompressed) return false;
    await using there = await openLogFile(this.#order.path).catch(() => null);
    // While nobody has that name the old file may still be written to.
    if (there === null) return false;
    return there.number !== this.#file.number || there.sizeOctets < this.#cutter.endedAt;
  }
}

/** A copy: what is given is written over. */
function lastOf(parts: readonly Buffer[]): Buffer {
  const short = parts.map((part) => part.subarray(-headMostOctets));
  return Buffer.from(Buffer.concat(short).subarray(-headMostOctets));
}

function nothingOf(path: string, earlierOctets: number): LogRead {
  return {
    path,
    earlierOctets,
    reachedOctets: earlierOctets,
    lines: 0,
    telling: 0,
    malformed: 0,
    firstMalformed: [],
    notLookedAt: 0,
    ofMailboxes: 0,
    ofStrangers: 0,
    passedBy: 0,
    lost: 0,
  };
}

function added(a: LogRead, b: LogRead): LogRead {
  return {
    ...b,
    earlierOctets: a.earlierOctets,
    lines: a.lines + b.lines,
    telling: a.telling + b.telling,
    malformed: a.malformed + b.malformed,
    firstMalformed: [...a.firstMalformed, ...b.firstMalformed].slice(0, shownMost),
    notLookedAt: a.notLookedAt + b.notLookedAt,
    ofMailboxes: a.ofMailboxes + b.ofMailboxes,
    ofStrangers: a.ofStrangers + b.ofStrangers,
    passedBy: a.passedBy + b.passedBy,
    lost: a.lost + b.lost,
  };
}

/** Somebody may have typed a password where a name belongs, so little of it is shown, and less where it looks like one. */
function shownLine(text: string | null): string {
  return text === null ? '(a line of more than 64 kB)' : cleanText(withoutSecrets(text.slice(0, 1_000)), shownOctets);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
