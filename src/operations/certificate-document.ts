/** Writes down what was read, found and known of a mailbox as the document that is signed (docs/evidence-format.md). */

import {
  type Certificate,
  certificateType,
  certificateVersion,
  type CertifiedException,
  type CertifiedFolder,
  type CertifiedSelection,
  exceptionsMax,
  rootOfFolders,
} from '#domain/certificate.ts';
import type { Graded } from '#domain/grade.ts';
import type { Selection } from '#domain/selection.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import type { OpenFinding } from '#domain/wave-verification.ts';
import type { CertifiedFacts } from '#ports/evidence.ts';
import type { Traveller } from '#ports/journeys.ts';
import type { MailboxPair } from '#ports/ledger.ts';
import type { ComparedMailbox } from './verify-wave.ts';

/** All that a certificate is made of. Times are milliseconds since 1970. */
export interface CertifiedRead {
  readonly id: string;
  readonly begun: number;
  readonly ended: number;
  readonly version: string;
  readonly digestKey: string;
  readonly traveller: Traveller;
  readonly pair: MailboxPair;
  readonly compared: ComparedMailbox;
  readonly selection: Selection;
  readonly report: VerifyReport;
  readonly facts: CertifiedFacts;
  readonly grade: Graded;
  /** In any order. */
  readonly folders: readonly CertifiedFolder[];
  readonly elementList: Certificate['elementList'];
}

export function certificateOf(read: CertifiedRead): Certificate {
  const { id, begun, ended, version, digestKey, traveller, pair, facts, grade, elementList } = read;
  const { verification } = read.compared;
  const folders = read.folders.toSorted((a, b) => (a.target.name < b.target.name ? -1 : 1));
  const exceptions = exceptionsOf(read);
  const wave = facts.wave && withoutId(facts.wave);
  return wellFormed({
    type: certificateType,
    version: certificateVersion,
    id,
    madeAt: iso(ended),
    tool: { name: 'godwit', version },
    mailbox: {
      address: traveller.address,
      kind: facts.kind,
      organisation: facts.organisation,
      stage: traveller.stage,
      side: traveller.side,
    },
    wave,
    approvals: facts.approvals,
    switches: facts.switches,
    compared: {
      begun: iso(begun),
      ended: iso(ended),
      source: pair.source,
      target: pair.target,
      outcome: verification.outcome,
      selection: selectionOf(read.selection),
      messagesRead: verification.messagesRead,
      octetsRead: verification.bytesRead,
    },
    digestKey,
    elementList,
    folders,
    otherFolders: otherFolders(read, folders),
    root: rootOfFolders(folders),
    totals: totalsOf(read, folders),
    notes: read.report.folderNotes.map(({ kind, source, target, reason }) => ({ kind, source, target, reason })),
    exceptions: exceptions.slice(0, exceptionsMax),
    exceptionsUnnamed: Math.max(0, exceptions.length - exceptionsMax),
    grade,
  });
}

/** What stood on the target besides, whatever it held: what somebody puts into one of them later is not known from what was there. */
function otherFolders({ compared }: CertifiedRead, folders: readonly CertifiedFolder[]): readonly string[] {
  const certified = new Set(folders.map(({ target }) => target.name));
  return compared.targetFolders.filter((name) => !certified.has(name)).toSorted((a, b) => (a < b ? -1 : 1));
}

function selectionOf({ include, exclude, since, before, maxSizeBytes }: Selection): CertifiedSelection {
  const dated = (seconds: number | null): string | null => (seconds === null ? null : iso(seconds * 1000));
  return { include, exclude, since: dated(since), before: dated(before), maxSizeBytes };
}

function totalsOf(
  { compared: { verification } }: CertifiedRead,
  folders: readonly CertifiedFolder[],
): Certificate['totals'] {
  const sum = (of: (folder: CertifiedFolder) => number): number => folders.reduce((all, each) => all + of(each), 0);
  const { equal, extra, behind, removedSince, sinceRelease, byPeople, open, accepted } = verification;
  return {
    folders: folders.length,
    sourceMessages: sum(({ source }) => source.reduce((all, { messages }) => all + messages, 0)),
    sourceOctets: sum(({ source }) => source.reduce((all, { octets }) => all + octets, 0)),
    targetMessages: sum(({ target }) => target.messages),
    targetOctets: sum(({ target }) => target.octets),
    equal,
    extra,
    behind,
    removedSince,
    sinceRelease,
    byPeople,
    open,
    accepted,
  };
}

/** What the comparison found, and behind it what the move has listed and the comparison did not find (any more). */
function exceptionsOf({ compared, facts }: CertifiedRead): readonly CertifiedException[] {
  const found: CertifiedException[] = [
    ...compared.open.map((finding) => exceptionOf(finding, null)),
    ...compared.accepted.map(({ finding, acceptance: { who, why, at } }) => exceptionOf(finding, { who, why, at })),
  ];
  const met = new Set([...compared.open, ...compared.accepted.map(({ finding }) => finding)].map(keyOf));
  for (const listed of facts.exceptions) {
    if (met.has(keyOf(listed))) continue;
    const { folder, uid, uidValidity, kind, code, detail, accepted } = listed;
    found.push({ by: 'journey', folder: compared.pathOf(folder), uid, uidValidity, kind, code, detail, accepted });
  }
  return found;
}

function exceptionOf(
  { path, uid, uidValidity, kind, code, detail }: OpenFinding,
  accepted: CertifiedException['accepted'],
): CertifiedException {
  return { by: 'comparison', folder: path, uid, uidValidity, kind, code, detail, accepted };
}

/** Under another numbering the same number is another message; a folder is the same. */
function keyOf(of: { readonly folder: string; readonly uid: number; readonly uidValidity: number }): string {
  return `${of.uid === 0 ? 0 : of.uidValidity} ${of.uid} ${of.folder}`;
}

function withoutId({ name, opensAt, closesAt, pilot }: NonNullable<CertifiedFacts['wave']>): Certificate['wave'] {
  return { name, opensAt, closesAt, pilot };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Names and words of servers may hold half a character, which has no canonical form (RFC 8785 §3.2.2.2). */
function wellFormed(document: Certificate): Certificate {
  const text = JSON.stringify(document, (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
  return JSON.parse(text) as Certificate;
}
