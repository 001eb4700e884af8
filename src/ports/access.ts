/**
 * Who is let in, and what they were given: tokens of machines, sessions of people, and approvals by a second person. What a
 * bearer may do is decided in `domain/rights.ts`. A bearer is shown once, when it is made; what is kept is its digest.
 */

import type { BearerKind } from '#domain/bearer.ts';
import type { Act, DangerousAct, HeldRole, Holder } from '#domain/rights.ts';

/** What a door asks of everything that is presented to it. */
export interface Bearers {
  /**
   * `bearer`: what stands behind `Bearer` in an Authorization header (RFC 6750 §2.1), or in the cookie of a session. Whatever octets it
   * is made of, the answer is one of these. Throws `database.*` only.
   */
  holderOf(bearer: string): Promise<Presented>;
}

export type Presented =
  | { readonly kind: 'holder'; readonly holder: Holder; readonly by: BearerKind; readonly id: number }
  /** `expired` and `revoked` are told only to who has the whole of it, so that nobody learns which there are. */
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'expired' | 'revoked' };

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
  readonly createdAt: Date;
  readonly expiresAt: Date;
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

/** Each with its record in the audit log. */
export interface Tokens {
  create(order: TokenOrder, who: string): Promise<TokenMade>;
  /** Those that still let somebody in, or all, the newest first. */
  list(order: { readonly ended: boolean }): Promise<readonly TokenLine[]>;
  revoke(id: number, who: string, why: string | null): Promise<Revoked>;
}

export interface SessionOrder {
  /** Whom the identity provider says it is, as the audit log will name them. */
  readonly who: string;
  /** Its issuer and what it calls them (OpenID Connect Core 1.0 §2, `iss` and `sub`): names change hands, these do not. */
  readonly issuer: string;
  readonly subject: string;
  readonly roles: readonly HeldRole[];
  readonly lastsMs: number;
}

export interface SessionLine {
  readonly id: number;
  readonly who: string;
  readonly roles: readonly HeldRole[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Each with its record in the audit log. */
export interface Sessions {
  begin(order: SessionOrder): Promise<{ readonly session: SessionLine; readonly bearer: string }>;
  list(order: { readonly ended: boolean }): Promise<readonly SessionLine[]>;
  revoke(id: number, who: string, why: string | null): Promise<Revoked>;
}

/** What somebody wants to do that a second person has to approve. */
export interface ApprovalOrder {
  readonly act: DangerousAct;
  /** What it is to be done to, and how, to the letter: an approval is good for exactly this and nothing else. */
  readonly on: string;
  readonly why: string;
}

export interface ApprovalLine extends ApprovalOrder {
  readonly id: number;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly expiresAt: Date;
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
  /** An approval is used once. */
  readonly usedAt: Date | null;
}

export type Approved =
  | { readonly kind: 'approved'; readonly approval: ApprovalLine }
  /**
   * `unknown`: also to who may not do that act to the whole estate. `own`: nobody approves what they asked for. `ended`: approved
   * already, used or expired.
   */
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'own' | 'ended' };

/** Each with its record in the audit log. */
export interface Approvals {
  /**
   * Uses up the approval that `holder` has for exactly this, or asks for one; asked again it is the same one. `may`: do it now, it
   * is approved.
   */
  need(
    order: ApprovalOrder,
    holder: Holder,
  ): Promise<{ readonly kind: 'may' | 'asked'; readonly approval: ApprovalLine }>;
  approve(id: number, holder: Holder, why: string): Promise<Approved>;
  /** Those that wait for somebody or to be used, or all, the newest first; of who may not see the whole estate, their own. */
  list(order: { readonly ended: boolean }, holder: Holder): Promise<readonly ApprovalLine[]>;
}
