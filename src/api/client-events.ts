/** Server-sent events as they come over the wire (WHATWG HTML, section 9.2.6 "Interpreting an event stream"). */

export interface SentEvent {
  /** The last that was told; null: none yet. */
  readonly id: string | null;
  readonly event: string;
  /** Null where an event is a sign of life, or only says how long to wait or how far it is. */
  readonly data: string | null;
  /** Milliseconds before somebody who lost the stream comes again, as it was told last; null: not told. */
  readonly retryMs: number | null;
}

/** A line, or all data of an event, that is longer is nothing of ours. */
const lineMost = 4 * 1_048_576;

/** One after the other. What breaks off in the middle of an event is not told. Throws a `RangeError` for a line or an event without an end. */
export async function* sentEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | null = null;
  let retryMs: number | null = null;
  let event = '';
  let data: string[] = [];
  let dataLength = 0;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > lineMost) throw new RangeError('a line is longer than any');
    for (const line of lines) {
      if (line === '') {
        yield { id, event: event || 'message', data: data.length === 0 ? null : data.join('\n'), retryMs };
        [event, data, dataLength] = ['', [], 0];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id' && !value.includes('\0')) id = value;
      else if (field === 'event') event = value;
      else if (field === 'data') {
        // One with nothing in it takes room, too.
        dataLength += value.length + 1;
        if (dataLength > lineMost) throw new RangeError('an event is longer than any');
        data.push(value);
      } else if (field === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value);
    }
  }
}
