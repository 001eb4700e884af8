/**
 * The list of `--accounts`: CSV (RFC 4180) with a header row that names `source` and `target`, and `source_secret` and
 * `target_secret` where the command line gives none for all. Every mistake is told with its line and column before
 * anything starts.
 */

import { readFile, stat } from 'node:fs/promises';
import { type CsvError, type Info, parse } from 'csv-parse/sync';
import { nearest } from '#lib/nearest.ts';
import { whyUnreadable } from './secret.ts';
import { type Place, type Problems, usageError } from './usage.ts';

export const accountColumns = ['source', 'target', 'source_secret', 'target_secret'] as const;
type Column = (typeof accountColumns)[number];

/** One line of the list; a secret that is not given there is null. */
export interface Account {
  readonly source: string;
  readonly target: string;
  readonly sourceSecret: string | null;
  readonly targetSecret: string | null;
  /** Where a column of this line stands, for messages. */
  readonly at: (column: Column) => Place;
}

/** Two million lines of 120 characters: as many mailboxes as an estate has. */
const largestListBytes = 256 * 2 ** 20;

/** Reads the list, adding what is wrong with its form to `problems`. Throws a `UsageError` when it cannot be read at all. */
export async function readAccounts(file: string, problems: Problems): Promise<readonly Account[]> {
  let text: string;
  try {
    if ((await stat(file)).size > largestListBytes)
      throw usageError(`The list of accounts ${file} is larger than 256 MB.`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`The list of accounts ${file} is not UTF-8 text.`);
    if (error instanceof Error && error.name === 'UsageError') throw error;
    throw usageError(`The list of accounts ${file} cannot be read: ${whyUnreadable(error)}.`);
  }
  return accountsOf(text, file, problems);
}

/** The lines of the list `text`. */
export function accountsOf(text: string, file: string, problems: Problems): readonly Account[] {
  const rows = rowsOf(text, file, problems);
  const header = rows[0];
  if (!header) {
    if (problems.none)
      problems.add(`${file} is empty: its first line names the columns, ${accountColumns.join(',')}.`, {
        file,
        line: 1,
        column: null,
      });
    return [];
  }
  const columns = columnsOf(header, file, problems);
  if (!columns) return [];
  const accounts: Account[] = [];
  for (const row of rows.slice(1)) {
    if (row.cells.length !== header.cells.length) {
      problems.add(
        `This line has ${row.cells.length} fields, the header has ${header.cells.length}. A field with a comma in it stands in double quotes.`,
        { file, line: row.line, column: Math.min(row.cells.length, header.cells.length) },
      );
      continue;
    }
    const cell = (column: Column): string | null => {
      const at = columns.get(column);
      return (at === undefined ? undefined : row.cells[at]) || null;
    };
    const at = (column: Column): Place => ({ file, line: row.line, column: (columns.get(column) ?? -1) + 1 || null });
    for (const column of ['source', 'target'] as const)
      if (cell(column) === null) problems.add(`The ${column} is missing.`, at(column));
    accounts.push({
      source: cell('source') ?? '',
      target: cell('target') ?? '',
      sourceSecret: cell('source_secret'),
      targetSecret: cell('target_secret'),
      at,
    });
  }
  if (rows.length === 1)
    problems.add('There is a header but no account below it.', { file, line: header.line, column: null });
  return accounts;
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of the whole text at once; only when that fails, line by line, to find every line that is wrong. */
function rowsOf(text: string, file: string, problems: Problems): readonly Row[] {
  const whole = parsed(text);
  if (whole.kind === 'rows') return whole.rows;
  // No field of ours spans lines, so each line can be read alone: after a stray quote the library would lose its way.
  const rows: Row[] = [];
  text.split(/\r\n|\n|\r/).forEach((lineText, i) => {
    const line = i + 1;
    const one = parsed(lineText);
    if (one.kind === 'rows') rows.push(...one.rows.map(({ cells }) => ({ line, cells })));
    else problems.add(flawOf(one.error), { file, line, column: Number(one.error['column'] ?? 0) + 1 });
  });
  return rows;
}

function parsed(text: string): { kind: 'rows'; rows: readonly Row[] } | { kind: 'flawed'; error: CsvError } {
  try {
    const options = {
      bom: true,
      info: true,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 65_536,
    };
    const records = parse(text, options) as unknown as readonly {
      readonly info: Info;
      readonly record: readonly string[];
    }[];
    return { kind: 'rows', rows: records.map(({ info, record }) => ({ line: info.lines, cells: record })) };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { kind: 'flawed', error: error as CsvError };
  }
}

/** The library's finding in our words: its own repeat the cell, which may hold a secret. */
function flawOf(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'A double quote is opened and never closed.';
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return 'Something stands between a closing double quote and the next comma. A quote inside a field is doubled.';
    case 'INVALID_OPENING_QUOTE':
      return 'A double quote stands inside a field that does not begin with one. Put the field in quotes and double those inside.';
    case 'CSV_MAX_RECORD_SIZE':
      return 'This line is longer than 64 kB.';
    default:
      return `This line is no CSV (${error.code}).`;
  }
}

function columnsOf(header: Row, file: string, problems: Problems): ReadonlyMap<Column, number> | null {
  const found = new Map<Column, number>();
  let good = true;
  header.cells.forEach((cell, i) => {
    const place = { file, line: header.line, column: i + 1 };
    const column = accountColumns.find((known) => known === cell.toLowerCase());
    if (column && !found.has(column)) found.set(column, i);
    else {
      good = false;
      // A list without a header begins with a URL, which may be one with a password: it is not repeated.
      const named = cell.includes('://') ? 'This looks like an account' : `"${cell.slice(0, 40)}" is no column`;
      const near = nearest(cell, accountColumns);
      const advice = near
        ? `; did you mean ${near}?`
        : `. The first line names the columns: ${accountColumns.join(',')}.`;
      problems.add(column ? `The column ${column} stands here a second time.` : `${named}${advice}`, place);
    }
  });
  for (const column of ['source', 'target'] as const) {
    if (!found.has(column) && good) {
      problems.add(`The column ${column} is missing. The first line names the columns: ${accountColumns.join(',')}.`, {
        file,
        line: header.line,
        column: null,
      });
      good = false;
    }
  }
  return good ? found : null;
}
