/** The ports of an estate, each bounded to what somebody may reach. */

import { reachOf } from '#domain/rights.ts';
import type { WaveOutlined } from '#domain/wave.ts';
import { Together } from '#lib/together.ts';
import type { EstateParts } from '#ports/estate-part.ts';
import { openAcceptances } from './acceptance.ts';
import type { Database } from './db.ts';
import { openDates } from './dates.ts';
import { openDescriptions } from './descriptions.ts';
import { openEstateLists } from './estate-lists.ts';
import { openEstateView } from './estate-view.ts';
import { openEvidenceView } from './evidence-view.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { openMeanings } from './meanings.ts';
import { openTailView } from './tail.ts';
import { openWaveAccounts } from './wave-accounts.ts';
import { openWaves } from './waves.ts';

export function openEstateParts(db: Database): EstateParts {
  const waves = openWaves(db);
  const together = new Together<readonly WaveOutlined[]>();
  // Beside whichever mailbox somebody looks at, all of them are the same.
  const wavesNow = (): Promise<readonly WaveOutlined[]> => together.answer('', waves.list);
  return {
    of(holder, act) {
      const within = reachOf(holder, act);
      return {
        view: openEstateView(db, within),
        lists: openEstateLists(db, within),
        descriptions: within === null ? openDescriptions(db, within, wavesNow) : openDescriptions(db, within),
        mailboxes: openMailboxOrders(db, within, reachOf(holder, 'exclude-mailbox')),
        dates: openDates(db, within),
        acceptances: openAcceptances(db, within),
        meanings: openMeanings(db, within),
        accounts: openWaveAccounts(db, within),
        tail: openTailView(db, within),
        evidence: openEvidenceView(db, within),
      };
    },
  };
}
