/**
 * Where a password comes from: `env:NAME`, `file:PATH`, or a question on a terminal. Never from the command line itself,
 * and what was written there by mistake is not repeated by the refusal.
 */

import { open } from 'node:fs/promises';
import { fault } from '#domain/fault.ts';
import { whyNotRead } from '#lib/unreadable.ts';
import type { World } from './world.ts';

export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'ask' };

export type ParsedSecretRef = SecretRef | { readonly kind: 'refused'; readonly says: string };

/** Longer than any password or token; more is a wrong file. */
const longestSecretBytes = 65_536;

/** Reads a reference. `flag` is the place it stands in, for the message. */
export function parseSecretRef(text: string, flag: string): ParsedSecretRef {
  if (text.startsWith('env:')) {
    const name = text.slice(4);
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { kind: 'env', name };
    return { kind: 'refused', says: `${flag}: after "env:" stands the name of an environment variable.` };
  }
  if (text.startsWith('file:')) {
    const path = text.slice(5);
    if (path !== '' && !path.includes('\0')) return { kind: 'file', path };
    return { kind: 'refused', says: `${flag}: after "file:" stands the path of a file.` };
  }
  return {
    kind: 'refused',
    says: `${flag} takes env:NAME or file:PATH, not the secret itself: everyone on this machine can read a command line in the list of processes.`,
  };
}

export type ReadSecret =
  | { readonly kind: 'secret'; readonly secret: string; readonly warning: string | null }
  | { readonly kind: 'refused'; readonly says: string };

/** Fetches the secret that `ref` names; `whose` is for the question and for messages. */
export async function readSecret(ref: SecretRef, whose: string, world: World): Promise<ReadSecret> {
  switch (ref.kind) {
    case 'env': {
      const secret = world.environment(ref.name);
      if (secret === undefined)
        return { kind: 'refused', says: `The environment variable ${ref.name} (secret of ${whose}) is not set.` };
      return checked(secret, `The environment variable ${ref.name}`, null);
    }
    case 'file':
      return await readSecretFile(ref.path);
    case 'ask': {
      const secret = await world.askSecret(`Password of ${whose}`);
      // Whoever gives up at the question stops the command, as with Ctrl-C anywhere else.
      if (secret === null) throw fault('interrupted', { by: `no password was given for ${whose}` });
      return checked(secret, 'What was typed', null);
    }
  }
}

/** The secret in a file: one line of UTF-8, its line break taken off. */
export async function readSecretFile(path: string): Promise<ReadSecret> {
  let text: string;
  let warning: string | null = null;
  try {
    await using file = await open(path, 'r');
    const about = await file.stat();
    if (about.isDirectory()) return { kind: 'refused', says: `The secret file ${path} is a folder.` };
    if (about.isFile() && (about.mode & 0o004) !== 0)
      warning = `${path} holds a secret and can be read by everyone on this machine: chmod 600 it.`;
    const buffer = Buffer.alloc(longestSecretBytes + 1);
    let length = 0;
    // A pipe (<(pass show …)) gives its octets in portions.
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > longestSecretBytes)
        return { kind: 'refused', says: `The secret file ${path} is larger than any secret (64 kB).` };
    }
    text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    return { kind: 'refused', says: `The secret file ${path} cannot be read: ${whyUnreadable(error)}.` };
  }
  return checked(text.replace(/\r?\n$/, ''), `The secret file ${path}`, warning);
}

/** Whether `secret` can be one; `where` it comes from, for the message. */
export function checked(secret: string, where: string, warning: string | null): ReadSecret {
  if (secret === '') return { kind: 'refused', says: `${where} is empty.` };
  // No way to sign in over IMAP can carry these (RFC 4616 §2, RFC 9051 §9 `TEXT-CHAR`).
  if (/[\0\r\n]/.test(secret))
    return { kind: 'refused', says: `${where} holds more than one line, or a NUL: that is no password.` };
  return { kind: 'secret', secret, warning };
}

/** The reason why a file could not be read, in words. */
export function whyUnreadable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text';
  return whyNotRead(code) ?? error.message;
}
