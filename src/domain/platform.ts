/**
 * The two mail systems of a programme as everybody at work knows them: where they are, how one signs in there, and what they
 * may be asked. Plain data without any secret, so that it can rest in the database and be read by workers elsewhere.
 */

import { nearest } from '#lib/nearest.ts';
import type { Slot } from '#lib/timetable.ts';
import type { Endpoint } from './endpoint.ts';
import { addressKey } from './estate.ts';
import { type SecretReference, sealedName } from './secret-reference.ts';

export const sideNames = ['source', 'target'] as const;
export type SideName = (typeof sideNames)[number];

export interface Platform {
  /** Without a user. */
  readonly endpoint: Endpoint;
  /** The text of authorities to trust besides those of the machine (PEM), or null. */
  readonly ca: string | null;
  /** False: anyone who answers there is believed. */
  readonly verify: boolean;
  /** Who a mailbox is to this platform, e.g. `{local}@old.example`; null: what the list of mailboxes says, else its address. */
  readonly user: string | null;
  readonly signIn: PlatformSignIn;
  /** Where people's sessions are seen and ended (doveadm's HTTP API); null, or lacking in what older versions wrote: nowhere. */
  readonly sessions?: PlatformSessions | null;
  readonly budget: Budget;
}

export interface PlatformSessions {
  readonly url: string;
  readonly key: SecretReference;
}

export type PlatformSignIn =
  /** One administrator for all, on behalf of each mailbox. */
  | {
      readonly kind: 'admin';
      readonly admin: string;
      readonly style: 'authzid' | 'user*master';
      readonly secret: SecretReference;
    }
  /** One secret that opens every mailbox under its own name. */
  | { readonly kind: 'shared'; readonly secret: SecretReference }
  | { readonly kind: 'each'; readonly secrets: MailboxSecrets }
  /** The path of a file as docs/oauth.md describes it. */
  | { readonly kind: 'oauth'; readonly file: string };

/** Where each mailbox's own secret is. */
export type MailboxSecrets =
  /** In the list at `path`: `address,secret`, a reference each. */
  | { readonly kind: 'list'; readonly path: string }
  /** Among the sealed ones, under the address behind this prefix. */
  | { readonly kind: 'sealed'; readonly prefix: string };

/** What a platform may be asked by all workers together. */
export interface Budget {
  readonly connections: number;
  readonly connectionsPerMailbox: number;
  /** By the clocks of the programme's time zone, ascending; a rate of null is without limit. */
  readonly bytesPerSecond: readonly Slot[];
  /** Null: without limit. */
  readonly commandsPerSecond: number | null;
}

/** What of a mailbox is needed to know who it is to a platform. */
export interface Named {
  readonly address: string;
  readonly sourceUser: string | null;
  readonly targetUser: string | null;
}

export const userFields = ['address', 'local', 'domain', 'source_user', 'target_user'] as const;
export type UserField = (typeof userFields)[number];

/** A piece of a template for users: what is filled in, or a text as it stands. */
export type UserPart = { readonly field: UserField } | { readonly text: string };

/** Who signs in, or on whose behalf: the user of `mailbox` on the platform of that side. */
export function userOn(side: SideName, { user }: Pick<Platform, 'user'>, mailbox: Named): string {
  const at = mailbox.address.lastIndexOf('@');
  const fields: Readonly<Record<UserField, string>> = {
    address: mailbox.address,
    local: at < 0 ? mailbox.address : mailbox.address.slice(0, at),
    domain: at < 0 ? '' : mailbox.address.slice(at + 1),
    // Where the list of mailboxes names none, it is the address.
    source_user: mailbox.sourceUser ?? mailbox.address,
    target_user: mailbox.targetUser ?? mailbox.address,
  };
  return userParts(side, { user })
    .map((part) => ('field' in part ? fields[part.field] : part.text))
    .join('');
}

/** What the users of the platform of that side are made of. */
export function userParts(side: SideName, { user }: Pick<Platform, 'user'>): readonly UserPart[] {
  const template = user ?? (side === 'source' ? '{source_user}' : '{target_user}');
  return template.split(/(\{\w+\})/).flatMap((text): readonly UserPart[] => {
    const field = userFields.find((name) => text === `{${name}}`);
    if (field !== undefined) return [{ field }];
    return text === '' ? [] : [{ text }];
  });
}

/** What is wrong with a template for users, in words; null where nothing is. */
export function userTemplateProblem(template: string): string | null {
  if (template === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(template)) return 'it is empty or holds a control character.';
  const rest = template.replaceAll(/\{\w+\}/g, '');
  if (/[{}]/.test(rest)) return 'a brace is opened or closed that has no other.';
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const unknown = names.find((name) => !userFields.some((field) => field === name));
  if (unknown !== undefined) {
    const near = nearest(unknown, userFields);
    return `there is no {${unknown.slice(0, 40)}}${near ? `; did you mean {${near}}?` : `. There are ${userFields.map((each) => `{${each}}`).join(', ')}.`}`;
  }
  if (names.length === 0)
    return 'every mailbox would have the same user; write {address}, {local} or {source_user} in it.';
  return null;
}

/** The name under which a mailbox's own secret is sealed; null where its address can be in no name. */
export function sealedNameOf(prefix: string, address: string): string | null {
  return sealedName(`${prefix}${addressKey(address)}`);
}
