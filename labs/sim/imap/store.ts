/** STORE, EXPUNGE, COPY and MOVE (RFC 9051 §6.4.6 ff., RFC 4315 §2.1, RFC 6851, RFC 7162 §3.1.3). */

import type { MemoryMessage } from '#connectors/memory/platform.ts';
import { uidSet } from '#domain/uid-set.ts';
import { wanted } from './fetch.ts';
import { named } from './named.ts';
import { listOf, Malformed, textOf, type Value, wordOf } from './parse.ts';
import type { Selected } from './selected.ts';
import { isDeleted } from './selecting.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeSet } from './write.ts';

export function store(session: Session, values: readonly Value[], byUid: boolean): Reply {
  const selected = session.selected as Selected;
  if (selected.readOnly) return no('Mailbox is read-only', 'READ-ONLY');
  const rest = values[1]?.kind === 'list' && values.length > 3 ? values.slice(2) : values.slice(1);
  const since = rest.length < values.length - 1 ? unchangedSince(values[1]) : null;
  const action = /^([+-]?)FLAGS(\.SILENT)?$/.exec(wordOf(rest[0]));
  if (!action) throw new Malformed('STORE of something that is no flags');
  const flags = rest[1]?.kind === 'list' ? rest[1].items.map(textOf) : rest.slice(1).map(textOf);
  const refused = flags.find((flag) => !session.mailbox?.takes(flag) || flag.toLowerCase() === '\\recent');
  if (refused !== undefined && action[1] !== '-') return no('Flags are not permitted in this mailbox', 'CANNOT');
  const modified: number[] = [];
  for (const uid of wanted(selected, textOf(values[0]), byUid)) {
    const message = selected.folder.message(uid);
    if (!message) continue;
    if (since !== null && message.modSeq > since) {
      modified.push(byUid ? uid : selected.sequence(uid));
      continue;
    }
    selected.folder.setFlags(message, combined(message, action[1] ?? '', flags));
    selected.mute(message);
    tell(session, selected, message, byUid, action[2] !== undefined);
  }
  return ok('Store completed.', modified.length > 0 ? `MODIFIED ${writeSet(modified)}` : null);
}

function unchangedSince(value: Value | undefined): bigint {
  const [word, modSeq] = listOf(value);
  if (wordOf(word) !== 'UNCHANGEDSINCE') throw new Malformed('STORE takes no other modifier than UNCHANGEDSINCE');
  return BigInt(textOf(modSeq));
}

function combined({ flags: old }: MemoryMessage, sign: string, flags: readonly string[]): readonly string[] {
  if (sign === '+') return [...old, ...flags];
  const lower = new Set(flags.map((flag) => flag.toLowerCase()));
  return sign === '-' ? old.filter((flag) => !lower.has(flag.toLowerCase())) : flags;
}

function tell(session: Session, selected: Selected, message: MemoryMessage, byUid: boolean, silent: boolean): void {
  const parts: string[] = [];
  if (byUid) parts.push(`UID ${message.uid}`);
  if (!silent) parts.push(`FLAGS (${message.flags.join(' ')})`);
  if (session.enabled.has('CONDSTORE')) parts.push(`MODSEQ (${message.modSeq})`);
  else if (silent) return;
  session.say(`${selected.sequence(message.uid)} FETCH (${parts.join(' ')})`);
}

export function expunge(session: Session): Reply {
  const selected = session.selected as Selected;
  if (selected.readOnly) return no('Mailbox is read-only', 'READ-ONLY');
  selected.folder.expunge(uidSet(selected.folder.messages.filter(isDeleted).map(({ uid }) => uid)));
  return ok('Expunge completed.');
}

/** Only those that are named, and of them only those marked `\Deleted` (RFC 4315 §2.1). */
export function uidExpunge(session: Session, values: readonly Value[]): Reply {
  const selected = session.selected as Selected;
  if (!session.has('UIDPLUS')) return bad('Unknown command UID EXPUNGE');
  if (selected.readOnly) return no('Mailbox is read-only', 'READ-ONLY');
  const named = wanted(selected, textOf(values[0]), true);
  selected.folder.expunge(uidSet(named.filter((uid) => isDeleted(selected.folder.message(uid) ?? { flags: [] }))));
  return ok('Expunge completed.');
}

export function copy(session: Session, values: readonly Value[], byUid: boolean): Reply {
  const outcome = copied(session, values, byUid);
  return 'status' in outcome ? outcome : ok('Copy completed.', outcome.code);
}

export function move(session: Session, values: readonly Value[], byUid: boolean): Reply {
  const selected = session.selected as Selected;
  if (!session.has('MOVE')) return bad('Unknown command MOVE');
  if (selected.readOnly) return no('Mailbox is read-only', 'READ-ONLY');
  const outcome = copied(session, values, byUid);
  if ('status' in outcome) return outcome;
  if (outcome.code !== null) session.say(`OK [${outcome.code}] Moved UIDs.`);
  selected.folder.expunge(uidSet(outcome.from));
  return ok('Move completed.');
}

function copied(
  session: Session,
  values: readonly Value[],
  byUid: boolean,
): Reply | { readonly from: readonly number[]; readonly code: string | null } {
  const selected = session.selected as Selected;
  const target = named(session, values[1]);
  if (!target?.selectable) return no('Mailbox does not exist', 'TRYCREATE');
  const from = wanted(selected, textOf(values[0]), byUid);
  const messages = from.flatMap((uid) => selected.folder.message(uid) ?? []);
  const to = messages.map((message) => target.add(message).uid);
  const told = session.has('UIDPLUS') && to.length > 0;
  const sources = messages.map(({ uid }) => uid);
  return { from: sources, code: told ? `COPYUID ${target.uidValidity} ${writeSet(sources)} ${writeSet(to)}` : null };
}
