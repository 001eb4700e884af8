/** Which side somebody who signed in has come to, told by what they find in the inbox there. */

import type { SideName } from '#domain/platform.ts';

/** What is looked at of an inbox. */
export interface Inbox {
  readonly uidValidity: number;
  readonly uidNext: number;
  /** Whether the message that was looked for is in it. */
  readonly hasMessage: boolean;
}

/** Null where both look alike, or neither does. An inbox that could not be looked into is null. */
export function apart(met: Inbox, source: Inbox | null, target: Inbox | null): SideName | null {
  // UIDVALIDITY is each server's own (RFC 9051 §2.3.1.1), unless both made the mailbox in the same second.
  for (const aspect of ['uidValidity', 'hasMessage', 'uidNext'] as const) {
    const isLike = (inbox: Inbox | null): boolean => inbox !== null && inbox[aspect] === met[aspect];
    if (isLike(source) !== isLike(target)) return isLike(source) ? 'source' : 'target';
    if (!isLike(source)) return null;
  }
  return null;
}
