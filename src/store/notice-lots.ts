/** Whom a lot of messages is for (domain/notice.ts), and what each of them says of its reader, in SQL. */

import { type RawBuilder, sql } from 'kysely';
import { type NoticeKind } from '#domain/notice-kinds.ts';
import { noticeAudience, type NoticeLot } from '#domain/notice.ts';
import type { Reach, Recipient } from '#ports/notices.ts';
import { mayMove } from './due.ts';

/** So many colleagues are named; of the others the number is told. */
const namedMost = 5;

/** When a mailbox `m` switched last; null: never. By the millisecond, since that is what comes back from a process. */
export const settledAt = sql<Date | null>`(
  select date_trunc('milliseconds', max(a.at)) from audit a where a.mailbox = m.id and a.what = 'settle')`;

/**
 * Those of a lot who have not been written to: the row `m` of a mailbox with `kind`, `occasion`, `wave` (its name) and
 * `closes_at`.
 */
export function lotOf(lot: NoticeLot, { shared, wave }: Omit<Reach, 'quietZones'>): RawBuilder<unknown> {
  const kinds = shared ? ['person', 'shared'] : ['person'];
  return sql`
    select l.* from (${meant(lot)}) as l
     where l.left_at is null and l.kind = any(${kinds}::text[]) and (${wave}::text is null or l.wave_name = ${wave})
       and not exists (
         select from notice n
          where n.mailbox = l.id and n.kind = ${lot.kind} and n.occasion = l.occasion
            and not (n.state = 'waiting' and n.retry_at <= now()))`;
}

function meant(lot: NoticeLot): RawBuilder<unknown> {
  switch (lot.kind) {
    case 'T-14':
    case 'T-2':
    case 'T-0': {
      const { waves, stages, marks } = noticeAudience[lot.kind];
      return sql`
        select m.*, w.name as wave_name, w.opens_at as occasion, w.closes_at
          from wave w join mailbox m on m.wave = w.id
         where w.name = ${lot.wave} and w.opens_at = ${instant(lot.opensAt)}::timestamptz
           and w.state = any(${waves}::text[]) and w.closes_at > now()
           and m.stage = any(${stages}::text[]) and m.mark = any(${marks}::text[]) and ${mayMove}`;
    }
    case 'T+1':
      return sql`
        select m.*, w.name as wave_name, ${settledAt} as occasion, null::timestamptz as closes_at
          from wave w join mailbox m on m.wave = w.id
         where w.name = ${lot.wave} and m.stage in ('settled', 'released')
           and ${settledAt} >= ${instant(lot.since)}::timestamptz and ${settledAt} < ${instant(lot.before)}::timestamptz`;
    // Told of an evening, and it is over or not theirs any more. Whoever switched in it, though they have come home since, did not
    // stay; and who is to switch on the same evening at another hour hears of that instead.
    case 'stay':
      return sql`
        select m.*, t.wave as wave_name, t.occasion, null::timestamptz as closes_at
          from notice t join mailbox m on m.id = t.mailbox
          left join wave w on w.id = m.wave
         where t.kind = 'T-0' and t.state in ('sent', 'unknown') and t.occasion > ${instant(lot.since)}::timestamptz
           and m.stage not in ('switching', 'settled', 'released', 'returning')
           and coalesce(${settledAt} < t.occasion, true)
           and (w.id is null or w.closes_at <= now() or w.state = 'cancelled'
                or abs(extract(epoch from w.opens_at - t.occasion)) >= 24 * 3600)`;
  }
}

export interface RecipientRow {
  readonly mailbox: number;
  readonly wave: string;
  readonly address: string;
  readonly name: string | null;
  readonly organisation: string;
  readonly language: string | null;
  readonly timezone: string | null;
  readonly occasion: Date;
  readonly closes_at: Date | null;
  readonly earlier_at: Date | null;
  readonly size_bytes: number | null;
  readonly colleagues: number;
  readonly names: readonly string[];
}

/** The facts of each row of `those`, which are as `lotOf` gives them. */
export function withFacts(kind: NoticeKind, those: RawBuilder<unknown>): RawBuilder<RecipientRow> {
  return sql<RecipientRow>`
    select l.id as mailbox, l.wave_name as wave, l.address, l.display_name as name, o.name as organisation, l.language,
           l.timezone, l.occasion, l.closes_at, ${earlier(kind)} as earlier_at, c.colleagues, c.names,
           nullif(greatest(l.size_bytes, l.copied_bytes), 0) as size_bytes
      from (${those}) as l
      join organisation o on o.id = l.organisation
     cross join lateral (
        select count(*) as colleagues, coalesce((array_agg(name order by name))[1:${sql.raw(String(namedMost))}], '{}') as names
          from (
            select coalesce(k.display_name, k.address) as name
              from (
                select p.grantee as id from permission p where p.mailbox = l.id
                union
                select p.mailbox from permission p where p.grantee = l.id
              ) as works
              join mailbox k on k.id = works.id
              left join route s on s.mailbox = k.id
              left join wave v on v.id = k.wave
             where k.id <> l.id and k.kind in ('person', 'shared') and k.left_at is null and ${isApart(kind)}
          ) as each
      ) as c
     order by l.id`;
}

/**
 * Whether a colleague `k`, on the side that `s` tells and of the wave `v`, is on the other side meanwhile: before a move those who
 * do not come along or go earlier, afterwards those who are there still, and for whoever stays those who have gone.
 */
function isApart(kind: NoticeKind): RawBuilder<unknown> {
  const isThere = sql`coalesce(s.side, 'source') = 'target'`;
  switch (kind) {
    case 'T-14':
    case 'T-2':
    case 'T-0':
      return sql`not ${isThere} and not coalesce(
        v.opens_at <= l.occasion and v.closes_at > now() and v.state <> 'cancelled' and k.mark not in ('held', 'excluded'), false)`;
    case 'T+1':
      return sql`not ${isThere}`;
    case 'stay':
      return isThere;
  }
}

/** Another day that was told last, where this is the first message of a new one. */
function earlier(kind: NoticeKind): RawBuilder<unknown> {
  if (kind === 'T+1' || kind === 'stay') return sql`null::timestamptz`;
  return sql`(
    select case when n.kind in ('T-14', 'T-2', 'T-0') and n.occasion <> l.occasion then n.occasion end
      from notice n where n.mailbox = l.id and n.state in ('sent', 'unknown') order by n.id desc limit 1)`;
}

export function recipientOf(kind: NoticeKind, row: RecipientRow): Recipient {
  const { mailbox, wave, address, name, organisation, language, timezone, names, colleagues: count } = row;
  return {
    kind,
    mailbox,
    wave,
    address,
    name,
    organisation,
    language,
    timezone,
    occasion: row.occasion.getTime(),
    closesAt: row.closes_at?.getTime() ?? null,
    earlierAt: row.earlier_at?.getTime() ?? null,
    sizeBytes: row.size_bytes,
    colleagues: { names, count },
  };
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
