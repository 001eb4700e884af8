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
  /** Whoever has asked nothing for so long is signed out. */
  readonly idleSeconds: number;
  readonly roles: readonly GroupRole[];
}

/** Everybody in this group has this role. */
export interface GroupRole extends HeldRole {
  readonly group: string;
}

const thisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a provider may be asked, or a browser sent there, without TLS: on this machine only, as it is written. */
export function isClearHere({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && thisMachine.test(hostname);
}

/** What of the settings counts for those who have signed in, for as long as they are. */
export type SessionRules = Pick<SignInSettings, 'issuer' | 'roles' | 'lastsSeconds' | 'idleSeconds'>;

/** What was kept of somebody when they signed in. */
export interface KeptSession {
  readonly issuer: string;
  /** The groups that the provider named; null: an earlier version kept the roles only. */
  readonly groups: readonly string[] | null;
  readonly roles: readonly HeldRole[];
}

/** What a provider says of somebody. */
export type Claims = Readonly<Record<string, unknown>>;

export type PersonFound =
  | {
      readonly kind: 'person';
      readonly who: string;
      readonly groups: readonly string[];
      readonly roles: readonly HeldRole[];
    }
  /** It does not say who they are, or not for certain. */
  | { readonly kind: 'nameless'; readonly claim: string }
  | { readonly kind: 'without-role'; readonly who: string };

const whoMax = 200;
/** Providers send some hundreds at most, and a link to the rest, which nobody follows. */
const groupsMost = 2_000;
/** So the audit log names machines, and who is at the command line: by no provider is anybody called that. */
const ours = /^(?:operator|worker|token)(?: |$)|^(?:the leader|godwit)$/i;

export function personOf(claims: Claims, { whoClaim, groupsClaim, roles }: SignInSettings): PersonFound {
  const name = claims[whoClaim];
  const who = typeof name === 'string' ? cleanText(name.trim(), whoMax) : '';
  // An address that nobody has seen to is whatever somebody typed (OpenID Connect Core 1.0 §5.7).
  // Some providers write it as text.
  const isSure = whoClaim !== 'email' || String(claims['email_verified']) !== 'false';
  if (who === '' || !isSure || ours.test(who)) return { kind: 'nameless', claim: whoClaim };
  const groups = groupsIn(claims[groupsClaim]);
  const held = rolesOfGroups(groups, roles);
  return held.length === 0 ? { kind: 'without-role', who } : { kind: 'person', who, groups, roles: held };
}

/** What somebody may do who has signed in, by what the settings say now; nothing where they name another provider, or none. */
export function rolesNow({ issuer, groups, roles }: KeptSession, rules: SessionRules | null): readonly HeldRole[] {
  if (rules === null || issuer !== rules.issuer) return [];
  if (groups !== null) return rolesOfGroups(groups, rules.roles);
  // By which group they had a role nobody knows any more: what no group has, they have not either.
  return roles.filter((held) => rules.roles.some((given) => isSame(given, held)));
}

function rolesOfGroups(groups: readonly string[], given: readonly GroupRole[]): readonly HeldRole[] {
  const its = given.filter(({ group }) => groups.includes(group));
  return once(its.map(({ role, organisation }) => ({ role, organisation })));
}

function isSame(some: HeldRole, other: HeldRole): boolean {
  return some.role === other.role && some.organisation === other.organisation;
}

/** Whether they are the same roles, in whatever order. */
export function areSameRoles(some: readonly HeldRole[], others: readonly HeldRole[]): boolean {
  return some.length === others.length && some.every((held) => others.some((other) => isSame(held, other)));
}

function groupsIn(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string').slice(0, groupsMost) : [];
}

function once(held: readonly HeldRole[]): readonly HeldRole[] {
  return [...new Map(held.map((each) => [`${each.role} ${each.organisation ?? ''}`, each] as const)).values()];
}
