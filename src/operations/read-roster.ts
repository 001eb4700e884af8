/**
 * Reads `organisations.csv`, `mailboxes.csv` and `grants.csv` of a folder into a roster, with no database. What is right in them
 * is what is right for `godwit estate import`, whose reader is asked about every line that is not ordinary; accounts and the
 * estate that is there already are not looked at, since a plan does not need them.
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type EstateFileKind, estateFileKinds } from '#domain/estate-columns.ts';
import { fault } from '#domain/fault.ts';
import type { Roster } from '#planning/roster.ts';
import { type HearUnknown, type LeftOutGrants, RosterBuilder } from '#planning/roster-builder.ts';
import { treeFindings } from './import-estate.ts';
import { RosterFindings } from './read-roster-findings.ts';
import { GrantLines } from './read-roster-grants.ts';
import { type LineTaker, takeLines } from './read-roster-lines.ts';
import { MailboxLines } from './read-roster-mailboxes.ts';
import { OrganisationLines, OrganisationNumbers } from './read-roster-organisations.ts';

/** How far the reading is: of the file at hand, and of all three together. */
export interface RosterReading {
  readonly kind: EstateFileKind;
  readonly rows: number;
  readonly octets: number;
  readonly octetsRead: number;
  readonly octetsInAll: number;
}

export interface FolderRoster extends Roster {
  /** Grants that are no reason to keep anybody together; those with an unknown end are told in `grants.unknown`. */
  readonly leftOut: LeftOutGrants;
}

/** Where the files of a folder are. */
export function estateFilesIn(folder: string): Readonly<Record<EstateFileKind, string>> {
  const path = (kind: EstateFileKind): string => join(folder, `${kind}.csv`);
  return { organisations: path('organisations'), mailboxes: path('mailboxes'), grants: path('grants') };
}

type Reserve = (rows: number) => void;
/** Lines are as long as the first thousands of them, more or less. */
const roomier = 1.2;

/** `heard`: hears of every grant with an unknown end. Throws `estate.files.wrong` with all that is wrong, in the order of files, lines and columns. */
export async function readRoster(
  folder: string,
  told: (reading: RosterReading) => void,
  signal: AbortSignal,
  heard: HearUnknown | null = null,
): Promise<FolderRoster> {
  const findings = new RosterFindings();
  const paths = estateFilesIn(folder);
  const sizes = await sizesOf(paths);
  const octetsInAll = estateFileKinds.reduce((sum, kind) => sum + sizes[kind], 0);
  let before = 0;
  const take = async <Kind extends EstateFileKind>(kind: Kind, taker: LineTaker<Kind>, reserve?: Reserve) => {
    let isFirst = true;
    const tell = (rows: number, octets: number): void => {
      if (isFirst) reserve?.(Math.ceil((rows / octets) * sizes[kind] * roomier));
      isFirst = false;
      told({ kind, rows, octets, octetsRead: before + octets, octetsInAll });
    };
    const header = await takeLines({ kind, path: paths[kind], taker, findings, told: tell }, signal);
    before += sizes[kind];
    return header;
  };

  const organisations = new OrganisationLines();
  const organisationHeader = await take('organisations', organisations);
  if (organisationHeader) findings.found(treeFindings(organisations.rows, organisationHeader));
  const known = organisations.numbered();
  const builder = new RosterBuilder(heard);
  const numbers = new OrganisationNumbers(known.map(({ code }) => code));
  const mailboxHeader = await take('mailboxes', new MailboxLines(builder, numbers, findings), (rows) =>
    builder.reserveMailboxes(rows),
  );
  const grantHeader = await take('grants', new GrantLines(builder), (rows) => builder.reserveGrants(rows));
  const isUnderstood = organisationHeader !== null && mailboxHeader !== null && grantHeader !== null;
  const { problems, findings: all } = findings.all(isUnderstood);
  if (problems > 0) throw fault('estate.files.wrong', { folder, problems, findings: all });
  return builder.roster(known);
}

/** What is no plain file has no size; what cannot be looked at is told when it is read. */
async function sizesOf(paths: Readonly<Record<EstateFileKind, string>>): Promise<Record<EstateFileKind, number>> {
  const sizes = { organisations: 0, mailboxes: 0, grants: 0 };
  for (const kind of estateFileKinds) {
    const found = await stat(paths[kind]).catch(() => null);
    sizes[kind] = found?.isFile() ? found.size : 0;
  }
  return sizes;
}
