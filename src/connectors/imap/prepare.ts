/**
 * Folders that should be on a target: every CREATE and SUBSCRIBE goes out in one write with the listing behind it that says
 * what became of them. An OK is not believed: servers turn `a//b` into `a/b` and keep what they like of a name.
 */

import type { Folder } from '#domain/item.ts';
import type { FolderOrder, FolderOutcome } from '#ports/mailbox.ts';
import * as imap from '#protocols/imap/index.ts';
import { faultOf } from './faults.ts';
import { askForFolders, grow } from './folder-tree.ts';
import { nameOf, type Spelling } from './names.ts';
import type { ImapEndpoint } from './options.ts';
import type { ServerFacts } from './server-memory.ts';

export interface Preparing {
  readonly session: imap.Session;
  readonly facts: ServerFacts;
  readonly endpoint: ImapEndpoint;
  readonly orders: readonly FolderOrder[];
  spelling(): Promise<Spelling>;
  /** The folders as last listed on this connection, by the key of their path. */
  readonly known: ReadonlyMap<string, Folder>;
}

interface Asked {
  readonly order: FolderOrder;
  readonly wrong: string | null;
  readonly created: Promise<imap.Tagged> | null;
  readonly subscribed: Promise<imap.Tagged> | null;
}

export async function prepareFolders(preparing: Preparing): Promise<readonly FolderOutcome[]> {
  const { session, facts, endpoint, orders } = preparing;
  try {
    const spelling = await preparing.spelling();
    const takesUses = session.capabilities.has('CREATE-SPECIAL-USE') && !facts.lies.has('create-special-use');
    const asked = orders.map((order) => ask(preparing, order, spelling, takesUses));
    const listing = askForFolders(session, facts);
    // All are awaited together: when the connection breaks, each of them hears of it.
    const [answers, , first] = await Promise.all([
      Promise.all(asked.map(({ created }) => created)),
      Promise.all(asked.map(({ subscribed }) => subscribed)),
      listing,
    ]);
    let listed: imap.Listed = first;
    const again = await withoutUses(session, asked, answers, spelling);
    if (again.length > 0) listed = await askForFolders(session, facts);
    const { tree } = grow(listed, session, facts);
    const find = finder(tree.folders);
    return await Promise.all(
      asked.map(async ({ order, wrong, subscribed }, index): Promise<FolderOutcome> => {
        if (wrong !== null) return { kind: 'refused', code: null, text: wrong };
        const answer = again.find(({ at }) => at === index)?.answer ?? answers[index] ?? null;
        const folder = find(order.path);
        if (!folder || (order.selectable && !folder.selectable)) return refusalOf(answer);
        return {
          kind: 'there',
          folder,
          created: answer?.status === 'OK',
          subscribed: folder.subscribed || (await subscribed)?.status === 'OK',
          specialUseRefused: order.specialUses.some((use) => !folder.specialUses.includes(use)),
        };
      }),
    );
  } catch (error) {
    throw faultOf(error, endpoint);
  }
}

/** Sends what one order needs. */
function ask({ session, known }: Preparing, order: FolderOrder, spelling: Spelling, takesUses: boolean): Asked {
  const name = nameOf(order.path, spelling);
  if ('wrong' in name) return { order, wrong: name.wrong, created: null, subscribed: null };
  const there = known.get(keyOf(order.path));
  const isThere = keyOf(order.path) === 'INBOX' || (there !== undefined && (there.selectable || !order.selectable));
  // RFC 9051 §6.3.4: a trailing separator says that the name is to hold other names.
  const octets = order.selectable || spelling.separator === null ? name.octets : name.octets + spelling.separator;
  const created = isThere ? null : imap.create(session, octets, takesUses ? order.specialUses : []);
  const subscribed = order.subscribed && !there?.subscribed ? imap.subscribe(session, name.octets) : null;
  return { order, wrong: null, created, subscribed };
}

/** Folders that were refused perhaps because of their special use (RFC 6154 §3, [USEATTR]) are made without it. */
async function withoutUses(
  session: imap.Session,
  asked: readonly Asked[],
  answers: readonly (imap.Tagged | null)[],
  spelling: Spelling,
): Promise<readonly { readonly at: number; readonly answer: imap.Tagged }[]> {
  const again = asked.flatMap(({ order }, at) => {
    const answer = answers[at];
    const name = nameOf(order.path, spelling);
    if (!answer || answer.status === 'OK' || order.specialUses.length === 0 || 'wrong' in name) return [];
    if (answer.code?.name === 'ALREADYEXISTS') return [];
    const created = imap.create(session, name.octets, []);
    if (order.subscribed) void imap.subscribe(session, name.octets).catch(() => {});
    return [created.then((second) => ({ at, answer: second }))];
  });
  return Promise.all(again);
}

function refusalOf(answer: imap.Tagged | null): FolderOutcome {
  if (answer && answer.status !== 'OK') {
    return {
      kind: 'refused',
      code: answer.code === null ? null : imap.clean(answer.code.name, 40),
      text: imap.clean(answer.text),
    };
  }
  return { kind: 'refused', code: null, text: 'the server said that it made the folder, and does not list it' };
}

/** Finds a folder by its path, or the one that the server made of that name: other case, other normal form, no blanks at its ends. */
function finder(folders: readonly Folder[]): (path: readonly string[]) => Folder | null {
  const exact = new Map(folders.map((folder) => [keyOf(folder.path), folder]));
  const level = (path: readonly string[]): string =>
    keyOf(path.map((name) => name.normalize('NFC').toLowerCase().trim()).filter((name) => name !== ''));
  const levelled = new Map<string, Folder[]>();
  for (const folder of folders) {
    const key = level(folder.path);
    levelled.set(key, [...(levelled.get(key) ?? []), folder]);
  }
  return (path) => {
    const found = exact.get(keyOf(path));
    if (found) return found;
    const like = levelled.get(level(path)) ?? [];
    return like.length === 1 ? (like[0] ?? null) : null;
  };
}

/** A path as a key; the inbox in any case (RFC 9051 §5.1). */
export function keyOf(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].join('\0');
}
