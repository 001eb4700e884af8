/**
 * What an import finds when it holds its files against each other and against the estate that is there, and the words for it.
 * *Joiners* are new, *leavers* are no longer in the file, *returners* had left, *movers* have another organisation or
 * other particulars. Whose size or count of items alone is another is not called a mover: at a second look that is everyone.
 */

import type { EstateFileKind } from './estate-columns.ts';
import type { SideName } from './platform.ts';

/** The gravest first. */
export const changeKinds = ['leaver', 'returner', 'mover', 'joiner'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** How many rows of one file would change, or have changed. */
export interface RowChanges {
  readonly joiners: number;
  readonly movers: number;
  readonly leavers: number;
  readonly returners: number;
  readonly unchanged: number;
}

export interface MailboxChanges extends RowChanges {
  /** Of the movers, those that have another organisation. */
  readonly toOtherOrganisation: number;
  /** Those of which nothing but the size or the count of items is another. */
  readonly resized: number;
  /** Leavers whose journey had begun and was not over: it rests where it is. */
  readonly leaversUnderWay: number;
}

/** Grants have no life of their own: the file says which there are. */
export interface GrantChanges {
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** Null for a file that was not given. */
export interface EstateChanges {
  readonly organisations: RowChanges | null;
  readonly mailboxes: MailboxChanges | null;
  readonly grants: GrantChanges | null;
}

/** One organisation or mailbox that is another than it was. */
export interface NamedChange {
  readonly of: 'organisation' | 'mailbox';
  readonly change: ChangeKind;
  /** A code or an address. */
  readonly name: string;
  /** The columns whose values are others; of a mover. */
  readonly columns: readonly string[];
  /** The organisation it was in and the one it is in, by their codes; of a mailbox, null where it is none. */
  readonly before: string | null;
  readonly after: string | null;
}

export function isNothing(changes: EstateChanges): boolean {
  const { organisations, mailboxes, grants } = changes;
  const rows = [organisations, mailboxes].flatMap((each) =>
    each ? [each.joiners, each.movers, each.leavers, each.returners] : [],
  );
  return [...rows, mailboxes?.resized ?? 0, grants?.added ?? 0, grants?.removed ?? 0].every((count) => count === 0);
}

/** Whether nobody was there before: then everyone joins. */
export function isFirst({ organisations, mailboxes }: EstateChanges): boolean {
  return [organisations, mailboxes].every(
    (each) => each === null || each.movers + each.leavers + each.returners + each.unchanged === 0,
  );
}

/** What only the comparison of rows with each other and with the estate can find, where it stands, and how grave it is. */
export type Clash =
  | { readonly clash: 'organisation.unknown'; readonly code: string; readonly near: string | null }
  | { readonly clash: 'organisation.in-use'; readonly code: string; readonly mailboxes: number }
  | { readonly clash: 'address.twice'; readonly address: string; readonly otherLine: number }
  | { readonly clash: 'account.changed'; readonly column: string; readonly address: string; readonly before: string }
  | {
      readonly clash: 'account.twice';
      readonly side: SideName;
      readonly address: string;
      readonly account: string;
      readonly otherAddress: string;
      readonly otherLine: number;
    }
  | { readonly clash: 'grant.end-unknown'; readonly address: string }
  | { readonly clash: 'grant.to-itself'; readonly address: string }
  | { readonly clash: 'grant.twice'; readonly otherLine: number }
  | { readonly clash: 'mailbox.renamed'; readonly address: string };

export type ClashName = Clash['clash'];

/** Remarks stop nothing. */
export const remarks: ReadonlySet<ClashName> = new Set<ClashName>([
  'grant.end-unknown',
  'grant.to-itself',
  'grant.twice',
  'mailbox.renamed',
]);

export function clashText(clash: Clash): string {
  switch (clash.clash) {
    case 'organisation.unknown':
      return `There is no organisation ${JSON.stringify(clash.code)}${clash.near === null ? '' : `; did you mean ${clash.near}?`}${clash.near === null ? '.' : ''}`;
    case 'organisation.in-use':
      return `The organisation ${clash.code} is not in this file, and ${clash.mailboxes} mailboxes belong to it. Give --mailboxes, too, if they have moved.`;
    case 'address.twice':
      return `The address ${clash.address} stands in line ${clash.otherLine} already.`;
    case 'account.changed':
      return `The ${clash.column} of ${clash.address} was ${clash.before} when its journey began. Where it is the same account, renamed, hold it first (godwit mailbox hold).`;
    case 'account.twice':
      return `On the ${clash.side} ${clash.address} has the account ${clash.account}, as ${clash.otherAddress} in line ${clash.otherLine} has already.`;
    case 'grant.end-unknown':
      return `No mailbox of the estate has the address ${clash.address}: this grant is left out.`;
    case 'grant.to-itself':
      return `${clash.address} is granted to itself: this grant is left out.`;
    case 'grant.twice':
      return `This grant stands in line ${clash.otherLine} already.`;
    case 'mailbox.renamed':
      return `This mailbox is new and has the alias ${clash.address}, whose mailbox leaves: perhaps it is the same, renamed.`;
  }
}

/** A problem or a remark where it stands. `line` and `column` are null where a whole file or line is meant. */
export interface Finding {
  readonly file: EstateFileKind;
  readonly line: number | null;
  /** The number of a field, from 1. */
  readonly column: number | null;
  readonly text: string;
}
