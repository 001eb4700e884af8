/** Records such as an engine would write, for the tests of the ledgers. */

import type { FolderId, Uid, UidValidity } from '#domain/item.ts';
import type { UidRun } from '#domain/uid-map.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { FolderRecord, Intent, MailboxPair } from '#ports/ledger.ts';

export const anna: MailboxPair = { source: 'imaps://anna@old.example', target: 'imaps://anna@new.example' };
export const bela: MailboxPair = { source: 'imaps://bela@old.example', target: 'imaps://bela@new.example' };
export const inbox = 'INBOX' as FolderId;
export const sent = 'Gesendete Objekte/Äpfel' as FolderId;

export function record(folder: FolderId, n: number): FolderRecord {
  const state = {
    uidValidity: n as UidValidity,
    uidNext: (n + 1) as Uid,
    messages: n,
    highestModSeq: 2n ** 63n - BigInt(n),
  };
  return {
    source: folder,
    target: folder,
    sourceState: state,
    targetState: { ...state, highestModSeq: null },
    sourceUidValidity: (n + 2) as UidValidity,
    targetUidValidity: null,
    digest: new Uint8Array(32).fill(n),
    messages: n,
    bytes: n * 2 ** 40,
  };
}

export function run(source: number, target: number, count: number, adopted = false): UidRun {
  return { source: source as Uid, target: target as Uid, count, adopted };
}

export function intent(id: number): Intent {
  return {
    id,
    source: inbox,
    target: sent,
    sourceUidValidity: 2 as UidValidity,
    targetUidValidity: 3 as UidValidity,
    targetUidNext: 4 as Uid,
    uids: [...uidSet([1, 2, 3, 9]), [0xffff_fff0 as Uid, 0xffff_ffff as Uid]],
    sent: [],
  };
}
