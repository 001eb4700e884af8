/** One file of an estate into a roster: ordinary lines from their octets, all others as an import reads them. */

import { open } from 'node:fs/promises';
import type { EstateFileKind, Header } from '#domain/estate-columns.ts';
import type { EstateRows, Lined } from '#domain/estate-rows.ts';
import { type CsvBlock, csvBlocks, type CsvLines, linesIn } from '#lib/csv-lines.ts';
import { whyUnreadable } from './given-file.ts';
import { RowReader } from './read-estate-file.ts';
import type { RosterFindings } from './read-roster-findings.ts';

/** What is done with the lines of a file. */
export interface LineTaker<Kind extends EstateFileKind> {
  /** Called once, before any line. */
  begin(header: Header<Kind>): void;
  /**
   * Takes the ordinary line that begins at `at`, and says where the next one begins; -1 where it is none, and then nothing has been
   * taken of it. `octets` ends with a line feed. Once `isFull`, it is to settle before it takes more.
   */
  ordinary(octets: Buffer, at: number, line: number): number;
  readonly isFull?: boolean;
  /** What was taken and only looked at is to be seen through now; lines that turn out to be none are given back, from `at` on. */
  settle?(giveBack: (at: number, line: number) => void): void;
  /** Takes a line that was read as an import reads it; `cells` are its fields as they were written. */
  row(row: Lined<EstateRows[Kind]>, cells: readonly string[]): void;
}

/** Read by so much; far more than a line, and little beside what becomes of it. */
const chunkOctets = 1 << 20;
/** Where ordinary lines are rare, so many are read together before one is looked for again. */
const togetherMost = 1_024;
const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

export interface FileReading<Kind extends EstateFileKind> {
  readonly kind: Kind;
  readonly path: string;
  readonly taker: LineTaker<Kind>;
  readonly findings: RosterFindings;
  /** Told of rows and octets as they are read. */
  readonly told: (rows: number, octets: number) => void;
}

/** Reads a file to its end, whatever is wrong with its lines. Its header; null where it says nothing that could be understood. */
export async function takeLines<Kind extends EstateFileKind>(
  { kind, path, taker, findings, told }: FileReading<Kind>,
  signal: AbortSignal,
): Promise<Header<Kind> | null> {
  const rows = new RowReader(kind);
  const file = new FileLines(rows, taker);
  async function* chunks(): AsyncGenerator<Buffer> {
    await using handle = await open(path);
    // One for all: a new one for each would cost more in memory that is touched for the first time than the reading does.
    const chunk = Buffer.allocUnsafeSlow(chunkOctets);
    for (let octets = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunkOctets);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
      octets += bytesRead;
      told(rows.rows, octets);
    }
  }
  try {
    for await (const block of csvBlocks(chunks())) {
      file.take(block);
      findings.found(rows.takeProblems());
      if (rows.isHopeless) break;
    }
    rows.end();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    rows.refuse(`It cannot be read: ${why}.`);
  }
  findings.found(rows.takeProblems());
  return rows.header;
}

export class FileLines<Kind extends EstateFileKind> {
  readonly #rows: RowReader<Kind>;
  readonly #taker: LineTaker<Kind>;
  #line = 1;
  /** How many lines are read together where none was ordinary. */
  #together = 1;

  constructor(rows: RowReader<Kind>, taker: LineTaker<Kind>) {
    this.#rows = rows;
    this.#taker = taker;
  }

  take({ octets, isTooLongBehind }: CsvBlock): void {
    const whole = octets.lastIndexOf(lineFeed) + 1;
    let at = 0;
    while (at < whole && !this.#rows.isHopeless) {
      if (this.#taker.isFull === true) this.#settle(octets);
      const next = this.#rows.header ? this.#taker.ordinary(octets, at, this.#line) : -1;
      if (next >= 0) {
        at = next;
        this.#line++;
        this.#rows.rows++;
        this.#together = 1;
        continue;
      }
      this.#settle(octets);
      const end = afterLines(octets, at, this.#rows.header ? this.#together : 1);
      this.#together = Math.min(this.#together * 2, togetherMost);
      this.#line = this.#takeAsImport(octets.subarray(at, end), this.#line);
      at = end;
    }
    this.#settle(octets);
    if (this.#rows.isHopeless) return;
    if (whole < octets.length) this.#line = this.#takeAsImport(octets.subarray(whole), this.#line);
    if (isTooLongBehind) this.#line = this.#takeAsImport(nothing, this.#line, true);
  }

  #settle(octets: Buffer): void {
    this.#taker.settle?.((at, line) => {
      // It was counted already.
      this.#rows.rows--;
      this.#takeAsImport(octets.subarray(at, afterLines(octets, at, 1)), line);
    });
  }

  /** Gives the number of the line behind them. */
  #takeAsImport(octets: Buffer, line: number, isTooLongBehind = false): number {
    const read = linesIn({ octets, isTooLongBehind }, line);
    const isBegun = this.#rows.header !== null;
    const rows = this.#rows.read(read);
    if (!isBegun && this.#rows.header) this.#taker.begin(this.#rows.header);
    for (const row of rows) this.#taker.row(row, cellsAt(read, row.line));
    return read.next;
  }
}

function afterLines(octets: Buffer, from: number, lines: number): number {
  let end = from;
  for (let i = 0; i < lines && end < octets.length; i++) {
    const found = octets.indexOf(lineFeed, end);
    if (found < 0) return end;
    end = found + 1;
  }
  return end;
}

/** Lines are in order, and only those that are flawed are not among them. */
function cellsAt({ lines }: CsvLines, line: number): readonly string[] {
  let [low, high] = [0, lines.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] as CsvLines['lines'][number]).line < line) low = middle + 1;
    else high = middle;
  }
  return lines[low]?.cells ?? [];
}
