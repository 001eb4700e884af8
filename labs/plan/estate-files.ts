/**
 * The judge's own reading of an estate and of a plan. It shares nothing with Godwit's, so that a mistake there is not made here
 * a second time; and it trusts the files it reads, which Godwit must not.
 */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';

export const mailboxKinds = ['person', 'shared', 'room', 'application'];
export const grantKinds = ['full-access', 'send-as', 'send-on-behalf', 'folder'];

/** In columns: mailbox number, organisation number. */
export interface Estate {
  readonly organisations: readonly { readonly code: string; readonly parent: string }[];
  readonly addresses: readonly string[];
  /** By address in lower case. */
  readonly numberOf: ReadonlyMap<string, number>;
  readonly kind: Uint8Array;
  readonly organisation: Int32Array;
  readonly sizeBytes: Float64Array;
  /** As written, '' for none. */
  readonly notBefore: readonly string[];
  readonly notAfter: readonly string[];
  readonly grants: Grants;
}

/** Only those with two ends in the estate. */
export interface Grants {
  readonly count: number;
  readonly mailbox: Int32Array;
  readonly grantee: Int32Array;
  readonly kind: Uint8Array;
  /** How many had an end that nobody knows. */
  readonly unknown: number;
}

export interface PlanRow {
  readonly address: string;
  readonly wave: string;
  readonly start: string;
}

/** Lines in batches, as fast as they come. */
export type Lines = AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

export function readEstateFolder(folder: string): Promise<Estate> {
  return readEstate({
    organisations: linesOf(join(folder, 'organisations.csv')),
    mailboxes: linesOf(join(folder, 'mailboxes.csv')),
    grants: linesOf(join(folder, 'grants.csv')),
  });
}

export async function readEstate(files: {
  readonly organisations: Lines;
  readonly mailboxes: Lines;
  readonly grants: Lines;
}): Promise<Estate> {
  const organisations: { code: string; parent: string }[] = [];
  const organisationOf = new Map<string, number>();
  await forEachRow(files.organisations, ['code', 'parent'], ([code = '', parent = '']) => {
    organisationOf.set(code, organisations.push({ code, parent }) - 1);
  });
  const addresses: string[] = [];
  const numberOf = new Map<string, number>();
  const kind = new Column(Uint8Array);
  const organisation = new Column(Int32Array);
  const sizeBytes = new Column(Float64Array);
  const notBefore: string[] = [];
  const notAfter: string[] = [];
  const columns = ['address', 'kind', 'organisation', 'size_bytes', 'not_before', 'not_after'];
  await forEachRow(
    files.mailboxes,
    columns,
    ([address = '', word = '', code = '', size = '', from = '', until = '']) => {
      const number = addresses.push(address) - 1;
      numberOf.set(address.toLowerCase(), number);
      kind.set(number, mailboxKinds.indexOf(word));
      organisation.set(number, organisationOf.get(code) ?? -1);
      sizeBytes.set(number, Number(size));
      // The empty text is one and the same; of a day a copy, or it would keep the whole line alive.
      notBefore.push(from);
      notAfter.push(until);
    },
  );
  const grants = await readGrants(files.grants, numberOf);
  const size = addresses.length;
  return {
    organisations,
    addresses,
    numberOf,
    kind: kind.values(size),
    organisation: organisation.values(size),
    sizeBytes: sizeBytes.values(size),
    notBefore,
    notAfter,
    grants,
  };
}

async function readGrants(lines: Lines, numberOf: ReadonlyMap<string, number>): Promise<Grants> {
  const mailbox = new Column(Int32Array);
  const grantee = new Column(Int32Array);
  const kind = new Column(Uint8Array);
  let count = 0;
  let unknown = 0;
  await forEachRow(lines, ['mailbox', 'grantee', 'kind'], ([owner = '', who = '', word = '']) => {
    const a = numberOf.get(owner.toLowerCase());
    const b = numberOf.get(who.toLowerCase());
    if (a === undefined || b === undefined) {
      unknown++;
      return;
    }
    mailbox.set(count, a);
    grantee.set(count, b);
    kind.set(count, grantKinds.indexOf(word));
    count++;
  });
  return { count, mailbox: mailbox.values(count), grantee: grantee.values(count), kind: kind.values(count), unknown };
}

export async function forEachPlanRow(lines: Lines, take: (row: PlanRow) => void): Promise<void> {
  await forEachRow(lines, ['address', 'wave', 'window_start'], ([address = '', wave = '', start = '']) =>
    take({ address, wave, start }),
  );
}

/** The lines of a file, without their ends. */
export async function* linesOf(file: string): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const piece of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + (piece as string)).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  yield [rest];
}

/** The lines of a text. */
export function linesIn(text: string): Lines {
  return [text.split('\n')];
}

/** Hands on the cells of the columns asked for, in that order. */
async function forEachRow(
  batches: Lines,
  columns: readonly string[],
  take: (cells: readonly string[]) => void,
): Promise<void> {
  let at: number[] | null = null;
  for await (const lines of batches) {
    for (const line of lines) {
      if (line.trim() === '') continue;
      const cells = cellsOf(line);
      if (at) {
        take(at.map((i) => (cells[i] ?? '').trim()));
        continue;
      }
      const names = cells.map((cell) => cell.replace('\ufeff', '').trim().toLowerCase());
      at = columns.map((column) => names.indexOf(column));
      if (at.includes(-1)) throw new Error(`the columns are ${columns.join(',')}; the first line is ${line}`);
    }
  }
}

function cellsOf(line: string): readonly string[] {
  const plain = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (!plain.includes('"')) return plain.split(',');
  const cells: string[] = [];
  for (const [, quoted, bare] of plain.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    cells.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
  return cells;
}

interface Columns {
  readonly length: number;
  [index: number]: number;
  set(from: ArrayLike<number>): void;
}

/** Numbers that become more. */
class Column<Values extends Columns & { subarray(from: number, to: number): Values }> {
  readonly #make: new (
    length: number,
  ) => Values;
  #values: Values;

  constructor(make: new (length: number) => Values) {
    this.#make = make;
    this.#values = new make(1_024);
  }

  set(at: number, value: number): void {
    if (at >= this.#values.length) {
      const more = new this.#make(this.#values.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[at] = value;
  }

  values(count: number): Values {
    return this.#values.subarray(0, count);
  }
}
