/**
 * A folder as one session sees it: its own numbering of messages, brought up to date only when the client may be told
 * (RFC 9051 §5.2, §7.5.1).
 */

import type { ModSeq, Uid, UidValidity } from '#domain/item.ts';
import type { MemoryFolder, MemoryMessage } from '#connectors/memory/platform.ts';
import type { Session } from './session.ts';
import { writeSet } from './write.ts';

export class Selected {
  readonly folder: MemoryFolder;
  readonly readOnly: boolean;
  /** By sequence number less one. */
  uids: Uid[];
  #uidValidity: UidValidity;
  #told: ModSeq;
  readonly #muted = new Map<Uid, ModSeq>();

  constructor(folder: MemoryFolder, readOnly: boolean) {
    this.folder = folder;
    this.readOnly = readOnly;
    this.uids = folder.messages.map(({ uid }) => uid);
    this.#uidValidity = folder.uidValidity;
    this.#told = folder.highestModSeq;
  }

  /** Sequence number of a UID this session knows, or 0. */
  sequence(uid: number): number {
    let low = 0;
    let high = this.uids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.uids[middle] as Uid;
      if (found === uid) return middle + 1;
      if (found < uid) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }

  /** This session's own change of a message's flags is not told to it as news. */
  mute(message: MemoryMessage): void {
    this.#muted.set(message.uid, message.modSeq);
  }

  /** Tells what has changed since the last time: departures (unless they must wait), arrivals, flags. */
  update(session: Session, what: 'all' | 'without-expunges'): void {
    const { folder } = this;
    if (folder.uidValidity !== this.#uidValidity) return this.#renumbered(session);
    if (folder.highestModSeq === this.#told && this.uids.length === folder.messages.length) return;
    const since = this.#told;
    const gone = what === 'all' ? this.uids.filter((uid) => !folder.message(uid)) : [];
    if (gone.length > 0) this.#tellGone(session, gone);
    const last = this.uids.at(-1) ?? 0;
    const arrived = folder.messages.filter(({ uid }) => uid > last);
    if (arrived.length > 0) {
      this.uids.push(...arrived.map(({ uid }) => uid));
      session.say(`${this.uids.length} EXISTS`);
    }
    for (const message of folder.messages) {
      const news = message.modSeq > since && message.uid <= last && this.#muted.get(message.uid) !== message.modSeq;
      if (news) this.#tellFlags(session, message);
    }
    if (what !== 'all') return;
    this.#told = folder.highestModSeq;
    this.#muted.clear();
  }

  #tellGone(session: Session, gone: readonly Uid[]): void {
    if (session.enabled.has('QRESYNC')) {
      session.say(`VANISHED ${writeSet(gone)}`);
      const left = new Set(gone);
      this.uids = this.uids.filter((uid) => !left.has(uid));
      return;
    }
    for (const uid of gone) {
      const number = this.sequence(uid);
      session.say(`${number} EXPUNGE`);
      this.uids.splice(number - 1, 1);
    }
  }

  #tellFlags(session: Session, message: MemoryMessage): void {
    const modSeq = session.enabled.has('CONDSTORE') ? ` MODSEQ (${message.modSeq})` : '';
    const number = session.house.quirks.fetchZero ? 0 : this.sequence(message.uid);
    const uid = session.enabled.has('QRESYNC') ? `UID ${message.uid} ` : '';
    session.say(`${number} FETCH (${uid}FLAGS (${message.flags.join(' ')})${modSeq})`);
  }

  #renumbered(session: Session): void {
    if (session.house.quirks.renumberedMidSession === 'bye') {
      session.say('BYE [UNAVAILABLE] IMAP session state is inconsistent, please relogin.');
      session.wire.end();
      return session.leave();
    }
    this.#uidValidity = this.folder.uidValidity;
    this.uids = this.folder.messages.map(({ uid }) => uid);
    this.#told = this.folder.highestModSeq;
    session.say(`OK [UIDVALIDITY ${this.folder.uidValidity}] Mailbox was renumbered`);
  }
}
