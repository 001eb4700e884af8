/**
 * The address of one end of a move, as a person writes it: `imaps://someone@mail.example`. The form is that of RFC 5092
 * with our three schemes; user names may hold `@` (the last one divides) and are percent-decoded (RFC 3986 §2.1). A
 * password never stands in it: it would be seen in the list of processes and kept in the history of the shell.
 */

import { isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** `tls`: from the first octet. `starttls`: required, not hoped for. `clear`: nothing is hidden from the network. */
export type Security = 'tls' | 'starttls' | 'clear';

export interface Endpoint {
  /** As it was written; it holds no secret, since one is refused. */
  readonly given: string;
  /** One spelling per endpoint: host in lower case, default port left out, the user's `@` as it is. */
  readonly name: string;
  readonly security: Security;
  /** In lower case, IDN in its ASCII form, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** The user name decoded, or null where none is given. */
  readonly user: string | null;
}

export type EndpointFlaw =
  | 'scheme'
  | 'password'
  | 'mechanism'
  | 'user'
  | 'user-missing'
  | 'host'
  | 'port'
  | 'path'
  | 'control-character'
  | 'too-long';

/** Why a text is no endpoint: `says` is for people and holds no secret that may have been in the text. */
export interface RefusedEndpoint {
  readonly kind: 'refused';
  readonly because: EndpointFlaw;
  readonly says: string;
}

export type ParsedEndpoint = { readonly kind: 'endpoint'; readonly endpoint: Endpoint } | RefusedEndpoint;

const schemes: Readonly<Record<string, { readonly security: Security; readonly port: number }>> = {
  imaps: { security: 'tls', port: 993 },
  imap: { security: 'starttls', port: 143 },
  'imap+plain': { security: 'clear', port: 143 },
};

/** Longer than any user name, host and port can be together (RFC 5321 §4.5.3.1 has 64 and 255, percent-encoded thrice). */
const longest = 2_000;

/**
 * Reads an endpoint. `user`: whether one must be named; `probe` can do without.
 * The answer is a union: a text that is no endpoint is expected here.
 */
export function parseEndpoint(text: string, user: 'required' | 'optional' = 'required'): ParsedEndpoint {
  if (text.length > longest) return refused('too-long', `This URL is longer than ${longest} characters.`);
  // Before anything is shown again: what cannot be seen is neither shown nor sent on.
  if (hasControlCharacter(text)) return refused('control-character', 'This URL holds a control character or a blank.');
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text);
  const scheme = match ? schemes[(match[1] as string).toLowerCase()] : undefined;
  if (!match || !scheme) return refused('scheme', schemeAdvice(text));
  const schemeName = (match[1] as string).toLowerCase();
  const [authority, rest] = authorityOf(match[2] as string);
  const at = authority.lastIndexOf('@');
  const userPart = at < 0 ? null : authority.slice(0, at);
  const hostPart = authority.slice(at + 1);
  const hostAsGiven = hostPart.replace(/[^\w.:[\]-]/g, '?');
  if (userPart?.includes(':')) {
    return refused(
      'password',
      `A password does not belong in the URL ${schemeName}://…@${hostAsGiven}: everyone on this machine can read it in the ` +
        'list of processes, and the shell keeps it. Give it as env:NAME or file:PATH with --source-secret or ' +
        '--target-secret, or leave it out and be asked for it. (A colon that is part of the user name is written %3A.)',
    );
  }
  if (rest !== '' && rest !== '/') {
    return refused(
      'path',
      `"${rest.slice(0, 40)}" after the host of ${schemeName}://${hostAsGiven} means nothing here: a whole mailbox is moved. ` +
        'Folders are chosen with --include and --exclude; "/", "?" and "#" in a user name are written %2F, %3F and %23.',
    );
  }
  const name = userOf(userPart);
  if (name.kind === 'refused') return name;
  if (name.user === null && user === 'required') {
    return refused(
      'user-missing',
      `${schemeName}://${hostAsGiven} does not say whose mailbox: write ${schemeName}://someone@${hostAsGiven}.`,
    );
  }
  const place = hostAndPort(hostPart, scheme.port);
  if (place.kind === 'refused') return place;
  const { host, port } = place;
  const shownPort = port === scheme.port ? '' : `:${port}`;
  const shownUser = name.user === null ? '' : `${encodeUser(name.user)}@`;
  const canonical = `${schemeName}://${shownUser}${shownHost(host)}${shownPort}`;
  return {
    kind: 'endpoint',
    endpoint: { given: text, name: canonical, security: scheme.security, host, port, user: name.user },
  };
}

/** The ports that one IMAP server listens on: STARTTLS and TLS from the first octet (RFC 8314 §3). */
const usualPorts: ReadonlySet<number> = new Set([143, 993]);

/**
 * Which mailbox an endpoint reaches, however it is reached: the ledger's key, and how one mailbox given twice is known. The
 * two usual ports of a host are one server, and how a connection is protected changes nothing; any other port may be
 * another server (several on one machine, a tunnel), so it is part of the mailbox.
 */
export function mailboxKey({ user, host, port }: Endpoint): string {
  const shownPort = usualPorts.has(port) ? '' : `:${port}`;
  return `${user === null ? '' : `${encodeUser(user)}@`}${shownHost(host)}${shownPort}`;
}

/** Whether what is sent to this endpoint stays on this machine, so that clear text harms nobody. */
export function isLoopback({ host }: Pick<Endpoint, 'host'>): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function schemeAdvice(text: string): string {
  const advice = 'Write imaps://user@host (TLS), imap://user@host (STARTTLS) or imap+plain://user@host (clear text).';
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):/i.exec(text)?.[1];
  return text.includes('://') && scheme
    ? `"${scheme}://" is none of the schemes known here. ${advice}`
    : `This is no URL. ${advice}`;
}

/** Divides `user@host:port/path` where the host ends: at the first `/`, `?` or `#`. */
function authorityOf(text: string): readonly [authority: string, rest: string] {
  const end = text.search(/[/?#]/);
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

function userOf(text: string | null): { readonly kind: 'user'; readonly user: string | null } | RefusedEndpoint {
  if (text === null) return { kind: 'user', user: null };
  if (text === '') return refused('user', 'There is nothing before the "@": the user name is missing.');
  // RFC 5092 §3 lets a mechanism follow the user; we choose the safest one that the server offers.
  if (/;auth=/i.test(text))
    return refused(
      'mechanism',
      '";AUTH=" in the URL is not supported: the way to sign in is chosen from what the server offers.',
    );
  let user: string;
  try {
    user = decodeURIComponent(text);
  } catch {
    return refused(
      'user',
      'The user name is not well percent-encoded: "%" is written %25, and the octets must be UTF-8.',
    );
  }
  if (hasControlCharacter(user.replaceAll(' ', ''))) return refused('user', 'The user name holds a control character.');
  return { kind: 'user', user };
}

function hostAndPort(
  text: string,
  defaultPort: number,
): { readonly kind: 'place'; readonly host: string; readonly port: number } | RefusedEndpoint {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text);
  if (!match) {
    return text.split(':').length > 2
      ? refused('host', 'An IPv6 address stands in brackets: imaps://someone@[2001:db8::1]:993.')
      : refused('host', 'The host cannot be read.');
  }
  const [, bracketed, plain, portText] = match;
  const host =
    bracketed === undefined ? asciiHost(plain as string) : isIPv6(bracketed) ? bracketed.toLowerCase() : null;
  if (host === null)
    return refused(
      'host',
      bracketed === undefined
        ? 'The host is missing or is no host name.'
        : 'What stands in brackets is no IPv6 address.',
    );
  if (portText === undefined) return { kind: 'place', host, port: defaultPort };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return refused('port', 'The port is a number from 1 to 65535.');
  return { kind: 'place', host, port };
}

/** A host name in its ASCII form (RFC 5891), or null. Underscores are let through: they occur in private networks. */
function asciiHost(text: string): string | null {
  if (text.includes('%')) return null;
  const ascii = domainToASCII(text).replace(/\.$/, '');
  const good =
    ascii !== '' &&
    ascii.length <= 253 &&
    ascii.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
  return good ? ascii.toLowerCase() : null;
}

function shownHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/** The user name as it reads best and can still be read back: only what would mislead is encoded. */
function encodeUser(user: string): string {
  return user.replace(/[%/?#:;\s]/gu, (character) => encodeURIComponent(character));
}

function hasControlCharacter(text: string): boolean {
  // C0, C1, DEL, blanks, line and paragraph separators, and the marks that turn the direction of writing round.
  return /[\p{Cc}\p{Zl}\p{Zp}\s\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text);
}

function refused(because: EndpointFlaw, says: string): RefusedEndpoint {
  return { kind: 'refused', because, says };
}
