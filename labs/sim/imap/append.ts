/** APPEND of one message or many (RFC 9051 §6.3.12, RFC 3502, RFC 4315 §3, RFC 6855 §4). */

import type { Arriving } from '#connectors/memory/manners.ts';
import { mailboxOf, named } from './named.ts';
import { Malformed, readDateTime, textOf, type Value } from './parse.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeSet } from './write.ts';

export function append(session: Session, values: readonly Value[]): Reply {
  const messages = messagesIn(session, values.slice(1));
  if (messages.length > 1 && !session.has('MULTIAPPEND')) {
    session.violation('several messages in one APPEND');
    return bad('MULTIAPPEND is not offered');
  }
  const folder = named(session, values[0]);
  if (!folder?.selectable) return no('Mailbox does not exist', 'TRYCREATE');
  const limit = session.house.appendLimitBytes;
  if (limit !== null && messages.some(({ bytes }) => bytes.length > limit)) {
    return no('Message is larger than this server takes', 'TOOBIG');
  }
  const lie = session.house.faults.storing?.(session.moment('APPEND', folder.name)) ?? null;
  if (lie === 'nothing-stored') {
    return stored(
      session,
      folder.uidValidity,
      messages.map((_, index) => folder.uidNext + index),
    );
  }
  const last = messages.at(-1) as Arriving;
  const kept =
    lie === null
      ? messages
      : [...messages.slice(0, -1), { ...last, bytes: last.bytes.subarray(0, last.bytes.length >> 1) }];
  const arrival = mailboxOf(session).arrive(folder, kept);
  if (arrival.kind === 'refused') {
    const { because, code, text } = arrival.refusal;
    // Dates and flags that are none are errors of the command where Cyrus is imitated.
    return because === 'date' ? bad(text) : no(text, code);
  }
  return stored(session, folder.uidValidity, arrival.uids);
}

function stored(session: Session, uidValidity: number, uids: readonly number[]): Reply {
  if (!session.has('UIDPLUS') || session.house.quirks.keepsUidsToItself) return ok('Append completed.');
  return ok('Append completed.', `APPENDUID ${uidValidity} ${writeSet(uids)}`);
}

/** `append-message` one after the other: flags, date, literal, each of the first two optional (RFC 9051 §9). */
function messagesIn(session: Session, values: readonly Value[]): readonly Arriving[] {
  const messages: Arriving[] = [];
  let flags: readonly string[] = [];
  let date: Arriving['internalDate'] = null;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as Value;
    if (value.kind === 'list') flags = value.items.map(textOf);
    else if (value.kind === 'string' && !value.literal) {
      const instant = readDateTime(textOf(value));
      if (instant === null) throw new Malformed('Invalid date-time in Append command');
      date = instant;
    } else {
      const bytes = bodyOf(session, value, values[at + 1]);
      // `UTF8 (~{5}…)` takes two values.
      if (value.kind === 'atom') at++;
      messages.push({ bytes, flags: session.house.quirks.forgetsFlagsOfAppend ? [] : flags, internalDate: date });
      flags = [];
      date = null;
    }
  }
  if (messages.length === 0) throw new Malformed('a message is missing');
  return messages;
}

function bodyOf(session: Session, value: Value, next: Value | undefined): Uint8Array {
  if (value.kind === 'string') return value.bytes;
  const inner = next?.kind === 'list' ? next.items[0] : undefined;
  const isUtf8 = value.kind === 'atom' && value.text.toUpperCase() === 'UTF8' && session.utf8;
  if (!isUtf8 || inner?.kind !== 'string') throw new Malformed('a message literal is missing');
  return inner.bytes;
}
