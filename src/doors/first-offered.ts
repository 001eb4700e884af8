/**
 * When a message that was put off was offered for the first time, so that it is known how long it took when it comes again. It is known
 * again by sender, recipient and size: a mail system sends the same of each, and nothing else of a message is looked at.
 */

const messagesMax = 10_000;
/** Whoever comes again later than this has come past the door meanwhile, or it is another message of that size. */
const forgottenAfterMs = 15 * 60_000;

export class FirstOffered {
  /** The oldest first: whoever is put off again keeps its place. */
  readonly #since = new Map<string, number>();

  /** When it was, by the clock of `nowMs`; now where nothing is known of it. */
  at(key: string, nowMs: number): number {
    const since = this.#since.get(key);
    return since === undefined || nowMs - since > forgottenAfterMs ? nowMs : since;
  }

  putOff(key: string, sinceMs: number): void {
    if (this.#since.get(key) === sinceMs) return;
    this.#since.delete(key);
    const [oldest] = this.#since.keys();
    if (this.#since.size >= messagesMax && oldest !== undefined) this.#since.delete(oldest);
    this.#since.set(key, sinceMs);
  }

  /** It has arrived, or was refused for good: nobody brings it again. */
  settled(key: string): void {
    this.#since.delete(key);
  }
}
