/** The parties of waves, made by the leader before their windows open, and anew where their mailboxes or their grants have changed. */

import { sql } from 'kysely';
import { connectionsFor } from '#domain/connections-for.ts';
import { type GrantWithin, partiesOf, togetherAtMost } from '#domain/parties.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { isAlive } from './vanished.ts';

export interface PartyTerms {
  /** So many change sides together at most. */
  readonly togetherMost: number;
  /** Mailboxes that one process works on at a time, and connections that the platform which gives fewer gives in all. */
  readonly atOnce: number;
  readonly connections: number;
}

/** So long ahead of its window the parties of a wave are made. */
const aheadMinutes = 60;

/** To be called every few seconds by whoever leads. Where nothing has changed it costs an index of each wave that is about to switch. */
export async function careForParties(db: Database, terms: PartyTerms): Promise<void> {
  const { workers } = await faulted(
    db.name,
    oneRow(
      db.sql,
      sql<{ workers: number }>`
        select count(*)::int as workers from worker w
         where ${isAlive} and w.role <> 'onlooker' and not w.draining and w.lacks = '{}'`,
    ),
  );
  const places = Math.min(terms.atOnce * workers, Math.floor(terms.connections / connectionsFor.switch));
  const most = togetherAtMost(terms.togetherMost, places);
  for (const stale of await faulted(db.name, outOfDate(db.sql, terms.togetherMost, most))) {
    const parties = partiesOf(await faulted(db.name, grantsWithin(db.sql, stale.wave)), most);
    await faulted(
      db.name,
      db.sql.transaction().execute((tx) => keep(tx, stale, most, parties)),
    );
  }
}

interface Stale {
  readonly wave: number;
  readonly from: string;
}

/**
 * Waves whose window is open or opens soon, or from which somebody goes back, and whose parties were made from something else: of other
 * mailboxes, of other grants (which only an import changes), under another setting, or smaller than they may be since more workers have
 * come. They stay as they are where workers go: whoever cannot be met is not waited for long.
 */
async function outOfDate(db: Sql, setting: number, most: number): Promise<readonly Stale[]> {
  const { rows } = await sql<Stale>`
    with near as materialized (
      select w.id from wave w
       where w.state = 'running' and now() >= w.opens_at - make_interval(mins => ${aheadMinutes}) and now() < w.closes_at
          or exists (select from mailbox m where m.wave = w.id and m.stage = 'returning')
    ), now_from as (
      select near.id as wave,
             (select concat_ws(' ', ${setting}::int, (select estate from route_clock), count(*), sum(hashtext(m.address)))
                from mailbox m where m.wave = near.id) as "from"
        from near
    )
    select now_from.wave, now_from."from" from now_from left join party_making made using (wave)
     where made.wave is null or made.made_from <> now_from."from" or made.most < ${most}
     order by now_from.wave`.execute(db);
  return rows;
}

async function grantsWithin(db: Sql, wave: number): Promise<readonly GrantWithin[]> {
  const { rows } = await sql<GrantWithin>`
    select p.mailbox, p.grantee, p.kind
      from permission p join mailbox m on m.id = p.mailbox join mailbox g on g.id = p.grantee
     where m.wave = ${wave} and g.wave = ${wave}`.execute(db);
  return rows;
}

/** Whoever stays in the same party goes on waiting there. */
async function keep(
  tx: Sql,
  { wave, from }: Stale,
  most: number,
  parties: readonly (readonly number[])[],
): Promise<void> {
  const members = parties.flat();
  const theirs = parties.flatMap((party) => party.map(() => party[0] as number));
  // Before any row of it is locked: those at meetings lock some of them, in an order of their own.
  await sql`lock table party in share row exclusive mode`.execute(tx);
  await sql`
    delete from party p
     where p.wave = ${wave} and not exists (select from unnest(${members}::int[]) as kept (id) where kept.id = p.mailbox)`.execute(
    tx,
  );
  await sql`
    insert into party (mailbox, wave, party)
    select made.mailbox, ${wave}::int, made.party
      from unnest(${members}::int[], ${theirs}::int[]) as made (mailbox, party) left join party p using (mailbox)
     where (p.wave, p.party) is distinct from (${wave}::int, made.party)
    on conflict (mailbox) do update set wave = excluded.wave, party = excluded.party, waits_since = null`.execute(tx);
  await sql`
    insert into party_making (wave, most, made_from) values (${wave}, ${most}, ${from})
    on conflict (wave) do update set most = excluded.most, made_from = excluded.made_from`.execute(tx);
}
