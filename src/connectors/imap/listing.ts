/** What FETCH tells about messages without opening them: all of a folder, or what has changed in it (RFC 7162). */

import type { FolderId, FolderState, Instant, Listing, Uid, UidValidity } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import type { UidSet } from '#domain/uid-set.ts';
import { type Delta, maxUid, type Traits } from '#ports/mailbox.ts';
import * as imap from '#protocols/imap/index.ts';
import type { Numbering } from './numbering.ts';
import { below, everyUid, isIn, setOctets } from './uid-sets.ts';

/** A folder to be asked about. */
export interface Asked {
  readonly session: imap.Session;
  readonly traits: Traits;
  readonly numbering: Numbering;
  readonly folder: FolderId;
  /** Its name in the server's octets. */
  readonly mailbox: string;
}

type Told = imap.FetchedMessage & { readonly uid: number };

/** The messages of `uids`. Throws `ImapError`. */
export async function listingOf(asked: Asked, uids: UidSet | 'all', withSizes: boolean): Promise<Listing> {
  const builder = new ListingBuilder(unknownState);
  const wanted: UidSet = uids === 'all' ? everyUid : uids;
  const items = withSizes ? (['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'] as const) : (['FLAGS', 'INTERNALDATE'] as const);
  const place: imap.Place = { mailbox: asked.mailbox, mode: 'examine', isFresh: true };
  let largest = 0;
  const told = (message: Told): void => {
    largest = Math.max(largest, message.uid);
    if (isIn(wanted, message.uid)) add(builder, message, message.sizeBytes ?? null);
  };
  // Nothing to list is still a question for the folder's numbers; `*` alone names one message at most.
  const sets = wanted.length === 0 ? [String(maxUid)] : imap.splitNumberSet(wanted, setOctets);
  const opened = await Promise.all(
    sets.map((set) => imap.fetchList(asked.session, place, set, wanted, { items }, told)),
  );
  builder.state = stateOf(asked, opened[0] as imap.Opened, largest);
  return builder.inOrder();
}

/** What changed since a state, null where the server cannot tell. Throws `ImapError`. */
export async function changesOf(asked: Asked, since: FolderState): Promise<Delta | null> {
  const { session, traits } = asked;
  if (traits.changes === 'none' || since.highestModSeq === null) return null;
  let changed = new ListingBuilder(unknownState);
  let arrived = new ListingBuilder(unknownState);
  let gone: imap.NumberSet = [];
  const place: imap.Place = { mailbox: asked.mailbox, mode: 'examine', isFresh: true };
  const { uidNext, highestModSeq: modSeq } = since;
  const vanished =
    traits.changes === 'flags-and-vanished'
      ? (uids: imap.NumberSet) => {
          gone = gone.length === 0 ? uids : [...gone, ...uids];
        }
      : null;
  // A folder in which nothing was yet has nothing that could change; 1 is asked for all the same, to open it.
  const last = Math.max(1, uidNext - 1);
  const known = { items: ['FLAGS'], changedSince: { modSeq, vanished } } as const;
  const fresh = { items: ['FLAGS', 'INTERNALDATE'] } as const;
  const [opened] = await Promise.all([
    imap.fetchList(session, place, `1:${last}`, [[1, last]], known, (message) => {
      if (message.uid < uidNext) add(changed, message, null);
    }),
    imap.fetchList(session, place, `${uidNext}:*`, [[uidNext, maxUid]], fresh, (message) => {
      // `n:*` names the last message even where n is beyond it (RFC 9051 §9, `seq-range`).
      if (message.uid >= uidNext) add(arrived, message, null);
    }),
  ]);
  [changed, arrived] = [changed.inOrder(), arrived.inOrder()];
  const state = stateOf(asked, opened, arrived.length === 0 ? uidNext - 1 : arrived.uid(arrived.length - 1));
  if (state.uidValidity !== since.uidValidity || state.highestModSeq === null) return null;
  changed.state = state;
  arrived.state = state;
  return { state, changed, arrived, vanished: vanished ? below(gone, uidNext) : null };
}

function add(builder: ListingBuilder, { uid, flags, internalDate }: Told, sizeBytes: number | null): void {
  builder.add(uid as Uid, flags ?? [], (internalDate ?? null) as Instant | null, sizeBytes);
}

/** The state of a folder as it was opened. Servers that leave out UIDNEXT or UIDVALIDITY get ones that mislead nobody. */
function stateOf({ traits, numbering, folder }: Asked, opened: imap.Opened, largestUid: number): FolderState {
  if (opened.uidValidity !== null) numbering.note(folder, opened.uidValidity);
  return {
    uidValidity: (opened.uidValidity ?? numbering.pretended) as UidValidity,
    uidNext: (opened.uidNext ?? largestUid + 1) as Uid,
    messages: opened.exists,
    highestModSeq: traits.changes === 'none' ? null : opened.highestModSeq,
  };
}

const unknownState: FolderState = {
  uidValidity: 0 as UidValidity,
  uidNext: 1 as Uid,
  messages: 0,
  highestModSeq: null,
};
