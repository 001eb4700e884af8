/**
 * Messages on their way into a folder in memory. Chunks are not always copied at once: like a socket that is slow to drain,
 * the batch may keep a lent chunk until a later moment and only then look at it, which finds readers that write over it too soon.
 */

import type { FolderId, Uid } from '#domain/item.ts';
import type { AppendMessage, AppendOutcome, Batch } from '#ports/mailbox.ts';
import type { Arriving, Refusal } from './manners.ts';
import type { MemoryFolder } from './folder.ts';
import type { Session } from './session.ts';

interface Incoming {
  readonly message: AppendMessage;
  readonly chunks: Uint8Array[];
  octets: number;
}

export class MemoryBatch implements Batch {
  readonly #session: Session;
  readonly #folder: FolderId;
  readonly #outcomes: AppendOutcome[] = [];
  readonly #waiting: Incoming[] = [];
  #current: Incoming | null = null;
  #begun = 0;
  /** Chunks that have not been looked at yet: where they stand, so that copies take their place. */
  #borrowed: { readonly incoming: Incoming; readonly at: number }[] = [];
  /** Wakes the turn when a message has ended or the batch has. */
  #wake: () => void = () => {};
  #closed = false;
  #turn: Promise<void> | null = null;

  constructor(session: Session, folder: FolderId) {
    this.#session = session;
    this.#folder = folder;
  }

  begin(message: AppendMessage): void {
    if (this.#current) throw new Error('a message of this batch has not ended');
    // On a wire nothing else can be said until the command has ended, so the batch holds its turn until then.
    this.#turn ??= this.#takeTurn();
    this.#current = { message, chunks: [], octets: 0 };
    this.#begun++;
  }

  data(chunk: Uint8Array): void {
    const incoming = this.#current;
    if (!incoming) throw new Error('data outside a message');
    incoming.octets += chunk.length;
    if (incoming.octets > incoming.message.sizeBytes) throw new Error('more octets than were announced');
    this.#borrowed.push({ incoming, at: incoming.chunks.push(chunk) - 1 });
  }

  end(): void {
    const incoming = this.#current;
    if (incoming?.octets !== incoming?.message.sizeBytes) throw new Error('fewer octets than were announced');
    if (incoming) this.#waiting.push(incoming);
    this.#current = null;
    this.#wake();
  }

  returned(): Promise<void> | null {
    if (this.#borrowed.length === 0) return null;
    if (this.#session.options.chance.once(2)) {
      this.#copyBorrowed();
      return null;
    }
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#copyBorrowed();
        resolve();
      });
    });
  }

  async finish(): Promise<readonly AppendOutcome[]> {
    if (this.#current) throw new Error('a message of this batch has not ended');
    this.#close();
    await this.#turn;
    const text = this.#session.lost?.message ?? 'The reply was lost.';
    while (this.#outcomes.length < this.#begun) this.#outcomes.push({ kind: 'unknown', text });
    return this.#outcomes;
  }

  abandon(): void {
    if (!this.#turn) return;
    // Together: the command is still open whatever has ended of it. One by one: only inside a message.
    if (this.#current || this.#session.options.traits.batches === 'together') this.#session.lose('abandoned by us');
    this.#current = null;
    this.#close();
  }

  #close(): void {
    this.#closed = true;
    this.#wake();
  }

  #takeTurn(): Promise<void> {
    const together = this.#session.options.traits.batches === 'together';
    return this.#session
      .inTurn(async () => {
        const stopMourning = this.#session.whenLost(() => this.#wake());
        using _ = { [Symbol.dispose]: stopMourning };
        while (!this.#session.lost) {
          // One by one, each message is stored as soon as it has ended, whatever becomes of the next.
          const ready = together ? (this.#closed ? this.#waiting.splice(0) : []) : this.#waiting.splice(0, 1);
          this.#copyBorrowed();
          if (ready.length > 0) this.#store(ready, together);
          else if (this.#closed) return;
          else await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      })
      .catch((error: unknown) => {
        // A lost connection leaves the outcomes that are missing unknown; what else is thrown is said in their words.
        const text = error instanceof Error ? error.message : String(error);
        while (this.#outcomes.length < this.#begun) this.#outcomes.push({ kind: 'unknown', text });
      });
  }

  /** One command: everything in it, or nothing. */
  #store(incoming: readonly Incoming[], together: boolean): void {
    const folder = this.#folder;
    const arriving = incoming.map((one) => arrivingOf(one));
    for (const [index, { bytes }] of arriving.entries()) {
      const mishap = this.#session.before({
        kind: 'append-message',
        folder,
        index: this.#outcomes.length + index,
        bytes,
      });
      if (mishap?.kind === 'refused') return this.#refuse(incoming.length, mishap.refusal, together);
    }
    const before = this.#session.before({ kind: 'append', folder, messages: arriving.length });
    const open = this.#session.mailbox.folder(folder);
    if (!open?.selectable) return this.#refuse(incoming.length, gone, together);
    if (before?.kind === 'vague') return this.#unknown(incoming.length, before.text);
    if (before?.kind === 'lie')
      return this.#stored(
        open,
        arriving.map(() => null),
      );
    const limit = this.#session.options.traits.appendLimitBytes;
    if (limit !== null && arriving.some(({ bytes }) => bytes.length > limit)) {
      return this.#refuse(incoming.length, tooBig, together);
    }
    const arrival = this.#session.mailbox.arrive(open, arriving);
    if (arrival.kind === 'refused') return this.#refuse(incoming.length, arrival.refusal, together);
    const after = this.#session.after({ kind: 'append', folder, messages: arriving.length });
    if (after?.kind === 'vague') return this.#unknown(incoming.length, after.text);
    this.#stored(open, arrival.uids);
  }

  #stored(folder: MemoryFolder, uids: readonly (Uid | null)[]): void {
    const told = this.#session.options.traits.tellsUids;
    for (const [index, uid] of uids.entries()) {
      const uidValidity = told ? folder.uidValidity : null;
      // A lie is told with numbers that are not taken yet.
      const said = uid ?? ((folder.uidNext + index) as Uid);
      this.#outcomes.push({ kind: 'stored', uidValidity, uid: told ? said : null });
    }
  }

  #refuse(count: number, refusal: Refusal, together: boolean): void {
    for (let i = 0; i < count; i++) this.#outcomes.push({ kind: 'refused', ...refusal, together });
  }

  #unknown(count: number, text: string): void {
    for (let i = 0; i < count; i++) this.#outcomes.push({ kind: 'unknown', text, answered: true });
  }

  #copyBorrowed(): void {
    for (const { incoming, at } of this.#borrowed)
      incoming.chunks[at] = Uint8Array.from(incoming.chunks[at] as Uint8Array);
    this.#borrowed = [];
  }
}

const gone: Refusal = { because: 'folder', code: 'TRYCREATE', text: 'Mailbox does not exist' };
const tooBig: Refusal = { because: 'too-big', code: 'TOOBIG', text: 'Message is larger than this server takes' };

function arrivingOf({ message, chunks }: Incoming): Arriving {
  const bytes = new Uint8Array(Buffer.concat(chunks));
  return { bytes, flags: message.flags, internalDate: message.internalDate };
}
