/** A provider that knows who somebody is, and says so by way of their browser. */

import type { Claims } from '#domain/sign-in.ts';

/** What has to come back with somebody, and is kept by their browser meanwhile. None of it is of use to anybody else. */
export interface SignInAttempt {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636 §4.1). */
  readonly verifier: string;
}

export interface SignedIn {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

/** Throws `access.sign-in.unavailable` where it cannot be asked, and `access.sign-in.refused` where its answer is no good. */
export interface IdentityProvider {
  /** Where somebody is sent to say who they are. */
  begin(): Promise<{ readonly url: URL; readonly attempt: SignInAttempt }>;
  /** `callback`: where they came back to, with all that stands in it. */
  finish(callback: URL, attempt: SignInAttempt): Promise<SignedIn>;
}
