/**
 * A plan made true. Rows come in by COPY, the mailboxes that go elsewhere are locked in the order of their ids and held against
 * what they were when the plan was compared, and each has its record.
 */

import { sql } from 'kysely';
import type pg from 'pg';
import { fault } from '#domain/fault.ts';
import type { DayWindow } from '#domain/window.ts';
import type { Going, NewWave, PlanRecord, PlanToKeep } from '#ports/plan-keeping.ts';
import { note } from './audit.ts';
import { CopyIn, copyValue } from './copy-in.ts';
import { oneRow, type Sql } from './db.ts';
import { queriesOn } from './one-connection.ts';
import { isFreeToPlan } from './plan-standing.ts';
import { callOff } from './queue-rows.ts';
import { takeWishes } from './wishes.ts';

/** Rows are written by so many octets. */
const pieceOctets = 64 * 1024;

/**
 * To be called in a transaction, which it ends. `settles` is called before the last word is said: from then on nothing is to be
 * broken off, since nobody would know which way it went. Throws `plan.estate-moved`.
 */
export async function keepPlan(
  client: pg.Client,
  plan: PlanToKeep,
  record: PlanRecord,
  settles: () => void,
): Promise<void> {
  const tx = queriesOn(client);
  await holdWaves(tx, plan.expects);
  const created = await createWaves(tx, plan.create);
  for (const { wave, window } of plan.reschedule) await reschedule(tx, wave, window, record);
  const goings = await takeIn(client, tx, plan.goings(), created);
  await holdMailboxes(tx, goings);
  await planThose(tx, record);
  await moveThose(tx, record);
  await takeOut(tx, record);
  await noteWaves(tx, created, record);
  await removeEmpty(tx, plan.remove, record);
  await takeWishes(tx, record.who, record.why);
  await note(tx, { who: record.who, what: 'plan apply', why: record.why, about: record.about });
  settles();
  await sql`commit`.execute(tx);
}

/** So that the next questions know how many are in which wave. A small sample: the server takes a better one by itself. */
export async function countAnew(client: pg.Client): Promise<void> {
  const tx = queriesOn(client);
  await sql`set default_statistics_target = 10`.execute(tx);
  await sql`analyze mailbox`.execute(tx);
}

/** Nobody starts, cancels or reschedules a wave while mailboxes come into it or go; and nobody has since it was looked at. */
async function holdWaves(tx: Sql, expects: PlanToKeep['expects']): Promise<void> {
  const ids = expects.map(({ id }) => id);
  const { rows } = await sql<{ id: number; state: string; opens_ms: number; closes_ms: number }>`
    select id, state, (extract(epoch from opens_at) * 1000)::int8 as opens_ms,
           (extract(epoch from closes_at) * 1000)::int8 as closes_ms
      from wave where id = any(${ids}::int[]) order by id for share`.execute(tx);
  const now = new Map(rows.map((row) => [row.id, row] as const));
  const other = expects.find(({ id, state, opensAt, closesAt }) => {
    const its = now.get(id);
    return its?.state !== state || its.opens_ms !== opensAt || its.closes_ms !== closesAt;
  });
  if (other) throw fault('plan.estate-moved', { what: `the wave ${other.name} is not as it was a moment ago` });
}

/** Their ids, in their order. */
async function createWaves(tx: Sql, waves: readonly NewWave[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const { name, window, isPilot, errorBudget } of waves) {
    const { rows } = await sql<{ id: number }>`
      insert into wave (name, opens_at, closes_at, day, pilot, error_budget)
      values (${name}, ${instant(window.opensAt)}, ${instant(window.closesAt)}, ${window.day}, ${isPilot}, ${errorBudget})
      on conflict (name) do nothing returning id`.execute(tx);
    if (!rows[0]) throw fault('plan.estate-moved', { what: `the wave ${name} was made` });
    ids.push(rows[0].id);
  }
  return ids;
}

async function reschedule(tx: Sql, wave: number, window: DayWindow, { who, why }: PlanRecord): Promise<void> {
  const { rows } = await sql<{ before: unknown }>`
    update wave w set opens_at = ${instant(window.opensAt)}, closes_at = ${instant(window.closesAt)}, day = ${window.day}
      from (select id, opens_at, closes_at from wave where id = ${wave} for update) as old
     where w.id = old.id and w.state = 'planned'
    returning jsonb_build_object('opensAt', (extract(epoch from old.opens_at) * 1000)::int8,
                                 'closesAt', (extract(epoch from old.closes_at) * 1000)::int8) as before`.execute(tx);
  if (!rows[0]) throw fault('plan.estate-moved', { what: 'a wave that gets another window was started' });
  await note(tx, { who, what: 'wave reschedule', wave, why, about: { before: rows[0].before, after: window } });
}

/** Fills `going`; answers with the number of its rows. */
async function takeIn(
  client: pg.Client,
  tx: Sql,
  goings: Iterable<Going>,
  created: readonly number[],
): Promise<number> {
  await sql`create temporary table going (mailbox int, wave_before int, wave int) on commit drop`.execute(tx);
  const copy = new CopyIn(client, 'copy going from stdin');
  let [text, rows] = ['', 0];
  for (const { mailbox, from, to } of goings) {
    const wave = to === null ? null : 'wave' in to ? to.wave : (created[to.created] as number);
    text += `${mailbox}\t${copyValue(from)}\t${copyValue(wave)}\n`;
    rows++;
    if (text.length < pieceOctets) continue;
    await copy.write(text);
    text = '';
  }
  if (text !== '') await copy.write(text);
  await copy.end();
  await sql`analyze going`.execute(tx);
  return rows;
}

/** Workers go on meanwhile, and so do people: each mailbox is held, and stands where it stood when it was looked at. */
async function holdMailboxes(tx: Sql, goings: number): Promise<void> {
  await sql`set local godwit.imports = 'on'`.execute(tx);
  const { held } = await oneRow(
    tx,
    sql<{ held: number }>`
      select count(*) as held
        from (select m.id from mailbox m where m.id in (select mailbox from going) order by m.id for update) as held`,
  );
  const { asBefore } = await oneRow(
    tx,
    sql<{ asBefore: number }>`
      select count(*) as "asBefore"
        from going g
        join mailbox m on m.id = g.mailbox and m.wave is not distinct from g.wave_before and m.left_at is null
        left join wave w on w.id = m.wave
       where ${isFreeToPlan}`,
  );
  if (held !== goings || asBefore !== goings)
    throw fault('plan.estate-moved', { what: `${goings - asBefore} mailboxes stand elsewhere than a moment ago` });
}

/**
 * PostgreSQL 18 reads the words that make up the column `mark` anew for each row of an update that touches none of its parts, which
 * is a third of all that the update takes; where one is touched it reads them once.
 */
const markAsItIs = sql`left_at = m.left_at`;

/** Who had no wave gets one. Whoever comes into one that was started is copied from now on. */
async function planThose(tx: Sql, { who, why }: PlanRecord): Promise<void> {
  await sql`
    with planned as (
      update mailbox m
         set stage = 'planned', stage_since = now(), failures = 0, wave = g.wave,
             due_at = case when w.state = 'running' then now() end, ${markAsItIs}
        from going g join wave w on w.id = g.wave
       where m.id = g.mailbox and m.stage = 'known'
      returning m.id, m.wave
    )
    insert into audit (who, what, mailbox, wave, stage_before, stage_after, why)
    select ${who}, 'plan', id, wave, 'known', 'planned', ${why} from planned`.execute(tx);
}

/** From one wave into another: the journey goes on from where it is. */
async function moveThose(tx: Sql, { who, why }: PlanRecord): Promise<void> {
  await sql`
    with moved as (
      update mailbox m
         set wave = g.wave,
             due_at = case when m.stage <> 'planned' then m.due_at when w.state = 'running' then now() end, ${markAsItIs}
        from going g join wave w on w.id = g.wave
       where m.id = g.mailbox and m.stage <> 'known' and m.wave is distinct from g.wave
      returning m.id, m.wave, m.stage, g.wave_before
    )
    insert into audit (who, what, mailbox, wave, stage_before, stage_after, why, about)
    select ${who}, 'replan', moved.id, moved.wave, moved.stage, moved.stage, ${why}, jsonb_build_object('before', old.name)
      from moved left join wave old on old.id = moved.wave_before`.execute(tx);
}

/** Out of a wave that was never started: known again, and what was copied rests (as `sendHome` has it). */
async function takeOut(tx: Sql, { who, why }: PlanRecord): Promise<void> {
  const { rows } = await sql<{ queued: number }>`
    with out as (
      select m.id, m.stage, m.wave, m.queued_at from mailbox m join going g on g.mailbox = m.id and g.wave is null
    ), taken as (
      update mailbox m
         set stage = 'known', stage_since = now(), failures = 0, due_at = null, wave = null, blocked = null,
             blocked_about = null, queued_at = null
        from out where m.id = out.id
    ), told as (
      insert into audit (who, what, mailbox, wave, stage_before, stage_after, why)
      select ${who}, 'stand-down', id, wave, stage, 'planned', ${why} from out where stage in ('copying', 'following')
      union all
      select ${who}, 'unplan', id, wave, 'planned', 'known', ${why} from out where stage <> 'known'
    )
    select id as queued from out where queued_at is not null`.execute(tx);
  await callOff(
    rows.map(({ queued }) => queued),
    tx,
  );
}

async function noteWaves(tx: Sql, created: readonly number[], { who, why }: PlanRecord): Promise<void> {
  await sql`
    insert into audit (who, what, wave, why, about)
    select ${who}, 'wave created', w.id, ${why}, jsonb_build_object('mailboxes', count(g.mailbox))
      from wave w left join going g on g.wave = w.id
     where w.id = any(${created}::int[]) group by w.id order by w.id`.execute(tx);
}

/** Whoever has left may still stand in one; then it stays. */
async function removeEmpty(tx: Sql, waves: readonly number[], { who, why }: PlanRecord): Promise<void> {
  await sql`
    with removed as (
      delete from wave w
       where w.id = any(${waves}::int[]) and w.state = 'planned' and not exists (select from mailbox m where m.wave = w.id)
      returning id, name, opens_at
    )
    insert into audit (who, what, wave, why, about)
    select ${who}, 'wave removed', id, ${why}, jsonb_build_object('name', name, 'opensAt', opens_at)
      from removed order by id`.execute(tx);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
