/** Opens mailboxes in memory as the two ends of a move. */

import { Chance } from '#lib/chance.ts';
import type { OpenSource, OpenTarget, Traits } from '#ports/mailbox.ts';
import { type MemoryFaults, noFaults } from './faults.ts';
import type { MemoryMailbox } from './platform.ts';
import { MemorySource } from './reader.ts';
import { Session } from './session.ts';
import { MemoryTarget } from './target.ts';

export interface MemoryEnd {
  /** For messages to people. */
  readonly name: string;
  readonly traits: Partial<Traits>;
  readonly faults: MemoryFaults;
  readonly chance: Chance;
}

/** What a server of today does: CONDSTORE and QRESYNC, UIDPLUS, MULTIAPPEND, no limit. */
export const modernTraits: Traits = {
  changes: 'flags-and-vanished',
  tellsUids: true,
  moves: 'at-once',
  batches: 'together',
  appendLimitBytes: null,
  roundTripMs: 0,
};

export function memorySource(mailbox: MemoryMailbox, end: Partial<MemoryEnd> = {}): OpenSource {
  return async (signal) => new MemorySource(opened(mailbox, 'memory://source', end, signal));
}

export function memoryTarget(mailbox: MemoryMailbox, end: Partial<MemoryEnd> = {}): OpenTarget {
  return async (signal) => new MemoryTarget(opened(mailbox, 'memory://target', end, signal));
}

function opened(mailbox: MemoryMailbox, name: string, end: Partial<MemoryEnd>, signal: AbortSignal): Session {
  signal.throwIfAborted();
  const session = new Session(mailbox, {
    name: end.name ?? name,
    traits: { ...modernTraits, ...end.traits },
    faults: end.faults ?? noFaults,
    chance: (end.chance ?? new Chance(1)).fork(),
  });
  session.before({ kind: 'open' });
  return session;
}
