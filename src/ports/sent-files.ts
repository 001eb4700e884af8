/**
 * Files that somebody sent from elsewhere, for an order to read: a list of mailboxes, a calendar, a log. Each is called by the SHA-256 of
 * its octets, so that an order that names one means these very octets, and sending the same once more changes nothing. It is there for
 * whoever sent it and for nobody else, for a day after it was used last.
 */

/** Bounds of what is taken in, in octets. */
export interface FileLimits {
  readonly largest: number;
  /** All together that wait to be used. */
  readonly together: number;
}

export interface SentFile {
  /** SHA-256 of its octets, 64 hexadecimal digits. */
  readonly file: string;
  readonly octets: number;
}

/** One that is there, to be read as often as one likes. */
export interface OpenSentFile extends SentFile {
  /**
   * Its octets from there on, in pieces of some hundred kilobytes that are the reader's own. No transaction is held. Throws
   * `api.file.gone` where it is forgotten meanwhile, and `database.*`.
   */
  from(octet: number): AsyncIterable<Buffer>;
}

/** One that has come and is not there for anybody yet. Disposed of before it is kept it never was. */
export interface TakenFile extends SentFile, AsyncDisposable {
  keep(): Promise<void>;
}

export interface SentFiles {
  readonly limits: FileLimits;
  /**
   * Takes in what comes from `who`. Throws what `octets` throws, `api.file.too-large`, `api.files.full` and `database.*`; nothing of
   * it is left then.
   */
  take(who: string, octets: AsyncIterable<Uint8Array>): Promise<TakenFile>;
  /** Null where there is none of this name that `who` has sent. */
  find(who: string, file: string): Promise<OpenSentFile | null>;
  /** It is used, and not needed any more. */
  forget(who: string, file: string): Promise<void>;
}
