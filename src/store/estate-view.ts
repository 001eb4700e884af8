/** How the estate stands, read from the tallies that every move keeps. */

import { sql } from 'kysely';
import type { Standing } from '#domain/estate-state.ts';
import type { Mark, Stage } from '#domain/journey.ts';
import type { EstateView } from '#ports/estate-view.ts';
import { brakeNow } from './brake.ts';
import { openPlatforms } from './budget.ts';
import { faulted } from './database-fault.ts';
import type { Database } from './db.ts';
import { interruptionsOfAll } from './interruptions.ts';
import { openWaves } from './waves.ts';
import { waysHomeLate } from './way-home.ts';
import { openWorkforce } from './workforce.ts';

interface StandingRow {
  readonly wave: string | null;
  readonly stage: Stage;
  readonly mark: Mark | '';
  readonly mailboxes: number;
  readonly bytes: number;
}

export function openEstateView(db: Database): EstateView {
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

/** How many mailboxes stand where. */
export async function standingsNow(db: Database): Promise<readonly Standing[]> {
  const { rows } = await sql<StandingRow>`
    select w.name as wave, t.stage, t.mark, sum(t.mailboxes)::int8 as mailboxes, sum(t.bytes)::int8 as bytes
      from tally t left join wave w on w.id = t.wave
     group by w.name, t.stage, t.mark
    having sum(t.mailboxes) <> 0
     order by w.name nulls last, t.stage, t.mark`.execute(db.sql);
  return rows.map(({ mark, ...row }) => ({ ...row, mark: mark === '' ? null : mark }));
}
