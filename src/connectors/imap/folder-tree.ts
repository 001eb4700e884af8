/** The folders of a mailbox: one round trip where the server has LIST-STATUS, else three. */

import type { Folder, FolderState, FolderTree, SpecialUse, Uid, UidValidity } from '#domain/item.ts';
import * as imap from '#protocols/imap/index.ts';
import { idOf, ownerOf, pathOf, personalPrefix, type Spelling } from './names.ts';
import type { ServerFacts } from './server-memory.ts';

const uses: Readonly<Record<string, SpecialUse>> = {
  all: '\\All',
  archive: '\\Archive',
  drafts: '\\Drafts',
  flagged: '\\Flagged',
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
  important: '\\Important',
  // XLIST's names, which some servers still send.
  allmail: '\\All',
  starred: '\\Flagged',
  spam: '\\Junk',
};

/** The tree and how names are spelt in it. */
export interface Grown {
  readonly tree: FolderTree;
  readonly spelling: Spelling;
}

/** Asks for the folders by the best way the server has and did not refuse before. */
export async function askForFolders(session: imap.Session, facts: ServerFacts): Promise<imap.Listed> {
  const { capabilities } = session;
  const highestModSeq = capabilities.has('CONDSTORE') || capabilities.has('QRESYNC');
  if (capabilities.hasListStatus && !facts.lies.has('list-extended')) {
    const specialUse = capabilities.has('SPECIAL-USE') && !facts.lies.has('special-use');
    try {
      return await imap.listExtended(session, '*', { specialUse, status: { highestModSeq } });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      facts.lies.add(specialUse ? 'special-use' : 'list-extended');
      return askForFolders(session, facts);
    }
  }
  const [mailboxes, subscribed] = await Promise.all([
    imap.list(session, '*', 'LIST'),
    imap.list(session, '*', 'LSUB').catch(noneIfRefused),
  ]);
  const names = new Set(subscribed.filter(isListed).map(({ name }) => canonical(name)));
  const selectable = mailboxes.filter(({ attributes }) => isSelectable(attributes));
  const told = await Promise.all(selectable.map(({ name }) => imap.status(session, name, { highestModSeq })));
  const statuses = new Map<string, imap.MailboxStatus>();
  selectable.forEach(({ name }, index) => {
    const of = told[index];
    if (of) statuses.set(name, of);
  });
  const withSubscriptions = mailboxes.map((mailbox) =>
    names.has(canonical(mailbox.name))
      ? { ...mailbox, attributes: new Set([...mailbox.attributes, 'subscribed']) }
      : mailbox,
  );
  return { mailboxes: withSubscriptions, statuses };
}

/** Makes the tree of what was listed. */
export function grow(listed: imap.Listed, session: imap.Session, facts: ServerFacts): Grown {
  const separator = listed.mailboxes.find((mailbox) => mailbox.separator !== null)?.separator ?? null;
  const prefix = personalPrefix(facts.namespaces);
  const spelling: Spelling = { isUtf8: session.isUtf8, separator, prefix };
  const statuses = new Map([...listed.statuses.values()].map((of) => [canonical(of.name), of] as const));
  const folders: Folder[] = [];
  const known = new Set<string>();
  for (const mailbox of listed.mailboxes) {
    if (!isListed(mailbox)) continue;
    const id = idOf(mailbox.name, spelling);
    if (known.has(id)) continue;
    known.add(id);
    const selectable = isSelectable(mailbox.attributes);
    folders.push({
      id,
      path: pathOf(mailbox.name, spelling),
      selectable,
      subscribed: mailbox.attributes.has('subscribed'),
      specialUses: [...mailbox.attributes].map((attribute) => uses[attribute]).filter((use) => use !== undefined),
      belongsTo: ownerOf(mailbox.name, facts.namespaces),
      virtual: isVirtual(mailbox),
      state: selectable ? stateOf(statuses.get(canonical(mailbox.name))) : null,
    });
  }
  folders.sort(byPath);
  return { tree: { folders, separator }, spelling };
}

/** RFC 9051 §6.3.9.3: a subscription to what is no longer there is listed as `\NonExistent`. */
function isListed({ name, attributes }: imap.ListedMailbox): boolean {
  return (
    name !== '' && !(attributes.has('nonexistent') && attributes.has('subscribed') && !attributes.has('haschildren'))
  );
}

function isSelectable(attributes: ReadonlySet<string>): boolean {
  return !attributes.has('noselect') && !attributes.has('nonexistent');
}

/** RFC 6154 §2: `\All` and `\Flagged` show messages of other folders; Dovecot's plugin calls its namespace `virtual`. */
function isVirtual({ name, attributes, separator }: imap.ListedMailbox): boolean {
  if (attributes.has('all') || attributes.has('allmail') || attributes.has('flagged') || attributes.has('starred'))
    return true;
  const first = separator === null ? name : name.split(separator, 1)[0];
  return first?.toLowerCase() === 'virtual';
}

function stateOf(status: imap.MailboxStatus | undefined): FolderState | null {
  if (!status || status.uidValidity === null || status.uidNext === null || status.messages === null) return null;
  const { messages, uidNext, uidValidity, highestModSeq } = status;
  return { uidValidity: uidValidity as UidValidity, uidNext: uidNext as Uid, messages, highestModSeq };
}

function canonical(name: string): string {
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

/** The inbox first, then by name, which puts parents before children. */
function byPath(a: Folder, b: Folder): number {
  const isInbox = (folder: Folder): boolean => folder.path[0] === 'INBOX';
  if (isInbox(a) !== isInbox(b)) return isInbox(a) ? -1 : 1;
  const length = Math.min(a.path.length, b.path.length);
  for (let i = 0; i < length; i++) {
    const x = a.path[i] as string;
    const y = b.path[i] as string;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.path.length - b.path.length;
}

export function isRefusal(error: unknown): boolean {
  return error instanceof imap.ImapError && error.trouble.kind === 'refused';
}

function noneIfRefused(error: unknown): readonly imap.ListedMailbox[] {
  if (isRefusal(error)) return [];
  throw error;
}
