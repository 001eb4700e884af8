/**
 * Whether a mailbox may leave a side: everything that lies there is on the other one, or is listed by name as what could not be
 * brought there, and a person has accepted that.
 */

import { type Fault, fault } from '#domain/fault.ts';
import type { FolderTree } from '#domain/item.ts';
import type { ListedMessage } from '#ports/journeys.ts';
import type { Lacking } from './way-home.ts';

/**
 * Null, or why it may not. `lacking`: what an independent comparison did not find on the other side, by paths of `tree`, which
 * is the side that is left; `listed`: what passes have listed of it.
 */
export function whyNotYet(lacking: Lacking, tree: FolderTree, listed: readonly ListedMessage[]): Fault | null {
  const idOf = new Map(tree.folders.map(({ path, id }) => [path.join('/'), id] as const));
  const byMessage = new Map(listed.map((each) => [keyOf(each.folder, each.uid, each.uidValidity), each] as const));
  const byFolder = Map.groupBy(listed, ({ folder }) => folder);
  const [unexplained, open]: [string[], string[]] = [[], []];
  for (const { folder, uid, uidValidity } of lacking.messages) {
    const known = byMessage.get(keyOf(idOf.get(folder) ?? '', uid, uidValidity));
    if (!known) unexplained.push(`${folder} ${uid}`);
    else if (!known.isAccepted) open.push(`${folder} ${uid}`);
  }
  for (const { path, messages } of lacking.folders) {
    const known = byFolder.get(idOf.get(path) ?? ('' as never)) ?? [];
    if (messages === null || known.length < messages) unexplained.push(path);
    else open.push(...known.filter(({ isAccepted }) => !isAccepted).map(({ uid }) => `${path} ${uid}`));
  }
  const [missing] = unexplained;
  if (missing !== undefined) return fault('switch.incomplete', { missing: unexplained.length, first: missing });
  const [first] = open;
  return first === undefined ? null : fault('switch.exceptions', { messages: open.length, first });
}

function keyOf(folder: string, uid: number, uidValidity: number): string {
  return `${uidValidity} ${uid} ${folder}`;
}
