/** The ends of a dry run: a ledger that only remembers in memory, and a target that cannot be written to. */

import { fault } from '#domain/fault.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Ledger, LedgerReader } from '#ports/ledger.ts';
import type { Target } from '#ports/mailbox.ts';

/** Answers from what was known before; takes changes and forgets them. */
export function dryLedger(known: LedgerReader | null): Ledger {
  return {
    // Nothing that is computed with it in a dry run is kept, so without a ledger any key serves.
    digestKey: known?.digestKey ?? new Uint8Array(32),
    folders: async () => known?.folders() ?? [],
    map: async (folder) => known?.map(folder) ?? UidMap.empty,
    flags: async (folder) => known?.flags(folder) ?? null,
    intents: async () => known?.intents() ?? [],
    exceptions: async () => known?.exceptions() ?? [],
    write: async () => undefined,
    note: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The target with its reading verbs; a writing one is a fault of ours. */
export function dryTarget(target: Target): Target {
  const refuse = (): never => {
    throw fault('internal', { detail: 'a dry run was about to write to the target' });
  };
  return {
    name: target.name,
    traits: target.traits,
    folders: () => target.folders(),
    list: (folder, uids, withSizes) => target.list(folder, uids, withSizes),
    changes: (folder, since) => target.changes(folder, since),
    read: (folder, uids, sink) => target.read(folder, uids, sink),
    headers: (folder, uids, fields, told) => target.headers(folder, uids, fields, told),
    prepare: refuse,
    append: refuse,
    store: refuse,
    expunge: refuse,
    move: refuse,
    rename: refuse,
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}
