/** SELECT, EXAMINE, CLOSE, UNSELECT, with the parameters of CONDSTORE and QRESYNC (RFC 7162 §3.1.8, §3.2.5). */

import { uidSet } from '#domain/uid-set.ts';
import type { MemoryFolder } from '#connectors/memory/platform.ts';
import { listOf, readSet, textOf, type Value, wordOf } from './parse.ts';
import { Selected } from './selected.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeSet } from './write.ts';

/** Folders whose UIDVALIDITY has settled, where EXAMINE does not settle it. */
const settled = new WeakSet<MemoryFolder>();
let unsettled = 0;

export function select(session: Session, values: readonly Value[]): Reply {
  return open(session, values, false);
}

export function examine(session: Session, values: readonly Value[]): Reply {
  return open(session, values, true);
}

export function unselect(session: Session): Reply {
  if (!session.has('UNSELECT')) return bad('Unknown command UNSELECT');
  session.selected = null;
  return ok('Unselected.');
}

export function close(session: Session): Reply {
  const { selected } = session;
  if (selected && !selected.readOnly) {
    selected.folder.expunge(uidSet(selected.folder.messages.filter(isDeleted).map(({ uid }) => uid)));
  }
  session.selected = null;
  return ok('Closed.');
}

export function isDeleted({ flags }: { readonly flags: readonly string[] }): boolean {
  return flags.includes('\\Deleted');
}

function open(session: Session, values: readonly Value[], readOnly: boolean): Reply {
  // A failed SELECT leaves nothing selected (RFC 9051 §6.3.2), and says so where the client has enabled that.
  if (session.selected && session.enabled.has('QRESYNC')) session.say('OK [CLOSED] Previous mailbox closed.');
  session.selected = null;
  const name = session.nameOf(values[0]);
  const folder = name === null ? undefined : session.mailbox?.folder(name);
  if (!folder?.selectable) return no('Mailbox does not exist', 'NONEXISTENT');
  const parameters = values[1] ? listOf(values[1]) : [];
  const words = parameters.map((value) => (value.kind === 'atom' ? value.text.toUpperCase() : ''));
  if (words.includes('CONDSTORE') && session.has('CONDSTORE')) session.enabled.add('CONDSTORE');
  session.selected = new Selected(folder, readOnly);
  tell(session, folder, readOnly);
  const resync = words.indexOf('QRESYNC');
  if (resync >= 0) {
    if (!session.enabled.has('QRESYNC')) {
      session.violation('QRESYNC in SELECT without ENABLE');
      return bad('QRESYNC is not enabled');
    }
    tellSince(session, folder, listOf(parameters[resync + 1]));
  }
  return ok(readOnly ? 'Examine completed.' : 'Select completed.', readOnly ? 'READ-ONLY' : 'READ-WRITE');
}

function tell(session: Session, folder: MemoryFolder, readOnly: boolean): void {
  const { quirks } = session.house;
  const keywords = [...new Set(folder.messages.flatMap(({ flags }) => flags))].filter((flag) => !flag.startsWith('\\'));
  const flags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft', ...keywords];
  const newKeywords = session.mailbox?.takes('$AnyNewKeyword') ? ' \\*' : '';
  session.say(`FLAGS (${flags.join(' ')})`);
  session.say(`OK [PERMANENTFLAGS (${readOnly ? '' : flags.join(' ') + newKeywords})] Flags permitted.`);
  session.say(`${folder.messages.length} EXISTS`);
  session.say('0 RECENT');
  if (!readOnly) settled.add(folder);
  const shaky = quirks.uidValidityUnstableUnderExamine && !settled.has(folder);
  session.say(`OK [UIDVALIDITY ${shaky ? 900_000 + ++unsettled : folder.uidValidity}] UIDs valid`);
  session.say(`OK [UIDNEXT ${quirks.uidNextZero ? 0 : folder.uidNext}] Predicted next UID`);
  if (session.has('CONDSTORE')) session.say(`OK [HIGHESTMODSEQ ${folder.highestModSeq}] Highest`);
}

/** `QRESYNC (uidvalidity modseq [known-uids [known-sequences]])` (RFC 7162 §3.2.5). */
function tellSince(session: Session, folder: MemoryFolder, parameters: readonly Value[]): void {
  if (Number(textOf(parameters[0])) !== folder.uidValidity) return;
  const since = BigInt(textOf(parameters[1]));
  const known = parameters[2]?.kind === 'atom' ? readSet(wordOf(parameters[2]), folder.uidNext) : null;
  const isKnown = (uid: number): boolean => !known || known.some(([first, last]) => first <= uid && uid <= last);
  const gone = vanishedSince(folder, since).filter(isKnown);
  if (gone.length > 0) session.say(`VANISHED (EARLIER) ${writeSet(gone)}`);
  for (const message of folder.messages) {
    if (message.modSeq <= since || !isKnown(message.uid)) continue;
    const number = session.selected?.sequence(message.uid);
    session.say(`${number} FETCH (UID ${message.uid} FLAGS (${message.flags.join(' ')}) MODSEQ (${message.modSeq}))`);
  }
}

/** UIDs that left since then; where that is forgotten, every UID that is not there (RFC 7162 §3.2.5.1). */
export function vanishedSince(folder: MemoryFolder, since: bigint): readonly number[] {
  if (since >= folder.remembersSince) {
    return folder.expunged
      .filter(({ modSeq }) => modSeq > since)
      .map(({ uid }) => uid as number)
      .sort((a, b) => a - b);
  }
  const there = new Set<number>(folder.messages.map(({ uid }) => uid));
  return Array.from({ length: folder.uidNext - 1 }, (_, index) => index + 1).filter((uid) => !there.has(uid));
}
