/** What was recorded in an estate since a link of the audit log, and how those mailboxes stand now. */

import { sql } from 'kysely';
import type { ChangedMailbox, ChangesSince, Visible } from '#domain/change.ts';
import type { Mark } from '#domain/journey.ts';
import type { Changes } from '#ports/changes.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { partOf, waveInPart } from './part.ts';

/** Whoever is further behind reads everything anew: that is less than to be told so much one by one. */
const usualLinksMax = 200;
/** A screen shows fewer, and an evening moves some tens each second. */
const mailboxesMax = 500;

export function openChanges(db: Database, linksMax = usualLinksMax): Changes {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    latest: () => ask(latest(db.sql)),
    since: (seq) => ask(since(db.sql, seq, linksMax)),
    visible: (within) => ask(visible(db.sql, within)),
  };
}

async function latest(db: Sql): Promise<number> {
  const { seq } = await oneRow(
    db,
    sql<{ seq: number }>`select coalesce((select seq from audit_link order by seq desc limit 1), 0)::int8 as seq`,
  );
  return seq;
}

interface SinceRow {
  readonly mailboxes: readonly (Omit<ChangedMailbox, 'mark'> & { readonly mark: Mark | '' })[];
  readonly waves: readonly string[];
  readonly estate: readonly string[];
}

async function since(db: Sql, seq: number, linksMax: number): Promise<ChangesSince | null> {
  const upTo = await latest(db);
  if (seq > upTo || upTo - seq > linksMax) return null;
  if (seq === upTo) return { upTo, mailboxes: [], isMore: false, waves: [], estate: [] };
  const row = await oneRow(
    db,
    sql<SinceRow>`
      with recorded as materialized (
             select a.mailbox, a.wave, a.what
               from audit_link l cross join unnest(l.records) as r (ids)
               join audit a on a.id >= lower(r.ids) and a.id < upper(r.ids)
              where l.seq > ${seq} and l.seq <= ${upTo}
           ),
           changed as materialized (
             select distinct mailbox from recorded where mailbox is not null order by mailbox limit ${mailboxesMax + 1}
           )
      select (select coalesce(jsonb_agg(jsonb_build_object(
                       'address', m.address, 'organisation', o.code, 'organisationId', o.id, 'stage', m.stage,
                       'mark', m.mark, 'wave', w.name)), '[]')
                from changed c join mailbox m on m.id = c.mailbox join organisation o on o.id = m.organisation
                left join wave w on w.id = m.wave) as mailboxes,
             (select coalesce(jsonb_agg(distinct w.name), '[]')
                from recorded r join wave w on w.id = r.wave where r.mailbox is null) as waves,
             (select coalesce(jsonb_agg(distinct r.what), '[]')
                from recorded r where r.mailbox is null and r.wave is null) as estate`,
  );
  return {
    upTo,
    mailboxes: row.mailboxes
      .slice(0, mailboxesMax)
      .map(({ mark, ...mailbox }) => ({ ...mailbox, mark: mark === '' ? null : mark })),
    isMore: row.mailboxes.length > mailboxesMax,
    waves: row.waves,
    estate: row.estate,
  };
}

async function visible(db: Sql, within: readonly string[]): Promise<Visible> {
  const part = await partOf(db, within);
  const waves = await sql<{ name: string }>`select w.name from wave w where ${waveInPart(part)}`.execute(db);
  return { organisationIds: new Set(part?.organisations), waves: new Set(waves.rows.map(({ name }) => name)) };
}
