/** What an import did or would do, for people: numbers, then who leaves, moves, comes back and joins; or all that is wrong. */

import {
  type ChangeKind,
  changeKinds,
  type EstateChanges,
  type Finding,
  isFirst,
  type NamedChange,
} from '#domain/estate-changes.ts';
import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { ImportFindings, ImportReport } from '#operations/import-estate.ts';
import { names, namesNeeded } from './names.ts';
import type { Session } from './session.ts';
import { count, counted, duration, shown, table } from './shown.ts';

export type FilePaths = Partial<Readonly<Record<EstateFileKind, string>>>;

/** Tells an import, in words or as a document. */
export interface ImportTeller {
  /** While all that was found can be looked at. */
  found(findings: ImportFindings): Promise<void>;
  ended(report: ImportReport, milliseconds: number): void;
  /** The process ends at once. */
  stopped(): void;
}

/** So many problems fit on a terminal, with the line that says how many more there are. */
const problemsOnScreen = 50;

const headings = {
  leaver: 'Leavers',
  returner: 'Returners',
  mover: 'Movers',
  joiner: 'Joiners',
} as const satisfies Record<ChangeKind, string>;
const totals = { leaver: 'leavers', returner: 'returners', mover: 'movers', joiner: 'joiners' } as const;

export class ImportInWords implements ImportTeller {
  readonly #session: Session;
  readonly #paths: FilePaths;
  readonly #quiet: boolean;
  #lines: readonly string[] = [];

  constructor(session: Session, paths: FilePaths, quiet: boolean) {
    this.#session = session;
    this.#paths = paths;
    this.#quiet = quiet;
  }

  async found(findings: ImportFindings): Promise<void> {
    const { changes, remarks } = findings;
    if (changes === null) await this.#tellProblems(findings);
    else {
      const remarked = await firstOf(findings.remarkPages());
      this.#lines = [
        ...countLines(changes),
        ...(await nameLines(findings, changes)),
        ...(remarks === 0 ? [] : ['', `Remarks (${count(remarks)})`]),
        ...names(remarked, (remark) => [findingLine(remark, this.#paths)], remarks),
      ];
    }
  }

  ended(report: ImportReport, milliseconds: number): void {
    if (report.problems > 0 || this.#quiet) return;
    this.#session.conclude(null, () => [...this.#lines, '', lastLine(report, milliseconds)]);
  }

  stopped(): void {}

  async #tellProblems({ problems, problemPages }: ImportFindings): Promise<void> {
    const { screen, world } = this.#session;
    screen.clear();
    const most = world.stderr.isTTY ? problemsOnScreen : problems;
    let told = 0;
    for await (const page of problemPages()) {
      for (const problem of page.slice(0, most - told)) screen.say(findingLine(problem, this.#paths));
      told += page.length;
      if (told >= most) break;
    }
    if (problems > most) screen.say(`… and ${count(problems - most)} more (-o json lists all)`);
    screen.say(`godwit: ${counted(problems, 'problem')}; nothing was imported.`);
  }
}

/** `mailboxes.csv:17:3: problem`, as compilers have it, so that editors find the place. */
export function findingLine({ file, line, column, text }: Finding, paths: FilePaths): string {
  const place = [shown(paths[file] ?? file, 300), line, column].filter((part) => part !== null);
  return `${place.join(':')}: ${shown(text, 1_000)}`;
}

function countLines({ organisations, mailboxes, grants }: EstateChanges): readonly string[] {
  const head = ['', 'joiners', 'movers', 'leavers', 'returners', 'resized', 'unchanged'];
  const rows = [
    ...(organisations ? [{ name: 'organisations', resized: null, ...organisations }] : []),
    ...(mailboxes ? [{ name: 'mailboxes', ...mailboxes }] : []),
  ].map(({ name, joiners, movers, leavers, returners, resized, unchanged }) => [
    name,
    ...[joiners, movers, leavers, returners].map(count),
    resized === null ? '' : count(resized),
    count(unchanged),
  ]);
  const lines = rows.length === 0 ? [] : table([head, ...rows], new Set([1, 2, 3, 4, 5, 6]));
  if (!grants) return lines;
  const { added, removed, unchanged } = grants;
  return [...lines, `grants: ${count(added)} added, ${count(removed)} removed, ${count(unchanged)} unchanged`];
}

/** Who is meant, by kind of change; where everyone joins nobody wants to read who. */
async function nameLines(findings: ImportFindings, changes: EstateChanges): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const kind of changeKinds) {
    const total = (changes.organisations?.[totals[kind]] ?? 0) + (changes.mailboxes?.[totals[kind]] ?? 0);
    if (total === 0 || (kind === 'joiner' && isFirst(changes))) continue;
    const first = await firstOf(findings.changePages(kind));
    lines.push('', `${headings[kind]} (${count(total)})`, ...names(first, changeCells, total));
  }
  return lines;
}

function changeCells({ name, columns, before, after }: NamedChange): readonly string[] {
  const where =
    before !== null && after !== null && before !== after ? `${before} → ${after}` : (after ?? before ?? '');
  return [name, where, columns.filter((column) => column !== 'organisation').join(', ')];
}

/** As many as are told by name. */
async function firstOf<Item>(pages: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  for await (const page of pages) return page.slice(0, namesNeeded);
  return [];
}

function lastLine({ changes, changed, dryRun }: ImportReport, milliseconds: number): string {
  const under = changes?.mailboxes?.leaversUnderWay ?? 0;
  const resting =
    under === 0
      ? ''
      : ` ${counted(under, 'leaver was', 'leavers were')} on the way: their journeys rest where they are.`;
  if (changed) return `Imported in ${duration(milliseconds)}.${resting}`;
  if (!dryRun) return 'The estate is as the files say already; nothing was changed.';
  return `Nothing was changed: this was a dry run. Add --yes to import.`;
}
