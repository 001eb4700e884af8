/**
 * Keeps a secret out of everything that is shown of a session, also when the server repeats it: in its words of
 * refusal, in a BAD that quotes the whole command, in the base64 of an answer.
 */

import { cleanText } from '#lib/clean-text.ts';
import type { Credential } from '#ports/credentials.ts';
import * as imap from '#protocols/imap/index.ts';

export type Mask = (text: string) => string;

/** Shorter ones would mask half of every line; they are masked only where they stand alone. */
const shortestAnywhere = 4;
const masked = '***';

/** Masks the secret of a credential in any spelling that it has on the wire, also where a line was cut within it. */
export function maskOf(credential: Credential): Mask {
  const secret = credential.kind === 'password' ? credential.password : credential.token;
  const long = spellings(secret).filter((each) => each.length >= shortestAnywhere);
  const alone = secret.length < shortestAnywhere && secret !== '' ? standingAlone(secret) : null;
  return (text) => {
    let clean = text;
    for (const each of long) clean = withoutCutOff(clean.replaceAll(each, masked), each);
    return alone ? clean.replace(alone, masked) : clean;
  };
}

/** An error of a session with the server's words masked; any other error as it is. */
export function maskedError(error: unknown, mask: Mask): unknown {
  if (!(error instanceof imap.ImapError) || !('text' in error.trouble)) return error;
  return new imap.ImapError({ ...error.trouble, text: mask(error.trouble.text) });
}

/** As it is, in quotes, as octets, tidied for people, and in base64; the longest first. */
function spellings(secret: string): readonly string[] {
  const quoted = secret.replace(/["\\]/g, '\\$&');
  const all = new Set([secret, quoted, Buffer.from(secret, 'utf8').toString('latin1'), base64(secret)]);
  for (const each of [secret, quoted]) all.add(cleanText(each, 100_000));
  // Within a longer base64 (SASL PLAIN, XOAUTH2) it stands at any of three alignments; its first and last letters then
  // depend on the neighbours and are left out.
  for (let shift = 0; shift < 3; shift++) {
    const shifted = base64(`${'\0'.repeat(shift)}${secret}`);
    all.add(shifted.slice(shift === 0 ? 0 : shift + 1, -4));
  }
  return [...all].toSorted((a, b) => b.length - a.length);
}

/** `cleanText` ends what it cuts with an ellipsis; before it may stand the beginning of a secret. */
function withoutCutOff(text: string, secret: string): string {
  if (!text.endsWith('…')) return text;
  for (let length = Math.min(secret.length, text.length) - 1; length >= shortestAnywhere; length--) {
    const tail = `${secret.slice(0, length)}…`;
    if (text.endsWith(tail)) return `${text.slice(0, -tail.length)}${masked}…`;
  }
  return text;
}

function standingAlone(secret: string): RegExp {
  const literally = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${literally}(?![\p{L}\p{N}])`, 'gu');
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
