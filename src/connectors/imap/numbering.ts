/**
 * Under which UIDVALIDITY the UIDs of each folder were told. One connection never tells two of one folder: a folder that is
 * renumbered under it ends it, so that nobody mixes its UIDs.
 */

import type { FolderId } from '#domain/item.ts';
import * as imap from '#protocols/imap/index.ts';
import type { ServerFacts } from './server-memory.ts';

/** So often a folder may be renumbered under us before its numbers count as unsettled. */
const unsettledAfter = 2;
/** Folders that are remembered so; a process may move a million mailboxes. */
const renumberingsMax = 10_000;

export class Numbering {
  readonly #session: imap.Session;
  readonly #facts: ServerFacts;
  /** The mailbox, since folders of several are remembered together. */
  readonly #name: string;
  readonly #known = new Map<FolderId, number>();
  /** For folders without a UIDVALIDITY: a number that no other connection has, so that nothing is resumed by UID. */
  readonly pretended = (Date.now() % 0x7fff_ffff) + 1;

  constructor(session: imap.Session, facts: ServerFacts, name: string) {
    this.#session = session;
    this.#facts = facts;
    this.#name = name;
  }

  /** UIDVALIDITY as last told of a folder, null where it was not. */
  of(folder: FolderId): number | null {
    return this.#known.get(folder) ?? null;
  }

  /** Told by STATUS or on opening. Throws an `ImapError` (`renumbered`) where it is another than before. */
  note(folder: FolderId, uidValidity: number): void {
    const before = this.#known.get(folder);
    if (before !== undefined && uidValidity !== before)
      throw new imap.ImapError({ kind: 'renumbered', mailbox: folder });
    this.#known.set(folder, uidValidity);
  }

  /**
   * Courier numbers a folder anew at each EXAMINE until somebody has once selected it (offlineimap, dovecot's `no-examine`).
   * Where that has been seen again and again, what STATUS says of it is no longer held against EXAMINE.
   */
  isSettled(folder: FolderId): boolean {
    return (this.#facts.renumberings.get(this.#key(folder)) ?? 0) < unsettledAfter;
  }

  /** Ends the session where `error` says that a folder was renumbered. */
  endIfRenumbered(error: unknown): void {
    if (!(error instanceof imap.ImapError) || error.trouble.kind !== 'renumbered') return;
    const key = this.#key(error.trouble.mailbox);
    const { renumberings } = this.#facts;
    if (this.#session.isAlive && renumberings.size < renumberingsMax) {
      renumberings.set(key, (renumberings.get(key) ?? 0) + 1);
    }
    this.#session.close(error.trouble);
  }

  #key(folder: string): string {
    return `${this.#name} ${folder}`;
  }
}
