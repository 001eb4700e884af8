/** LIST and LSUB, with the options of LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE (RFC 6154). */

import type { MemoryFolder } from '#connectors/memory/platform.ts';
import { mailboxOf, statusLine } from './named.ts';
import { textOf, type Value, wordOf } from './parse.ts';
import { bad, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeQuoted } from './write.ts';

interface Wanted {
  readonly patterns: readonly RegExp[];
  readonly subscribedOnly: boolean;
  readonly specialOnly: boolean;
  readonly tellsSubscribed: boolean;
  readonly tellsChildren: boolean;
  readonly status: readonly string[];
}

export function list(session: Session, values: readonly Value[]): Reply {
  const selection: readonly string[] = values[0]?.kind === 'list' ? values[0].items.map(wordOf) : [];
  const rest = values[0]?.kind === 'list' ? values.slice(1) : values;
  const returned = rest[2] && wordOf(rest[2]) === 'RETURN' && rest[3]?.kind === 'list' ? rest[3].items : null;
  if ((selection.length > 0 || returned || rest[1]?.kind === 'list') && !session.has('LIST-EXTENDED')) {
    session.violation('LIST with options that are not offered');
    return bad('LIST-EXTENDED is not offered');
  }
  if (returned && session.house.quirks.refusesListReturn) return bad('Command Argument Error. 11');
  const separator = mailboxOf(session).options.separator;
  const shown = separator === null ? 'NIL' : writeQuoted(separator);
  if (rest[1]?.kind !== 'list' && textOf(rest[1]) === '') {
    session.say(`LIST (\\Noselect) ${shown} ""`);
    return ok('List completed.');
  }
  const words = (returned ?? []).map((value) => (value.kind === 'list' ? '' : wordOf(value)));
  const statusAt = words.indexOf('STATUS');
  const statusItems = statusAt >= 0 ? returned?.[statusAt + 1] : undefined;
  if (statusAt >= 0 && !session.has('LIST-STATUS')) return bad('LIST-STATUS is not offered');
  tellAll(session, shown, {
    patterns: patternsOf(session, rest),
    subscribedOnly: selection.includes('SUBSCRIBED'),
    specialOnly: selection.includes('SPECIAL-USE'),
    tellsSubscribed: selection.includes('SUBSCRIBED') || words.includes('SUBSCRIBED'),
    tellsChildren: returned === null || words.includes('CHILDREN'),
    status: statusItems?.kind === 'list' ? statusItems.items.map(wordOf) : [],
  });
  return ok('List completed.');
}

export function lsub(session: Session, values: readonly Value[]): Reply {
  const { separator } = mailboxOf(session).options;
  const shown = separator === null ? 'NIL' : writeQuoted(separator);
  const patterns = patternsOf(session, values);
  for (const name of mailboxOf(session).subscriptions) {
    if (patterns.some((pattern) => pattern.test(name))) session.say(`LSUB () ${shown} ${session.written(name)}`);
  }
  return ok('Lsub completed.');
}

function tellAll(session: Session, separator: string, wanted: Wanted): void {
  const mailbox = mailboxOf(session);
  const matches = (name: string): boolean => wanted.patterns.some((pattern) => pattern.test(name));
  for (const folder of mailbox.folders) {
    if (!matches(folder.name)) continue;
    if (wanted.subscribedOnly && !mailbox.subscriptions.has(folder.name)) continue;
    if (wanted.specialOnly && folder.specialUses.length === 0) continue;
    session.say(`LIST (${attributes(session, folder, wanted).join(' ')}) ${separator} ${session.written(folder.name)}`);
    if (wanted.status.length > 0 && folder.selectable) session.say(statusLine(session, folder, wanted.status));
  }
  if (!wanted.subscribedOnly) return;
  // A subscription outlives its folder (RFC 5258 §3).
  for (const name of mailbox.subscriptions) {
    if (mailbox.folder(name) || !matches(name)) continue;
    session.say(`LIST (\\NonExistent \\Subscribed) ${separator} ${session.written(name)}`);
  }
}

function attributes(session: Session, folder: MemoryFolder, wanted: Wanted): readonly string[] {
  const mailbox = mailboxOf(session);
  const words: string[] = folder.selectable ? [] : ['\\Noselect'];
  if (wanted.tellsChildren) {
    const below = `${folder.name}${mailbox.options.separator ?? '\u0000'}`;
    const parent = mailbox.folders.some(({ name }) => name.startsWith(below));
    words.push(parent ? '\\HasChildren' : '\\HasNoChildren');
  }
  if (wanted.tellsSubscribed && mailbox.subscriptions.has(folder.name)) words.push('\\Subscribed');
  if (session.has('SPECIAL-USE')) words.push(...folder.specialUses);
  return words;
}

/** Reference and patterns as regular expressions over decoded names (RFC 9051 §6.3.9). */
function patternsOf(session: Session, values: readonly Value[]): readonly RegExp[] {
  const reference = session.nameOf(values[0]) ?? '';
  const patterns = values[1]?.kind === 'list' ? values[1].items : [values[1]];
  const separator = mailboxOf(session).options.separator;
  const notSeparator = separator === null ? '.*' : `[^${escaped(separator)}]*`;
  return patterns.map((pattern) => {
    const glob = escaped(mailboxOf(session).canonical(reference + (session.nameOf(pattern) ?? '')));
    return new RegExp(`^${glob.replaceAll('\\*', '.*').replaceAll('%', notSeparator)}$`, 's');
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
