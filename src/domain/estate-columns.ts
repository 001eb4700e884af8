/**
 * The files that tell of an estate, as a contract: which columns each has, and what its first line must look like. Columns
 * may stand in any order; one that is not known stops the import, since whoever misspelt it would lose its values.
 */

import { nearest } from '#lib/nearest.ts';

/** In the order in which they are read: what comes later speaks of what came before. */
export const estateFileKinds = ['organisations', 'mailboxes', 'grants'] as const;
export type EstateFileKind = (typeof estateFileKinds)[number];

export const columnsOf = {
  organisations: { required: ['code', 'name', 'parent'], optional: [] },
  mailboxes: {
    required: ['address', 'kind', 'organisation', 'size_bytes', 'items', 'not_before', 'not_after', 'wave_hint'],
    optional: ['source_user', 'target_user', 'display_name', 'aliases', 'timezone', 'language'],
  },
  grants: { required: ['mailbox', 'grantee', 'kind'], optional: [] },
} as const satisfies Record<
  EstateFileKind,
  { readonly required: readonly string[]; readonly optional: readonly string[] }
>;

export type ColumnOf<Kind extends EstateFileKind> =
  | (typeof columnsOf)[Kind]['required'][number]
  | (typeof columnsOf)[Kind]['optional'][number];

/** Something wrong with a file; `column` is the number of a field, from 1, null where the whole line is meant. */
export interface RowProblem {
  readonly line: number;
  readonly column: number | null;
  readonly problem: string;
}

/** Which field of a line belongs to which column, from 0; a column that the file does not have is not in it. */
export interface Header<Kind extends EstateFileKind> {
  readonly kind: Kind;
  readonly at: ReadonlyMap<ColumnOf<Kind>, number>;
  /** Fields in each line. */
  readonly width: number;
}

/** Reads the first line of a file; all that is wrong with it where it is none. */
export function readHeader<Kind extends EstateFileKind>(
  kind: Kind,
  line: number,
  cells: readonly string[],
): { readonly header: Header<Kind> } | { readonly problems: readonly RowProblem[] } {
  const { required, optional } = columnsOf[kind];
  const known: readonly string[] = [...required, ...optional];
  const names = cells.map((cell) => cell.trim().toLowerCase());
  if (!names.some((name) => known.includes(name))) {
    const problem = `The first line names the columns: ${required.join(',')}. This one does not.`;
    return { problems: [{ line, column: null, problem }] };
  }
  const problems: RowProblem[] = [];
  const at = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (known.includes(name) && !at.has(name)) at.set(name, i);
    else problems.push({ line, column: i + 1, problem: wrongName(cells[i] as string, known.includes(name), known) });
  }
  for (const name of required)
    if (!at.has(name))
      problems.push({
        line,
        column: null,
        problem: `The column ${name} is missing. It may be empty, but not left out.`,
      });
  if (problems.length > 0) return { problems };
  const columns = at as ReadonlyMap<ColumnOf<Kind>, number>;
  return { header: { kind, at: columns, width: cells.length } };
}

function wrongName(cell: string, isKnown: boolean, known: readonly string[]): string {
  const name = cell.trim();
  if (isKnown) return `The column ${name} stands here a second time.`;
  if (name === '') return `This column has no name. The columns are ${known.join(', ')}.`;
  const near = nearest(name, known);
  return `${JSON.stringify(name.slice(0, 60))} is no column${near ? `; did you mean ${near}?` : `. The columns are ${known.join(', ')}.`}`;
}
