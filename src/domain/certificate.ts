/**
 * The certificate of one mailbox and that of a wave: what was there, what arrived, what did not and who accepted it, in a form that
 * anyone can check without us. docs/evidence-format.md describes it for those who write a checker of their own; what stands there and
 * here is one format, and a change that an older checker would misread raises `version`.
 */

import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { Graded, GradeCounts } from './grade.ts';
import type { Interruption } from './interruption.ts';
import type { Stage } from './journey.ts';
import { leafHash, treeRoot } from './merkle-tree.ts';
import type { SideName } from './platform.ts';
import type { Selection } from './selection.ts';
import type { VerifyNote } from './verify-report.ts';
import type { VerificationOutcome } from './wave-verification.ts';

export const certificateType = 'godwit-certificate';
export const waveCertificateType = 'godwit-wave-certificate';
export const certificateVersion = 1;

/** A folder of one side, as it was when it was read. */
export interface CertifiedSide {
  /** Decoded, from the root down. */
  readonly path: readonly string[];
  /** As the server writes it (modified UTF-7, RFC 3501 §5.1.3). */
  readonly name: string;
  readonly uidValidity: number;
  /** Every message that was there had a smaller UID than this. */
  readonly uidNext: number;
  /** Those whose content was read; `withheld` are the UIDs of those that the server listed and did not give out. */
  readonly messages: number;
  readonly octets: number;
  readonly withheld: readonly number[];
  /** SHA-256 over the sorted elements of its messages, in hexadecimal digits. */
  readonly elements: string;
}

/** A folder of the target, with the folders of the source that belong there. */
export interface CertifiedFolder {
  readonly source: readonly CertifiedSide[];
  readonly target: CertifiedSide;
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
}

/** Something that is not on the target as it is on the source. */
export interface CertifiedException {
  /** `comparison`: found when both sides were read for this. `journey`: listed by the move itself. */
  readonly by: 'comparison' | 'journey';
  readonly folder: string;
  /** Of the source; 0 for what is said of a folder. */
  readonly uid: number;
  readonly uidValidity: number;
  readonly kind: string;
  readonly code: string;
  readonly detail: string;
  readonly accepted: { readonly who: string; readonly why: string; readonly at: string } | null;
}

/** What a person ordered or accepted of the wave or the mailbox. */
export interface Approval {
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | null;
}

export interface CertifiedWave {
  readonly name: string;
  readonly opensAt: string;
  readonly closesAt: string;
  readonly pilot: boolean;
}

export interface Certificate {
  readonly type: typeof certificateType;
  readonly version: typeof certificateVersion;
  /** A UUID. */
  readonly id: string;
  readonly madeAt: string;
  readonly tool: { readonly name: 'godwit'; readonly version: string };
  readonly mailbox: {
    readonly address: string;
    readonly kind: string;
    readonly organisation: string;
    readonly stage: Stage;
    readonly side: SideName;
  };
  readonly wave: CertifiedWave | null;
  readonly approvals: readonly Approval[];
  /** The latest first. */
  readonly switches: readonly Interruption[];
  readonly compared: {
    readonly begun: string;
    readonly ended: string;
    /** Both mailboxes, without secrets. */
    readonly source: string;
    readonly target: string;
    readonly outcome: VerificationOutcome;
    /** What was to be moved, and is all that is certified: the choices of the settings. Of older certificates nobody can tell. */
    readonly selection?: CertifiedSelection;
    readonly messagesRead: number;
    readonly octetsRead: number;
  };
  /** SHA-256 of the mailbox's digest key, in hexadecimal digits: which key the elements were made with. */
  readonly digestKey: string;
  /** Of the file with one line for each message, which may be kept beside; null where none was made. */
  readonly elementList: { readonly sha256: string; readonly octets: number } | null;
  readonly folders: readonly CertifiedFolder[];
  /**
   * Names of the other folders that the target had, as the server writes them: of what is in them nothing is certified, and a folder
   * that is in neither list was not there. Of older certificates nobody can tell.
   */
  readonly otherFolders?: readonly string[];
  /** The Merkle root over `folders`, in hexadecimal digits. */
  readonly root: string;
  readonly totals: CertifiedTotals;
  readonly notes: readonly Pick<VerifyNote, 'kind' | 'source' | 'target' | 'reason'>[];
  readonly exceptions: readonly CertifiedException[];
  /** Exceptions beyond `exceptionsMax`, which are counted and not named. */
  readonly exceptionsUnnamed: number;
  readonly grade: Graded;
}

/** As `Selection`; dates in ISO 8601. */
export interface CertifiedSelection extends Pick<Selection, 'include' | 'exclude' | 'maxSizeBytes'> {
  readonly since: string | null;
  readonly before: string | null;
}

export interface CertifiedTotals {
  readonly folders: number;
  readonly sourceMessages: number;
  readonly sourceOctets: number;
  readonly targetMessages: number;
  readonly targetOctets: number;
  readonly equal: number;
  readonly extra: number;
  /** See `MailboxVerification`. */
  readonly behind: number;
  readonly removedSince: number;
  readonly sinceRelease: number;
  readonly byPeople: number;
  readonly open: number;
  readonly accepted: number;
}

export interface WaveCertificate {
  readonly type: typeof waveCertificateType;
  readonly version: typeof certificateVersion;
  readonly id: string;
  readonly madeAt: string;
  readonly tool: { readonly name: 'godwit'; readonly version: string };
  readonly wave: CertifiedWave;
  readonly mailboxes: number;
  /** The Merkle root over the certificates of its mailboxes, in hexadecimal digits. */
  readonly root: string;
  readonly grades: GradeCounts;
  readonly grade: Graded;
  /**
   * How many mailboxes of it have none, by the stage or the code of a fault that is the reason. Nobody by name: who is shown the root
   * of a wave need not know who else is in it.
   */
  readonly uncertified: Readonly<Record<string, number>>;
  /** SHA-256 of the canonical form of the wave certificate that was made before this one; null for the first of an estate. */
  readonly previous: string | null;
}

/** What lies in a file: the document, and a signature over its canonical form (RFC 7515 §7.2.2, payload detached: appendix F). */
export interface Envelope<Document = Certificate | WaveCertificate> {
  readonly certificate: Document;
  /** BASE64URL of the protected header. */
  readonly protected: string;
  readonly signature: string;
}

/** So many are named, at some 300 octets each: a mailbox with more of them is no success, whatever they are. */
export const exceptionsMax = 20_000;

/** The canonical form of a document of ours: what is signed and hashed. */
export function canonicalDocument(document: object): string {
  return canonicalJson(document as Json);
}

/** The octets of a file: the canonical form of the envelope and one line feed. */
export function envelopeText(envelope: Envelope): string {
  return `${canonicalDocument(envelope)}\n`;
}

/** `Certificate.root`: one leaf for each folder, in their order. */
export function rootOfFolders(folders: readonly CertifiedFolder[]): string {
  return treeRoot(folders.map((folder) => leafHash(canonicalDocument(folder)))).toString('hex');
}

/** The leaf of a mailbox in the tree of its wave. */
export function leafOfCertificate(certificate: Certificate): Buffer {
  return leafHash(canonicalDocument(certificate));
}

/** In the order in which they stand in the tree: by their octets, so that their places say nothing of whose they are. */
export function inTreeOrder<Leaf extends { readonly leaf: Uint8Array }>(leaves: readonly Leaf[]): readonly Leaf[] {
  return leaves.toSorted((a, b) => Buffer.compare(a.leaf, b.leaf));
}

/** The proof that a certificate is in its wave's root, as it lies in a file. Hashes in hexadecimal digits. */
export interface ProofDocument {
  readonly certificate: string;
  readonly waveCertificate: string;
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/** A name for the files of an address that no file system takes for anything else, and that leaves room for an ending. */
export function fileNameOf(address: string): string {
  const name = encodeURIComponent(address.toWellFormed())
    .replaceAll('%40', '@')
    .replace(/^\./, '%2E')
    .replaceAll('*', '%2A');
  if (name.length <= nameMax) return name;
  return `${name.slice(0, nameMax - 17)}-${createHash('sha256').update(address).digest('hex').slice(0, 16)}`;
}

/** File systems take 255 octets. */
const nameMax = 200;
