/**
 * Whether a password is that person's own, asked where it is known. Wherever a door has a proxy sign in with credentials of ours, this
 * is all that stands between a stranger and a mailbox: nothing but a plain yes is one.
 */

import { connect, isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Client, type ClientOptions } from 'ldapts';
import type { SignInBackend } from '#domain/door-backends.ts';
import type { Reach } from '#ports/reach.ts';
import * as imap from '#protocols/imap/index.ts';

export type PasswordVerdict = 'right' | 'wrong' | 'unsure';
export type PasswordCheck = (user: string, password: string, signal: AbortSignal) => Promise<PasswordVerdict>;

const connectMaxMs = 5_000;
const answerMaxMs = 10_000;

/** By a sign-in to a mail system, which is ended at once. */
export function checkByImap({ host, port, security, ca, verify }: SignInBackend, reach?: Reach): PasswordCheck {
  return async (user, password, signal) => {
    if (!canBePassword(user, password)) return 'wrong';
    const reached = { host, port, tls: security === 'tls', ca, verify, connectMs: connectMaxMs };
    try {
      const session = await imap.Session.open(
        { ...reached, ...reach?.to({ host, port }), deadlineMs: answerMaxMs, isReadOnly: true, trace: null },
        signal,
      );
      try {
        const plain = session.capabilities.has('AUTH=PLAIN') ? imap.sasl.plain({ user, password }) : null;
        await (plain ? imap.authenticate(session, plain) : imap.login(session, user, password));
        return 'right';
      } finally {
        session.leave();
      }
    } catch (error) {
      return error instanceof imap.ImapError && isRefusal(error.trouble) ? 'wrong' : 'unsure';
    }
  };
}

export interface DirectoryToAsk {
  /** ldaps://…, or ldap:// to this machine. */
  readonly url: string;
  /** Whose password it is, such as `uid={local},ou=people,dc=corp,dc=example`. */
  readonly dn: string;
  readonly ca: string | null;
  readonly verify: boolean;
}

/** By a bind to the organisation's directory (RFC 4513 §5.1.3). */
export function checkByLdap({ url, dn, ca, verify }: DirectoryToAsk, reach?: Reach): PasswordCheck {
  return async (user, password) => {
    // RFC 4513 §5.1.2: a bind without a password succeeds for everybody, and proves nothing.
    if (!canBePassword(user, password)) return 'wrong';
    const client = new Client({
      url,
      ...(reach ? connecting(reach) : {}),
      timeout: answerMaxMs,
      connectTimeout: connectMaxMs,
      ...(url.startsWith('ldaps:')
        ? { tlsOptions: { rejectUnauthorized: verify, ...(ca === null ? {} : { ca }), minVersion: 'TLSv1.2' as const } }
        : {}),
    });
    try {
      await client.bind(distinguishedName(dn, user), password);
      return 'right';
    } catch (error) {
      return (error as { readonly code?: unknown }).code === invalidCredentials ? 'wrong' : 'unsure';
    } finally {
      await client.unbind().catch(() => undefined); // the verdict stands, however they part
    }
  };
}

/** What a client of LDAP opens its socket with: what it may not be connected to is an error of that socket. */
function connecting(reach: Reach): Pick<ClientOptions, 'createConnection' | 'createSecureConnection'> {
  return {
    createConnection: (port: number, host: string) => connect(reach.to({ host, port })),
    createSecureConnection: (port: number, host: string, options: ConnectionOptions) =>
      connectTls({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}), ...reach.to({ host, port }) }),
  } as Pick<ClientOptions, 'createConnection' | 'createSecureConnection'>;
}

/** RFC 4511 §4.1.9. */
const invalidCredentials = 49;

/** Fills in `{user}`, `{local}` and `{domain}`, each so that it stays one value (RFC 4514 §2.4). */
export function distinguishedName(template: string, user: string): string {
  const at = user.lastIndexOf('@');
  const values: Readonly<Record<string, string>> = {
    user,
    local: at < 0 ? user : user.slice(0, at),
    domain: at < 0 ? '' : user.slice(at + 1),
  };
  return template.replaceAll(/\{(user|local|domain)\}/g, (_, name: string) => escaped(values[name] as string));
}

function escaped(value: string): string {
  return value
    .replaceAll(/[\\,+"<>;=#]/g, (character) => `\\${character}`)
    .replaceAll('\0', String.raw`\00`)
    .replaceAll(/^ | $/g, String.raw`\ `);
}

function canBePassword(user: string, password: string): boolean {
  return user !== '' && password !== '' && !user.includes('\0') && !password.includes('\0');
}

/** NO to the sign-in, for good; a server that is unwell says so by a code of its own (RFC 5530 §3). */
function isRefusal(trouble: imap.ImapError['trouble']): boolean {
  return (
    trouble.kind === 'refused' &&
    trouble.status === 'NO' &&
    !/^(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)/.test(trouble.code ?? '')
  );
}
