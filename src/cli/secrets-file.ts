/**
 * A list of many secrets to be sealed: CSV with the header `address,secret` and the secrets themselves below it. It is read
 * twice: first for everything that is wrong in it, all told at once, then in batches. Nothing of a line is ever repeated.
 */

import { createReadStream } from 'node:fs';
import { sealedNameOf } from '#domain/platform.ts';
import { type CsvLine, csvLines } from '#lib/csv-lines.ts';
import type { NamedSecret } from '#operations/keep-secrets.ts';
import { checked, whyUnreadable } from './secret.ts';
import { Problems, usageError } from './usage.ts';

const batch = 1_000;
/** Whoever has more mistakes has one mistake. */
const problemsMax = 100;

/** The secrets of `file` in batches, under the names that they will have. Throws a `UsageError` before the first. */
export async function secretsInFile(file: string, prefix: string): Promise<AsyncIterable<readonly NamedSecret[]>> {
  const problems = new Problems();
  const names = new Set<string>();
  let told = 0;
  const tell = (says: string, line: number, column: number | null): void => {
    if (++told <= problemsMax) problems.add(says, { file, line, column });
  };
  let isHeader = true;
  for await (const { lines, flaws } of linesOf(file)) {
    for (const { line, column } of flaws) tell('This line cannot be read: CSV in UTF-8 is expected.', line, column);
    for (const line of lines) {
      if (isHeader) seeHeader(line, tell);
      else seeLine(line, prefix, names, tell);
      isHeader = false;
    }
  }
  if (told > problemsMax) problems.add(`${file}: and ${told - problemsMax} more.`);
  if (isHeader && told === 0) problems.add(`${file} is empty: its first line is address,secret.`);
  problems.settle();
  return batchesOf(file, prefix);
}

type Tell = (says: string, line: number, column: number | null) => void;

function seeHeader({ line, cells }: CsvLine, tell: Tell): void {
  if (cells.map((cell) => cell.trim().toLowerCase()).join() !== 'address,secret')
    tell('The first line of the list is address,secret.', line, 1);
}

function seeLine({ line, cells }: CsvLine, prefix: string, names: Set<string>, tell: Tell): void {
  const [address = '', secret = ''] = cells;
  const name = sealedNameOf(prefix, address);
  if (cells.length !== 2)
    tell(
      `This line has ${cells.length} fields, not 2. A secret with a comma or quote in it stands in double quotes.`,
      line,
      null,
    );
  else if (name === null || address.trim() === '') tell('This is no address.', line, 1);
  else if (names.has(name)) tell('This address is in the list a second time.', line, 1);
  else {
    names.add(name);
    if (checked(secret, '', null).kind === 'refused') tell('The secret is missing, or is none.', line, 2);
  }
}

async function* batchesOf(file: string, prefix: string): AsyncGenerator<readonly NamedSecret[]> {
  let waiting: NamedSecret[] = [];
  let isHeader = true;
  for await (const { lines } of linesOf(file)) {
    for (const { cells } of isHeader ? lines.slice(1) : lines) {
      const name = sealedNameOf(prefix, cells[0] ?? '');
      if (name !== null) waiting.push({ name, secret: cells[1] ?? '' });
      if (waiting.length === batch) {
        yield waiting;
        waiting = [];
      }
    }
    if (lines.length > 0) isHeader = false;
  }
  if (waiting.length > 0) yield waiting;
}

async function* linesOf(file: string): ReturnType<typeof csvLines> {
  const octets = createReadStream(file);
  try {
    yield* csvLines(octets);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw usageError(`${file} cannot be read: ${whyUnreadable(error)}.`);
    throw error;
  } finally {
    octets.destroy();
  }
}
