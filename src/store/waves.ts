/** Waves, as rows. */

import { sql } from 'kysely';
import type { WaveState } from '#domain/release.ts';
import {
  type Wave,
  waveAfter,
  type WaveCreated,
  type WaveMoved,
  type WaveOrder,
  type WaveOrderStep,
} from '#domain/wave.ts';
import { nearest } from '#lib/nearest.ts';
import type { Waves } from '#ports/waves.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { advanceAll } from './journey.ts';
import { select } from './selected.ts';
import { sendHome } from './send-home.ts';

interface WaveRow {
  readonly id: number;
  readonly name: string;
  readonly state: WaveState;
  readonly opens_at: Date;
  readonly closes_at: Date;
  readonly pilot: boolean;
  readonly error_budget: number;
  readonly paused_why: string | null;
}

const columns = sql.raw('id, name, state, opens_at, closes_at, pilot, error_budget, paused_why');

export function openWaves(db: Database): Waves {
  const inTransaction = <Answer>(work: (tx: Sql) => Promise<Answer>): Promise<Answer> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    create: (order, who) => inTransaction((tx) => create(tx, order, who)),
    move: (name, step, who, why) => inTransaction((tx) => move(tx, name, step, who, why)),
    async list() {
      const { rows } = await faulted(
        db.name,
        sql<WaveRow>`select ${columns} from wave order by opens_at, id`.execute(db.sql),
      );
      return rows.map(waveOf);
    },
  };
}

async function create(tx: Sql, order: WaveOrder, who: string): Promise<WaveCreated> {
  const { name, window, isPilot, errorBudget, limit, selector } = order;
  const selected = await select(tx, selector);
  if (selected.kind === 'unknown') return selected;
  const { rows } = await sql<WaveRow>`
    insert into wave (name, opens_at, closes_at, pilot, error_budget)
    values (${name}, ${instant(window.opensAt)}, ${instant(window.closesAt)}, ${isPilot}, ${errorBudget})
    on conflict (name) do nothing returning ${columns}`.execute(tx);
  const [row] = rows;
  if (!row) return { kind: 'name-taken' };
  const chosen = await sql<{ id: number }>`
    update mailbox set wave = ${row.id}
     where id in (
       select m.id from mailbox m
        where m.stage = 'known' and m.wave is null and m.mark = '' and ${selected.condition}
        order by m.address limit ${limit}
          for update
     )
    returning id`.execute(tx);
  if (chosen.rows.length === 0) {
    await sql`delete from wave where id = ${row.id}`.execute(tx);
    return { kind: 'nobody' };
  }
  const ids = chosen.rows.map(({ id }) => id);
  await advanceAll(tx, ids, { step: 'plan', who, why: `wave ${name}` }, null);
  await note(tx, { who, what: 'wave created', wave: row.id, about: { mailboxes: ids.length } });
  return { kind: 'created', wave: waveOf(row), mailboxes: ids.length };
}

async function move(tx: Sql, name: string, step: WaveOrderStep, who: string, why: string | null): Promise<WaveMoved> {
  const { rows } = await sql<WaveRow>`select ${columns} from wave where name = ${name} for update`.execute(tx);
  const [row] = rows;
  if (!row) {
    const others = await sql<{ name: string }>`select name from wave`.execute(tx);
    return {
      kind: 'unknown',
      nearest: nearest(
        name,
        others.rows.map((each) => each.name),
      ),
    };
  }
  const state = waveAfter(row.state, step);
  if (state === null) return { kind: 'refused', state: row.state };
  const pausedWhy = step === 'pause' ? (why ?? `paused by ${who}`) : null;
  // Whoever resumes has seen what failed until now: it does not pause again for that.
  const seen = step === 'resume' ? sql`(select coalesce(max(id), 0) from audit)` : sql`failures_seen`;
  const moved = await sql<WaveRow>`
    update wave set state = ${state}, paused_why = ${pausedWhy}, failures_seen = ${seen}
     where id = ${row.id} returning ${columns}`.execute(tx);
  await note(tx, { who, what: `wave ${step}`, wave: row.id, ...(why === null ? {} : { why }) });
  if (step === 'start')
    await sql`
      update mailbox set due_at = now() where wave = ${row.id} and stage = 'planned' and due_at is null`.execute(tx);
  if (step === 'cancel') {
    // Who is switching sees that through; where it is withdrawn, the leader takes them home (`wave-care.ts`).
    const left = await sql<{ id: number }>`
      select id from mailbox where wave = ${row.id} and stage in ('planned', 'copying', 'following')`.execute(tx);
    const ids = left.rows.map(({ id }) => id);
    await sendHome(tx, row.id, ids, who, why ?? `wave ${name} was cancelled`);
  }
  return { kind: 'moved', wave: waveOf(moved.rows[0] as WaveRow) };
}

function waveOf(row: WaveRow): Wave {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    window: { opensAt: row.opens_at.getTime(), closesAt: row.closes_at.getTime() },
    isPilot: row.pilot,
    errorBudget: row.error_budget,
    pausedWhy: row.paused_why,
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
