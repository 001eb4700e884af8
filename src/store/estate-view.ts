/** How the estate stands, read from the tallies that every move keeps. */

import { sql } from 'kysely';
import type { Standing } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { Within } from '#domain/rights.ts';
import type { EstateGauged, EstateView } from '#ports/estate-view.ts';
import { brakeNow } from './brake.ts';
import { openPlatforms } from './budget.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';
import { interruptionsOf, interruptionsOfAll } from './interruptions.ts';
import { inPart, type Part, partOf } from './part.ts';
import { openWaves } from './waves.ts';
import { waysHomeLate, waysHomeLateIn } from './way-home.ts';
import { openWorkforce } from './workforce.ts';

interface StandingRow {
  readonly wave: string | null;
  readonly stage: Stage;
  readonly mark: Mark | '';
  readonly mailboxes: number;
  readonly bytes: number;
}

/** Of all of it, or of a part: who works on it, and why the brake is on, is about everybody and told to those who see everything. */
export function openEstateView(db: Database, within: Within = null): EstateView {
  if (within !== null) return viewOfPart(db, within);
  const gauged: EstateView['gauged'] = async () => {
    const [standings, workers, platforms, late] = await Promise.all([
      faulted(db.name, standingsNow(db)),
      openWorkforce(db).workersNow(),
      openPlatforms(db).platformsNow(),
      faulted(db.name, waysHomeLate(db.sql)),
    ]);
    return { standings, workers, platforms, waysHomeLate: late };
  };
  return {
    gauged,
    async now() {
      const [seen, waves, brake, interruptions] = await Promise.all([
        gauged(),
        openWaves(db).list(),
        faulted(db.name, brakeNow(db.sql)),
        faulted(db.name, interruptionsOfAll(db.sql)),
      ]);
      return { ...seen, waves, brake, interruptions };
    },
  };
}

function viewOfPart(db: Database, within: Within): EstateView {
  const gauged = async (): Promise<EstateGauged> => {
    const part = (await partOf(db.sql, within)) as Part;
    const [standings, late] = await Promise.all([standingsNow(db, within), waysHomeLateIn(db.sql, inPart(part))]);
    return { standings, workers: [], platforms: [], waysHomeLate: late };
  };
  return {
    gauged: () => faulted(db.name, gauged()),
    async now() {
      const part = (await faulted(db.name, partOf(db.sql, within))) as Part;
      const [seen, waves, brake, interruptions] = await Promise.all([
        faulted(db.name, gauged()),
        openWaves(db, within).list(),
        faulted(db.name, brakeNow(db.sql)),
        faulted(db.name, interruptionsOf(db.sql, inPart(part))),
      ]);
      return { ...seen, waves, brake: brake && { ...brake, who: '', why: '' }, interruptions };
    },
  };
}

/** How many mailboxes stand where. Those of a part are counted: what is kept of all waves knows no organisations. */
export async function standingsNow(db: Database, within: Within = null): Promise<readonly Standing[]> {
  const part = await partOf(db.sql, within);
  const { rows } = await (part === null ? allStandings : standingsIn(part)).execute(db.sql);
  return rows.map(({ mark, ...row }) => ({ ...row, mark: mark === '' ? null : mark }));
}

const allStandings = sql<StandingRow>`
  select w.name as wave, t.stage, t.mark, sum(t.mailboxes)::int8 as mailboxes, sum(t.bytes)::int8 as bytes
    from tally t left join wave w on w.id = t.wave
   group by w.name, t.stage, t.mark
  having sum(t.mailboxes) <> 0
   order by w.name nulls last, t.stage, t.mark`;

function standingsIn(part: Part) {
  return sql<StandingRow>`
    select w.name as wave, s.stage, s.mark, s.mailboxes, s.bytes
      from (select m.wave, m.stage, m.mark, count(*) as mailboxes, coalesce(sum(m.size_bytes), 0)::int8 as bytes
              from mailbox m where ${inPart(part)} group by 1, 2, 3) as s
      left join wave w on w.id = s.wave
     order by w.name nulls last, s.stage, s.mark`;
}
