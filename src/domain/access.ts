/** What is said of who is let in: bearers as they are presented, tokens, sessions, and approvals by a second person. */

import type { BearerKind } from './bearer.ts';
import type { Act, DangerousAct, HeldRole, Holder } from './rights.ts';

/** `without-role`: of somebody who signed in, and whose groups give them nothing any more. */
export type WhyRefused = 'unknown' | 'expired' | 'revoked' | 'without-role';

export type Presented =
  | { readonly kind: 'holder'; readonly holder: Holder; readonly by: BearerKind; readonly id: number }
  /** All but `unknown` are told only to who has the whole of it, so that nobody learns which there are. */
  | { readonly kind: 'refused'; readonly why: WhyRefused };

export interface TokenOrder {
  /** What it is for, in words. */
  readonly name: string;
  readonly role: HeldRole;
  /** The acts that it is limited to; null: all that its role may do. */
  readonly scopes: readonly Act[] | null;
  /** In milliseconds from now. */
  readonly lastsMs: number;
}

export interface TokenLine {
  readonly id: number;
  readonly name: string;
  readonly role: HeldRole;
  readonly scopes: readonly Act[] | null;
  readonly createdBy: string;
  /**
   * Whether they might still make it, by what was known when they were signed in last. Null where nobody knows: it was made on the
   * command line, or they have not been here for long.
   */
  readonly makerMay: boolean | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** By the clock of the database. */
  readonly hasExpired: boolean;
  /** To a minute; null: never. */
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

export type TokenMade =
  /** `bearer`: shown once, kept nowhere. */
  | { readonly kind: 'made'; readonly token: TokenLine; readonly bearer: string }
  | { readonly kind: 'unknown-organisation'; readonly nearest: string | null };

/** `ended`: it was revoked before, or has expired. */
export type Revoked = 'revoked' | 'ended' | 'unknown';

export interface SessionOrder {
  /** Whom the identity provider says it is, as the audit log will name them. */
  readonly who: string;
  /** Its issuer and what it calls them (OpenID Connect Core 1.0 §2, `iss` and `sub`): names change hands, these do not. */
  readonly issuer: string;
  readonly subject: string;
  /** As it says, so that what they give can be judged anew. */
  readonly groups: readonly string[];
  readonly roles: readonly HeldRole[];
  readonly lastsMs: number;
  /** So long without asking anything, and it is over. */
  readonly idleMs: number;
}

export interface SessionLine {
  readonly id: number;
  readonly who: string;
  /** As they were when it was used last, to a minute. */
  readonly roles: readonly HeldRole[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** By the clock of the database. */
  readonly hasExpired: boolean;
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface SessionBegun {
  readonly session: SessionLine;
  /** What the person's browser shows from now on; kept nowhere. */
  readonly bearer: string;
}

/** Whom an order is about as things stand: a selector or the name of a wave may mean others tomorrow. */
export interface Meaning {
  /** Mailboxes; of exceptions that are accepted, exceptions. */
  readonly count: number;
  /** SHA-256 over which they are, in hexadecimal. */
  readonly digest: string;
}

/** What somebody wants to do that a second person has to approve. */
export interface ApprovalOrder {
  readonly act: DangerousAct;
  /** What it is to be done to, and how, to the letter: an approval is good for exactly this and nothing else. */
  readonly on: string;
  /** Null where it is about nobody in particular, such as the brake. */
  readonly meaning: Meaning | null;
  readonly why: string;
}

export interface ApprovalLine extends Omit<ApprovalOrder, 'meaning'> {
  readonly id: number;
  /** How many mailboxes were meant when it was asked for; where exceptions are accepted, how many of those. Null as above. */
  readonly meant: number | null;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly expiresAt: Date;
  /** By the clock of the database. */
  readonly hasExpired: boolean;
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
  /** An approval is used once. */
  readonly usedAt: Date | null;
}

/** `may`: it is approved, and is to be used by whoever does it. */
export interface ApprovalNeeded {
  readonly kind: 'may' | 'asked';
  readonly approval: ApprovalLine;
  /** The same was asked for before, when others were meant: that counts for nothing any more. Null: nothing was. */
  readonly overtaken: ApprovalLine | null;
}

export type Approved =
  | { readonly kind: 'approved'; readonly approval: ApprovalLine }
  /**
   * `unknown`: also to who may not do that act to the whole estate. `own`: nobody approves what they asked for. `ended`: approved
   * already, used or expired.
   */
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'own' | 'ended' };
