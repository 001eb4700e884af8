/** Those who want to know of a hold before it is acknowledged (to close sessions), and how long they may keep it waiting. */

import type { Log } from '#lib/log.ts';
import type { HeedHold } from '#ports/routes.ts';

interface Heeds {
  readonly heeds: readonly HeedHold[];
}

export class HoldsToHeed {
  readonly #them: Heeds;
  readonly #mostMs: number;
  readonly #log: Log;

  constructor(them: Heeds, mostMs: number, log: Log) {
    [this.#them, this.#mostMs, this.#log] = [them, mostMs, log];
  }

  /** Tells all of them of all these at once. Resolves when they have done what they do, or were too slow, or failed. */
  async heed(mailboxes: readonly number[], hasTime = true): Promise<void> {
    const each = this.#them.heeds.map((heed) => (mailbox: number) => heed(mailbox, hasTime));
    await Promise.all(mailboxes.flatMap((mailbox) => each.map((heed) => this.#one(heed, mailbox))));
  }

  async #one(heed: (mailbox: number) => Promise<void>, mailbox: number): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), this.#mostMs);
    try {
      const end = await Promise.race([heed(mailbox), late.promise]);
      if (end === 'late')
        this.#log.warn('a hold is acknowledged before all has been done for it', { mailbox, waitedMs: this.#mostMs });
    } catch (error) {
      this.#log.warn('what is to be done at a hold failed', { mailbox, says: String(error) });
    } finally {
      clearTimeout(timer);
    }
  }
}
