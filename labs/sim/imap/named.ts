/** Folders as commands name them, and the line of STATUS about one. */

import type { MemoryFolder, MemoryMailbox } from '#connectors/memory/platform.ts';
import { Malformed, type Value } from './parse.ts';
import type { Session } from './session.ts';

/** The mailbox of a session that is signed in. */
export function mailboxOf(session: Session): MemoryMailbox {
  if (!session.mailbox) throw new Malformed('nobody is signed in');
  return session.mailbox;
}

export function named(session: Session, value: Value | undefined): MemoryFolder | undefined {
  const name = session.nameOf(value);
  return name === null ? undefined : mailboxOf(session).folder(name);
}

/** `STATUS name (…)` with the items asked for (RFC 9051 §7.3.4, RFC 7162 §3.1.7). */
export function statusLine(session: Session, folder: MemoryFolder, items: readonly string[]): string {
  const { quirks } = session.house;
  const told = items.map((item) => {
    switch (item) {
      case 'MESSAGES':
        return `MESSAGES ${Math.max(0, folder.messages.length + quirks.messagesOff)}`;
      case 'RECENT':
        return 'RECENT 0';
      case 'UIDNEXT':
        return `UIDNEXT ${quirks.uidNextZero ? 0 : folder.uidNext}`;
      case 'UIDVALIDITY':
        return `UIDVALIDITY ${folder.uidValidity}`;
      case 'UNSEEN':
        return `UNSEEN ${folder.messages.filter(({ flags }) => !flags.includes('\\Seen')).length}`;
      case 'SIZE':
        return `SIZE ${folder.messages.reduce((octets, { bytes }) => octets + bytes.length, 0)}`;
      case 'HIGHESTMODSEQ':
        if (session.has('CONDSTORE')) {
          session.enabled.add('CONDSTORE');
          return `HIGHESTMODSEQ ${folder.highestModSeq}`;
        }
        throw new Malformed('HIGHESTMODSEQ is not offered');
      case 'APPENDLIMIT':
        return `APPENDLIMIT ${session.house.appendLimitBytes ?? 'NIL'}`;
      default:
        throw new Malformed(`no such status item: ${item.slice(0, 30)}`);
    }
  });
  return `STATUS ${session.written(folder.name)} (${told.join(' ')})`;
}
