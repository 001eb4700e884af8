/** All that is told of one mailbox or one wave. */

import type { MailboxFound, WaveFound } from '#domain/description.ts';

export interface Descriptions {
  /** By its address, in lower or upper case alike, or by one of its aliases. */
  mailbox(address: string): Promise<MailboxFound>;
  wave(name: string): Promise<WaveFound>;
}
