/** A target in memory. */

import { fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import type {
  Batch,
  FlagChange,
  FolderOrder,
  FolderOutcome,
  MoveRefusal,
  StoreRefusal,
  Target,
} from '#ports/mailbox.ts';
import { MemoryBatch } from './batch.ts';
import { MemorySource } from './reader.ts';

// A target reads as a source does, and is told apart by its writing; `watch` it has as well, and no engine asks for it.
export class MemoryTarget extends MemorySource implements Target {
  prepare(orders: readonly FolderOrder[]): Promise<readonly FolderOutcome[]> {
    return this.session.inTurn(() => orders.map((order) => this.#prepare(order)));
  }

  append(folder: FolderId): Batch {
    return new MemoryBatch(this.session, folder);
  }

  store(id: FolderId, changes: readonly FlagChange[]): Promise<readonly StoreRefusal[]> {
    return this.session.inTurn(() => {
      this.session.before({ kind: 'store', folder: id });
      const folder = this.session.opened(id);
      const refusals: StoreRefusal[] = [];
      for (const { uids, add, remove } of changes) {
        const refused = add.filter((flag) => !this.session.mailbox.takes(flag));
        const added = add.filter((flag) => this.session.mailbox.takes(flag));
        for (const message of folder.select(uids)) {
          folder.setFlags(message, [...message.flags.filter((flag) => !remove.includes(flag)), ...added]);
        }
        const text = 'Flags are not permitted here';
        if (refused.length > 0) refusals.push({ uids, flags: refused, code: 'CANNOT', text });
      }
      this.session.after({ kind: 'store', folder: id });
      return refusals;
    });
  }

  expunge(id: FolderId, uids: UidSet): Promise<void> {
    return this.session.inTurn(() => {
      // UIDPLUS brings both the new UIDs and the expunge that names them (RFC 4315), so one trait stands for both.
      if (!this.traits.tellsUids) throw fault('target.expunge.unavailable', { host: this.name });
      this.session.before({ kind: 'expunge', folder: id });
      this.session.opened(id).expunge(uids);
      this.session.after({ kind: 'expunge', folder: id });
    });
  }

  move(id: FolderId, uids: UidSet, to: FolderId): Promise<MoveRefusal | null> {
    return this.session.inTurn(() => {
      if (this.traits.moves === 'never') return { code: null, text: 'Unknown command UID MOVE' };
      const mishap = this.session.before({ kind: 'move', folder: id });
      if (mishap?.kind === 'refused') return { code: mishap.refusal.code, text: mishap.refusal.text };
      const folder = this.session.opened(id);
      const home = this.session.mailbox.folder(to);
      if (!home?.selectable) return { code: 'TRYCREATE', text: 'Mailbox does not exist' };
      const messages = folder.select(uids);
      for (const message of messages) home.add(message);
      if (this.traits.moves === 'by-copies') this.session.after({ kind: 'copied', folder: id });
      folder.expunge(uidSet(messages.map(({ uid }) => uid)));
      this.session.after({ kind: 'move', folder: id });
      return null;
    });
  }

  rename(id: FolderId, path: readonly string[]): Promise<MoveRefusal | null> {
    return this.session.inTurn(() => {
      const { mailbox } = this.session;
      this.session.before({ kind: 'rename', folder: id });
      const wrong = unfit(path, mailbox.options.separator);
      if (wrong !== null) return { code: 'CANNOT', text: wrong };
      if (mailbox.folder(mailbox.nameOf(path))) return { code: 'ALREADYEXISTS', text: 'Mailbox already exists' };
      if (!mailbox.folder(id)) return { code: 'NONEXISTENT', text: 'Mailbox does not exist' };
      mailbox.rename(id, path);
      mailbox.subscriptions.delete(id);
      this.session.after({ kind: 'rename', folder: id });
      return null;
    });
  }

  #prepare(order: FolderOrder): FolderOutcome {
    const { path, selectable, subscribed, specialUses } = order;
    const { mailbox } = this.session;
    const mishap = this.session.before({ kind: 'prepare', path });
    if (mishap?.kind === 'refused') return { kind: 'refused', code: mishap.refusal.code, text: mishap.refusal.text };
    const wrong = unfit(path, mailbox.options.separator);
    if (wrong !== null) return { kind: 'refused', code: 'CANNOT', text: wrong };
    const name = mailbox.nameOf(path);
    const before = mailbox.folder(name);
    const created = before === undefined || (selectable && !before.selectable);
    const folder = mailbox.create(path, selectable, mailbox.options.keepsSpecialUses ? specialUses : []);
    if (subscribed) mailbox.subscriptions.add(folder.name);
    this.session.after({ kind: 'prepare', path });
    const specialUseRefused = specialUses.some((use) => !folder.specialUses.includes(use));
    return { kind: 'there', folder: this.described(folder), created, subscribed, specialUseRefused };
  }
}

/** Why this platform has no folder of that name, or null. */
function unfit(path: readonly string[], separator: string | null): string | null {
  if (path.length === 0 || path.some((name) => name === '')) return 'Invalid mailbox name: a part is empty';
  if (separator === null && path.length > 1) return 'Invalid mailbox name: there is no hierarchy here';
  if (separator !== null && path.some((name) => name.includes(separator))) {
    return 'Invalid mailbox name: it holds the hierarchy separator';
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return path.some((name) => /[\u0000-\u001f\u007f]/.test(name)) ? 'Invalid mailbox name: control characters' : null;
}
