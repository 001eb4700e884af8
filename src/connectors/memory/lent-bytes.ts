/**
 * Hands a message out as a socket would: in chunks of any length, out of two buffers that are used again and again. A buffer
 * is written over with rubbish the moment it has been returned, so that whoever keeps a chunk without copying it is found out.
 */

import type { Chance } from '#lib/chance.ts';
import type { MessageSink } from '#ports/mailbox.ts';

const bufferOctets = 4_096;
const rubbish = 0xaa;

export class LentBytes {
  readonly #chance: Chance;
  readonly #free = [new Uint8Array(bufferOctets), new Uint8Array(bufferOctets)];
  /** One for each buffer that is away; settles when it has come back. */
  readonly #lent = new Set<Promise<void>>();

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Gives octets [from, to) of a message to the sink; returns when the last stretch has been lent, not when it is back. */
  async give(sink: MessageSink, bytes: Uint8Array, from: number, to: number): Promise<void> {
    while (from < to) {
      const buffer = await this.#buffer();
      // Small stretches are as likely as large ones: a reader must not care.
      const stretch = this.#chance.once(3) ? this.#chance.between(1, 16) : this.#chance.between(1, bufferOctets);
      const used = Math.min(stretch, to - from);
      buffer.set(bytes.subarray(from, from + used));
      for (let at = 0; at < used; ) {
        const length = this.#chance.once(2) ? used - at : this.#chance.between(1, used - at);
        sink.data(buffer.subarray(at, at + length));
        at += length;
      }
      from += used;
      this.#takeBack(buffer, sink.returned());
    }
  }

  async #buffer(): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#free.length === 0) await Promise.race(this.#lent);
    return this.#free.pop() as Uint8Array<ArrayBuffer>;
  }

  #takeBack(buffer: Uint8Array<ArrayBuffer>, returned: Promise<void> | null): void {
    const back = (): void => {
      buffer.fill(rubbish);
      this.#free.push(buffer);
    };
    if (!returned) return back();
    const lent: Promise<void> = returned.then(() => {
      this.#lent.delete(lent);
      back();
    });
    this.#lent.add(lent);
  }
}
