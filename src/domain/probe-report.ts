/** What is found at an address, and what it will mean for a move: the document of `godwit probe -o json`. */

import type { FaultReport } from './report.ts';

export interface ProbeReport {
  /** The URL as given, without secrets. */
  readonly server: string;
  /** What the server is and can do; null where it could not be reached at all. */
  readonly facts: ServerFacts | null;
  /** What the mailbox holds; null where nobody signed in. */
  readonly mailbox: MailboxFacts | null;
  /** With `--deep`: what every message was looked through for. */
  readonly deep: DeepFacts | null;
  /** What it means, the gravest first. */
  readonly remarks: readonly Remark[];
  readonly milliseconds: number;
  /** What ended the look early (unreachable, sign-in refused), or null. */
  readonly fault: FaultReport | null;
}

/**
 * `trouble`: a move will not go through, or not whole, unless someone acts. `note`: it will, and someone should know.
 * `fine`: it is as one would wish.
 */
export interface Remark {
  readonly weight: 'trouble' | 'note' | 'fine';
  readonly topic:
    | 'connection'
    | 'sign-in'
    | 'speed'
    | 'again'
    | 'exactness'
    | 'folders'
    | 'room'
    | 'clients'
    | 'messages';
  readonly says: string;
}

export type ServerKind =
  | 'dovecot'
  | 'cyrus'
  | 'courier'
  | 'exchange'
  | 'gmail'
  | 'zimbra'
  | 'icloud'
  | 'yahoo'
  | 'stalwart'
  | 'unknown';

export interface ServerFacts {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'clear';
  /** Null where the connection has no TLS. */
  readonly tls: TlsFacts | null;
  readonly greeting: string;
  /** What the server says of itself (ID, RFC 2971), by field, e.g. `name`, `version`. */
  readonly id: Readonly<Record<string, string>>;
  readonly kind: ServerKind;
  readonly capabilitiesBefore: readonly string[];
  /** Null where nobody signed in. */
  readonly capabilitiesAfter: readonly string[] | null;
  /** SASL mechanisms offered before sign-in, and `LOGIN` where the plain command is not forbidden. */
  readonly mechanisms: readonly string[];
  /** Of a question and its answer: the middle one of five. */
  readonly roundTripMs: number;
  readonly signIn: 'not-tried' | 'accepted' | 'refused';
}

export interface TlsFacts {
  /** E.g. `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  /** Whether the certificate is trusted here and bears the host's name; when not, why. */
  readonly trusted: boolean;
  readonly problem: string | null;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly sha256: string;
}

export interface MailboxFacts {
  readonly namespaces: readonly NamespaceFacts[];
  readonly separator: string | null;
  readonly folders: readonly FolderFacts[];
  /** Of personal folders that show no messages of others: what a move takes. */
  readonly messages: number;
  /** Null where the server does not tell sizes without looking at every message (STATUS=SIZE, RFC 8438). */
  readonly bytes: number | null;
  readonly quotas: readonly QuotaFacts[];
  readonly appendLimitBytes: number | null;
  /** Whether clients may make up keywords in the inbox; null where that is told only to those who may write. */
  readonly newKeywords: boolean | null;
}

export interface NamespaceFacts {
  readonly belongsTo: 'personal' | 'other-users' | 'shared';
  readonly prefix: string;
  readonly separator: string | null;
}

export interface FolderFacts {
  readonly path: string;
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUses: readonly string[];
  readonly belongsTo: 'personal' | 'other-users' | 'shared';
  readonly virtual: boolean;
  readonly messages: number | null;
  readonly bytes: number | null;
}

/** STORAGE is in octets here, MESSAGE in messages (RFC 9208 §5). */
export interface QuotaFacts {
  readonly root: string;
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
}

/** What in messages and names servers are known to refuse or alter (docs/quirks.md). */
export interface DeepFacts {
  readonly messagesRead: number;
  readonly bytesRead: number;
  readonly largestBytes: number;
  readonly keywordsMost: { readonly folder: string; readonly count: number } | null;
  readonly findings: readonly DeepFinding[];
}

export type DeepKind =
  | 'nul'
  | 'header8bit'
  | 'bareLineFeed'
  | 'longLine'
  | 'brokenHeader'
  | 'empty'
  | 'large'
  | 'date'
  | 'unreadable'
  | 'folderName';

export interface DeepFinding {
  readonly kind: DeepKind;
  readonly count: number;
  /** The first of them, at most 20. */
  readonly examples: readonly { readonly folder: string; readonly uid: number | null; readonly detail: string }[];
}
