/** One file of an import on its way into the intake: lines become rows, and what is wrong becomes a finding. */

import { createHash } from 'node:crypto';
import type { Finding } from '#domain/estate-changes.ts';
import { type EstateFileKind, type Header, readHeader, type RowProblem } from '#domain/estate-columns.ts';
import { type EstateRows, type Lined, rowReader } from '#domain/estate-rows.ts';
import { type CsvFlaw, type CsvLine, csvLines, type CsvLines } from '#lib/csv-lines.ts';
import type { Intake } from '#ports/intake.ts';
import { type GivenFile, whyUnreadable } from './given-file.ts';

export interface ReadFile<Kind extends EstateFileKind> {
  readonly path: string;
  /** Null where the file says nothing that could be understood; then that was entered as a problem. */
  readonly header: Header<Kind> | null;
  readonly rows: number;
  /** SHA-256 of its octets, in hexadecimal digits. */
  readonly sha256: string;
}

/** Problems are entered by so many: the rows have to wait for it. */
const problemsTogether = 1_000;

export interface Reading<Kind extends EstateFileKind> {
  readonly kind: Kind;
  readonly file: GivenFile;
  readonly intake: Intake;
  /** Told of rows as they are taken in. */
  readonly taken: (rows: readonly Lined<EstateRows[Kind]>[], octets: number) => void;
}

/** Reads a file to its end, whatever is wrong with its lines. */
export async function readEstateFile<Kind extends EstateFileKind>(reading: Reading<Kind>): Promise<ReadFile<Kind>> {
  const { kind, file, intake, taken } = reading;
  const hash = createHash('sha256');
  const lines = new RowReader(kind);
  let octets = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of file.octets()) {
      hash.update(chunk);
      octets += chunk.length;
      yield chunk;
    }
  }
  try {
    for await (const piece of csvLines(chunks())) {
      const rows = lines.read(piece);
      await intake.take(kind, rows);
      taken(rows, octets);
      if (lines.problems.length >= problemsTogether) await intake.enter(lines.takeProblems());
      if (lines.isHopeless) break;
    }
    lines.end();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    lines.refuse(`It cannot be read: ${why}.`);
  }
  if (lines.problems.length > 0) await intake.enter(lines.takeProblems());
  return { path: file.path, header: lines.header, rows: lines.rows, sha256: hash.digest('hex') };
}

/** Lines into rows, the first of them into the header. */
export class RowReader<Kind extends EstateFileKind> {
  readonly #kind: Kind;
  #headerLine = 0;
  #readRow: ReturnType<typeof rowReader<Kind>> | null = null;
  header: Header<Kind> | null = null;
  /** Without a header nothing in the file can be understood. */
  isHopeless = false;
  /** Lines with something in them, below the header; who reads some of them otherwise counts them here. */
  rows = 0;
  problems: Finding[] = [];

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  read({ lines, flaws }: CsvLines): readonly Lined<EstateRows[Kind]>[] {
    if (!this.#readRow && !this.#begin(lines[0], flaws[0])) return [];
    for (const flaw of flaws) this.#note(flaw);
    const rows: Lined<EstateRows[Kind]>[] = [];
    for (const { line, cells } of lines) {
      if (line === this.#headerLine) continue;
      this.rows++;
      const row = this.#readRow?.(line, cells);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** Sees that there was something. A file without grants says that there are none; without people it is a mistake. */
  end(): void {
    if (this.isHopeless) return;
    if (!this.header && this.problems.length === 0) this.refuse('It is empty. Its first line names the columns.');
    else if (this.header && this.rows === 0 && this.#kind !== 'grants')
      this.#note({ line: 1, column: null, problem: 'There is a header but nothing below it.' });
  }

  refuse(text: string): void {
    this.isHopeless = true;
    this.header = null;
    this.problems.push({ file: this.#kind, line: null, column: null, text });
  }

  takeProblems(): readonly Finding[] {
    const taken = this.problems;
    this.problems = [];
    return taken;
  }

  /** Takes the first line for the header; false where there is none yet, or none at all. */
  #begin(first: CsvLine | undefined, flaw: CsvFlaw | undefined): boolean {
    if (!first && !flaw) return false;
    if (!first || (flaw && flaw.line < first.line)) {
      // What is wrong with the first line, an encoding for example, is mostly wrong with all of them.
      if (flaw) this.#note(flaw);
      this.isHopeless = true;
      return false;
    }
    const read = readHeader(this.#kind, first.line, first.cells);
    if ('problems' in read) {
      for (const problem of read.problems) this.#note(problem);
      this.isHopeless = true;
      return false;
    }
    this.header = read.header;
    this.#readRow = rowReader(read.header, (problem) => this.#note(problem));
    this.#headerLine = first.line;
    return true;
  }

  #note({ line, column, problem }: RowProblem): void {
    this.problems.push({ file: this.#kind, line, column, text: problem });
  }
}
