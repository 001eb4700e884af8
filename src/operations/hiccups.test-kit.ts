/** For tests: a source whose answers are not always what it holds. */

import { memorySource } from '#connectors/memory/open.ts';
import type { Fault } from '#domain/fault.ts';
import type { Folder, FolderId, FolderTree, Listing } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import type { Delta, OpenSource, Source, Traits } from '#ports/mailbox.ts';
import type { Move } from './copy-mailbox.test-kit.ts';

export interface Hiccups {
  listed?(listing: Listing, isWhole: boolean): Listing;
  told?(delta: Delta): Delta;
  tree?(tree: FolderTree): FolderTree;
  /** Why this folder is not opened; null where it is. */
  refused?(folder: FolderId): Fault | null;
  /** Whose a folder is; everything is the user's own without it. */
  owner?(folder: FolderId): Folder['belongsTo'];
}

/** The move's source, whose answers go through `hiccups` on their way. */
export function hiccuping(
  move: Pick<Move, 'source'>,
  hiccups: Hiccups,
  traits: Partial<Traits> = {},
): { readonly openSource: OpenSource } {
  const { listed = (listing) => listing, told = (delta) => delta, tree = (folders) => folders } = hiccups;
  const { refused = () => null, owner = () => 'personal' as const } = hiccups;
  const open = memorySource(move.source, { traits });
  return {
    openSource: async (signal): Promise<Source> => {
      const source = await open(signal);
      return {
        name: source.name,
        traits: source.traits,
        folders: async () => tree(await source.folders()),
        list: async (folder, uids, withSizes) => {
          const why = refused(folder);
          if (why) throw why;
          return listed(await source.list(folder, uids, withSizes), uids === 'all');
        },
        ownerOf: owner,
        changes: async (folder, since) => {
          const delta = await source.changes(folder, since);
          return delta && told(delta);
        },
        read: (folder, uids, sink, withWords) => source.read(folder, uids, sink, withWords),
        headers: (folder, uids, fields, heard) => source.headers(folder, uids, fields, heard),
        [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
      };
    },
  };
}

/** Without the messages beyond the first `kept`. */
export function cutShort(listing: Listing, kept: number, messages = listing.state.messages): Listing {
  const short = new ListingBuilder({ ...listing.state, messages });
  for (let row = 0; row < Math.min(kept, listing.length); row++)
    short.add(listing.uid(row), listing.flags(row), listing.internalDate(row), listing.sizeBytes(row));
  return short;
}
