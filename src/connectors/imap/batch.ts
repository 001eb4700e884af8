/** Messages on their way into a folder over IMAP: what APPEND says of them, and what its answers mean. */

import type { Uid, UidValidity } from '#domain/item.ts';
import type { AppendMessage, AppendOutcome, Batch } from '#ports/mailbox.ts';
import * as imap from '#protocols/imap/index.ts';
import { classifyAppendRefusal } from './refusal.ts';

export class ImapBatch implements Batch {
  readonly #stream: imap.AppendStream;
  readonly #together: boolean;

  /** `mailbox` in the server's octets. */
  constructor(session: imap.Session, mailbox: string, together: boolean) {
    this.#stream = new imap.AppendStream(session, mailbox, together);
    this.#together = together;
  }

  begin({ flags, internalDate, sizeBytes }: AppendMessage): void {
    this.#stream.begin({
      // What cannot be written is left out, never the message; reading back shows the difference.
      flags: settable(flags),
      date: internalDate === null ? null : imap.writeDateTime(internalDate),
      octets: sizeBytes,
    });
  }

  data(chunk: Uint8Array): void {
    this.#stream.data(chunk);
  }

  end(): void {
    this.#stream.end();
  }

  returned(): Promise<void> | null {
    return this.#stream.returned();
  }

  async finish(): Promise<readonly AppendOutcome[]> {
    const answers = await this.#stream.finish();
    return answers.flatMap((answer) => this.#outcomes(answer));
  }

  abandon(): void {
    this.#stream.abandon();
  }

  #outcomes(told: imap.AppendAnswer): readonly AppendOutcome[] {
    const { messages } = told;
    if (told.kind === 'lost') return Array<AppendOutcome>(messages).fill({ kind: 'unknown', text: told.error.message });
    const { answer } = told;
    if (answer.status === 'OK') return stored(answer, messages);
    const code = answer.code === null ? null : imap.clean(answer.code.name, 40);
    const text = imap.clean(answer.text);
    const because = classifyAppendRefusal(answer.status, code, text);
    const words = code === null ? text : `[${code}] ${text}`;
    const outcome: AppendOutcome =
      because === 'unknown'
        ? { kind: 'unknown', text: words, answered: true }
        : { kind: 'refused', because, code, text, together: this.#together && messages > 1 };
    return Array<AppendOutcome>(messages).fill(outcome);
  }
}

/** Neighbouring messages mostly share one array of flags. */
let lastFlags: readonly string[] = [];
let lastSettable: readonly string[] = lastFlags;

function settable(flags: readonly string[]): readonly string[] {
  if (flags === lastFlags) return lastSettable;
  lastFlags = flags;
  lastSettable = flags.every(isSettable) ? flags : flags.filter(isSettable);
  return lastSettable;
}

/** \Recent is the server's own (RFC 9051 §2.3.2). */
function isSettable(flag: string): boolean {
  return imap.isFlag(flag) && flag.toLowerCase() !== '\\recent';
}

/** RFC 4315 §3: the set of APPENDUID is in the order sent. One of another length proves nothing, so the UIDs are unknown. */
function stored({ code }: imap.Tagged, messages: number): readonly AppendOutcome[] {
  const uids: number[] = [];
  if (code?.kind === 'append-uid') {
    for (const [first, last] of code.uids) {
      for (let uid = first; uid <= last && uids.length <= messages; uid++) uids.push(uid);
    }
  }
  if (code?.kind !== 'append-uid' || uids.length !== messages) {
    return Array<AppendOutcome>(messages).fill({ kind: 'stored', uidValidity: null, uid: null });
  }
  const uidValidity = code.uidValidity as UidValidity;
  return uids.map((uid) => ({ kind: 'stored', uidValidity, uid: uid as Uid }));
}
