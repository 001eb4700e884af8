/**
 * Looks at both mailboxes when a history has ended, by arithmetic of its own, and says in words what is wrong: something
 * lost, something twice, something foreign touched, the source altered, or a report that does not say what is.
 */

import type { MemoryMessage } from '#connectors/memory/platform.ts';
import type { MailboxReport } from '#domain/report.ts';
import { contentKey, type World } from './world.ts';

export function findings(world: World, report: MailboxReport): readonly string[] {
  const found: string[] = [];
  const refused = new Set(report.refused.map(({ folder, uid }) => `${folder}\0${uid}`));
  const different = Map.groupBy(report.differences, ({ folder, uid }) => `${folder}\0${uid}`);
  let expectedThere = 0;
  for (const folder of world.folders) {
    const path = folder.path.join('/');
    const there = world.target.folder(world.target.nameOf(folder.path));
    if (!there?.selectable) {
      found.push(`${path} is missing on the target`);
      continue;
    }
    if (world.source.subscriptions.has(folder.name) && !world.target.subscriptions.has(there.name)) {
      found.push(`${path} is not subscribed on the target`);
    }
    const served = Map.groupBy(there.messages, ({ bytes }) => contentKey(bytes));
    const listed = folder.messages.filter(({ uid }) => refused.has(`${path}\0${uid}`));
    const wanted = folder.messages.filter(({ uid }) => !refused.has(`${path}\0${uid}`));
    expectedThere += wanted.length;
    const hasForeign = new Set(
      world.foreign.filter((one) => one.path === path).map(({ message }) => contentKey(message.bytes)),
    );
    for (const [key, messages] of Map.groupBy(wanted, ({ bytes }) => world.keyOf(bytes))) {
      const copies = key === null ? [] : (served.get(key) ?? []);
      const uids = messages.map(({ uid }) => uid).join(',');
      if (copies.length < messages.length) {
        found.push(
          `lost: ${path} ${uids}: ${messages.length} on the source, ${copies.length} on the target, none listed`,
        );
      } else if (key !== null && !hasForeign.has(key)) {
        found.push(...dressed(path, messages, copies, (uid) => different.get(`${path}\0${uid}`) ?? []));
      }
    }
    for (const [key, copies] of served) {
      const mine = world.foreign.filter((one) => one.path === path && contentKey(one.message.bytes) === key).length;
      const most = Math.max(mine, world.ever.get(`${path}\0${key}`) ?? 0);
      if (copies.length > most) {
        const uids = copies.map(({ uid }) => uid).join(',');
        found.push(`twice: ${path}: ${copies.length} on the target (${uids}) of which ${most} can be accounted for`);
      }
    }
    for (const message of listed) {
      const key = world.keyOf(message.bytes);
      const twins = folder.messages.filter(({ bytes }) => world.keyOf(bytes) === key).length;
      const arrived =
        key !== null && (served.get(key)?.length ?? 0) >= Math.max(twins, world.ever.get(`${path}\0${key}`) ?? 0);
      const code = report.refused.find((one) => one.folder === path && one.uid === message.uid)?.code;
      // What the source would not give us cannot be known again when another tool has brought it since.
      const mayHave = code === 'outcome-unknown' || (code === 'unreadable' && key !== null && hasForeign.has(key));
      if (arrived && !mayHave) found.push(`listed as refused and there: ${path} ${message.uid}`);
    }
  }
  found.push(...foreignTouched(world));
  if (world.changes !== world.ownChanges)
    found.push(`the source was changed ${world.changes - world.ownChanges} times`);
  const gone = report.refused.filter(({ folder, uid }) => !world.source.folder(folder)?.message(uid));
  if (gone.length > 0) found.push(`listed as refused and not on the source: ${gone.map(({ uid }) => uid).join(',')}`);
  const there = report.alreadyThere + report.copied;
  if (there !== expectedThere) found.push(`the report says ${there} are there, and ${expectedThere} are`);
  return found;
}

/** Every source message must have a copy with its flags and date, each copy serving one, or be listed as different. */
function dressed(
  path: string,
  messages: readonly MemoryMessage[],
  copies: readonly MemoryMessage[],
  listed: (uid: number) => readonly { readonly class: string }[],
): readonly string[] {
  const free = copies.map(dressOf);
  const found: string[] = [];
  for (const message of messages) {
    const at = free.indexOf(dressOf(message));
    if (at >= 0) free.splice(at, 1);
    else if (listed(message.uid).length === 0) {
      const seen = copies.map(dressOf).join(' or ');
      found.push(`other flags or date, not listed: ${path} ${message.uid}: ${dressOf(message)}, served as ${seen}`);
    }
  }
  return found;
}

function dressOf(message: MemoryMessage): string {
  return `${message.internalDate} ${message.flags.join(' ')}`;
}

/**
 * What was on the target before us is there with the same bytes and date. Of its flags none is gone but those that the owner
 * took from a message of the source that equals it, and none has come but those that such a one has borne.
 */
function foreignTouched(world: World): readonly string[] {
  const found: string[] = [];
  const used = new Set<MemoryMessage>();
  for (const { path, message } of world.foreign) {
    const folder = world.target.folder(world.target.nameOf(path.split('/')));
    const key = contentKey(message.bytes);
    const worn = world.worn.get(`${path}\0${key}`);
    const shed = world.shed.get(`${path}\0${key}`);
    const isLeft = (one: MemoryMessage): boolean =>
      message.flags.every((flag) => one.flags.includes(flag) || shed?.has(flag)) &&
      one.flags.every((flag) => message.flags.includes(flag) || worn?.has(flag));
    const same = folder?.messages.find(
      (one) =>
        !used.has(one) && one.internalDate === message.internalDate && contentKey(one.bytes) === key && isLeft(one),
    );
    if (same) used.add(same);
    else {
      const now = folder?.messages.filter(({ bytes }) => contentKey(bytes) === key) ?? [];
      const seen = now.map(dressOf).join(' or ');
      found.push(`foreign mail was touched: ${path} ${message.uid}: ${dressOf(message)}, now ${seen || 'gone'}`);
    }
  }
  return found;
}
