/** All that people can ask and order of an estate, on its database: for the command line and for the API. */

import type { Holding, Works } from '#api/estate.ts';
import { forecastEstate } from '#operations/forecast.ts';
import { reportWave } from '#operations/report-wave.ts';
import type { WorkerId } from '#ports/workforce.ts';
import { openAcceptances } from '#store/acceptance.ts';
import { auditHead, seal } from '#store/audit.ts';
import { followsOn } from '#store/audit-verify.ts';
import { auditLines } from '#store/audit-list.ts';
import { openBrake } from '#store/brake.ts';
import type { Database } from '#store/db.ts';
import { openDates } from '#store/dates.ts';
import { openDescriptions } from '#store/descriptions.ts';
import { openDoorCare } from '#store/door-care.ts';
import { openEstateLists } from '#store/estate-lists.ts';
import { openEstateView } from '#store/estate-view.ts';
import { openEvidenceView } from '#store/evidence-view.ts';
import { openForecasting } from '#store/forecasting.ts';
import { openMailboxOrders } from '#store/mailbox-orders.ts';
import { openMeanings } from '#store/meanings.ts';
import { openTailView } from '#store/tail.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import { openWaves } from '#store/waves.ts';
import { openWaysIn } from '#store/ways-in.ts';
import { openWorkforce } from '#store/workforce.ts';
import { verifyKeptAudit } from './audit-keeping.ts';

/** The estate, on a database that is open. The head of its audit log is kept in `stateDir`. */
export function openEstate(db: Database, stateDir: string): Holding & Works {
  const accounts = openWaveAccounts(db);
  return {
    ...openWorks(db, stateDir),
    view: openEstateView(db),
    lists: openEstateLists(db),
    descriptions: openDescriptions(db),
    mailboxes: openMailboxOrders(db),
    dates: openDates(db),
    acceptances: openAcceptances(db),
    meanings: openMeanings(db),
    reports: { wave: (name) => reportWave(accounts, name) },
    tail: openTailView(db),
    evidence: openEvidenceView(db),
  };
}

/** What is about everybody. */
export function openWorks(db: Database, stateDir: string): Works {
  const forecasting = openForecasting(db);
  return {
    waves: openWaves(db),
    waysIn: openWaysIn(db),
    workforce: { drain: (worker, who) => openWorkforce(db).drain(worker as WorkerId, who) },
    brake: openBrake(db),
    doors: openDoorCare(db),
    audit: {
      verify: () => verifyKeptAudit(db, stateDir),
      list: (order) => auditLines(db, order),
      async head() {
        await seal(db);
        return auditHead(db.sql);
      },
      async firstLost(heads) {
        for (const [at, head] of heads.entries()) {
          const what = await followsOn(db.sql, head);
          if (what !== null) return { at, what };
        }
        return null;
      },
    },
    forecasts: { make: () => forecastEstate(forecasting), past: (most) => forecasting.past(most) },
  };
}
