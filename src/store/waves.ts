/** Waves, as people make them, start them, and change their minds. */

import { sql } from 'kysely';
import {
  mayBeRescheduled,
  waveAfter,
  type WaveCreated,
  type WaveMoved,
  type WaveOrder,
  type WaveOrderStep,
} from '#domain/wave.ts';
import type { DayWindow, Window } from '#domain/window.ts';
import type { Within } from '#domain/rights.ts';
import type { Waves } from '#ports/waves.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { mayMove } from './due.ts';
import { advanceAll } from './journey.ts';
import { partOf, waveForPart, waveInPart } from './part.ts';
import { select } from './selected.ts';
import { sendHome } from './send-home.ts';
import { bringBack, releaseWave } from './settled-orders.ts';
import { lockWave, outlined, type WaveRow, waveColumns, waveOf } from './wave-rows.ts';

/** What is ordered of a wave is ordered of all of it; the list may be that of a part. */
export function openWaves(db: Database, within: Within = null): Waves {
  const inTransaction = <Answer>(work: (tx: Sql) => Promise<Answer>): Promise<Answer> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    create: (order, who) => inTransaction((tx) => create(tx, order, who)),
    move: (name, step, who, why) => inTransaction((tx) => move(tx, name, step, who, why)),
    reschedule: (name, window, who, why) => inTransaction((tx) => reschedule(tx, name, window, who, why)),
    goBack: (name, who, why) => inTransaction((tx) => bringBack(tx, name, who, why)),
    release: (name, isDryRun, who, why) => faulted(db.name, releaseWave(db, name, isDryRun, who, why)),
    list: () => faulted(db.name, list(db.sql, within)),
  };
}

async function list(db: Sql, within: Within): ReturnType<Waves['list']> {
  const part = await partOf(db, within);
  const { rows } = await sql<WaveRow>`
    select ${waveColumns} from wave w where ${waveInPart(part)} order by opens_at, id`.execute(db);
  const waves = rows.map(waveOf);
  return part === null ? outlined(db, waves) : waves.map(waveForPart);
}

async function create(tx: Sql, order: WaveOrder, who: string): Promise<WaveCreated> {
  const { name, window, isPilot, errorBudget, limit, selector } = order;
  if (await isOver(tx, window)) return { kind: 'window-closed' };
  const selected = await select(tx, selector);
  if (selected.kind === 'unknown') return selected;
  const { rows } = await sql<WaveRow>`
    insert into wave (name, opens_at, closes_at, day, pilot, error_budget)
    values (${name}, ${instant(window.opensAt)}, ${instant(window.closesAt)}, ${window.day}, ${isPilot}, ${errorBudget})
    on conflict (name) do nothing returning ${waveColumns}`.execute(tx);
  const [row] = rows;
  if (!row) return { kind: 'name-taken' };
  const isMeant = sql`m.stage = 'known' and m.wave is null and m.mark = '' and ${selected.condition}`;
  const { notThatDay } = await oneRow(
    tx,
    sql<{ notThatDay: number }>`
      select count(*) as "notThatDay" from mailbox m, wave w where w.id = ${row.id} and ${isMeant} and not ${mayMove}`,
  );
  const chosen = await sql<{ id: number }>`
    update mailbox set wave = ${row.id}
     where id in (
       select m.id from mailbox m, wave w
        where w.id = ${row.id} and ${isMeant} and ${mayMove}
        order by m.address limit ${limit}
          for update of m
     )
    returning id`.execute(tx);
  if (chosen.rows.length === 0) {
    await sql`delete from wave where id = ${row.id}`.execute(tx);
    return { kind: 'nobody', notThatDay };
  }
  const ids = chosen.rows.map(({ id }) => id);
  await advanceAll(tx, ids, { step: 'plan', who, why: `wave ${name}` }, null);
  await note(tx, { who, what: 'wave created', wave: row.id, about: { mailboxes: ids.length } });
  return { kind: 'created', wave: await outlinedOne(tx, row), mailboxes: ids.length, notThatDay };
}

async function move(tx: Sql, name: string, step: WaveOrderStep, who: string, why: string | null): Promise<WaveMoved> {
  const row = await lockWave(tx, name);
  if ('kind' in row) return row;
  const state = waveAfter(row.state, step);
  if (state === null) return { kind: 'refused', state: row.state };
  if (step === 'start' && (await isOver(tx, waveOf(row).window))) return { kind: 'window-closed' };
  const pausedWhy = step === 'pause' ? (why ?? `paused by ${who}`) : null;
  // Whoever resumes has seen what failed until now: it does not pause again for that.
  const seen = step === 'resume' ? sql`(select coalesce(max(id), 0) from audit)` : sql`failures_seen`;
  const moved = await sql<WaveRow>`
    update wave set state = ${state}, paused_why = ${pausedWhy}, failures_seen = ${seen}
     where id = ${row.id} returning ${waveColumns}`.execute(tx);
  await note(tx, { who, what: `wave ${step}`, wave: row.id, ...(why === null ? {} : { why }) });
  if (step === 'start')
    await sql`
      update mailbox set due_at = now() where wave = ${row.id} and stage = 'planned' and due_at is null`.execute(tx);
  if (state === 'running') await wakeWave(tx, row.id);
  if (step === 'cancel') {
    // Who is switching sees that through; where it is withdrawn, the leader takes them home (`wave-care.ts`).
    const left = await sql<{ id: number }>`
      select id from mailbox where wave = ${row.id} and stage in ('planned', 'copying', 'following')`.execute(tx);
    const ids = left.rows.map(({ id }) => id);
    await sendHome(tx, row.id, ids, who, why ?? `wave ${name} was cancelled`);
  }
  return { kind: 'moved', wave: await outlinedOne(tx, moved.rows[0] as WaveRow) };
}

async function reschedule(
  tx: Sql,
  name: string,
  window: DayWindow,
  who: string,
  why: string | null,
): Promise<WaveMoved> {
  const row = await lockWave(tx, name);
  if ('kind' in row) return row;
  if (!mayBeRescheduled(row.state)) return { kind: 'refused', state: row.state };
  if (await isOver(tx, window)) return { kind: 'window-closed' };
  const moved = await sql<WaveRow>`
    update wave
       set opens_at = ${instant(window.opensAt)}, closes_at = ${instant(window.closesAt)}, day = ${window.day}
     where id = ${row.id} returning ${waveColumns}`.execute(tx);
  const about = { before: waveOf(row).window, after: window };
  await note(tx, { who, what: 'wave reschedule', wave: row.id, ...(why === null ? {} : { why }), about });
  await wakeWave(tx, row.id);
  return { kind: 'moved', wave: await outlinedOne(tx, moved.rows[0] as WaveRow) };
}

/** Who follows is looked at when the window opens, or now where it is open: nobody waits for the next turn of following. */
export async function wakeWave(tx: Sql, wave: number): Promise<void> {
  await sql`
    update mailbox m set due_at = greatest(now(), w.opens_at)
      from wave w
     where w.id = ${wave} and m.wave = w.id and m.stage = 'following' and w.closes_at > now()
       and m.due_at > greatest(now(), w.opens_at)`.execute(tx);
}

async function isOver(tx: Sql, { closesAt }: Window): Promise<boolean> {
  const { over } = await oneRow(tx, sql<{ over: boolean }>`select ${instant(closesAt)}::timestamptz <= now() as over`);
  return over;
}

async function outlinedOne(tx: Sql, row: WaveRow) {
  const [wave] = await outlined(tx, [waveOf(row)]);
  if (!wave) throw new Error('a wave was not outlined');
  return wave;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
