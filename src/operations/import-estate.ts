/**
 * `estate import`: what up to three files say of an estate becomes the estate. First all of it is read and held against itself and
 * against what is there; then, unless it is only tried or something is wrong, all of it happens at once.
 */

import type { OrganisationRow } from '#domain/estate.ts';
import {
  type ChangeKind,
  type EstateChanges,
  type Finding,
  isNothing,
  type NamedChange,
} from '#domain/estate-changes.ts';
import { type EstateFileKind, estateFileKinds, type Header } from '#domain/estate-columns.ts';
import type { Lined } from '#domain/estate-rows.ts';
import { treeProblems } from '#domain/organisation-tree.ts';
import type { GivenFiles, Intake, OpenIntake, Users } from '#ports/intake.ts';
import type { GivenFile } from './given-file.ts';
import { type ReadFile, readEstateFile } from './read-estate-file.ts';

export interface ImportOrder {
  /** By what they tell of. Of what no file is given nothing is changed. */
  readonly files: Partial<Readonly<Record<EstateFileKind, GivenFile>>>;
  readonly dryRun: boolean;
  readonly users: Users;
  /** Who asks, for the audit log. */
  readonly who: string;
  readonly openIntake: OpenIntake;
  readonly watcher: ImportWatcher;
}

export interface ImportWatcher {
  /** So many rows of a file, and so many of its octets, have been read. */
  reading(kind: EstateFileKind, rows: number, octets: number): void;
  /** What takes its time next. */
  begins(step: 'checking' | 'comparing' | 'merging'): void;
  /** All that was found, while it can be looked at; what is to be told by name is read from it here, page by page. */
  found(findings: ImportFindings): Promise<void>;
}

export interface ImportFindings {
  readonly problems: number;
  readonly remarks: number;
  /** Null where there are problems. */
  readonly changes: EstateChanges | null;
  /** In the order of files, lines and columns. */
  readonly problemPages: () => AsyncIterable<readonly Finding[]>;
  readonly remarkPages: () => AsyncIterable<readonly Finding[]>;
  /** Of one kind, by name. */
  readonly changePages: (change: ChangeKind) => AsyncIterable<readonly NamedChange[]>;
}

export interface ImportedFile {
  readonly path: string;
  readonly rows: number;
  readonly sha256: string;
}

export interface ImportReport {
  readonly dryRun: boolean;
  /** By kind, those that were given. */
  readonly files: Partial<Readonly<Record<EstateFileKind, ImportedFile>>>;
  readonly problems: number;
  readonly remarks: number;
  readonly changes: EstateChanges | null;
  /** Whether the estate is another than before. */
  readonly changed: boolean;
}

/** Many times what any estate has; they are held in memory together, to find circles among them. */
const organisationsMost = 200_000;

/** Imports, or tries to. Throws `estate.import.under-way`, `database.*`, `interrupted`; the estate then is as it was. */
export async function importEstate(order: ImportOrder, signal: AbortSignal): Promise<ImportReport> {
  const { watcher, dryRun, users, who } = order;
  await using intake = await order.openIntake({ dryRun, users }, signal);
  const read = await readFiles(order, intake);
  watcher.begins('checking');
  const found = await intake.check(given(read));
  let changes: EstateChanges | null = null;
  if (found.problems === 0) {
    watcher.begins('comparing');
    changes = await intake.compare();
  }
  await watcher.found({
    ...found,
    changes,
    problemPages: () => intake.findings('problems'),
    remarkPages: () => intake.findings('remarks'),
    changePages: (change) => intake.changes(change),
  });
  const files = Object.fromEntries(
    Object.entries(read).map(([kind, { path, rows, sha256 }]) => [kind, { path, rows, sha256 }]),
  );
  const changed = changes !== null && !dryRun && !isNothing(changes);
  if (changed) {
    watcher.begins('merging');
    await intake.keep({ who, files });
  }
  return { dryRun, files, ...found, changes, changed };
}

type ReadFiles = { readonly [Kind in EstateFileKind]?: ReadFile<Kind> };

async function readFiles(order: ImportOrder, intake: Intake): Promise<ReadFiles> {
  const read: { [kind in EstateFileKind]?: ReadFile<EstateFileKind> } = {};
  for (const kind of estateFileKinds) {
    const file = order.files[kind];
    if (file === undefined) continue;
    const organisations: Lined<OrganisationRow>[] = [];
    let rows = 0;
    read[kind] = await readEstateFile({
      kind,
      file,
      intake,
      taken(taken, octets) {
        rows += taken.length;
        if (kind === 'organisations' && organisations.length <= organisationsMost)
          organisations.push(...(taken as readonly Lined<OrganisationRow>[]));
        order.watcher.reading(kind, rows, octets);
      },
    });
    const header = read[kind].header;
    if (kind === 'organisations' && header)
      await intake.enter(treeFindings(organisations, header as Header<'organisations'>));
  }
  return read as ReadFiles;
}

/** What is wrong with the organisations taken together. */
export function treeFindings(
  organisations: readonly Lined<OrganisationRow>[],
  { at }: Header<'organisations'>,
): readonly Finding[] {
  const file = 'organisations';
  if (organisations.length > organisationsMost)
    return [{ file, line: null, column: null, text: `It holds more than ${organisationsMost} organisations.` }];
  return treeProblems(organisations).map(({ line, column, problem }) => ({
    file,
    line,
    column: (at.get(column) ?? 0) + 1,
    text: problem,
  }));
}

/** The files whose rows can be compared; none where one of them said nothing, since then much would seem to be missing. */
function given(read: ReadFiles): GivenFiles {
  const files = Object.values(read);
  if (files.some(({ header }) => header === null)) return {};
  return Object.fromEntries(Object.entries(read).map(([kind, { header }]) => [kind, header]));
}
