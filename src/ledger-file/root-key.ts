/**
 * The state folder's key, from which the digests of every mailbox are keyed: 32 octets of chance in `ledger.key`, readable
 * by its owner alone. Made once; without it the digests in an existing ledger mean nothing, so it is never made anew
 * beside one.
 */

import { hkdfSync, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { fault } from '#domain/fault.ts';
import type { MailboxPair } from '#ports/ledger.ts';

const keyOctets = 32;
/** `fsync`, off the main thread. */
export const flush = promisify(fs.fsync);

/** The key, or null when there is none. Throws `ledger.damaged` (about `ledgerFile`) when it is not a key. */
export function readRootKey(keyFile: string, ledgerFile: string): Uint8Array | null {
  let key: Uint8Array;
  try {
    key = fs.readFileSync(keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (key.length === keyOctets) return key;
  throw fault('ledger.damaged', {
    file: ledgerFile,
    detail: `its key ledger.key has ${key.length} octets instead of ${keyOctets}.`,
  });
}

/**
 * Makes the key, whole and durable before anyone can see it; when another process was faster, takes that one's. That it has
 * its name is durable with the folder (`syncFolder`).
 */
export async function createRootKey(keyFile: string, ledgerFile: string): Promise<Uint8Array> {
  const key = randomBytes(keyOctets);
  const draft = `${keyFile}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const descriptor = fs.openSync(draft, 'wx', 0o600);
  try {
    fs.writeSync(descriptor, key);
    await flush(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  try {
    // A link, unlike a rename, fails when the name is taken.
    fs.linkSync(draft, keyFile);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readRootKey(keyFile, ledgerFile) ?? key;
  } finally {
    fs.unlinkSync(draft);
  }
}

/** 32 octets for one mailbox's digests: HKDF-SHA-256 (RFC 5869) of the root key, with both names as its salt. */
export function digestKeyOf(rootKey: Uint8Array, pair: MailboxPair): Uint8Array {
  // Names may be longer than the 1024 octets that OpenSSL allows for `info`; a salt is a key of HMAC and may be.
  const names = JSON.stringify([pair.source, pair.target]);
  return new Uint8Array(hkdfSync('sha256', rootKey, names, 'godwit digest 1', keyOctets));
}

/** Makes names in a folder durable, off the main thread. */
export async function syncFolder(folder: string): Promise<void> {
  const descriptor = fs.openSync(folder, 'r');
  try {
    await flush(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
