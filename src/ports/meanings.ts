/** Whom an order is about as things stand, so that what was approved can be held against what is done. */

import type { WhichExceptions } from '#domain/acceptance.ts';
import type { Meaning } from '#domain/access.ts';
import type { Whom } from '#domain/estate-state.ts';

/** Null where what is named is not there, or not for whoever asks. */
export interface Meanings {
  mailboxes(whom: Whom): Promise<Meaning | null>;
  /** All who are in it. */
  wave(name: string): Promise<Meaning | null>;
  /** Of one mailbox, those that nobody has accepted yet. */
  exceptions(address: string, which: WhichExceptions): Promise<Meaning | null>;
}
