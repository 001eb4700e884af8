/** How people sign in with an identity provider, and which roles what it says of them gives them here. */

import { cleanText } from '#lib/clean-text.ts';
import type { HeldRole } from './rights.ts';
import type { SecretReference } from './secret-reference.ts';

export interface SignInSettings {
  /** Of the provider; its metadata are found below it (OpenID Connect Discovery 1.0 §4). */
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client, which proves itself by PKCE alone. */
  readonly clientSecret: SecretReference | null;
  /** Where browsers find this API: `https://godwit.corp.example`. */
  readonly origin: string;
  readonly scopes: readonly string[];
  /** The claim that names somebody in the audit log. */
  readonly whoClaim: string;
  /** The claim with the groups that somebody is in. */
  readonly groupsClaim: string;
  readonly lastsSeconds: number;
  readonly roles: readonly GroupRole[];
}

/** Everybody in this group has this role. */
export interface GroupRole extends HeldRole {
  readonly group: string;
}

/** What a provider says of somebody. */
export type Claims = Readonly<Record<string, unknown>>;

export type PersonFound =
  | { readonly kind: 'person'; readonly who: string; readonly roles: readonly HeldRole[] }
  /** It does not say who they are, or not for certain. */
  | { readonly kind: 'nameless'; readonly claim: string }
  | { readonly kind: 'without-role'; readonly who: string };

const whoMax = 200;
/** So the audit log names machines, and who is at the command line: by no provider is anybody called that. */
const ours = /^(?:operator|worker|token)(?: |$)|^the leader$/i;

export function personOf(claims: Claims, { whoClaim, groupsClaim, roles }: SignInSettings): PersonFound {
  const name = claims[whoClaim];
  const who = typeof name === 'string' ? cleanText(name.trim(), whoMax) : '';
  // An address that nobody has seen to is whatever somebody typed (OpenID Connect Core 1.0 §5.7).
  // Some providers write it as text.
  const isSure = whoClaim !== 'email' || String(claims['email_verified']) !== 'false';
  if (who === '' || !isSure || ours.test(who)) return { kind: 'nameless', claim: whoClaim };
  const groups = new Set(groupsIn(claims[groupsClaim]));
  const held = roles.filter(({ group }) => groups.has(group)).map(({ role, organisation }) => ({ role, organisation }));
  return held.length === 0 ? { kind: 'without-role', who } : { kind: 'person', who, roles: once(held) };
}

function groupsIn(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string') : [];
}

function once(held: readonly HeldRole[]): readonly HeldRole[] {
  return [...new Map(held.map((each) => [`${each.role} ${each.organisation ?? ''}`, each] as const)).values()];
}
