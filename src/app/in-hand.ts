/** Joins a mailbox that a worker has in hand to both platforms: IMAP at both ends, the ledger in the database. */

import { type ImapOptions, imapSource, imapTarget, KeptSession } from '#connectors/imap/index.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import { type Direction, opposite } from '#domain/ledger-turn.ts';
import { type SideName, userOn } from '#domain/platform.ts';
import type { Traveller } from '#ports/journeys.ts';
import { turnedInMemory } from '#ledger-file/turned-in-memory.ts';
import type { LedgerStore } from '#ports/ledger.ts';
import type { OpenSource } from '#ports/mailbox.ts';
import type { Ends, LedgerTurn, MailboxInHand } from '#ports/mailbox-ends.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import type { EstateLedgers } from '#store/ledger.ts';
import { turnLedger } from '#store/ledger-turn.ts';
import { imapOptions, type WayThere } from './imap-options.ts';
import type { Visit } from './visit.ts';

export interface Workbench extends WayThere {
  readonly ledgers: EstateLedgers;
}

/** One that waits for the next pass, and one to compare with meanwhile. */
const connectionsToKeep = 2;

/** Ends with `using`: the sessions that were kept for the next pass sign out. */
export class InHand implements MailboxInHand, Disposable {
  readonly traveller: Traveller;
  readonly #bench: Workbench;
  readonly #lease: MailboxLease;
  readonly #visit: Visit;
  /** By side and role. */
  readonly #kept = new Map<string, KeptSession>();

  constructor(bench: Workbench, traveller: Traveller, lease: MailboxLease, visit: Visit) {
    this.traveller = traveller;
    this.#bench = bench;
    this.#lease = lease;
    this.#visit = visit;
  }

  ends(direction: Direction): Ends {
    const [from, to] = direction === 'there' ? (['source', 'target'] as const) : (['target', 'source'] as const);
    return {
      pair: { source: this.#keyOf(from), target: this.#keyOf(to) },
      openSource: this.#watched(from, imapSource({ ...this.#options(from), ...this.#keeping(from, 'reads') })),
      openTarget: this.#watched(to, imapTarget({ ...this.#options(to), ...this.#keeping(to, 'writes') })),
      openSourceToRead: this.openToRead(from),
      openTargetToRead: this.openToRead(to),
      ledger: this.#bench.ledgers.under(this.#lease, direction),
    };
  }

  /** A connection of its own, for looking only. */
  openToRead(side: SideName): OpenSource {
    return this.#watched(side, imapSource(this.#options(side)));
  }

  async strayLedger(direction: Direction): Promise<LedgerStore> {
    const { ledgers } = this.#bench;
    const { mailbox } = this.#lease;
    const known = await ledgers.standing(mailbox, opposite[direction]);
    return turnedInMemory(known, await ledgers.standing(mailbox, direction), this.ends(direction).pair);
  }

  async turnLedger(from: Direction): Promise<LedgerTurn> {
    const turning = await turnLedger(this.#bench.ledgers, this.#lease, from, this.ends(opposite[from]).pair);
    return turning.kind === 'turned'
      ? turning
      : { kind: 'unsettled', why: `${turning.batches} batches are not settled yet.` };
  }

  user(side: SideName): string {
    return userOn(side, this.#bench.settings[side], this.traveller);
  }

  leaveBoth(): void {
    for (const kept of this.#kept.values()) kept[Symbol.dispose]();
    this.#kept.clear();
  }

  [Symbol.dispose](): void {
    this.leaveBoth();
  }

  #options(side: SideName): ImapOptions {
    return imapOptions(this.#bench, this.traveller, this.#visit, side);
  }

  /** Where what carries on one side waits for the next time that it is opened; nothing where that would be in the way. */
  #keeping(side: SideName, role: 'reads' | 'writes'): Pick<ImapOptions, 'kept'> {
    if (this.#visit.connections[side] < connectionsToKeep) return {};
    const key = `${side} ${role}`;
    const kept = this.#kept.get(key) ?? new KeptSession();
    this.#kept.set(key, kept);
    return { kept };
  }

  #watched<End>(side: SideName, open: (signal: AbortSignal) => Promise<End>): (signal: AbortSignal) => Promise<End> {
    return (signal) => this.#visit.open(side, open, signal);
  }

  #keyOf(side: SideName): string {
    const platform = this.#bench.settings[side];
    return mailboxKey({ ...platform.endpoint, user: this.user(side) });
  }
}
