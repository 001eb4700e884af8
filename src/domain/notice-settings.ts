/** What a programme's settings say of messages to people: by which server they go, in whose name, and how many. No secret is in it. */

import type { NoticeHabits } from './notice.ts';
import type { Security } from './endpoint.ts';
import type { SecretReference } from './secret-reference.ts';

export interface NoticeSettings extends Omit<NoticeHabits, 'timezone'> {
  readonly smtp: SmtpServer;
  readonly from: NamedAddress;
  readonly replyTo: NamedAddress | null;
  /** A folder with a folder for each language; null for the templates that Godwit brings. */
  readonly templates: string | null;
  /** Of whoever has none in the list of mailboxes. */
  readonly language: string;
  readonly perMinute: number;
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  /** The text of authorities to trust besides those of the machine (PEM), or null. */
  readonly ca: string | null;
  readonly verify: boolean;
  /** Null: nobody signs in. */
  readonly signIn: { readonly user: string; readonly secret: SecretReference } | null;
}

export interface NamedAddress {
  readonly name: string | null;
  readonly address: string;
}

const schemes: Readonly<Record<string, { readonly security: Security; readonly port: number }>> = {
  smtps: { security: 'tls', port: 465 },
  smtp: { security: 'starttls', port: 587 },
  'smtp+plain': { security: 'clear', port: 25 },
};

/** Reads `smtps://mail.example:465`. Whatever else stands in it may be a secret, and is not repeated. */
export function readSmtpUrl(
  text: string,
): Pick<SmtpServer, 'host' | 'port' | 'security'> | { readonly problem: string } {
  const found = /^([a-z+]+):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  const scheme = schemes[(found?.[1] ?? '').toLowerCase()];
  if (!found || !scheme)
    return {
      problem:
        'write smtps://host (TLS), smtp://host (STARTTLS, required) or smtp+plain://host (clear text), without a user.',
    };
  const port = found[3] === undefined ? scheme.port : Number(found[3]);
  if (port < 1 || port > 65_535) return { problem: 'a port is a number from 1 to 65535.' };
  return { host: (found[2] as string).toLowerCase().replace(/^\[|\]$/g, ''), port, security: scheme.security };
}

/** Reads `move@corp.example` or `The move <move@corp.example>`; null where it is neither. */
export function readNamedAddress(text: string): NamedAddress | null {
  const found = /^(?:(?<name>[^<>]*?)\s*<(?<inner>[^<>\s@,;]+@[^<>\s@,;]+)>|(?<bare>[^<>\s@,;]+@[^<>\s@,;]+))$/.exec(
    text.trim(),
  )?.groups;
  if (!found) return null;
  const name = (found['name'] ?? '').replace(/^"|"$/g, '').trim();
  return { name: name === '' ? null : name, address: (found['inner'] ?? found['bare']) as string };
}
