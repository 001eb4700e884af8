/** The commands that name folders: CREATE, DELETE, RENAME, subscriptions, STATUS, NAMESPACE, quota. LIST has its own file. */

import type { MemoryMailbox } from '#connectors/memory/platform.ts';
import type { SpecialUse } from '#domain/item.ts';
import { listOf, Malformed, textOf, type Value, wordOf } from './parse.ts';
import { mailboxOf, named, statusLine } from './named.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';
import { writeQuoted } from './write.ts';

export function create(session: Session, values: readonly Value[]): Reply {
  const mailbox = mailboxOf(session);
  const separator = mailbox.options.separator ?? '';
  const written = session.nameOf(values[0]);
  if (written === null || written === '') return no('Invalid mailbox name', 'CANNOT');
  const holdsOnlyFolders = separator !== '' && written.endsWith(separator);
  const name = holdsOnlyFolders ? written.slice(0, -separator.length) : written;
  let path = separator === '' ? [name] : name.split(separator);
  if (session.house.quirks.tidiesNames) path = path.filter((part) => part !== '');
  if (session.house.quirks.foldsCase) path = asThere(mailbox, path);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (path.length === 0 || path.some((part) => part === '' || part === '..' || /[\u0000-\u001f\u007f]/.test(part))) {
    return no('Invalid mailbox name', 'CANNOT');
  }
  const refused = [...session.house.quirks.refusesInNames];
  // Without a code, as Cyrus says it.
  if (path.some((part) => refused.some((character) => part.includes(character)))) return no('Invalid mailbox name');
  const found = mailbox.folder(mailbox.nameOf(path));
  if (found && (found.selectable || holdsOnlyFolders)) return no('Mailbox already exists', 'ALREADYEXISTS');
  const uses = specialUses(values[1]);
  if (uses.length > 0 && !session.has('CREATE-SPECIAL-USE')) return bad('CREATE with USE is not offered');
  if (uses.length > 0 && !mailbox.options.keepsSpecialUses) return no('That use is not kept here', 'USEATTR');
  mailbox.create(path, !holdsOnlyFolders, uses);
  return ok('Create completed.');
}

/** A path with every name spelt as that of the folder which is there already, whatever its case. */
function asThere(mailbox: MemoryMailbox, path: readonly string[]): string[] {
  const spelt: string[] = [];
  for (const part of path) {
    const depth = spelt.length;
    const twin = mailbox.folders.find(
      (folder) =>
        folder.path[depth]?.toLowerCase() === part.toLowerCase() && spelt.every((name, i) => name === folder.path[i]),
    );
    spelt.push(twin?.path[depth] ?? part);
  }
  return spelt;
}

/** `(USE (\Sent))` (RFC 6154 §3). */
function specialUses(value: Value | undefined): readonly SpecialUse[] {
  if (!value) return [];
  const [word, uses] = listOf(value);
  if (wordOf(word) !== 'USE') throw new Malformed('CREATE takes no other parameter than USE');
  return listOf(uses).map((use) => textOf(use) as SpecialUse);
}

export function remove(session: Session, values: readonly Value[]): Reply {
  const folder = named(session, values[0]);
  if (!folder) return no('Mailbox does not exist', 'NONEXISTENT');
  if (folder.name === 'INBOX') return no('INBOX cannot be deleted', 'CANNOT');
  mailboxOf(session).delete(folder.name);
  return ok('Delete completed.');
}

export function rename(session: Session, values: readonly Value[]): Reply {
  const folder = named(session, values[0]);
  const name = session.nameOf(values[1]);
  if (!folder || name === null) return no('Mailbox does not exist', 'NONEXISTENT');
  const mailbox = mailboxOf(session);
  if (mailbox.folder(name)) return no('Mailbox already exists', 'ALREADYEXISTS');
  const { separator } = mailbox.options;
  const renamed = mailbox.create(
    separator === null ? [name] : name.split(separator),
    folder.selectable,
    folder.specialUses,
  );
  for (const message of folder.messages) renamed.add(message);
  if (folder.name === 'INBOX') folder.expunge([[1 as typeof folder.uidNext, folder.uidNext]]);
  else mailbox.delete(folder.name);
  return ok('Rename completed.');
}

export function subscribe(session: Session, values: readonly Value[]): Reply {
  const name = session.nameOf(values[0]);
  if (name === null) return no('Invalid mailbox name', 'CANNOT');
  mailboxOf(session).subscriptions.add(mailboxOf(session).canonical(name));
  return ok('Subscribe completed.');
}

export function unsubscribe(session: Session, values: readonly Value[]): Reply {
  const name = session.nameOf(values[0]);
  if (name !== null) mailboxOf(session).subscriptions.delete(mailboxOf(session).canonical(name));
  return ok('Unsubscribe completed.');
}

export function namespace(session: Session): Reply {
  if (!session.has('NAMESPACE')) return bad('Unknown command NAMESPACE');
  if (session.house.quirks.namespace === 'bad') return bad('Command Argument Error 12');
  if (session.house.quirks.namespace === 'drops') {
    session.wire.cut();
    return bad('gone');
  }
  const { separator } = mailboxOf(session).options;
  const divider = separator === null ? 'NIL' : writeQuoted(separator);
  const shared =
    session.house.quirks.namespace === 'shared' ? `((${writeQuoted(`Shared${separator}`)} ${divider}))` : 'NIL';
  session.say(`NAMESPACE (("" ${divider})) NIL ${shared}`);
  return ok('Namespace completed.');
}

export function status(session: Session, values: readonly Value[]): Reply {
  const folder = named(session, values[0]);
  if (!folder?.selectable) return no('Mailbox does not exist', 'NONEXISTENT');
  const items = listOf(values[1]).map(wordOf);
  session.say(statusLine(session, folder, items));
  return ok('Status completed.');
}

export function quota(session: Session): Reply {
  if (!session.has('QUOTA')) return bad('Unknown command GETQUOTA');
  const { quotaBytes } = mailboxOf(session).options;
  const storage =
    quotaBytes === null ? '' : `STORAGE ${Math.ceil(mailboxOf(session).bytes / 1024)} ${Math.floor(quotaBytes / 1024)}`;
  session.say(`QUOTA "user" (${storage})`);
  return ok('Getquota completed.');
}

export function quotaRoot(session: Session, values: readonly Value[]): Reply {
  if (!session.has('QUOTA')) return bad('Unknown command GETQUOTAROOT');
  const folder = named(session, values[0]);
  if (!folder) return no('Mailbox does not exist', 'NONEXISTENT');
  session.say(`QUOTAROOT ${session.written(folder.name)} "user"`);
  return quota(session);
}
