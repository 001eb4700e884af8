/**
 * With which two accounts a ledger was made, kept beside it as a digest of each. Under other accounts all of it would be wrong, and on
 * the way home everything that the other account does not hold would be taken for removed.
 */

import { createHash } from 'node:crypto';
import type { MailboxPair } from '#ports/ledger.ts';

/** Of each account; more would only take room. */
const octetsOfEach = 8;

/** 16 octets, the source's first. Names are compared without case. */
export function pairDigest({ source, target }: MailboxPair): Buffer {
  return Buffer.concat([source, target].map(accountDigest));
}

/** Those of `pair` that are not the ones of which `kept` is the digest. */
export function otherAccounts(kept: Uint8Array, { source, target }: MailboxPair): readonly string[] {
  return [source, target].filter(
    (account, i) => !accountDigest(account).equals(kept.subarray(i * octetsOfEach, (i + 1) * octetsOfEach)),
  );
}

function accountDigest(account: string): Buffer {
  return createHash('sha256').update(account.toLowerCase()).digest().subarray(0, octetsOfEach);
}
