/**
 * How many folders are compared at once. Several, so that no round trip is waited for per folder; but only so many
 * messages in all, since their columns are held until both sides are read.
 */

/** Folders whose questions stand on the wire together. */
const foldersMax = 8;
/** Messages of both sides together, at some 60 octets each. A folder that is larger is compared alone. */
const messagesMax = 100_000;

export class Places {
  #folders = 0;
  #messages = 0;
  readonly #waiting: { readonly messages: number; readonly enter: () => void }[] = [];

  /** Resolves, in the order of the calls, when there is room for a folder of so many messages; disposing leaves it. */
  async take(messages: number): Promise<Disposable> {
    if (this.#waiting.length > 0 || !this.#hasRoom(messages)) {
      await new Promise<void>((resolve) => this.#waiting.push({ messages, enter: resolve }));
    } else this.#enter(messages);
    return { [Symbol.dispose]: () => this.#leave(messages) };
  }

  #hasRoom(messages: number): boolean {
    return this.#folders === 0 || (this.#folders < foldersMax && this.#messages + messages <= messagesMax);
  }

  #enter(messages: number): void {
    this.#folders++;
    this.#messages += messages;
  }

  #leave(messages: number): void {
    this.#folders--;
    this.#messages -= messages;
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.messages); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#enter(next.messages);
      next.enter();
    }
  }
}
