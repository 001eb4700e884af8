/** The embedded database of a state folder, and the estate that is in it, as several labs want them. */

import { sql } from 'kysely';
import { expect } from 'vitest';
import { windowFrom } from '#domain/window.ts';
import { type EstateDatabase, openEstateDatabase } from '../src/app/estate-database.ts';
import type { Stage } from '../src/domain/journey.ts';
import { silent } from '../src/lib/log.ts';
import type { Sql } from '../src/store/db.ts';
import { openWaves } from '../src/store/waves.ts';
import { waitMaxMs } from './at-work.ts';

type Estate = Parameters<typeof openWaves>[0];

/** Opens it beside whoever else is at work on it, and starts its server where nobody is. */
export function openEmbedded(stateDir: string): Promise<EstateDatabase> {
  const opening = { stateDir, environment: () => undefined, connectionsMax: 4, applicationName: 'godwit labs' };
  return openEstateDatabase('embedded', { ...opening, log: silent }, new AbortController().signal);
}

/** One ward with the mailboxes of `users`, who are so called on both sides. Those without a domain get one. */
export async function populate(db: Estate, users: readonly { readonly name: string }[]): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
  for (const { name } of users)
    await sql`
      insert into mailbox (address, kind, organisation, source_user, target_user)
      values (${name.includes('@') ? name : `${name}@corp.example`}, 'person', (select id from organisation), ${name},
              ${name})`.execute(db.sql);
}

/** All of them in the wave `pilot`, which runs, in a window that stays open for an hour. */
export async function startPilot(
  db: Estate,
  mailboxes: number,
  { errorBudget = 0.1, opensInMs = 0 } = {},
): Promise<void> {
  const waves = openWaves(db);
  const opensAt = Date.now() + opensInMs;
  const window = windowFrom(opensAt, opensAt + 3_600_000);
  const wave = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget, window };
  expect(await waves.create(wave, 'a test')).toMatchObject({ kind: 'created', mailboxes });
  expect(await waves.move('pilot', 'start', 'a test', null)).toMatchObject({ kind: 'moved' });
}

/** How many stand there that have no mark. */
export async function countOf(db: { readonly sql: Sql }, stage: Stage): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from mailbox where stage = ${stage} and mark = ''`.execute(db.sql);
  return rows[0]?.n ?? 0;
}

/** Until so many stand there, whatever their marks. */
export async function untilStanding(db: { readonly sql: Sql }, stage: Stage, count: number): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from mailbox where stage = ${stage}`.execute(db.sql);
    if (rows[0]?.n === count) return;
    if (Date.now() - since < waitMaxMs) continue;
    const stand = await sql`
      select stage, mark, blocked, blocked_about, failures, count(*)::int as n from mailbox group by 1, 2, 3, 4, 5`.execute(
      db.sql,
    );
    throw new Error(`not all are ${stage}: ${JSON.stringify(stand.rows)}`);
  }
}
