/**
 * What a door kept on disk, read by somebody else who wants to know where a mailbox lived when the door last heard of it. The file stays
 * as it is: the door will come back to it.
 */

import { open } from 'node:fs/promises';
import type { SeenSince } from '#domain/restored.ts';
import { readSnapshot } from './route-snapshot-file.ts';

export interface RouteWitness {
  /** All changes of routes up to this one were heard of. */
  readonly revision: number;
  /** By its address; null for one of whom the door had not heard. */
  seen(address: string): SeenSince | null;
}

/** Throws `UnusableSnapshot` and what the file system says. */
export async function readWitness(path: string): Promise<RouteWitness> {
  await using file = await open(path, 'r');
  const { head, table, lines } = await readSnapshot(file);
  let { revision } = head;
  for (const line of lines) {
    if (!('changes' in line)) continue;
    for (const [mailbox, side, standing] of line.changes) table.turn(mailbox, side, standing);
    revision = line.revision;
  }
  return {
    revision,
    seen(address) {
      const mailbox = table.find(address);
      return mailbox < 0 ? null : table.route(mailbox);
    },
  };
}
