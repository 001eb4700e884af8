/** `godwit get`: lists of what an estate holds, for a screen, a spreadsheet or a program; written as they are read. */

import type { MailboxLine, OrganisationLine, Page, WaveLine } from '#domain/estate-lists.ts';
import type { WorkerState } from '#domain/estate-state.ts';
import { readSelector, type Selector, type UnknownName } from '#domain/selector.ts';
import { csvLine } from '#lib/csv-cells.ts';
import type { ListFlags, MailboxListFlags, TableFlags } from './flags.ts';
import { mailboxColumns, organisationColumns, type Column, waveColumns, workerColumns } from './get-columns.ts';
import { openProgrammeFor } from './programme.ts';
import { unknownText } from './selection-text.ts';
import type { Session } from './session.ts';
import { count, shown, table } from './shown.ts';
import { usageError } from './usage.ts';

/** As many as a person reads. Files and programs get all of it. */
const linesOnScreen = 50;
/** Read at once: some 2 MB. */
const pageLines = 5_000;

/** One kind of list, and where its lines come from. */
export interface Listing<Line> {
  readonly key: string;
  readonly columns: readonly Column<Line>[];
  /** What a line is called by, in whose order they come. */
  readonly name: (line: Line) => string;
  page(after: string | null, max: number): Promise<Page<Line>>;
  /** Of all that are meant; null where only a count would tell. */
  total(): Promise<number | null>;
  readonly none: string;
}

export async function getMailboxes(this: Session, flags: MailboxListFlags): Promise<void> {
  const selector = readSelector(flags.select ?? '');
  if ('problem' in selector) throw usageError(selector.problem);
  await using programme = await openProgrammeFor(this, flags);
  const { lists } = programme;
  await list<MailboxLine>(this, flags, {
    key: 'mailboxes',
    columns: mailboxColumns,
    name: ({ address }) => address,
    page: async (after, max) => known(await lists.mailboxes({ selector, after, max })),
    total: () => lists.count(selector),
    none: noneText(selector, flags.after),
  });
}

export async function getOrganisations(this: Session, flags: ListFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const { lists } = programme;
  await list<OrganisationLine>(this, flags, {
    key: 'organisations',
    columns: organisationColumns,
    name: ({ code }) => code,
    page: (after, max) => lists.organisations({ after, max }),
    total: async () => null,
    none: flags.after === undefined ? 'There are no organisations yet: godwit estate import --help' : 'No more.',
  });
}

export async function getWaves(this: Session, flags: TableFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const waves = await programme.lists.waves();
  await list<WaveLine>(
    this,
    flags,
    whole('waves', waveColumns, waves, 'There are no waves: godwit wave create --help'),
  );
}

export async function getWorkers(this: Session, flags: TableFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const { workers } = await programme.view.now();
  await list<WorkerState>(this, flags, whole('workers', workerColumns, workers, 'Nobody is at work: godwit serve'));
}

/** A list that is short enough to be there at once. */
function whole<Line>(
  key: string,
  columns: readonly Column<Line>[],
  lines: readonly Line[],
  none: string,
): Listing<Line> {
  const page = { kind: 'page', lines, hasMore: false } as const;
  return { key, columns, name: () => '', page: async () => page, total: async () => lines.length, none };
}

export async function list<Line>(session: Session, flags: ListFlags, listing: Listing<Line>): Promise<void> {
  const limit = limitOf(flags);
  const after = flags.after ?? null;
  if (session.json) await inJson(session, listing, after, limit);
  else if (flags.output === 'csv') await inCsv(session, listing, after, limit);
  else await onScreen(session, listing, after, limit ?? (flags.quiet === true ? null : linesOnScreen));
}

function limitOf({ limit }: ListFlags): number | null {
  if (limit === undefined) return null;
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw usageError('--limit wants how many lines, such as 100.');
  return Number(limit);
}

/** A part after the other, until the end or until there are `limit`. Nothing has been written before the first is there. */
async function* parts<Line>(
  { page, name }: Listing<Line>,
  after: string | null,
  limit: number | null,
): AsyncGenerator<Page<Line>> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (let from = after; left > 0; ) {
    const part = await page(from, Math.min(left, pageLines));
    yield part;
    const last = part.lines.at(-1);
    if (!part.hasMore || last === undefined) return;
    left -= part.lines.length;
    from = name(last);
  }
}

async function inJson<Line>(session: Session, listing: Listing<Line>, after: string | null, limit: number | null) {
  const pages = parts(listing, after, limit);
  const first = await pages.next();
  const document = session.longDocument();
  let next: string | null = null;
  const { name } = listing;
  await document.list(
    listing.key,
    (async function* () {
      for (let part = first; part.done !== true; part = await pages.next()) {
        const { lines, hasMore } = part.value;
        const last = lines.at(-1);
        next = hasMore && last !== undefined ? name(last) : null;
        yield lines;
      }
    })(),
  );
  document.value('total', await listing.total());
  document.value('next', next);
  document.end();
}

async function inCsv<Line>(session: Session, listing: Listing<Line>, after: string | null, limit: number | null) {
  const { columns } = listing;
  let header = csvLine(columns.map(({ key }) => key));
  for await (const { lines } of parts(listing, after, limit)) {
    const rows = lines.map((line) => csvLine(columns.map(({ cell }) => cell(line))));
    session.world.stdout.write(header + rows.join(''));
    header = '';
  }
}

async function onScreen<Line>(session: Session, listing: Listing<Line>, after: string | null, limit: number | null) {
  const columns = listing.columns.filter(({ shows }) => shows !== undefined);
  const lines: Line[] = [];
  let hasMore = false;
  for await (const part of parts(listing, after, limit)) {
    lines.push(...part.lines);
    hasMore = part.hasMore;
  }
  if (lines.length === 0) return session.conclude(null, () => [listing.none]);
  const right = new Set(columns.flatMap(({ isNumber }, i) => (isNumber === true ? i : [])));
  const rows = lines.map((line) => columns.map(({ shows }) => shows?.(line) ?? ''));
  const last = lines.at(-1);
  const more =
    hasMore && last !== undefined ? [moreText(await restOf(listing, after, lines.length), listing.name(last))] : [];
  session.conclude(null, () => [...table([columns.map(({ title }) => title), ...rows], right), ...more]);
}

async function restOf<Line>({ total }: Listing<Line>, after: string | null, seen: number): Promise<number | null> {
  const all = after === null ? await total() : null;
  // They move on while one looks.
  return all === null ? null : Math.max(1, all - seen);
}

function moreText(rest: number | null, last: string): string {
  const word = /^[\w.@+-]+$/.test(last) ? last : `'${shown(last).replaceAll("'", `'\\''`)}'`;
  return `… and ${rest === null ? 'more' : `${count(rest)} more`}: --after ${word} (-o csv and -o json give all)`;
}

function known<Line>(found: Page<Line> | UnknownName): Page<Line> {
  if (found.kind === 'page') return found;
  throw usageError(unknownText(found));
}

function noneText(selector: Selector, after: string | undefined): string {
  if (after !== undefined) return 'No more.';
  return Object.keys(selector).length > 0
    ? 'Nobody is meant by that.'
    : 'There are no mailboxes in this estate yet: godwit estate import --help';
}
