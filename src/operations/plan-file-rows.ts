/** The rows of `plan.csv` as they come, held against a roster and against each other. */

import { type CsvColumns, readColumns } from '#domain/csv-columns.ts';
import { addressKey } from '#domain/estate.ts';
import type { RowProblem } from '#domain/estate-columns.ts';
import { readAddress, readWords } from '#domain/estate-values.ts';
import { textOfCell } from '#lib/csv-cells.ts';
import type { CsvLine, CsvLines } from '#lib/csv-lines.ts';
import { notPlanned } from '#planning/difference.ts';
import type { Roster } from '#planning/roster.ts';
import { isWindowStart, type PlanColumn, planColumns, type PlanEntry, startDayNumber } from './plan-file.ts';

export interface ReadPlan {
  /** Lines with something in them, below the header. */
  readonly rows: number;
  /** Of each mailbox of the roster a number in `entries`; -1 where it has no window, `notPlanned` where it is not in the file. */
  readonly entry: Int32Array;
  readonly entries: readonly ReadEntry[];
  /** The line of each mailbox; 0 where it has none. */
  readonly line: Int32Array;
  /** Rows whose address the roster does not have, and the first of them. */
  readonly unknown: { readonly mailboxes: number; readonly first: readonly { line: number; address: string }[] };
  /** Mailboxes of the roster that are not in the file, and the first of them. */
  readonly missing: { readonly mailboxes: number; readonly first: readonly string[] };
}

export interface ReadEntry extends PlanEntry {
  readonly dayNumber: number;
  /** Where it stands first. */
  readonly line: number;
  /** Mailboxes of the roster that have it. */
  readonly mailboxes: number;
}

/** So many are told by name. */
const toldMost = 1_000;
/** So many problems are kept to be told; all are counted. */
const problemsMost = 100_000;
/** Of whom the roster does not have so many are remembered, lest one stand there twice; whoever has more has another estate. */
const rememberedMost = 500_000;
/** As a wave may be called. */
const nameMost = 100;

export class PlanRows {
  readonly #roster: Pick<Roster, 'size' | 'address' | 'find'>;
  readonly #entry: Int32Array;
  readonly #line: Int32Array;
  #columns: CsvColumns<PlanColumn> | null = null;
  #rows = 0;
  readonly #entries: (ReadEntry & { mailboxes: number })[] = [];
  /** By what stands in the file, and by the name of the wave. */
  readonly #byText = new Map<string, number>();
  readonly #byWave = new Map<string, number>();
  #unknown = 0;
  readonly #unknownFirst: { line: number; address: string }[] = [];
  /** The lines of addresses that the roster does not have, lest one stand there twice. */
  readonly #unknownLines = new Map<string, number>();
  isHopeless = false;
  problems = 0;
  readonly findings: RowProblem[] = [];

  constructor(roster: Pick<Roster, 'size' | 'address' | 'find'>) {
    this.#roster = roster;
    this.#entry = new Int32Array(roster.size).fill(notPlanned);
    this.#line = new Int32Array(roster.size);
  }

  take({ lines, flaws }: CsvLines): void {
    const [first] = lines;
    // What is wrong with the first line, an encoding for example, is mostly wrong with all of them.
    const early =
      this.#columns === null ? flaws.find(({ line }) => first === undefined || line < first.line) : undefined;
    if (early) this.#giveUp([early]);
    for (const flaw of early ? [] : flaws) this.#note(flaw);
    for (const line of lines) {
      if (this.isHopeless) return;
      if (this.#columns === null) this.#begin(line);
      else this.#takeRow(line, this.#columns);
    }
  }

  end(): void {
    if (this.#columns === null && this.problems === 0)
      this.#note({ line: 1, column: null, problem: `It is empty. Its first line is ${planColumns.join(',')}.` });
  }

  read(): ReadPlan {
    const first: string[] = [];
    let missing = 0;
    for (let mailbox = 0; mailbox < this.#entry.length; mailbox++) {
      if (this.#entry[mailbox] !== notPlanned) continue;
      missing++;
      if (first.length < toldMost) first.push(this.#roster.address(mailbox));
    }
    return {
      rows: this.#rows,
      entry: this.#entry,
      entries: this.#entries,
      line: this.#line,
      unknown: { mailboxes: this.#unknown, first: this.#unknownFirst },
      missing: { mailboxes: missing, first },
    };
  }

  #begin({ line, cells }: CsvLine): void {
    const columns = readColumns<PlanColumn>(planColumns, [], line, cells);
    if ('problems' in columns) this.#giveUp(columns.problems);
    else this.#columns = columns;
  }

  #giveUp(problems: readonly RowProblem[]): void {
    for (const problem of problems) this.#note(problem);
    this.isHopeless = true;
  }

  #note(problem: RowProblem): void {
    this.problems++;
    if (this.findings.length < problemsMost) this.findings.push(problem);
  }

  #takeRow({ line, cells }: CsvLine, { at, width }: CsvColumns<PlanColumn>): void {
    this.#rows++;
    if (cells.length === width) return this.#row(line, cells, at);
    const problem = `This line has ${cells.length} fields, the header has ${width}. A field with a comma in it stands in double quotes.`;
    this.#note({ line, column: Math.min(cells.length, width), problem });
  }

  #row(line: number, cells: readonly string[], at: CsvColumns<PlanColumn>['at']): void {
    const entry = this.#entryOf(
      line,
      cells[at.get('wave') as number] as string,
      cells[at.get('window_start') as number] as string,
      at,
    );
    const address = textOfCell((cells[at.get('address') as number] as string).trim());
    const mailbox = this.#roster.find(address);
    if (mailbox < 0) return this.#elsewhere(line, address, at);
    const before = this.#line[mailbox] as number;
    if (before > 0)
      return this.#note({
        line,
        column: columnOf(at, 'address'),
        problem: `${address} stands in line ${before} already.`,
      });
    this.#line[mailbox] = line;
    this.#entry[mailbox] = entry;
    if (entry >= 0) (this.#entries[entry] as { mailboxes: number }).mailboxes++;
  }

  #elsewhere(line: number, address: string, at: CsvColumns<PlanColumn>['at']): void {
    const column = columnOf(at, 'address');
    const read = readAddress(address);
    if ('problem' in read)
      return this.#note({ line, column, problem: address === '' ? 'The address is missing.' : read.problem });
    const before = this.#unknownLines.get(read.value);
    if (before !== undefined)
      return this.#note({ line, column, problem: `${address} stands in line ${before} already.` });
    if (this.#unknownLines.size < rememberedMost) this.#unknownLines.set(read.value, line);
    this.#unknown++;
    if (this.#unknownFirst.length < toldMost) this.#unknownFirst.push({ line, address: addressKey(address) });
  }

  /** The number of what stands beside an address; -1 for nothing, also where it cannot be meant. */
  #entryOf(line: number, wave: string, start: string, at: CsvColumns<PlanColumn>['at']): number {
    const text = `${wave}\n${start}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const entry = this.#newEntry(line, textOfCell(wave.trim()), textOfCell(start.trim()), at);
    // What is wrong is told in each of its lines.
    if (entry !== null) this.#byText.set(text, entry);
    return entry ?? -1;
  }

  #newEntry(line: number, wave: string, start: string, at: CsvColumns<PlanColumn>['at']): number | null {
    if (wave === '' && start === '') return -1;
    const problem = (column: PlanColumn, text: string): null => {
      this.#note({ line, column: columnOf(at, column), problem: text });
      return null;
    };
    if (wave === '')
      return problem('wave', 'The wave is missing. Who has no window has neither wave nor window_start.');
    if (start === '')
      return problem('window_start', 'The window_start is missing. Who has no window has no wave either.');
    const name = readWords(wave, nameMost);
    if ('problem' in name) return problem('wave', name.problem);
    if (!isWindowStart(start))
      return problem(
        'window_start',
        `${JSON.stringify(start.slice(0, 80))} is no window_start: write it as 2026-08-03T19:00.`,
      );
    const other = this.#byWave.get(wave);
    if (other !== undefined) {
      const { start: its, line: there } = this.#entries[other] as ReadEntry;
      if (its === start) return other;
      return problem('window_start', `The wave ${wave} begins at ${its} in line ${there}.`);
    }
    this.#byWave.set(wave, this.#entries.length);
    this.#entries.push({ wave, start, dayNumber: startDayNumber(start), line, mailboxes: 0 });
    return this.#entries.length - 1;
  }
}

/** The number of a field as people count. */
function columnOf(at: CsvColumns<PlanColumn>['at'], column: PlanColumn): number {
  return (at.get(column) as number) + 1;
}
