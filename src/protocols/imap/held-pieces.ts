/**
 * What was given to a stream of messages before it could be written: held by reference, in order, and counted as lent for as
 * long as octets are among it.
 */

export type Piece =
  | { readonly kind: 'begin-command' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'wait' }
  | { readonly kind: 'end-command' };

export class HeldPieces {
  readonly #pieces: Piece[] = [];
  /** Promised to whoever lent octets. */
  #owed: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  get length(): number {
    return this.#pieces.length;
  }

  at(index: number): Piece {
    return this.#pieces[index] as Piece;
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
  }

  dropFirst(count: number): void {
    this.#pieces.splice(0, count);
  }

  drop(): void {
    this.#pieces.length = 0;
  }

  /** Drops all; what was lent is free again at once. */
  forget(): void {
    this.drop();
    this.giveBack(null);
  }

  /** When the octets held may be written over; null where there are none. */
  returned(): Promise<void> | null {
    if (!this.#hasOctets()) return null;
    if (!this.#owed) {
      let resolve: () => void = () => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#owed = { promise, resolve };
    }
    return this.#owed.promise;
  }

  /** Whether somebody waits for octets of which none are held any more. */
  get isOwed(): boolean {
    return this.#owed !== null && !this.#hasOctets();
  }

  /** What was lent is free again: at once, or once it has left. */
  giveBack(leaving: Promise<void> | null): void {
    const owed = this.#owed;
    if (!owed) return;
    this.#owed = null;
    if (leaving) void leaving.then(owed.resolve);
    else owed.resolve();
  }

  /** Copies what is lent, so that nobody need be asked for it any more. */
  keep(): void {
    for (const [at, piece] of this.#pieces.entries()) {
      if (piece.kind === 'octets') this.#pieces[at] = { kind: 'octets', octets: Buffer.from(piece.octets) };
    }
    this.giveBack(null);
  }

  #hasOctets(): boolean {
    return this.#pieces.some((piece) => piece.kind === 'octets');
  }
}
