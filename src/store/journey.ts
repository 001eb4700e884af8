/** The journey of mailboxes: every step a compare-and-set, with its record in the audit log in the same statement. */

import { type RawBuilder, sql } from 'kysely';
import { after, type Stage, stagesBefore, type Step } from '#domain/journey.ts';
import type { Sql } from './db.ts';

export interface StepTaken {
  readonly step: Step;
  /** A person or a process, e.g. `operator ann`, `worker 7f3…`. */
  readonly who: string;
  readonly why?: string;
  readonly about?: Readonly<Record<string, unknown>>;
}

/**
 * Takes one step of a mailbox's journey from `expected`; false when it stands elsewhere, since somebody was faster. `dueIn`:
 * seconds until the releaser looks at it again, null for never by itself.
 */
export async function advance(
  db: Sql,
  mailbox: number,
  expected: Stage,
  taken: StepTaken,
  dueIn: number | null,
): Promise<boolean> {
  const { rows } = await sql`with ${stepping(mailbox, expected, taken, dueIn)} select from moved`.execute(db);
  return rows.length === 1;
}

/**
 * The same as parts of a statement that does more: `moved` has the id of the mailbox that took the step, `told` the record.
 * `also` changes more of the mailbox, in the form `, column = value`; `provided`, in the form `and …`, is one more condition.
 */
export function stepping(
  mailbox: number,
  expected: Stage,
  taken: StepTaken,
  dueIn: number | null,
  { also = sql``, provided = sql`` }: { also?: RawBuilder<unknown>; provided?: RawBuilder<unknown> } = {},
): RawBuilder<unknown> {
  const next = after(expected, taken.step);
  if (next === null) throw new Error(`the journey has no step ${taken.step} from ${expected}`);
  return sql`
    moved as (
      update mailbox
         set stage = ${next}, stage_since = now(), failures = 0,
             due_at = now() + make_interval(secs => ${dueIn}::float8) ${also}
       where id = ${mailbox} and stage = ${expected} ${provided}
      returning id, wave
    ), told as (
      insert into audit (who, what, mailbox, wave, stage_before, stage_after, why, about)
      select ${taken.who}, ${taken.step}, id, wave, ${expected}, ${next}, ${taken.why ?? null},
             ${json(taken.about)}::jsonb
        from moved
    )`;
}

/** The same for many at once, from whichever stage the step may be taken; answers with those that took it. */
export async function advanceAll(
  db: Sql,
  mailboxes: readonly number[],
  taken: StepTaken,
  dueIn: number | null,
): Promise<readonly number[]> {
  const from = stagesBefore(taken.step);
  const next = after(from[0] as Stage, taken.step);
  const { rows } = await sql<{ mailbox: number }>`
    with standing as (
      select id, stage from mailbox where id = any(${mailboxes}::int[]) and stage = any(${from}::text[]) for update
    ), moved as (
      update mailbox m
         set stage = ${next}, stage_since = now(), failures = 0,
             due_at = now() + make_interval(secs => ${dueIn}::float8)
        from standing s
       where m.id = s.id
      returning m.id, m.wave, s.stage as stage_before
    )
    insert into audit (who, what, mailbox, wave, stage_before, stage_after, why, about)
    select ${taken.who}, ${taken.step}, id, wave, stage_before, ${next}, ${taken.why ?? null}, ${json(taken.about)}::jsonb
      from moved
    returning mailbox`.execute(db);
  return rows.map(({ mailbox }) => mailbox);
}

function json(about: unknown): string | null {
  return about === undefined ? null : JSON.stringify(about);
}
