/**
 * A synthetic estate of any size, put straight into the tables: no mail server has ever seen a mailbox of it. Its people are
 * those of `estate-generator.ts`; where they stand is written over all of them at once, state after state.
 */

import { sql } from 'kysely';
import { CopyIn, copyValue } from '#store/copy-in.ts';
import type { Database } from '#store/db.ts';
import { estateOf, MadeEstate } from './estate-generator.ts';

export const stateNames = ['known', 'weekend', 'following', 'paused', 'blocked'] as const;
export type StateName = (typeof stateNames)[number];

/** What an estate is in the middle of. `columns`: of a mailbox, by its number. */
interface State {
  readonly says: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** Rows are handed on by so many. */
const rowsPerBlock = 2_000;
/** The waves of one week: five evenings and a weekend. */
const week = [22_000, 22_000, 22_000, 22_000, 22_000, 83_000];

export async function fillEstate(db: Database, mailboxes: number): Promise<void> {
  const estate = new MadeEstate(estateOf(mailboxes, 0));
  const client = await db.connect();
  try {
    // What a state is made of is right by construction; the tallies are counted afterwards.
    await client.query('set session_replication_role = replica');
    const organisations = new CopyIn(client, 'copy organisation (id, code, name) from stdin');
    for (const { number, code, name } of estate.organisations)
      await organisations.write(`${number + 1}\t${copyValue(code)}\t${copyValue(name)}\n`);
    await organisations.end();
    const ids = new Map(estate.organisations.map(({ code, number }) => [code, number + 1]));
    const parents = estate.organisations.map(({ parent }) => (parent === null ? null : ids.get(parent)));
    await client.query(
      'update organisation o set parent = p.parent from unnest($1::int[]) with ordinality as p (parent, id) where p.id = o.id',
      [parents],
    );
    const copy = new CopyIn(
      client,
      'copy mailbox (id, address, kind, organisation, size_bytes, items, wave_hint, display_name) from stdin',
    );
    let id = 0;
    let block = '';
    for (const row of estate.mailboxes()) {
      const { address, kind, organisation, sizeBytes, items, waveHint, displayName } = row;
      const cells = [++id, address, kind, ids.get(organisation) as number, sizeBytes, items, waveHint, displayName];
      block += `${cells.map(copyValue).join('\t')}\n`;
      if (id % rowsPerBlock !== 0) continue;
      await copy.write(block);
      block = '';
    }
    await copy.write(block);
    await copy.end();
    await client.query(`
      insert into audit (who, what, mailbox, about) select 'operator bench', 'import', id, '{}' from mailbox`);
    await client.query(`select setval(pg_get_serial_sequence('mailbox', 'id'), (select max(id) from mailbox))`);
  } finally {
    await client.end();
  }
  await sql`analyze`.execute(db.sql);
}

/** Puts everybody where `name` says, as if they had come there by themselves, and counts the tallies anew. */
export async function enter(db: Database, name: StateName, mailboxes: number): Promise<string> {
  const { says, columns } = states(mailboxes)[name];
  const client = await db.connect();
  try {
    const ask = (text: string, values: readonly unknown[] = []) => client.query(text, [...values]);
    await ask('set session_replication_role = replica');
    await ask(`set maintenance_work_mem = '512MB'`);
    // All of it or nothing: whoever is stopped in the middle leaves an estate as it was.
    await ask('begin');
    await ask('delete from pgboss.job');
    await ask('delete from tally');
    // Indexes are made anew afterwards: to be kept up row by row they would take most of the time, and be bloated.
    const { rows } = await ask(
      `select indexname, indexdef from pg_indexes where tablename = 'mailbox' and indexdef not like '%UNIQUE%'`,
    );
    for (const { indexname } of rows) await ask(`drop index ${indexname}`);
    await ask(`truncate route`);
    if (name !== 'known') await makeWaves(ask, mailboxes, name);
    const set = Object.entries({ ...fresh, ...columns }).map(([column, value]) => `${column} = ${value}`);
    const isThere = await ask(`select from mailbox where stage <> 'known' limit 1`);
    const isChanged = name !== 'known' || isThere.rows.length > 0;
    if (isChanged) await ask(`update mailbox set ${set.join(', ')}`);
    for (const { indexdef } of rows) await ask(indexdef as string);
    await ask(`insert into route (mailbox, side) select id, 'target' from mailbox where stage = 'settled'`);
    await ask(`
      insert into audit (who, what, mailbox, wave, why, about)
      select 'worker bench', 'blocked', id, wave, blocked, '{}' from mailbox where mark = 'blocked'`);
    await ask(`
      insert into tally (wave, stage, mark, shard, mailboxes, bytes)
      select coalesce(wave, 0), stage, mark, id % 16, count(*), coalesce(sum(size_bytes), 0)
        from mailbox group by 1, 2, 3, 4`);
    await ask('commit');
    await ask(isChanged ? 'vacuum full analyze mailbox' : 'vacuum analyze mailbox');
    await ask('vacuum analyze');
  } finally {
    await client.end();
  }
  return says;
}

const fresh: Readonly<Record<string, string>> = {
  stage: `'known'`,
  stage_since: 'now()',
  wave: 'null',
  held: 'null',
  blocked: 'null',
  blocked_about: 'null',
  due_at: 'null',
  queued_at: 'null',
  lag_ms: '(id::bigint * 7919 % 600000)::int',
  caught_up_at: 'null',
};

/** Of everybody one wave, by their numbers: organisation after organisation, as programmes do it. */
async function makeWaves(
  ask: (text: string, values?: readonly unknown[]) => Promise<unknown>,
  mailboxes: number,
  name: StateName,
): Promise<void> {
  const sizes = waveSizes(mailboxes);
  const open = sizes.findIndex((_, i) => i >= sizes.length / 2 && i % week.length === week.length - 1);
  await ask('delete from wave');
  for (const [i, size] of sizes.entries()) {
    const days = i - open;
    const state =
      name === 'paused' && i >= sizes.length - 4 ? 'paused' : name === 'weekend' && days < 0 ? 'finished' : 'running';
    await ask(
      `insert into wave (id, name, state, day, opens_at, closes_at, paused_why) overriding system value
       values ($5, $1, $2, current_date + $3::int, now() - interval '1 hour' + $3 * interval '1 day',
               now() + interval '5 hours' + $3 * interval '1 day', $4)`,
      [
        `wave-${i + 1}-of-${size}`,
        state,
        name === 'weekend' ? days : i + 1,
        state === 'paused' ? 'for the bench' : null,
        i + 1,
      ],
    );
  }
}

function waveSizes(mailboxes: number): readonly number[] {
  const share = mailboxes / 2_100_000;
  const sizes: number[] = [];
  for (let left = mailboxes, i = 0; left > 0; i++) {
    const size = Math.min(left, Math.max(1, Math.round((week[i % week.length] as number) * share)));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

function states(mailboxes: number): Readonly<Record<StateName, State>> {
  const sizes = waveSizes(mailboxes);
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  const wave = `1 + width_bucket(id - 1, array[${ends.join(', ')}])`;
  const open = sizes.findIndex((_, i) => i >= sizes.length / 2 && i % week.length === week.length - 1);
  const [from, to] = [ends[open - 1] ?? 0, ends[open] as number];
  const lastFour = ends.at(-5) ?? 0;
  /** Some are due since five minutes ago at the most, the others within the hour. */
  const spread = `now() - interval '5 minutes' + (id::bigint * 2654435761 % 3900) * interval '1 second'`;
  return {
    known: { says: 'everybody imported and known, no waves', columns: {} },
    weekend: {
      says: `a wave of ${to - from} open and due, ${from} settled before it, the rest following in ${sizes.length} waves`,
      columns: {
        wave,
        stage: `case when id <= ${from} then 'settled' else 'following' end`,
        due_at: `case when id > ${from} and id <= ${to} then now() - interval '1 minute' else ${spread} end`,
      },
    },
    following: {
      says: `all following in ${sizes.length} waves to come, due at different times`,
      columns: { wave, stage: `'following'`, due_at: spread },
    },
    paused: {
      says: `${mailboxes - lastFour} planned and due since yesterday in four paused waves, the others following`,
      columns: {
        wave,
        stage: `case when id > ${lastFour} then 'planned' else 'following' end`,
        due_at: `case when id > ${lastFour} then now() - interval '1 day' else ${spread} end`,
      },
    },
    blocked: {
      says: 'every tenth blocked, for one of eight faults, every hundredth held, the others following',
      columns: {
        wave,
        stage: `'following'`,
        due_at: spread,
        blocked: `case when id % 10 = 3 then ('{imap.sign-in.refused,target.quota,folder.in-doubt,folder.renumbered,imap.tls.expired,secret.mailbox.none,worker.vanished,switch.incomplete}'::text[])[1 + id / 10 % 8] end`,
        blocked_about: `case when id % 10 = 3 then '{"message": "It was refused.", "stage": "following"}'::jsonb end`,
        held: `case when id % 100 = 7 then 'on call' end`,
      },
    },
  };
}
