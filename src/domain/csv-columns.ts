/** The first line of a CSV file of ours: which field of the lines below belongs to which column, in whatever order they stand. */

import { nearest } from '#lib/nearest.ts';
import type { RowProblem } from './estate-columns.ts';

export interface CsvColumns<Name extends string> {
  /** The field of each column, from 0; a column that the file does not have is not in it. */
  readonly at: ReadonlyMap<Name, number>;
  /** Fields in each line. */
  readonly width: number;
}

/** Reads it; all that is wrong with it where it is none. */
export function readColumns<Name extends string>(
  required: readonly Name[],
  optional: readonly Name[],
  line: number,
  cells: readonly string[],
): CsvColumns<Name> | { readonly problems: readonly RowProblem[] } {
  const known = [...required, ...optional];
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const meant = names.map((name) => known.find((each) => each === name));
  if (meant.every((name) => name === undefined)) {
    const problem = `The first line names the columns: ${known.join(',')}. This one does not.`;
    return { problems: [{ line, column: null, problem }] };
  }
  const problems: RowProblem[] = [];
  const at = new Map<Name, number>();
  for (const [i, name] of meant.entries()) {
    if (name === undefined) problems.push({ line, column: i + 1, problem: unknownName(cells[i] as string, known) });
    else if (at.has(name))
      problems.push({ line, column: i + 1, problem: `The column ${name} stands here a second time.` });
    else at.set(name, i);
  }
  for (const name of required)
    if (!at.has(name)) problems.push({ line, column: null, problem: `The column ${name} is missing.` });
  return problems.length > 0 ? { problems } : { at, width: cells.length };
}

function unknownName(cell: string, known: readonly string[]): string {
  const name = cell.trim();
  if (name === '') return `This column has no name. The columns are ${known.join(', ')}.`;
  const near = nearest(name, known);
  return `${JSON.stringify(name.slice(0, 60))} is no column${near ? `; did you mean ${near}?` : `. The columns are ${known.join(', ')}.`}`;
}
