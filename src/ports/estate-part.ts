/** An estate as one holder may work with it: what lies outside of what they may reach is as if it did not exist. */

import type { Act, Holder } from '#domain/rights.ts';
import type { Dates } from './dates.ts';
import type { Descriptions } from './descriptions.ts';
import type { EvidenceView } from './evidence.ts';
import type { EstateLists, EstateView, MailboxOrders } from './estate-view.ts';
import type { Meanings } from './meanings.ts';
import type { TailView } from './tail.ts';
import type { Acceptances, WaveAccounts } from './wave-accounts.ts';

export interface EstatePart {
  readonly view: EstateView;
  readonly lists: EstateLists;
  readonly descriptions: Descriptions;
  readonly mailboxes: MailboxOrders;
  readonly dates: Dates;
  readonly acceptances: Acceptances;
  readonly meanings: Meanings;
  readonly accounts: WaveAccounts;
  readonly tail: TailView;
  readonly evidence: EvidenceView;
}

export interface EstateParts {
  /**
   * The estate as far as `holder` may do `act` to it, by `reachOf` of `domain/rights.ts`. It costs nothing to ask for; a door asks at each
   * call, and uses what it gets for that act alone.
   */
  of(holder: Holder, act: Act): EstatePart;
}
