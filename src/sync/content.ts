/**
 * What is learnt of a message while its bytes go by: the SHA-256, the octets, and whether it holds something that servers
 * are known to change without changing its length. Nothing of the message itself is kept.
 */

import { isAscii } from 'node:buffer';
import { createHash, type Hash, hash } from 'node:crypto';
import type { FolderId, Uid } from '#domain/item.ts';
import type { UidSet } from '#domain/uid-set.ts';
import type { MessageSink, Reader, ReadOutcome } from '#ports/mailbox.ts';

export interface Content {
  readonly sha256: Uint8Array;
  readonly sizeBytes: number;
  /** A NUL somewhere: Dovecot stores 0x80 instead, Cyrus refuses. */
  readonly hasNul: boolean;
  /** Octets above 127 before the first empty line: Cyrus stores `X` instead. */
  readonly has8BitHeader: boolean;
}

/** How far into a message we look for the end of its header; a longer one counts as a header throughout, which only costs a look. */
const headerOctetsMax = 256 * 1024;

/** Reads one message after another. Messages that come in one piece take the fast way (no hash object). */
export class ContentReader {
  #sizeBytes = 0;
  #seen = 0;
  #hash: Hash | null = null;
  #whole: Uint8Array | null = null;
  #hasNul = false;
  #has8BitHeader = false;
  #inHeader = true;

  begin(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes;
    this.#seen = 0;
    this.#hash = null;
    this.#whole = null;
    this.#hasNul = false;
    this.#has8BitHeader = false;
    this.#inHeader = true;
  }

  data(chunk: Uint8Array): void {
    if (this.#seen === 0 && chunk.length === this.#sizeBytes)
      this.#whole = Buffer.from(hash('sha256', chunk, 'hex'), 'hex');
    else {
      this.#hash ??= createHash('sha256');
      this.#hash.update(chunk);
    }
    if (!this.#hasNul && chunk.indexOf(0) !== -1) this.#hasNul = true;
    if (this.#inHeader) this.#lookAtHeader(chunk);
    this.#seen += chunk.length;
  }

  /** The message is whole: what there is to know of it. */
  end(): Content {
    const sha256 = this.#whole ?? (this.#hash ?? createHash('sha256')).digest();
    return { sha256, sizeBytes: this.#seen, hasNul: this.#hasNul, has8BitHeader: this.#has8BitHeader };
  }

  #lookAtHeader(chunk: Uint8Array): void {
    // A blank line cut in two by a chunk is missed here and the next one found instead: that only makes us look closer.
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const blank = bytes.indexOf('\r\n\r\n');
    const header = blank === -1 ? bytes : bytes.subarray(0, blank);
    if (!isAscii(header)) this.#has8BitHeader = true;
    if (blank !== -1 || this.#seen > headerOctetsMax) this.#inHeader = false;
  }
}

/**
 * SHA-256 over a message with everything levelled that servers are known to change: CR dropped, NUL as 0x80, octets above
 * 127 in the header as `X`. Two messages that are equal so are the same message as served by two servers.
 */
export class LevelledHash {
  readonly #hash = createHash('sha256');
  #lineIsEmpty = true;
  #inHeader = true;

  data(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += scratch.length)
      this.#some(chunk.subarray(from, from + scratch.length));
  }

  #some(piece: Uint8Array): void {
    let length = 0;
    for (const octet of piece) {
      if (octet === 0x0d) continue;
      if (octet === 0x0a) {
        if (this.#lineIsEmpty) this.#inHeader = false;
        this.#lineIsEmpty = true;
      } else this.#lineIsEmpty = false;
      scratch[length++] = octet === 0 ? 0x80 : octet;
      if (this.#inHeader && (octet > 0x7f || octet === 0)) scratch[length - 1] = 0x58;
    }
    this.#hash.update(scratch.subarray(0, length));
  }

  end(): string {
    return this.#hash.digest('base64');
  }
}

/** Hashed before anybody else writes into it: a buffer per chunk would be as much garbage as there is mail. */
const scratch = Buffer.allocUnsafe(65_536);

export interface FoundContent extends Content {
  readonly uid: Uid;
  /** Only where asked for (`levelled`). */
  readonly levelled: string | null;
}

/** Reads messages only to learn of their content; `found` is called for each in the order in which they come. */
export async function readContents(
  reader: Reader,
  folder: FolderId,
  uids: UidSet,
  levelled: boolean,
  found: (content: FoundContent) => void,
): Promise<ReadOutcome> {
  const content = new ContentReader();
  let level: LevelledHash | null = null;
  let at = 0 as Uid;
  const sink: MessageSink = {
    begin(uid, sizeBytes) {
      at = uid;
      content.begin(sizeBytes);
      level = levelled ? new LevelledHash() : null;
    },
    data(chunk) {
      content.data(chunk);
      level?.data(chunk);
    },
    end() {
      found({ ...content.end(), uid: at, levelled: level?.end() ?? null });
    },
    broken() {},
    returned: () => null,
  };
  return reader.read(folder, uids, sink);
}
