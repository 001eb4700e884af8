/**
 * What is written in DATABASE_URL, read before anything is tried with it: the same URLs as libpq's, with one server in
 * them. Between machines TLS is on and verified unless the URL says otherwise; what `sslmode` says less than that with is
 * `disable` and `no-verify`, and the other words all mean `verify-full`, as they do to our driver.
 */

import fs from 'node:fs';
import { isIP } from 'node:net';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';

export interface Connection {
  /** For the driver. May hold a password. */
  readonly url: string;
  /** Without user and password, for people. */
  readonly name: string;
  /** Whether what is said can be read along on the way. */
  readonly isInTheClear: boolean;
}

const verified = ['verify-full', 'verify-ca', 'require', 'prefer'];
const words = ['disable', 'no-verify', ...verified];
const files = ['sslrootcert', 'sslcert', 'sslkey'];

/** Throws `database.url.wrong`, which repeats nothing of the text but names: there may be a password in it. */
export function readConnectionUrl(text: string): Connection {
  const wrong = (detail: string) => fault('database.url.wrong', { detail });
  const url = URL.parse(text.trim());
  // With a slash too few, user and password would stand where the name of the database does, which is shown.
  if (url === null || !/^postgres(ql)?:\/\//i.test(text.trim()) || /[@:]/.test(url.pathname))
    throw wrong(
      'it has to look like postgresql://user:password@host:5432/database, special characters percent-encoded.',
    );
  for (const name of files) {
    const path = url.searchParams.get(name);
    if (path !== null && !isReadable(path))
      throw wrong(`its ${name} names a file that cannot be read: ${cleanText(path, 200)}.`);
  }
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !words.includes(mode)) throw wrong(`its sslmode has to be one of ${words.join(', ')}.`);
  const host = (url.searchParams.get('host') ?? decoded(url.hostname)) || 'localhost';
  if (!host.startsWith('/') && host.includes(',')) throw wrong('it has to name one server.');
  // Not what PGHOST may say of another machine.
  if (url.hostname === '') url.searchParams.set('host', host);
  const ssl = url.searchParams.get('ssl');
  const isNear = host.startsWith('/') || isLoopback(host);
  const isInTheClear =
    mode === 'disable' || (mode === null && (ssl === '0' || ssl === 'false' || (ssl === null && isNear)));
  if (!isInTheClear && mode !== 'no-verify' && ssl !== 'no-verify') url.searchParams.set('sslmode', 'verify-full');
  return { url: url.href, name: nameOf(url, host), isInTheClear: isInTheClear && !isNear };
}

function nameOf({ port, pathname }: URL, host: string): string {
  const shownHost = host.startsWith('/') ? `[${host}]` : host;
  return cleanText(`postgresql://${shownHost}${port ? `:${port}` : ''}${decoded(pathname)}`, 200);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that encodes nothing
  }
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

function isReadable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
