/**
 * The messages that are going through the door for deliveries, by mailbox. When a mailbox becomes held, those for it are seen through
 * or broken off before the hold is acknowledged, so that nothing arrives on a side that has been left.
 */

import type { Carrying } from './carrying.ts';

/** What is nearly done is let finish; it is better for everybody than coming again after minutes. */
const graceMs = 2_000;
/** Whoever has the whole message and says nothing is waited for no longer; what they do with it is found by the next look at the source. */
const silenceMaxMs = 8_000;

export class InPassage {
  readonly #byMailbox = new Map<number, Set<Carrying>>();

  enter(carrying: Carrying, mailboxes: readonly number[]): void {
    for (const mailbox of mailboxes) {
      const there = this.#byMailbox.get(mailbox) ?? new Set();
      this.#byMailbox.set(mailbox, there.add(carrying));
      void carrying.replies.then(() => {
        there.delete(carrying);
        if (there.size === 0 && this.#byMailbox.get(mailbox) === there) this.#byMailbox.delete(mailbox);
      });
    }
  }

  /** Resolves once nothing for this mailbox is on its way that came in before. Without time nothing is let finish. */
  async cleared(mailbox: number, hasTime: boolean): Promise<void> {
    const there = [...(this.#byMailbox.get(mailbox) ?? [])];
    if (there.length === 0) return;
    const all = Promise.all(there.map((carrying) => carrying.replies));
    if (hasTime && (await within(all, graceMs))) return;
    for (const carrying of there) {
      if (carrying.isSent) continue;
      carrying.abandon({ code: 451, text: '4.3.2 This mailbox is being moved; to be tried again' });
    }
    await within(all, silenceMaxMs);
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
