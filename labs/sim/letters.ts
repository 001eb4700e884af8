/** Mail as it is: most of it plain, some without Message-ID, some the same twice, some that servers trip over. */

import type { Instant } from '#domain/item.ts';
import type { Chance } from '#lib/chance.ts';
import type { Arriving } from '#connectors/memory/manners.ts';

const noon = 1_600_000_000;
const keywords = ['$Forwarded', 'Junk', '$MDNSent', 'Work'];
const flags = ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted'];

/** Writes letters; each is another one unless it is a copy. */
export class Letters {
  readonly #chance: Chance;
  /** Whether messages are written that some servers alter or refuse. */
  readonly #awkward: boolean;
  #written: number;
  readonly #earlier: Uint8Array[] = [];

  /** `first` is the number of the first letter, so that two writers write no letter alike. */
  constructor(chance: Chance, awkward: boolean, first = 1) {
    this.#chance = chance;
    this.#awkward = awkward;
    this.#written = first - 1;
  }

  next(): Arriving {
    return { bytes: this.#bytes(), flags: this.someFlags(), internalDate: this.#date() };
  }

  someFlags(): readonly string[] {
    const some = [...flags, ...keywords].filter(() => this.#chance.once(5));
    return some.sort();
  }

  #bytes(): Uint8Array {
    const chance = this.#chance;
    const copied = this.#earlier.length > 0 && chance.once(8) ? chance.pick(this.#earlier) : null;
    if (copied) return copied;
    const number = ++this.#written;
    const lines = [
      `From: ann@example.org`,
      `Subject: letter ${number}${this.#awkward && chance.once(6) ? ' Gr\u00fc\u00dfe' : ''}`,
    ];
    if (!chance.once(6)) lines.push(`Message-ID: <${chance.once(10) ? 1 : number}@sim.example>`);
    if (chance.once(3)) lines.push('Date: Tue, 14 Jul 2020 08:00:00 +0000');
    const body = 'All is well here. '.repeat(chance.once(20) ? chance.below(3_000) : chance.below(8));
    const odd = this.#awkward ? chance.pick(['', '', '', 'nul \0', 'bare\nline', 'e\u00e9', 'no end']) : '';
    const text = `${lines.join('\r\n')}\r\n\r\n${number}: ${body}${odd}${chance.once(7) ? '' : '\r\n'}`;
    const bytes = Buffer.from(text, 'latin1');
    this.#earlier.push(bytes);
    return bytes;
  }

  #date(): Instant {
    const chance = this.#chance;
    if (this.#awkward && chance.once(12)) return chance.pick([-1_000_000, 0, 1, 4_000_000_000]) as Instant;
    return (noon + chance.below(1_000_000)) as Instant;
  }
}
