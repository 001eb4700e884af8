/** The sinks that the conformance suite reads with: one that collects, one that holds everything back, one that appends. */

import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant, Uid } from '#domain/item.ts';
import type { Batch, MessageSink, MessageWords } from '#ports/mailbox.ts';

/** Copies every chunk at once, and minds the order of calls. */
export class CollectingSink implements MessageSink {
  readonly messages: { readonly uid: Uid; readonly bytes: Buffer }[] = [];
  readonly words: (MessageWords | null)[] = [];
  #open: { readonly uid: Uid; readonly sizeBytes: number; readonly chunks: Buffer[] } | null = null;

  begin(uid: Uid, sizeBytes: number, words: MessageWords | null): void {
    if (this.#open) throw new Error('a message begins inside another');
    this.words.push(words);
    this.#open = { uid, sizeBytes, chunks: [] };
  }

  data(chunk: Uint8Array): void {
    if (!this.#open) throw new Error('data outside a message');
    this.#open.chunks.push(Buffer.from(chunk));
  }

  end(): void {
    const bytes = Buffer.concat(this.#open?.chunks ?? []);
    if (bytes.length !== this.#open?.sizeBytes) throw new Error('not as many octets as announced');
    this.messages.push({ uid: this.#open.uid, bytes });
    this.#open = null;
  }

  broken(): void {
    this.#open = null;
  }

  returned(): null {
    return null;
  }
}

/** Keeps everything that it is lent, and looks at it only when it lets go: what was written over meanwhile shows. */
export class HeldSink implements MessageSink {
  octets = 0;
  ended = 0;
  brokenOff = 0;
  #held: Uint8Array[] = [];
  readonly #hash = createHash('sha256');
  #open = false;
  #letGo: () => void = () => {};
  readonly #gone = new Promise<void>((resolve) => (this.#letGo = resolve));

  begin(): void {}

  data(chunk: Uint8Array): void {
    this.octets += chunk.length;
    this.#held.push(chunk);
  }

  end(): void {
    this.ended++;
  }

  broken(): void {
    this.brokenOff++;
  }

  returned(): Promise<void> | null {
    if (!this.#open) return this.#gone;
    this.#look();
    return null;
  }

  letGo(): void {
    this.#look();
    this.#open = true;
    this.#letGo();
  }

  /** Resolves when something has come and nothing more does. */
  async quiet(): Promise<void> {
    for (let seen = -1, still = 0; still < 4 || this.octets === 0; still = seen === this.octets ? still + 1 : 0) {
      seen = this.octets;
      await wait(15);
    }
  }

  sha256(): string {
    this.#look();
    return this.#hash.copy().digest('hex');
  }

  #look(): void {
    for (const chunk of this.#held) this.#hash.update(chunk);
    this.#held = [];
  }
}

/** Hands everything on to a batch, as an engine does. */
export class AppendingSink implements MessageSink {
  readonly #batch: Batch;
  readonly #date: Instant;

  constructor(batch: Batch, date: Instant) {
    this.#batch = batch;
    this.#date = date;
  }

  begin(_uid: Uid, sizeBytes: number): void {
    this.#batch.begin({ flags: [], internalDate: this.#date, sizeBytes });
  }

  data(chunk: Uint8Array): void {
    this.#batch.data(chunk);
  }

  end(): void {
    this.#batch.end();
  }

  broken(): void {
    this.#batch.abandon();
  }

  returned(): Promise<void> | null {
    return this.#batch.returned();
  }
}
