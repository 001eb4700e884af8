/**
 * Whose mailbox an address of mail means. The same mailbox is written in several ways: its local part in quotes or without (RFC 5321
 * §4.1.2), its domain in letters or in ASCII (RFC 5891), and with something of the sender's behind a plus (RFC 5233), which the mail
 * systems behind understand. Whoever we took for a stranger because of that would have their mail brought to the side they have left.
 */

import { domainToASCII, domainToUnicode } from 'node:url';
import type { RouteFound } from '#domain/route.ts';
import type { RouteBook } from '#ports/routes.ts';

/** The one that nearly everybody uses, and the only one that Exchange knows. */
const delimiter = '+';

export interface Addressed {
  readonly found: RouteFound;
  /** What stands behind the name of the mailbox, with its plus; '' where nothing does. */
  readonly extension: string;
}

/** As it is written first: an address that somebody has, plus and all, is theirs. */
export function findAddressed(book: Pick<RouteBook, 'find'>, address: string): Addressed {
  const asIs = book.find(address);
  if (asIs.kind !== 'unknown') return { found: asIs, extension: '' };
  const at = address.lastIndexOf('@');
  if (at <= 0) return { found: asIs, extension: '' };
  const local = unquoted(address.slice(0, at));
  const domains = spellings(address.slice(at + 1));
  const plus = local.indexOf(delimiter);
  for (const extension of plus > 0 ? ['', local.slice(plus)] : [''])
    for (const domain of domains) {
      const name = `${local.slice(0, local.length - extension.length)}@${domain}`;
      const found = name === address ? asIs : book.find(name);
      if (found.kind !== 'unknown') return { found, extension };
    }
  return { found: asIs, extension: '' };
}

/** A book in which everybody is found by any spelling of their address. */
export function byAddress<Book extends Pick<RouteBook, 'find' | 'whenOpen'>>(
  book: Book,
): Pick<RouteBook, 'find' | 'whenOpen'> {
  return {
    find: (address) => findAddressed(book, address).found,
    whenOpen: (mailbox, mostMs, signal) => book.whenOpen(mailbox, mostMs, signal),
  };
}

function unquoted(local: string): string {
  if (local.length < 2 || !local.startsWith('"') || !local.endsWith('"')) return local;
  return local.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

function spellings(domain: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  const isPlain = /^[\x00-\x7f]*$/.test(domain);
  const other = isPlain ? (/(^|\.)xn--/i.test(domain) ? domainToUnicode(domain) : '') : domainToASCII(domain);
  return other === '' ? [domain] : [domain, other];
}
