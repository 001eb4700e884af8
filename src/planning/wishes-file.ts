/**
 * What organisations ask of a plan, as they write it in `wishes.csv`: a line for each thing that is asked for. What is wrong
 * with a line is told, and the next is read.
 *
 *     organisation,wish,whom,group,from,until
 *     RXY,not-on,,,2026-10-01,2026-10-07
 *     RXY,not-on,ann@x.example,,2026-09-14,
 *     RXY,together,ann@x.example,heart team,,
 *     RXY,together,bob@x.example,heart team,,
 *     RXY,last,RXY-W12,,,
 */

import { type CsvColumns, readColumns } from '#domain/csv-columns.ts';
import type { Day } from '#domain/estate.ts';
import type { RowProblem } from '#domain/estate-columns.ts';
import { readAddress, readCode, readDay, readOneOf, readWords } from '#domain/estate-values.ts';
import { csvLines } from '#lib/csv-lines.ts';

/** `not-on`: not on these days. `together`: all of one group in one window. `last`: after everybody else of theirs. */
export const wishKinds = ['not-on', 'together', 'last'] as const;

export type Wish = {
  /** 0: it stands in no file, and is asked for in the estate. */
  readonly line: number;
  /** The code of the organisation that asks. */
  readonly organisation: string;
  /** For one mailbox by its address, or for an organisation by its code; null: for all of its own. */
  readonly whom: { readonly address: string } | { readonly code: string } | null;
} & (
  | { readonly kind: 'not-on'; readonly from: Day; readonly until: Day }
  | { readonly kind: 'together'; readonly group: string }
  | { readonly kind: 'last' }
  /** Of single mailboxes, and of no file: in a window that opens on one of these days; null: on any later one. */
  | { readonly kind: 'within'; readonly from: Day; readonly until: Day | null }
);

export interface ReadWishes {
  readonly wishes: readonly Wish[];
  /** In the order of their lines. */
  readonly problems: readonly RowProblem[];
}

const columns = ['organisation', 'wish', 'whom', 'group', 'from', 'until'] as const;
type Column = (typeof columns)[number];
const required = ['organisation', 'wish'] as const satisfies readonly Column[];
/** All are in memory together; a thousand for each of the largest trusts are fewer. */
export const wishesMost = 200_000;

/** Reads the octets of a file to their end. */
export async function readWishes(octets: AsyncIterable<Buffer>): Promise<ReadWishes> {
  const wishes: Wish[] = [];
  const problems: RowProblem[] = [];
  let header: CsvColumns<Column> | null = null;
  for await (const { lines, flaws } of csvLines(octets)) {
    for (const { line, cells } of lines) {
      if (header === null) {
        const read = readColumns<Column>(
          required,
          columns.filter((name) => name !== 'organisation' && name !== 'wish'),
          line,
          cells,
        );
        if ('problems' in read) return { wishes: [], problems: read.problems };
        header = read;
        continue;
      }
      const wish = wishIn(line, cells, header);
      if (Array.isArray(wish)) problems.push(...wish);
      else wishes.push(wish);
      if (wishes.length + problems.length > wishesMost) {
        problems.push({ line, column: null, problem: `There are more than ${wishesMost} wishes.` });
        return { wishes, problems };
      }
    }
    problems.push(...flaws);
  }
  if (header === null && problems.length === 0)
    problems.push({ line: 1, column: null, problem: 'It is empty. Its first line names the columns.' });
  return { wishes, problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** One line; or all that is wrong with it. */
function wishIn(line: number, cells: readonly string[], { at, width }: CsvColumns<Column>): Wish | RowProblem[] {
  if (cells.length !== width)
    return [{ line, column: null, problem: `It has ${cells.length} fields, and the first line has ${width}.` }];
  const problems: RowProblem[] = [];
  const cell = (name: Column): string => (cells[at.get(name) ?? -1] ?? '').trim();
  const wrong = (name: Column, problem: string): void => {
    const field = at.get(name);
    problems.push({ line, column: field === undefined ? null : field + 1, problem });
  };
  const read = <T>(name: Column, said: { readonly value: T } | { readonly problem: string }): T | null => {
    if ('value' in said) return said.value;
    wrong(name, said.problem);
    return null;
  };
  const nothingIn = (...names: readonly Column[]): void => {
    for (const name of names)
      if (cell(name) !== '') wrong(name, `A wish ${cell('wish')} has nothing in the column ${name}.`);
  };
  const organisation = read('organisation', readCode(cell('organisation')));
  const kind = read('wish', readOneOf(cell('wish'), wishKinds, 'wish'));
  const said = cell('whom');
  const whom =
    said === ''
      ? null
      : said.includes('@')
        ? { address: read('whom', readAddress(said)) ?? '' }
        : { code: read('whom', readCode(said)) ?? '' };
  const base = { line, organisation: organisation ?? '', whom };
  let wish: Wish | null = null;
  if (kind === 'not-on') {
    nothingIn('group');
    const from = read('from', readDay(cell('from')));
    const until = cell('until') === '' ? from : read('until', readDay(cell('until')));
    if (from !== null && until !== null && until < from) wrong('until', `${until} lies before ${from}.`);
    if (from !== null && until !== null) wish = { ...base, kind, from, until };
  } else if (kind === 'together') {
    nothingIn('from', 'until');
    const group = read('group', readWords(cell('group'), 200));
    if (group === '')
      wrong('group', 'Whoever wishes to move together has a group: any words, the same for all of them.');
    if (whom === null) wrong('whom', 'Say who: an address, or the code of an organisation.');
    if (group !== null) wish = { ...base, kind, group };
  } else if (kind === 'last') {
    nothingIn('group', 'from', 'until');
    if (whom === null) wrong('whom', 'Say who is to be last: an address, or the code of an organisation below yours.');
    wish = { ...base, kind };
  }
  return problems.length > 0 || wish === null ? problems : wish;
}
