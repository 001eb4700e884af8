/** What was folded of sightings joins what is kept of them, and with it how far the file was read: both or neither. */

import { sql } from 'kysely';
import { fault } from '#domain/fault.ts';
import { dayRanges, type FoldedUse, gapBuckets, joinedUse, networksMost, sendersMost } from '#domain/tail-fold.ts';
import type { FileStep, TailKept } from '#ports/tail.ts';
import type { Sql } from './db.ts';
import { type AskedName, type KnownName, knownNames, nameKey, type UserTemplates } from './tail-names.ts';

/** So many of names that the estate does not have: enough to see what they are, and no more than a person can look through. */
const strangersMost = 10_000;
/** Whoever has more says something else of their client each time. */
const usesOfMailboxMost = 200;
export const anotherClient = 'another client';

interface MetRow {
  readonly name: string;
  readonly side: 'source' | 'target';
  readonly mailbox: number | null;
  readonly known_by: KnownName['knownBy'] | null;
}

type Owned = FoldedUse & { readonly owner: KnownName | null };

export async function keepUses(tx: Sql, uses: readonly FoldedUse[], templates: UserTemplates): Promise<TailKept> {
  const met = await metBefore(tx, uses);
  const fresh = new Map<string, AskedName>();
  for (const { name, side, protocol } of uses) {
    const key = nameKey({ name, side });
    const isAddressOnly = protocol === 'smtp' && fresh.get(key)?.isAddressOnly !== false;
    if (!met.has(key)) fresh.set(key, { name, side, isAddressOnly });
  }
  const known = await knownNames(tx, [...fresh.values()], templates);
  const ownerOf = (use: FoldedUse): KnownName | null => {
    const key = nameKey(use);
    return met.get(key) ?? known.get(key) ?? null;
  };
  const owned = uses.map((use): Owned => ({ ...use, owner: ownerOf(use) }));
  const passedBy = owned.filter(({ owner, protocol }) => owner === null && protocol === 'smtp');
  const strangers = owned.filter(({ owner, protocol }) => owner === null && protocol !== 'smtp');
  const ours = await withoutTooMany(
    tx,
    owned.filter(({ owner }) => owner !== null),
  );
  const { room, lost } = await roomFor(tx, strangers);
  await upsert(tx, [...ours, ...room]);
  if (lost.length > 0) await lose(tx, 'strangers', sum(lost));
  return { ofMailboxes: sum(ours), ofStrangers: sum(room), passedBy: sum(passedBy), lost: sum(lost) };
}

/** Throws `tail.file.elsewhere` where it is not as we left it. */
export async function keepStep(tx: Sql, step: FileStep): Promise<number> {
  const { id, format, side, fromOctets, newest, reached } = step;
  const { head, headOctets, mark, markOctets, readOctets, lines, malformed, path } = reached;
  const state = JSON.stringify(reached.state ?? null);
  if (id === null) {
    // One at a time: another who opens the same file sees ours.
    await sql`lock table tail_file in share row exclusive mode`.execute(tx);
    const { rows } = await sql<{ id: number }>`
      insert into tail_file (format, side, head, head_octets, mark, mark_octets, read_octets, lines, malformed, state, path)
      select ${format}, ${side}, ${head}, ${headOctets}::int, ${mark}, ${markOctets}::int, ${readOctets}::int8,
             ${lines}::int8, ${malformed}::int8, ${state}::jsonb, ${path}
       where not exists (
               select from tail_file
                where format = ${format} and side = ${side} and head = ${head} and id > ${newest}::int8)
      returning id`.execute(tx);
    if (rows[0] === undefined) throw fault('tail.file.elsewhere', { file: path });
    return rows[0].id;
  }
  const moved = await sql`
    update tail_file
       set head = ${head}, head_octets = ${headOctets}, mark = ${mark}, mark_octets = ${markOctets},
           read_octets = ${readOctets}, lines = lines + ${lines}, malformed = malformed + ${malformed},
           state = ${state}::jsonb, path = ${path}, read_at = now()
     where id = ${id} and read_octets = ${fromOctets}`.execute(tx);
  if (moved.numAffectedRows !== 1n) throw fault('tail.file.elsewhere', { file: path });
  return id;
}

export async function lose(db: Sql, why: string, sightings: number): Promise<void> {
  await sql`
    insert into tail_loss (why, sightings) values (${why}, ${sightings})
    on conflict (why) do update set sightings = tail_loss.sightings + excluded.sightings, last_at = now()`.execute(db);
}

/** Names under which somebody was seen before: whose they are, or null for a stranger. */
async function metBefore(tx: Sql, uses: readonly FoldedUse[]): Promise<ReadonlyMap<string, KnownName | null>> {
  const { rows } = await sql<MetRow>`
    select distinct on (t.name, t.side) t.name, t.side, t.mailbox, t.known_by
      from tail_use t
     where t.name = any(${[...new Set(uses.map(({ name }) => name))]}::text[])
     order by t.name, t.side, t.mailbox nulls last`.execute(tx);
  return new Map(
    rows.map((row) => [
      nameKey(row),
      row.mailbox === null || row.known_by === null ? null : { mailbox: row.mailbox, knownBy: row.known_by },
    ]),
  );
}

/** Where a mailbox has many uses by now, new ones are told as one, whatever the client says. */
async function withoutTooMany(tx: Sql, uses: readonly Owned[]): Promise<readonly Owned[]> {
  const ids = [...new Set(uses.map(({ owner }) => owner?.mailbox as number))];
  const { rows } = await sql<{ mailbox: number }>`
    select mailbox from tail_use where mailbox = any(${ids}::int[])
     group by mailbox having count(*) >= ${usesOfMailboxMost}`.execute(tx);
  const full = new Set(rows.map(({ mailbox }) => mailbox));
  const here = new Map<number, number>();
  const joined = new Map<string, Owned>();
  for (const use of uses) {
    const mailbox = use.owner?.mailbox as number;
    const n = (here.get(mailbox) ?? 0) + 1;
    here.set(mailbox, n);
    const told = full.has(mailbox) || n > usesOfMailboxMost ? { ...use, client: anotherClient, host: '' } : use;
    const key = [told.name, told.side, told.door, told.protocol, told.client, told.host].join('\0');
    const before = joined.get(key);
    joined.set(key, before ? { ...joinedUse(before, told), owner: told.owner } : told);
  }
  return [...joined.values()];
}

async function roomFor(
  tx: Sql,
  strangers: readonly Owned[],
): Promise<{ readonly room: readonly Owned[]; readonly lost: readonly Owned[] }> {
  if (strangers.length === 0) return { room: [], lost: [] };
  const { rows } = await sql<{ n: number }>`select count(*) as n from tail_use where mailbox is null`.execute(tx);
  const free = strangersMost - (rows[0]?.n ?? 0);
  if (strangers.length <= free) return { room: strangers, lost: [] };
  const met = await metBefore(tx, strangers);
  const old = strangers.filter((use) => met.has(nameKey(use)));
  const young = strangers.filter((use) => !met.has(nameKey(use)));
  const room = Math.max(0, free);
  return { room: [...old, ...young.slice(0, room)], lost: young.slice(room) };
}

async function upsert(tx: Sql, uses: readonly Owned[]): Promise<void> {
  if (uses.length === 0) return;
  const rows = uses.map(({ owner, days, firstAt, lastAt, ...use }) => ({
    ...use,
    mailbox: owner?.mailbox ?? null,
    known_by: owner?.knownBy ?? null,
    first_ms: firstAt,
    last_ms: lastAt,
    days: `{${dayRanges(days)
      .map(([from, until]) => `[${from},${until})`)
      .join(',')}}`,
  }));
  // In one order, so that two who write at once wait for each other and do not embrace.
  await sql`
    insert into tail_use as t (side, door, protocol, client, host, name, mailbox, known_by, times, first_at, last_at,
                               networks, senders, days, hours, gaps)
    select x.side, x.door, x.protocol, x.client, x.host, x.name, x.mailbox, x.known_by, x.times,
           to_timestamp(x.first_ms / 1000.0), to_timestamp(x.last_ms / 1000.0), x.networks, x.senders, x.days, x.hours, x.gaps
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
             as x (side text, door text, protocol text, client text, host text, name text, mailbox int, known_by text,
                   times int8, first_ms int8, last_ms int8, networks text[], senders text[], days int4multirange,
                   hours int, gaps int[])
     order by x.name, x.side, x.door, x.protocol, x.client, x.host
    on conflict (name, side, door, protocol, client, host) do update
       set times = t.times + excluded.times,
           first_at = least(t.first_at, excluded.first_at),
           last_at = greatest(t.last_at, excluded.last_at),
           networks = ${together('networks', networksMost)},
           senders = ${together('senders', sendersMost)},
           days = t.days + excluded.days,
           hours = t.hours | excluded.hours,
           gaps = (
             select coalesce(array_agg(coalesce(t.gaps[i], 0) + coalesce(excluded.gaps[i], 0)
                                       + case when i = between_both.bucket then 1 else 0 end order by i), '{}')
               from (
                 select case when excluded.first_at - t.last_at >= interval '2 seconds'
                             then least(${gapBuckets}::int, 1 + floor(2 * ln(extract(epoch from excluded.first_at - t.last_at)::float8 / 2) / ln(2::float8) + 1e-9)::int)
                        end as bucket
                 -- Reckoned once for a use, and not for each of its buckets.
                 offset 0
               ) as between_both
              cross join lateral generate_series(
                1, greatest(cardinality(t.gaps), cardinality(excluded.gaps), coalesce(between_both.bucket, 0))) as i
           )`.execute(tx);
}

function together(column: 'networks' | 'senders', most: number) {
  const [ours, theirs] = [sql.ref(`t.${column}`), sql.ref(`excluded.${column}`)];
  return sql`case when ${ours} @> ${theirs} then ${ours}
                  else array(select distinct e from unnest(${ours} || ${theirs}) as e order by e limit ${most}::int) end`;
}

function sum(uses: readonly FoldedUse[]): number {
  return uses.reduce((total, { times }) => total + times, 0);
}
