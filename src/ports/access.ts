/**
 * Who is let in, and what they were given: tokens of machines, sessions of people, and approvals by a second person. What a
 * bearer may do is decided in `domain/rights.ts`. A bearer is shown once, when it is made; what is kept is its digest.
 */

import type {
  ApprovalLine,
  ApprovalNeeded,
  ApprovalOrder,
  Approved,
  Presented,
  Revoked,
  SessionBegun,
  SessionLine,
  SessionOrder,
  TokenLine,
  TokenMade,
  TokenOrder,
} from '#domain/access.ts';
import type { Holder } from '#domain/rights.ts';

/** What a door asks of everything that is presented to it. */
export interface Bearers {
  /**
   * `bearer`: what stands behind `Bearer` in an Authorization header (RFC 6750 §2.1), or in the cookie of a session. Whatever octets it
   * is made of, the answer is one of these. Without `isUse` somebody only looks whether it is still good, which keeps nobody signed in. Throws
   * `database.*` only.
   */
  holderOf(bearer: string, isUse?: boolean): Promise<Presented>;
}

/** Each with its record in the audit log. */
export interface Tokens {
  /** `person`: who answers for it, where that is not `who`: a token that makes another answers for nothing. */
  create(order: TokenOrder, who: string, person?: string): Promise<TokenMade>;
  /** Those that still let somebody in, or all, the newest first. */
  list(order: { readonly ended: boolean }): Promise<readonly TokenLine[]>;
  revoke(id: number, who: string, why: string | null): Promise<Revoked>;
}

/** Each with its record in the audit log. */
export interface Sessions {
  begin(order: SessionOrder): Promise<SessionBegun>;
  list(order: { readonly ended: boolean }): Promise<readonly SessionLine[]>;
  revoke(id: number, who: string, why: string | null): Promise<Revoked>;
}

/** Each with its record in the audit log. */
export interface Approvals {
  /** Waits while somebody else asks for an approval or uses one; until the transaction ends nobody else does. */
  turn(): Promise<void>;
  /**
   * The approval that `holder` has for exactly this, which nobody else then uses until the transaction ends; or asks for one;
   * asked again it is the same one. One that was asked for when others were meant is over.
   */
  need(order: ApprovalOrder, holder: Holder): Promise<ApprovalNeeded>;
  /** Uses up one that was given: in the transaction of the act, so that what was not done leaves it as it was. */
  use(id: number, holder: Holder): Promise<void>;
  approve(id: number, holder: Holder, why: string): Promise<Approved>;
  /** Those that wait for somebody or to be used, or all, the newest first; of who may not see the whole estate, their own. */
  list(order: { readonly ended: boolean }, holder: Holder): Promise<readonly ApprovalLine[]>;
}
