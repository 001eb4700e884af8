/** FETCH: flags, dates, sizes, mod-sequences and bodies, whole or in part (RFC 9051 §6.4.5, RFC 7162 §3.1.4, §3.2.6). */

import type { MemoryMessage } from '#connectors/memory/platform.ts';
import type { OutgoingMishap } from '../faults.ts';
import { listOf, Malformed, readSet, textOf, type Value, wordOf } from './parse.ts';
import type { Selected } from './selected.ts';
import { vanishedSince } from './selecting.ts';
import { no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { Closed } from './wire.ts';
import { writeDateTime, writeSet } from './write.ts';

const macros: Record<string, readonly string[]> = {
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
};

const section = /^(BODY(?:\.PEEK)?)\[([^\]]*)\](?:<(\d+)\.(\d+)>)?$/i;

export async function fetch(session: Session, values: readonly Value[], byUid: boolean): Promise<Reply> {
  const selected = session.selected as Selected;
  const { folder } = selected;
  const set = textOf(values[0]);
  const named = values[1]?.kind === 'list' ? values[1].items.map(textOf) : [textOf(values[1])];
  const items = named.flatMap((item) => macros[item.toUpperCase()] ?? [item]);
  if (byUid && !items.some((item) => item.toUpperCase() === 'UID')) items.unshift('UID');
  const { since, vanished } = modifiers(values[2]);
  if (since !== null) {
    if (!session.has('CONDSTORE')) throw new Malformed('CHANGEDSINCE is not offered');
    session.enabled.add('CONDSTORE');
    if (!items.some((item) => item.toUpperCase() === 'MODSEQ')) items.push('MODSEQ');
  }
  if (vanished) {
    if (!session.enabled.has('QRESYNC') || since === null) throw new Malformed('VANISHED without QRESYNC');
    const ranges = readSet(set, folder.uidNext - 1);
    const gone = vanishedSince(folder, since).filter((uid) =>
      ranges.some(([first, last]) => first <= uid && uid <= last),
    );
    if (gone.length > 0) session.say(`VANISHED (EARLIER) ${writeSet(gone)}`);
  }
  const hasBody = items.some((item) => section.test(item) || /^RFC822$/i.test(item));
  const { backwards, uidBehindBody } = session.house.quirks;
  if (uidBehindBody) items.sort((a, b) => Number(/^UID$/i.test(a)) - Number(/^UID$/i.test(b)));
  const uids = wanted(selected, set, byUid);
  for (const uid of backwards ? uids.toReversed() : uids) {
    const message = folder.message(uid);
    if (!message || (since !== null && message.modSeq <= since)) continue;
    const moment = session.moment(byUid ? 'UID FETCH' : 'FETCH');
    const mishap = hasBody ? (session.house.faults.outgoing?.(moment, uid, message.bytes.length) ?? null) : null;
    if (mishap?.kind === 'withheld') continue;
    for (let times = mishap?.kind === 'twice' ? 2 : 1; times > 0; times--) {
      tell(session, selected, message, items, mishap);
      if (session.wire.closed) throw new Closed();
    }
    await session.wire.drained();
  }
  return session.wire.closed ? no('gone') : ok('Fetch completed.');
}

/** UIDs that the set names, of those this session knows. */
export function wanted(selected: Selected, set: string, byUid: boolean): readonly (typeof selected.uids)[number][] {
  const largest = byUid ? (selected.uids.at(-1) ?? 0) : selected.uids.length;
  if (largest === 0) return [];
  const ranges = readSet(set, largest);
  const inRange = (number: number): boolean => ranges.some(([first, last]) => first <= number && number <= last);
  return selected.uids.filter((uid, index) => inRange(byUid ? uid : index + 1));
}

function modifiers(value: Value | undefined): { readonly since: bigint | null; readonly vanished: boolean } {
  if (!value) return { since: null, vanished: false };
  const words = listOf(value).map(wordOf);
  const at = words.indexOf('CHANGEDSINCE');
  return { since: at < 0 ? null : BigInt(words[at + 1] ?? 0), vanished: words.includes('VANISHED') };
}

function tell(
  session: Session,
  selected: Selected,
  message: MemoryMessage,
  items: readonly string[],
  mishap: OutgoingMishap | null,
): void {
  const { wire } = session;
  let text = `* ${selected.sequence(message.uid)} FETCH (`;
  let first = true;
  for (const item of items) {
    if (mishap?.kind === 'bodiless' && section.test(item)) continue;
    const attribute = attributeOf(session, message, item);
    text += `${first ? '' : ' '}${attribute.name}`;
    first = false;
    if (typeof attribute.value === 'string') {
      text += ` ${attribute.value}`;
      continue;
    }
    let body = attribute.value;
    if (mishap?.kind === 'altered') body = body.map((octet) => (octet === 0x65 ? 0x45 : octet));
    const short = mishap?.kind === 'short' ? Math.min(mishap.by, body.length) : 0;
    body = body.subarray(0, body.length - short);
    wire.send(`${text} {${body.length}}\r\n`);
    if (mishap?.kind === 'cut-inside') {
      wire.send(body.subarray(0, Math.min(mishap.afterBytes, Math.max(0, body.length - 1))));
      return wire.cut();
    }
    wire.send(body);
    text = short > 0 ? '\r\n' : '';
    if (attribute.marksSeen && !selected.readOnly) {
      selected.folder.setFlags(message, [...message.flags, '\\Seen']);
    }
  }
  wire.send(`${text})\r\n`);
}

interface Attribute {
  readonly name: string;
  readonly value: string | Uint8Array;
  readonly marksSeen: boolean;
}

function attributeOf(session: Session, message: MemoryMessage, item: string): Attribute {
  const plain = (name: string, value: string): Attribute => ({ name, value, marksSeen: false });
  switch (item.toUpperCase()) {
    case 'UID':
      return plain('UID', String(message.uid));
    case 'FLAGS':
      return plain('FLAGS', `(${message.flags.join(' ')})`);
    case 'INTERNALDATE':
      return plain('INTERNALDATE', writeDateTime(message.internalDate));
    case 'RFC822.SIZE':
      return plain('RFC822.SIZE', String(message.bytes.length + session.house.quirks.sizeOff));
    case 'MODSEQ':
      if (!session.has('CONDSTORE')) throw new Malformed('MODSEQ is not offered');
      return plain('MODSEQ', `(${message.modSeq})`);
    case 'RFC822':
      return { name: 'RFC822', value: message.bytes, marksSeen: true };
    default:
      return bodyPart(message, item);
  }
}

function bodyPart(message: MemoryMessage, item: string): Attribute {
  const found = section.exec(item);
  if (!found) throw new Malformed(`no such item: ${item.slice(0, 40)}`);
  const [, verb = '', what = '', from, count] = found;
  let bytes = partOf(message.bytes, what.toUpperCase());
  const at = Number(from ?? 0);
  if (from !== undefined) bytes = bytes.subarray(at, at + Number(count));
  const marksSeen = verb.toUpperCase() === 'BODY';
  return { name: `BODY[${what}]${from === undefined ? '' : `<${at}>`}`, value: bytes, marksSeen };
}

function partOf(bytes: Uint8Array, what: string): Uint8Array {
  if (what === '') return bytes;
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\r\n\r\n');
  const head = end < 0 ? bytes.length : end + 4;
  if (what === 'HEADER') return bytes.subarray(0, head);
  if (what === 'TEXT') return bytes.subarray(head);
  const fields = /^HEADER\.FIELDS \(([^)]*)\)$/.exec(what);
  if (!fields) throw new Malformed(`no such section: ${what.slice(0, 40)}`);
  const names = (fields[1] ?? '').split(' ').map((name) => name.replaceAll('"', ''));
  const lines = Buffer.from(bytes.subarray(0, head))
    .toString('latin1')
    .split(/\r\n(?![ \t])/);
  const kept = lines.filter((line) => names.includes(line.split(':', 1)[0]?.trim().toUpperCase() ?? ''));
  return Buffer.from([...kept, '', ''].join('\r\n'), 'latin1');
}
