/**
 * CSV (RFC 4180) of any size, read as it comes: each line a record. What is wrong with a line is told and the next is read,
 * so that one stray quote hides nothing of what follows. For that a field holds no line break, quoted or not, which no value
 * of ours does either.
 *
 * What remains to be done with a line is little, and done here in a tenth of the time that csv-parse takes (it reads our
 * lists of accounts, and the tests hold this against it): of seven million lines that is half a minute.
 */

import { isUtf8 } from 'node:buffer';

export interface CsvLine {
  /** From 1, as an editor counts. */
  readonly line: number;
  /** At least one; blanks around a value may still be there. */
  readonly cells: readonly string[];
}

/** A line that is none; `column` is the number of a field, from 1. */
export interface CsvFlaw {
  readonly line: number;
  readonly column: number | null;
  readonly problem: string;
}

export interface CsvLines {
  readonly lines: readonly CsvLine[];
  readonly flaws: readonly CsvFlaw[];
}

/** No line of a list of people is longer; who has lost their line breaks is told so instead of filling the memory. */
const lineMostOctets = 65_536;
const lineFeed = 0x0a;
const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
const nothing: Buffer = Buffer.alloc(0);
const tooLong = `This line is longer than ${lineMostOctets / 1024} kB.`;

/** The lines in `octets`, in pieces about as large as theirs. Blank lines are left out, and counted. */
export async function* csvLines(octets: AsyncIterable<Buffer>): AsyncGenerator<CsvLines> {
  let line = 1;
  for await (const block of csvBlocks(octets)) {
    const read = linesIn(block, line);
    line = read.next;
    yield read;
  }
}

/** Lines as they stand in a file, all of them whole; the last of the file may lack its line break. */
export interface CsvBlock {
  readonly octets: Buffer;
  /** Whether a line follows of which nothing was kept, since it is too long. */
  readonly isTooLongBehind: boolean;
}

/**
 * The same before anybody has looked into them, for who can read the ordinary line from its octets. No byte-order mark is in it. A
 * chunk may be written over as soon as the next one is asked for, and so may a block.
 */
export async function* csvBlocks(octets: AsyncIterable<Buffer>): AsyncGenerator<CsvBlock> {
  const cutter = new LineCutter();
  for await (const chunk of octets) yield* cutter.add(chunk);
  yield cutter.end();
}

/** Cuts what comes at line breaks. Of a line that is too long nothing is kept. */
class LineCutter {
  #rest: Buffer = nothing;
  #isInLongLine = false;
  #isBegun = false;

  /** The lines that are whole with `chunk`: the one that had begun before it by itself, so that no other has to be copied. */
  *add(chunk: Buffer): Generator<CsvBlock, void> {
    let octets = chunk;
    if (!this.#isBegun) {
      octets = Buffer.concat([this.#rest, chunk]);
      if (octets.length < utf8Mark.length) {
        this.#rest = octets;
        return;
      }
      this.#isBegun = true;
      this.#rest = nothing;
      if (octets.subarray(0, utf8Mark.length).equals(utf8Mark)) octets = octets.subarray(utf8Mark.length);
    }
    const first = octets.indexOf(lineFeed) + 1;
    if (first === 0) {
      yield* this.#keep(octets);
      return;
    }
    const from = this.#isInLongLine || this.#rest.length > 0 ? first : 0;
    if (this.#rest.length > 0)
      yield { octets: Buffer.concat([this.#rest, octets.subarray(0, first)]), isTooLongBehind: false };
    this.#isInLongLine = false;
    this.#rest = nothing;
    const end = octets.lastIndexOf(lineFeed) + 1;
    if (end > from) yield { octets: octets.subarray(from, end), isTooLongBehind: false };
    yield* this.#keep(octets.subarray(end));
  }

  /** Keeps the beginning of a line; a copy, since what it is part of goes on to other uses. */
  *#keep(octets: Buffer): Generator<CsvBlock, void> {
    if (this.#isInLongLine) return;
    this.#rest = Buffer.concat([this.#rest, octets]);
    if (this.#rest.length <= lineMostOctets) return;
    this.#isInLongLine = true;
    this.#rest = nothing;
    yield { octets: nothing, isTooLongBehind: true };
  }

  /** What stands behind the last line break. */
  end(): CsvBlock {
    const octets = this.#rest.subarray(!this.#isBegun && this.#rest.equals(utf8Mark) ? utf8Mark.length : 0);
    this.#rest = nothing;
    return { octets, isTooLongBehind: false };
  }
}

/** The lines of a block, the first of which has the number `first`; `next` is that of the line behind them. */
export function linesIn({ octets, isTooLongBehind }: CsvBlock, first: number): CsvLines & { readonly next: number } {
  const [lines, flaws]: [CsvLine[], CsvFlaw[]] = [[], []];
  let next = first;
  if (octets.length > 0) {
    const texts = isUtf8(octets) ? octets.toString('utf8').split('\n') : readableLines(octets, first, flaws);
    for (const [i, text] of texts.entries()) readLine(first + i, text, lines, flaws);
    next += texts.length - 1;
  }
  if (isTooLongBehind) flaws.push({ line: next++, column: null, problem: tooLong });
  return { lines, flaws, next };
}

function readLine(line: number, text: string, lines: CsvLine[], flaws: CsvFlaw[]): void {
  const bare = text.endsWith('\r') ? text.slice(0, -1) : text;
  const problem = flawOfText(bare);
  if (problem) flaws.push({ line, column: null, problem });
  else if (bare.includes('"')) {
    const cells = quotedCells(bare);
    if ('problem' in cells) flaws.push({ line, ...cells });
    else lines.push({ line, cells });
  } else if (bare.trim() !== '') lines.push({ line, cells: bare.split(',') });
}

/** Line by line, where some octets are no UTF-8. */
function readableLines(octets: Buffer, first: number, flaws: CsvFlaw[]): readonly string[] {
  const texts: string[] = [];
  for (let from = 0; from <= octets.length; ) {
    const found = octets.indexOf(lineFeed, from);
    const end = found < 0 ? octets.length : found;
    const line = octets.subarray(from, end);
    if (!isUtf8(line)) flaws.push({ line: first + texts.length, column: null, problem: flawOfOctets(line) });
    texts.push(isUtf8(line) ? line.toString('utf8') : '');
    from = end + 1;
  }
  return texts;
}

function flawOfOctets(line: Buffer): string {
  if (line.includes(0)) return 'This line is no UTF-8 text; it looks like UTF-16. Save the file as UTF-8.';
  const shown = line.toString('latin1').match(/\S*[\x80-\xff]\S*/)?.[0] ?? '';
  return `This line is no UTF-8 text (${JSON.stringify(shown.slice(0, 40))} in Latin-1). Save the file as UTF-8.`;
}

function flawOfText(text: string): string | null {
  if (text.length > lineMostOctets / 4 && Buffer.byteLength(text) > lineMostOctets) return tooLong;
  if (text.includes('\0')) return 'This line holds NUL, which is in no text; it may be UTF-16. Save the file as UTF-8.';
  if (text.includes('\r')) return 'A carriage return stands inside this line. Lines end with LF or CRLF.';
  return null;
}

/**
 * `record` (RFC 4180 §2), blanks allowed around a quoted field: most programs that write them mean nothing by it, and those that
 * read them would take the quotes for a part of the value.
 */
function quotedCells(line: string): readonly string[] | Omit<CsvFlaw, 'line'> {
  const cells: string[] = [];
  const flaw = (problem: string) => ({ column: cells.length + 1, problem });
  for (let at = 0; ; at++) {
    at = afterBlanks(line, at);
    if (line[at] === '"') {
      const field = quotedField(line, at + 1);
      if (field === null)
        return flaw('A double quote is opened and not closed in this line. A field holds no line break.');
      at = afterBlanks(line, field.end);
      if (at < line.length && line[at] !== ',')
        return flaw(
          'Something stands between a closing double quote and the next comma. A quote inside a field is doubled.',
        );
      cells.push(field.text);
    } else {
      const end = line.indexOf(',', at);
      const text = line.slice(at, end < 0 ? line.length : end);
      if (text.includes('"'))
        return flaw(
          'A double quote stands inside a field that does not begin with one. Put the field in quotes and double those inside.',
        );
      cells.push(text);
      at += text.length;
    }
    if (at >= line.length) return cells;
  }
}

/** What follows an opening quote, and where the line goes on behind the closing one; null where there is none. */
function quotedField(line: string, from: number): { readonly text: string; readonly end: number } | null {
  let text = '';
  for (let at = from; ; ) {
    const quote = line.indexOf('"', at);
    if (quote < 0) return null;
    // Two stand for one of the value, and what follows is still quoted.
    if (line[quote + 1] !== '"') return { text: text + line.slice(at, quote), end: quote + 1 };
    text += line.slice(at, quote + 1);
    at = quote + 2;
  }
}

function afterBlanks(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at++;
  return at;
}
