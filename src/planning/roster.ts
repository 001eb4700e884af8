/**
 * Who is to move, in columns: of two million mailboxes and five million grants an object for each would take more memory than all
 * that is done with them. A mailbox is its number, from 0 on, in the order of its file.
 */

/** No day was given: any will do. Days are counted since 1970-01-01. */
export const noDayBefore = -0x8000_0000;
export const noDayAfter = 0x7fff_ffff;

export interface Roster {
  /** Mailboxes. */
  readonly size: number;
  /** The address of a mailbox as it was written. */
  address(mailbox: number): string;
  /** The number of a mailbox by its address, in whatever case; -1 where there is none. */
  find(address: string): number;
  /** By the order of `mailboxKinds`. */
  readonly kind: Uint8Array;
  /** A number in `organisations`. */
  readonly organisation: Int32Array;
  /** 0 where nobody knows. */
  readonly sizeBytes: Float64Array;
  readonly items: Float64Array;
  readonly notBefore: Int32Array;
  readonly notAfter: Int32Array;
  /** A number in `hints`; -1 for none. */
  readonly waveHint: Int32Array;
  readonly organisations: readonly RosterOrganisation[];
  readonly hints: readonly string[];
  readonly grants: RosterGrants;
}

export interface RosterOrganisation {
  readonly code: string;
  readonly name: string;
  /** A number in `organisations`; -1 where there is none above it. */
  readonly parent: number;
}

/** Grants of which both ends are in the roster. */
export interface RosterGrants {
  readonly mailbox: Int32Array;
  readonly grantee: Int32Array;
  /** By the order of `grantKinds`. */
  readonly kind: Uint8Array;
  /** Grants with an end that nobody knows, and the first few of their unknown addresses. */
  readonly unknown: { readonly grants: number; readonly addresses: readonly string[] };
}
