/** A target over IMAP: what a reader does, and the six verbs that write. */

import { fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { UidSet } from '#domain/uid-set.ts';
import type {
  Batch,
  FlagChange,
  FolderOrder,
  FolderOutcome,
  MoveRefusal,
  StoreRefusal,
  Target,
} from '#ports/mailbox.ts';
import * as imap from '#protocols/imap/index.ts';
import { ImapBatch } from './batch.ts';
import { passingOf, throttleOf, type Where } from './faults.ts';
import { ImapReader } from './mailbox.ts';
import { nameOf } from './names.ts';
import { prepareFolders } from './prepare.ts';
import { setOctets } from './uid-sets.ts';

export class ImapTarget extends ImapReader implements Target {
  prepare(orders: readonly FolderOrder[]): Promise<readonly FolderOutcome[]> {
    return this.inOrder(
      prepareFolders({
        session: this.session,
        facts: this.facts,
        endpoint: this.options.endpoint,
        orders,
        spelling: async () => {
          // Without a listing the separator is not known yet.
          if (this.spelling.separator === null) await this.folders();
          return this.spelling;
        },
        known: this.knownFolders,
      }),
    );
  }

  append(folder: FolderId): Batch {
    return new ImapBatch(this.session, this.octets(folder), this.traits.batches === 'together');
  }

  store(folder: FolderId, changes: readonly FlagChange[]): Promise<readonly StoreRefusal[]> {
    return this.inOrder(this.#store(folder, changes));
  }

  expunge(folder: FolderId, uids: UidSet): Promise<void> {
    return this.inOrder(this.#expunge(folder, uids));
  }

  move(folder: FolderId, uids: UidSet, to: FolderId): Promise<MoveRefusal | null> {
    return this.inOrder(this.#move(folder, uids, to));
  }

  rename(folder: FolderId, path: readonly string[]): Promise<MoveRefusal | null> {
    return this.inOrder(this.#rename(folder, path));
  }

  async #store(folder: FolderId, changes: readonly FlagChange[]): Promise<readonly StoreRefusal[]> {
    const place = this.#place(folder);
    const refusals: StoreRefusal[] = [];
    const one = async (uids: UidSet, sign: '+' | '-', flags: readonly string[]): Promise<void> => {
      if (flags.length === 0 || uids.length === 0) return;
      const answers = await Promise.all(
        imap.splitNumberSet(uids, setOctets).map((set) => imap.store(this.session, place, set, sign, flags)),
      );
      const refused = answers.find(({ status }) => status !== 'OK');
      if (!refused) return;
      // What is listed as refused is never asked for again.
      const passing = passingOf(refused, this.options.endpoint, this.octets(folder));
      if (passing) throw passing;
      // One flag that is not liked must not keep the others back.
      if (flags.length > 1) await Promise.all(flags.map((flag) => one(uids, sign, [flag])));
      else refusals.push({ uids, flags, ...wordsOf(refused) });
    };
    try {
      await Promise.all(
        changes.flatMap(({ uids, add, remove }) => {
          const unfit = add.filter((flag) => !imap.isFlag(flag));
          if (unfit.length > 0)
            refusals.push({ uids, flags: unfit, code: null, text: 'IMAP cannot write these flags' });
          return [one(uids, '+', add.filter(imap.isFlag)), one(uids, '-', remove.filter(imap.isFlag))];
        }),
      );
      return refusals;
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #expunge(folder: FolderId, uids: UidSet): Promise<void> {
    // Plain EXPUNGE would take along whatever people have marked \Deleted.
    if (!this.session.capabilities.has('UIDPLUS'))
      throw fault('target.expunge.unavailable', { host: this.options.endpoint.host });
    if (uids.length === 0) return;
    const place = this.#place(folder);
    try {
      await this.#expungeSets(place, imap.splitNumberSet(uids, setOctets));
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #expungeSets(place: imap.Place, sets: readonly string[]): Promise<void> {
    await Promise.all([
      ...sets.map((set) => imap.store(this.session, place, set, '+', ['\\Deleted'])),
      ...sets.map((set) => imap.expunge(this.session, place, set)),
    ]);
  }

  async #move(folder: FolderId, uids: UidSet, to: FolderId): Promise<MoveRefusal | null> {
    const place = this.#place(folder);
    const home = this.octets(to);
    const { moves } = this.traits;
    const verb = moves === 'at-once' ? imap.move : imap.copy;
    if (moves === 'never') return { code: null, text: 'the server has neither MOVE nor UIDPLUS' };
    try {
      for (const set of imap.splitNumberSet(uids, setOctets)) {
        const answer = await verb(this.session, place, set, home);
        if (answer.status !== 'OK') return refusedMove(answer, this.options.endpoint);
        // What is not known to be there stays here.
        if (moves === 'by-copies') await this.#expungeSets(place, [set]);
      }
      return null;
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #rename(folder: FolderId, path: readonly string[]): Promise<MoveRefusal | null> {
    const name = nameOf(path, this.spelling);
    if ('wrong' in name) return { code: null, text: name.wrong };
    const old = this.octets(folder);
    try {
      // What is open here would be another folder's by its name.
      const [renamed] = await Promise.all([
        imap.rename(this.session, old, name.octets),
        imap.unsubscribe(this.session, old),
      ]);
      return renamed.status === 'OK' ? null : refusedMove(renamed, this.options.endpoint);
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  #place(folder: FolderId): imap.Place {
    return { mailbox: this.octets(folder), mode: 'select', isSure: true, uidValidity: this.numbering.of(folder) };
  }
}

/** A server that asks for patience says nothing of the messages. */
function refusedMove(answer: imap.Tagged, where: Where): MoveRefusal {
  const throttle = throttleOf(answer, where);
  if (throttle) throw throttle;
  return wordsOf(answer);
}

function wordsOf({ code, text }: imap.Tagged): { readonly code: string | null; readonly text: string } {
  return { code: code === null ? null : imap.clean(code.name, 40), text: imap.clean(text) };
}
