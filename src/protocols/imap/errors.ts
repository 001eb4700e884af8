/** What can go wrong with a session, as a value. Whoever speaks IMAP through this folder decides what it means to people. */

import { cleanText } from '#lib/clean-text.ts';

export type Trouble =
  /** No connection came to be: the cause is a socket's or TLS's error. */
  | { readonly kind: 'unreachable'; readonly phase: 'connecting' | 'handshake'; readonly cause: unknown }
  | { readonly kind: 'connect-timeout'; readonly seconds: number }
  /** The connection broke. */
  | { readonly kind: 'lost'; readonly text: string }
  /** `command` was not answered, or so slowly that it comes to the same. */
  | { readonly kind: 'silent'; readonly command: string; readonly seconds: number }
  | { readonly kind: 'bye'; readonly code: string | null; readonly text: string }
  | { readonly kind: 'garbled'; readonly text: string }
  | { readonly kind: 'endless'; readonly limit: string }
  /** RFC 9051 §11.1: what stands in the way of a protected connection. */
  | {
      readonly kind: 'unprotected';
      readonly why: 'starttls-missing' | 'starttls-refused' | 'starttls-injected' | 'preauth';
    }
  | {
      readonly kind: 'refused';
      readonly command: string;
      readonly status: 'NO' | 'BAD';
      readonly code: string | null;
      readonly text: string;
    }
  /** The mailbox has another UIDVALIDITY than the one its UIDs were learnt under. */
  | { readonly kind: 'renumbered'; readonly mailbox: string }
  /** We closed it ourselves. */
  | { readonly kind: 'closed'; readonly why: string };

export class ImapError extends Error {
  override readonly name = 'ImapError';
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(said(trouble), 'cause' in trouble ? { cause: trouble.cause } : undefined);
    this.trouble = trouble;
  }
}

function said(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'unreachable':
      return `no connection: ${trouble.cause instanceof Error ? trouble.cause.message : String(trouble.cause)}`;
    case 'connect-timeout':
      return `no connection within ${trouble.seconds} s`;
    case 'lost':
      return `connection lost: ${trouble.text}`;
    case 'silent':
      return `${trouble.command} unanswered for ${trouble.seconds} s`;
    case 'bye':
      return `BYE ${trouble.text}`;
    case 'garbled':
      return `not IMAP: ${trouble.text}`;
    case 'endless':
      return `too much: ${trouble.limit}`;
    case 'unprotected':
      return `no protected connection: ${trouble.why}`;
    case 'refused':
      return `${trouble.command}: ${trouble.status} ${trouble.text}`;
    case 'renumbered':
      return `another UIDVALIDITY: ${clean(trouble.mailbox)}`;
    case 'closed':
      return `closed: ${trouble.why}`;
    default:
      return trouble satisfies never;
  }
}

/** A response that is not IMAP, with its beginning, cleaned. */
export function garbled(what: string, text: string): ImapError {
  return new ImapError({ kind: 'garbled', text: `${what} in "${clean(text, 80)}"` });
}

/** Octets of a server's words that are kept. */
const longestWords = 300;

/** A server's words, one character per octet, fit to be shown. What came as UTF-8 reads as such. */
export function clean(text: string, longest = longestWords): string {
  const cut = text.length > longest * 4 ? text.slice(0, longest * 4) : text;
  return cleanText(/[\x80-\xff]/.test(cut) ? Buffer.from(cut, 'latin1').toString('utf8') : cut, longest);
}
