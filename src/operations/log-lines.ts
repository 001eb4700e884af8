/** The lines of a log, as they come: each whole, with where it ends, and none so long that it fills the memory. */

/** No line of a log that we read is longer; a client that sends more into one has its line passed over. */
const lineMostOctets = 65_536;
const lineFeed = 0x0a;

export interface LogLine {
  /** Null for one that is too long. */
  readonly text: string | null;
}

export class LineCutter {
  /** The beginning of a line whose end has not come. */
  #begun: Buffer[] = [];
  #begunOctets = 0;
  #isTooLong = false;
  #endedAt: number;

  /** `from`: where the first octet stands in the log. */
  constructor(from: number) {
    this.#endedAt = from;
  }

  /** Behind the last line that was whole. */
  get endedAt(): number {
    return this.#endedAt;
  }

  /** A line counts once it has its end: what is still being written is left for later. A chunk may be written over afterwards. */
  *lines(chunk: Buffer): Generator<LogLine> {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, at);
      if (end < 0) break;
      const part = chunk.subarray(at, end);
      const octets = this.#begunOctets + part.length;
      this.#endedAt += octets + 1;
      const isTooLong = this.#isTooLong || octets > lineMostOctets;
      const whole = this.#begun.length === 0 ? part : Buffer.concat([...this.#begun, part]);
      this.#begun = [];
      this.#begunOctets = 0;
      this.#isTooLong = false;
      at = end + 1;
      yield { text: isTooLong ? null : textOf(whole) };
    }
    const rest = chunk.subarray(at);
    this.#begunOctets += rest.length;
    if (this.#begunOctets > lineMostOctets) {
      this.#isTooLong = true;
      this.#begun = [];
    } else if (rest.length > 0) this.#begun.push(Buffer.from(rest));
  }
}

/** What is no UTF-8 becomes a sign of its own. */
function textOf(line: Buffer): string {
  return line.toString('utf8', 0, line.at(-1) === 0x0d ? line.length - 1 : line.length);
}
