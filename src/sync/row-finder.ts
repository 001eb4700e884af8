/** Which row of a listing a UID is in. */

import type { Listing, Uid } from '#domain/item.ts';

/**
 * Gives the row of a UID, or -1. By searching the listing where it is ascending, as it nearly always is: a map of two million
 * would take 100 MB.
 */
export function rowFinder(listing: Listing): (uid: Uid) => number {
  for (let row = 1; row < listing.length; row++) {
    if (listing.uid(row) >= listing.uid(row - 1)) continue;
    const rows = new Map<Uid, number>();
    for (let at = 0; at < listing.length; at++) rows.set(listing.uid(at), at);
    return (uid) => rows.get(uid) ?? -1;
  }
  return (uid) => {
    let low = 0;
    let high = listing.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = listing.uid(middle);
      if (at === uid) return middle;
      if (at < uid) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  };
}
