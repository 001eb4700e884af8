/** All there is to move: organisations, the mailboxes in them, and the grants between mailboxes. */

/** A calendar day, `2026-12-01`, in the time zone of the programme. */
export type Day = string & { readonly brand: 'Day' };

/** A person's, a desk's that several share, a room's, or that of a program. */
export const mailboxKinds = ['person', 'shared', 'room', 'application'] as const;
export type MailboxKind = (typeof mailboxKinds)[number];

/** What one may do with another's mailbox. `folder`: some folders are shared. */
export const grantKinds = ['full-access', 'send-as', 'send-on-behalf', 'folder'] as const;
export type GrantKind = (typeof grantKinds)[number];

/** A line of `organisations.csv`. */
export interface OrganisationRow {
  readonly code: string;
  readonly name: string;
  /** The code of the organisation above it. */
  readonly parent: string | null;
}

/** A line of `mailboxes.csv`. */
export interface MailboxRow {
  /** As written; compared without case. */
  readonly address: string;
  readonly kind: MailboxKind;
  readonly organisation: string;
  readonly sizeBytes: number | null;
  readonly items: number | null;
  readonly notBefore: Day | null;
  readonly notAfter: Day | null;
  readonly waveHint: string | null;
  readonly sourceUser: string | null;
  readonly targetUser: string | null;
  readonly displayName: string | null;
  readonly aliases: readonly string[];
  readonly timezone: string | null;
  readonly language: string | null;
}

/** A line of `grants.csv`: `grantee` may do `kind` with `mailbox`. */
export interface GrantRow {
  readonly mailbox: string;
  readonly grantee: string;
  readonly kind: GrantKind;
}

/** Addresses are compared without case. */
export function addressKey(address: string): string {
  return address.trim().toLowerCase();
}
