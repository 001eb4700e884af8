/** Joins a mailbox that a worker has in hand to both platforms: IMAP at both ends, the ledger in the database. */

import { type ImapOptions, imapSource, imapTarget, type ServerMemory } from '#connectors/imap/index.ts';
import { mailboxKey } from '#domain/endpoint.ts';
import { type Direction, opposite } from '#domain/ledger-turn.ts';
import { type SideName, userOn } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import type { Traveller } from '#ports/journeys.ts';
import type { Ends, MailboxInHand } from '#ports/mailbox-ends.ts';
import type { SharedSettings } from '#ports/programme.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import type { EstateLedgers } from '#store/ledger.ts';
import { turnLedger } from '#store/ledger-turn.ts';
import { authoritiesFor } from './authorities.ts';
import { type CredentialPlaces, platformCredentials } from './platform-credentials.ts';

export interface Workbench extends CredentialPlaces {
  readonly settings: SharedSettings;
  readonly ledgers: EstateLedgers;
  /** What was learnt of a server by one mailbox serves all. */
  readonly servers: ServerMemory;
  /** Milliseconds for which this worker may still count what it holds as its own. */
  readonly msLeft: () => number;
  readonly log: Log;
}

/** Nothing is completed on a target in the last moments of a lease: the octets have a way to go. */
const completeMarginMs = 500;

export function inHand(bench: Workbench, traveller: Traveller, lease: MailboxLease): MailboxInHand {
  const options = (side: SideName): ImapOptions => {
    const platform = bench.settings[side];
    const { host, port, security } = platform.endpoint;
    const name = platform.endpoint.name.replace('://', `://${userOn(side, platform, traveller)}@`);
    return {
      endpoint: { host, port, security, ca: authoritiesFor(platform.endpoint, platform.ca), verify: platform.verify },
      credentials: platformCredentials(side, platform, traveller, bench),
      log: bench.log.with({ mailbox: traveller.id, [side]: name }),
      servers: bench.servers,
      name,
      mayComplete: () => bench.msLeft() > completeMarginMs,
    };
  };
  const keyOf = (side: SideName): string => {
    const platform = bench.settings[side];
    return mailboxKey({ ...platform.endpoint, user: userOn(side, platform, traveller) });
  };
  const ends = (direction: Direction): Ends => {
    const [from, to] = direction === 'there' ? (['source', 'target'] as const) : (['target', 'source'] as const);
    return {
      pair: { source: keyOf(from), target: keyOf(to) },
      openSource: imapSource(options(from)),
      openTarget: imapTarget(options(to)),
      openTargetToRead: imapSource(options(to)),
      ledger: bench.ledgers.under(lease, direction),
    };
  };
  return {
    traveller,
    ends,
    async turnLedger(from) {
      const turning = await turnLedger(bench.ledgers, lease, from, ends(opposite[from]).pair);
      return turning.kind === 'unsettled' ? `${turning.batches} batches are not settled yet.` : null;
    },
  };
}
