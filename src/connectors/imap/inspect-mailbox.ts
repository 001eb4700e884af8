/** What a mailbox holds and allows, for `godwit probe`: folders with counts and sizes, namespaces, quotas, limits. */

import type { FolderFacts, MailboxFacts, NamespaceFacts, QuotaFacts } from '#domain/probe-report.ts';
import { cleanText } from '#lib/clean-text.ts';
import * as imap from '#protocols/imap/index.ts';
import { askForFolders, grow } from './folder-tree.ts';
import { octetsOf } from './names.ts';
import type { ServerFacts } from './server-memory.ts';

const kibibyte = 1024;
const pathOctetsMax = 400;

/** Rejects with `ImapError`; what a server merely refuses to tell is left empty. */
export async function inspectMailbox(session: imap.Session, facts: ServerFacts): Promise<MailboxFacts> {
  const { tree, spelling } = grow(await askForFolders(session, facts), session, facts);
  const { capabilities } = session;
  const tellsSizes = capabilities.has('STATUS=SIZE') || capabilities.has('IMAP4REV2');
  const sizes = await Promise.all(
    tree.folders.map((folder) =>
      tellsSizes && folder.selectable ? sizeOf(session, octetsOf(folder.id, spelling)) : null,
    ),
  );
  const folders = tree.folders.map(
    (folder, i): FolderFacts => ({
      path: cleanText(folder.path.join('/'), pathOctetsMax),
      selectable: folder.selectable,
      subscribed: folder.subscribed,
      specialUses: folder.specialUses,
      belongsTo: folder.belongsTo,
      virtual: folder.virtual,
      messages: folder.state?.messages ?? null,
      bytes: sizes[i] ?? null,
    }),
  );
  const moved = folders.filter(
    ({ belongsTo, virtual, selectable }) => belongsTo === 'personal' && !virtual && selectable,
  );
  return {
    namespaces: namespacesOf(facts),
    separator: tree.separator,
    folders,
    messages: moved.reduce((count, { messages }) => count + (messages ?? 0), 0),
    bytes: moved.every(({ bytes }) => bytes !== null) ? moved.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) : null,
    quotas: capabilities.has('QUOTA') ? await quotasOf(session) : [],
    appendLimitBytes: capabilities.appendLimitBytes,
    newKeywords: await newKeywordsIn(session),
  };
}

/** STATUS (SIZE) (RFC 8438 §3); null where it is refused. */
function sizeOf(session: imap.Session, mailbox: string): Promise<number | null> {
  let bytes: number | null = null;
  return session.run({
    name: 'STATUS',
    compose: (writer) => writer.raw('STATUS ').mailbox(mailbox).raw(' (SIZE)'),
    take(response) {
      if (response.kind !== 'mailbox-status' || response.of.sizeBytes === null) return false;
      bytes ??= response.of.sizeBytes;
      return true;
    },
    end: (answer) => (answer.status === 'OK' ? bytes : null),
  });
}

function namespacesOf({ namespaces }: ServerFacts): readonly NamespaceFacts[] {
  if (!namespaces) return [];
  const facts = (of: readonly imap.Namespace[], belongsTo: NamespaceFacts['belongsTo']): NamespaceFacts[] =>
    of.slice(0, 20).map(({ prefix, separator }) => ({ belongsTo, prefix: imap.clean(prefix, 100), separator }));
  return [
    ...facts(namespaces.personal, 'personal'),
    ...facts(namespaces.otherUsers, 'other-users'),
    ...facts(namespaces.shared, 'shared'),
  ];
}

async function quotasOf(session: imap.Session): Promise<readonly QuotaFacts[]> {
  try {
    const quotas = await imap.quotaRoot(session, 'INBOX');
    return quotas.flatMap(({ root, resources }) =>
      resources.map(({ name, used, limit }) => {
        const unit = name.toUpperCase() === 'STORAGE' ? kibibyte : 1;
        return { root: imap.clean(root, 100), resource: imap.clean(name, 40), used: used * unit, limit: limit * unit };
      }),
    );
  } catch (error) {
    return refusedMeans(error, []);
  }
}

/** PERMANENTFLAGS with `\*` (RFC 9051 §7.1). Many servers tell a reader that nothing can be set: then it is not known. */
async function newKeywordsIn(session: imap.Session): Promise<boolean | null> {
  let opened: imap.Opened | null = null;
  try {
    await session.run(
      {
        name: 'NOOP',
        compose: (writer) => writer.raw('NOOP'),
        end(_answer, of) {
          opened = of;
        },
      },
      { mailbox: 'INBOX', mode: 'examine' },
    );
  } catch (error) {
    return refusedMeans(error, null);
  }
  const of = opened as imap.Opened | null;
  if (!of || of.permanentFlags === null || of.permanentFlags.length === 0) return of?.anyKeyword === true ? true : null;
  return of.anyKeyword;
}

function refusedMeans<T>(error: unknown, value: T): T {
  if (error instanceof imap.ImapError && error.trouble.kind === 'refused') return value;
  throw error;
}
