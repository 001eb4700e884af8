/**
 * What people order of mailboxes that have settled: that they go back, or that the way back ends. Whoever is on the way there
 * is not touched.
 */

import { type RawBuilder, sql } from 'kysely';
import type { Mark } from '#domain/journey.ts';
import type { WaveSettledOrdered } from '#domain/wave.ts';
import { note } from './audit.ts';
import type { Database, Sql } from './db.ts';
import { forgetWays } from './forget-ledgers.ts';
import { advanceAll } from './journey.ts';
import { callOff } from './queue-rows.ts';
import { lockWave } from './wave-rows.ts';
import { lateIn } from './way-home.ts';

/** Released in one transaction. */
const batchMax = 1_000;
/** Who is excluded or has left stays where they are, whatever the wave does. */
const mayReturn = sql.raw(`mark in ('', 'blocked', 'held')`);
const mayBeReleased = sql.raw(`mark = ''`);

/** Sends those of `mailboxes` home that have settled: what blocked or held them there does so no more. With a record each. */
export async function sendBack(
  tx: Sql,
  mailboxes: readonly number[],
  who: string,
  why: string | null,
): Promise<readonly number[]> {
  await sql`
    update mailbox set held = null, held_until = null, blocked = null, blocked_about = null
     where id = any(${mailboxes}::int[]) and stage = 'settled'`.execute(tx);
  return advanceAll(tx, mailboxes, { step: 'go-back', who, ...(why === null ? {} : { why }) }, 0);
}

export async function bringBack(tx: Sql, name: string, who: string, why: string): Promise<WaveSettledOrdered> {
  const wave = await lockWave(tx, name);
  if ('kind' in wave) return wave;
  if (wave.state === 'running') {
    await sql`update wave set state = 'paused', paused_why = ${`going back: ${why}`} where id = ${wave.id}`.execute(tx);
    await note(tx, { who, what: 'wave pause', wave: wave.id, why: `going back: ${why}` });
  }
  const { rows } = await sql<{ id: number }>`
    select id from mailbox where wave = ${wave.id} and stage = 'settled' and ${mayReturn} order by id`.execute(tx);
  const ids = rows.map(({ id }) => id);
  const standing = await settledIn(tx, wave.id, mayReturn);
  await sendBack(tx, ids, who, why);
  await note(tx, { who, what: 'wave go-back', wave: wave.id, why, about: { mailboxes: ids.length } });
  return { ...standing, kind: 'ordered', mailboxes: ids.length };
}

/** In transactions of a thousand, each with all that goes with it: what is killed halfway is begun again by the same order. */
export async function releaseWave(
  db: Database,
  name: string,
  isDryRun: boolean,
  who: string,
  why: string,
): Promise<WaveSettledOrdered> {
  const wave = await db.sql.transaction().execute((tx) => lockWave(tx, name));
  if ('kind' in wave) return wave;
  if (wave.state === 'running') return { kind: 'refused', state: wave.state };
  const standing = await settledIn(db.sql, wave.id, mayBeReleased);
  let mailboxes = 0;
  for (let released = batchMax; !isDryRun && released === batchMax; mailboxes += released)
    released = await db.sql.transaction().execute((tx) => releaseSome(tx, wave.id, who, why));
  if (isDryRun) return { ...standing, kind: 'ordered' };
  await note(db.sql, { who, what: 'wave release', wave: wave.id, why, about: { mailboxes } });
  return { ...standing, kind: 'ordered', mailboxes };
}

async function releaseSome(tx: Sql, wave: number, who: string, why: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select id from mailbox where wave = ${wave} and stage = 'settled' and ${mayBeReleased}
     order by id limit ${batchMax} for update`.execute(tx);
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await advanceAll(tx, ids, { step: 'release', who, why }, null);
  await sql`update mailbox set queued_at = null where id = any(${ids}::int[])`.execute(tx);
  // Whoever has one in hand writes nothing more: the lease is gone, and the job.
  await sql`delete from mailbox_lease where mailbox = any(${ids}::int[])`.execute(tx);
  await callOff(ids, tx);
  await forgetWays(tx, sql`select unnest(${ids}::int[])`);
  return ids.length;
}

interface SettledRow {
  readonly stage: 'settled' | 'switching';
  readonly mark: Mark | '';
  readonly included: boolean;
  readonly mailboxes: number;
}

/** How many have settled, those with marks that are left out by mark, and how many are switching. */
async function settledIn(
  db: Sql,
  wave: number,
  included: RawBuilder<unknown>,
): Promise<Omit<Extract<WaveSettledOrdered, { kind: 'ordered' }>, 'kind'>> {
  const home = await lateIn(db, sql`m.wave = ${wave} and ${included}`);
  const { rows } = await sql<SettledRow>`
    select stage, mark, ${included} as included, sum(mailboxes)::int8 as mailboxes
      from tally where wave = ${wave} and stage in ('settled', 'switching')
     group by stage, mark having sum(mailboxes) > 0`.execute(db);
  const sum = (of: readonly SettledRow[]): number => of.reduce((total, { mailboxes }) => total + mailboxes, 0);
  const settled = rows.filter(({ stage }) => stage === 'settled');
  return {
    ...home,
    mailboxes: sum(settled.filter((row) => row.included)),
    leftOut: Object.fromEntries(settled.filter((row) => !row.included).map((row) => [row.mark, row.mailboxes])),
    switching: sum(rows.filter(({ stage }) => stage === 'switching')),
  };
}
