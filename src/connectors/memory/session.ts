/**
 * One connection to a mailbox in memory: calls are answered one after the other in the order in which they were made, and
 * once it is lost every call under way and every later one is rejected, as on a wire.
 */

import { type Fault, fault } from '#domain/fault.ts';
import type { FolderId, UidValidity } from '#domain/item.ts';
import type { Chance } from '#lib/chance.ts';
import type { Traits } from '#ports/mailbox.ts';
import type { MemoryFaults, MemoryOperation, Mishap } from './faults.ts';
import type { MemoryFolder } from './folder.ts';
import type { MemoryMailbox } from './platform.ts';

export interface SessionOptions {
  /** For messages to people, e.g. `memory://someone@old`. */
  readonly name: string;
  readonly traits: Traits;
  readonly faults: MemoryFaults;
  /** How bytes are cut up, and when lent ones are given back. */
  readonly chance: Chance;
}

/** Mishaps that each kind of operation knows what to do with beside `cut` and `fault`, which the session deals with. */
export type LocalMishap = Exclude<Mishap, { kind: 'cut' | 'fault' }>;

export class Session {
  readonly mailbox: MemoryMailbox;
  readonly options: SessionOptions;
  #lost: Fault | null = null;
  readonly #uidValidities = new Map<FolderId, UidValidity>();
  #last: Promise<unknown> = Promise.resolve();
  readonly #mourners = new Set<(lost: Fault) => void>();

  constructor(mailbox: MemoryMailbox, options: SessionOptions) {
    this.mailbox = mailbox;
    this.options = options;
  }

  /** Runs `work` when every earlier call has been answered. */
  inTurn<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#lost) throw this.#lost;
      return work();
    });
    // The chain goes on after a failure; whoever made the call hears of it through `turn`.
    this.#last = turn.then(noop, noop);
    return turn;
  }

  get lost(): Fault | null {
    return this.#lost;
  }

  /** Ends the connection from now on. */
  lose(text: string): Fault {
    this.#lost ??= fault('imap.connection.lost', { host: this.options.name, text });
    for (const mourn of this.#mourners) mourn(this.#lost);
    return this.#lost;
  }

  /** Calls `mourn` when the connection is lost, until the returned function is called. */
  whenLost(mourn: (lost: Fault) => void): () => void {
    this.#mourners.add(mourn);
    return () => this.#mourners.delete(mourn);
  }

  /** Lets the fault hook speak before an operation; throws for `cut` and `fault`, hands back what is left to the operation. */
  before(operation: MemoryOperation): LocalMishap | null {
    return this.#suffer(this.options.faults.before?.(operation) ?? null);
  }

  after(operation: MemoryOperation): LocalMishap | null {
    return this.#suffer(this.options.faults.after?.(operation) ?? null);
  }

  /** The folder, or the fault that a server's NO to its EXAMINE becomes. */
  opened(folder: FolderId): MemoryFolder {
    const found = this.mailbox.folder(folder);
    if (found?.selectable) {
      // UIDs that were told under one UIDVALIDITY mean nothing under another, so the session does not outlive it.
      const told = this.#uidValidities.get(folder) ?? found.uidValidity;
      if (told !== found.uidValidity) throw this.lose(`"${folder}" was renumbered`);
      this.#uidValidities.set(folder, told);
      return found;
    }
    const host = this.options.name;
    if (found) throw fault('folder.unreadable', { host, folder, text: 'Mailbox cannot be selected' });
    throw fault('folder.gone', { host, folder, text: 'Mailbox does not exist' });
  }

  #suffer(mishap: Mishap | null): LocalMishap | null {
    if (mishap?.kind === 'cut') throw this.lose('cut by a test');
    if (mishap?.kind === 'fault') throw mishap.fault;
    return mishap;
  }
}

function noop(): void {}
