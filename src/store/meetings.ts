/**
 * The meetings of those who change sides together, as rows. What is decided of all of them is written to all of their rows by one
 * statement, which passes over rows that others have locked and decides nothing then: it is asked again in a moment. So nobody waits
 * for a lock in a circle, and of two who decide at one moment one does.
 */

import { sql } from 'kysely';
import { apartAfterMs, type Came, type Gathered, type Meetings } from '#ports/meetings.ts';
import type { WorkerId } from '#ports/workforce.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { maySwitchNow } from './due.ts';

/** Who is looked at later than that (its platform asked for patience) is not waited for. */
const soonSeconds = 15;

/** As `worker` goes to them: it can bring only mailboxes that it holds. Throws `database.*`. */
export function openMeetings(db: Database, worker: WorkerId): Meetings {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    come: (mailbox, stage) => ask(come(db.sql, worker, mailbox, stage)),
    gather: (mailbox, mayGoWithout) => ask(gather(db.sql, mailbox, mayGoWithout)),
    giveUp: (mailbox, isMet) => ask(gone(db.sql, mailbox, isMet ? sql`not opens` : sql`company is null`)),
    ready: (mailbox) => ask(ready(db.sql, mailbox)),
    agreed: (mailbox) => ask(agreed(db.sql, mailbox)),
    tooLate: (mailbox) => ask(tooLate(db.sql, mailbox)),
    leave: async (mailbox) => void (await ask(gone(db.sql, mailbox, sql`true`))),
  };
}

async function come(db: Sql, worker: WorkerId, mailbox: number, stage: string): Promise<Came> {
  const { rows } = await sql<{ apart: boolean; members: number }>`
    with found as (
      select p.party, m.stage_since, coalesce(p.late_at >= m.stage_since, false) as apart, ${partySize(sql`p.party`, sql`p.wave`)} as members
        from party p join mailbox m on m.id = p.mailbox and m.wave = p.wave
       where p.mailbox = ${mailbox}
    ), mine as materialized (select * from found where members > 1),
    noted as (
      update party p
         set waits_since = case when mine.apart then null when p.waits_since >= mine.stage_since then p.waits_since else now() end
        from mine where p.mailbox = ${mailbox}
    ), came as (
      insert into meeting (mailbox, party, stage, company, size, members)
      select l.mailbox, mine.party, ${stage}, case when mine.apart then l.mailbox end, case when mine.apart then 1 end, mine.members
        from mine join mailbox_lease l on l.mailbox = ${mailbox} and l.worker = ${worker}
      on conflict do nothing
    )
    select apart, members from mine`.execute(db);
  const [row] = rows;
  if (!row) return { kind: 'alone' };
  return row.apart ? { kind: 'apart', met: { with: 1, of: row.members } } : { kind: 'there' };
}

/**
 * How many belong to a party that are still of the estate and of the programme. It is known by its number and its wave: rows of waves that
 * are over stay, and whoever was named in one of them may be in another wave since.
 */
function partySize(party: ReturnType<typeof sql>, wave: ReturnType<typeof sql>) {
  return sql`(
    select count(*)::int from party q join mailbox o on o.id = q.mailbox and o.wave = q.wave
     where q.party = ${party} and q.wave = ${wave} and o.mark not in ('left', 'excluded'))`;
}

interface GatheredRow {
  readonly with: number | null;
  readonly of: number | null;
  readonly is_first: boolean;
}

async function gather(db: Sql, mailbox: number, mayGoWithout: boolean): Promise<Gathered> {
  const { rows } = await sql<GatheredRow>`
    with mine as materialized (
      select t.*, p.wave from meeting t join party p using (mailbox) where t.mailbox = ${mailbox}
    ), there as materialized (
      select t.mailbox from mine join meeting t on t.party = mine.party and t.stage = mine.stage
        join party p on p.mailbox = t.mailbox and p.wave = mine.wave
       where mine.company is null and t.company is null
    ), here as materialized (
      select t.mailbox from meeting t where t.mailbox in (select mailbox from there) and t.company is null
       order by t.mailbox for update skip locked
    ), missing as (
      select from mine join party p using (party, wave) join mailbox on mailbox.id = p.mailbox and mailbox.wave = p.wave
       where mailbox.id not in (select mailbox from there)
         and mailbox.mark = '' and mailbox.failures = 0 and mailbox.due_at <= now() + make_interval(secs => ${soonSeconds})
         and coalesce(p.late_at < mailbox.stage_since, true)
         and (mailbox.stage = mine.stage or mine.stage = 'switching' and mailbox.stage = 'following' and ${maySwitchNow})
    ), met as materialized (
      select count(*)::int as size, ${partySize(sql`(select party from mine)`, sql`(select wave from mine)`)} as members from here
      having count(*) > 0 and count(*) = (select count(*) from there)
         and (not exists (select from missing)
              or ${mayGoWithout} and (select min(waits_since) from party where mailbox in (select mailbox from here))
                                     <= now() - make_interval(secs => ${apartAfterMs / 1000}))
    ), told as (
      update meeting t set company = ${mailbox}, size = met.size, members = met.members
        from met where t.mailbox in (select mailbox from here)
    ), noted as (
      update party set waits_since = null from met where mailbox in (select mailbox from here)
    )
    select coalesce(mine.size, met.size) as with, case when mine.size is null then met.members else mine.members end as of,
           (mine.party, mine.wave) = (select t.party, p.wave from meeting t join party p using (mailbox) where t.company is null
                                       order by p.waits_since, t.party, p.wave limit 1) as is_first
      from mine left join met on true`.execute(db);
  const { with: size = null, of: members = null, is_first: isFirst = false } = rows[0] ?? {};
  if (size === null || members === null) return { kind: 'waits', isFirst };
  return { kind: 'met', met: { with: size, of: members } };
}

/** With whom those of `moved` turn is written down in the same statement. */
export const turnedTogether = sql`, together as (
  update party p set met = t.size, met_of = t.members
    from moved left join meeting t on t.mailbox = moved.id
   where p.mailbox = moved.id)`;

/** Whether it went just now. */
async function gone(db: Sql, mailbox: number, provided: ReturnType<typeof sql>): Promise<boolean> {
  const { rows } = await sql`delete from meeting where mailbox = ${mailbox} and ${provided} returning mailbox`.execute(
    db,
  );
  return rows.length === 1;
}

async function ready(db: Sql, mailbox: number): Promise<void> {
  await sql`update meeting set compared = true where mailbox = ${mailbox}`.execute(db);
}

async function agreed(db: Sql, mailbox: number): Promise<'turns' | 'stays' | 'waits'> {
  const { opens, stays } = await oneRow(
    db,
    sql<{ opens: boolean; stays: boolean }>`
      with mine as materialized (select * from meeting where mailbox = ${mailbox} and company is not null),
      all_ready as materialized (
        select t.mailbox from meeting t where t.company = (select company from mine) and t.compared and not t.opens
         order by t.mailbox for update skip locked
      ), opened as (
        update meeting t set opens = true
         where t.mailbox in (select mailbox from all_ready) and (select count(*) from all_ready) = (select size from mine)
        returning t.mailbox
      )
      select coalesce((select opens from mine), false) or exists (select from opened) as opens,
             coalesce((select count(*) from meeting t where t.company = mine.company) < mine.size, true) as stays
        from (select) as one left join mine on true`,
  );
  // Who has turned goes; those who are told so do not mind.
  return opens ? 'turns' : stays ? 'stays' : 'waits';
}

async function tooLate(db: Sql, mailbox: number): Promise<void> {
  await sql`
    with late as (
      select t.mailbox from meeting t
       where t.company = (select company from meeting where mailbox = ${mailbox}) and not t.compared and t.mailbox <> ${mailbox}
    ), concerned as (
      select p.mailbox from party p where p.mailbox in (select mailbox from late) order by p.mailbox for update skip locked
    )
    update party set late_at = now() where mailbox in (select mailbox from concerned)`.execute(db);
}
