/** Messages to people: who is due one, the right to send, and what became of each. A row is there before a message is sent. */

import { sql } from 'kysely';
import type pg from 'pg';
import { type NoticeKind } from '#domain/notice-kinds.ts';
import { noticeAheadMs, noticeLateMs, type NoticeLot, type NoticeWave } from '#domain/notice.ts';
import {
  type NoticeCounts,
  type NoticeLine,
  type NoticeListOrder,
  type NoticeState,
  noticeStates,
} from '#domain/notice-list.ts';
import type { WaveState } from '#domain/release.ts';
import { cleanText } from '#lib/clean-text.ts';
import type {
  BegunNotice,
  FactsFound,
  NoticeOutcome,
  Notices,
  NoticeSender,
  Reach,
  Recipient,
  ZoneCount,
} from '#ports/notices.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { instant, lotOf, recipientOf, settledAt, withFacts } from './notice-lots.ts';
import { queriesOn } from './one-connection.ts';

/** Any number that nobody else takes: whoever holds it is the one who sends ("Gdwn"). */
const lock = 0x4764776e;
/** A sender whose machine has vanished stands in nobody's way for longer; between two messages less goes by. */
const silenceMs = 10 * 60_000;
const whyOctetsMax = 500;

export function openNotices(db: Database): Notices {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    waves: () => ask(waves(db.sql)),
    zones: (lot, reach) => ask(zones(db.sql, lot, reach)),
    recipients: (lot, reach, after, most) => ask(recipients(db.sql, lot, reach, after, most)),
    facts: (address, kind) => ask(facts(db.sql, address, kind)),
    sender: () => ask(sender(db)),
    again: (wave) => ask(again(db.sql, wave)),
    list: (order) => ask(list(db.sql, order)),
    counts: (wave) => ask(counts(db.sql, wave)),
  };
}

interface WaveRow {
  readonly name: string;
  readonly state: WaveState;
  readonly opens_at: Date;
  readonly closes_at: Date;
}

async function waves(db: Sql): ReturnType<Notices['waves']> {
  const { now } = await oneRow(db, sql<{ now: Date }>`select now() as now`);
  const { rows } = await sql<WaveRow>`
    select name, state, opens_at, closes_at from wave
     where opens_at < now() + make_interval(secs => ${noticeAheadMs / 1_000})
       and closes_at > now() - make_interval(secs => ${(2 * noticeLateMs) / 1_000})
     order by opens_at, id`.execute(db);
  return {
    now: now.getTime(),
    waves: rows.map(({ name, state, opens_at: opensAt, closes_at: closesAt }): NoticeWave => {
      return { name, state, window: { opensAt: opensAt.getTime(), closesAt: closesAt.getTime() } };
    }),
  };
}

async function zones(db: Sql, lot: NoticeLot, reach: Omit<Reach, 'quietZones'>): Promise<readonly ZoneCount[]> {
  const { rows } = await sql<ZoneCount>`
    select l.timezone, count(*) as mailboxes from (${lotOf(lot, reach)}) as l
     group by l.timezone order by l.timezone`.execute(db);
  return rows;
}

async function recipients(
  db: Sql,
  lot: NoticeLot,
  reach: Reach,
  after: number,
  most: number,
): Promise<readonly Recipient[]> {
  const those = sql`${reached(lot, reach)} and l.id > ${after} order by l.id limit ${most}`;
  const { rows } = await withFacts(lot.kind, those).execute(db);
  return rows.map((row) => recipientOf(lot.kind, row));
}

function reached(lot: NoticeLot, reach: Reach) {
  return sql`
    select l.* from (${lotOf(lot, reach)}) as l
     where coalesce(l.timezone, ${reach.timezone}) <> all(${reach.quietZones}::text[])`;
}

async function facts(db: Sql, address: string, kind: NoticeKind): Promise<FactsFound> {
  const one = sql`
    select m.*, w.name as wave_name, w.closes_at,
           coalesce(case when ${kind} = 'T+1' then ${settledAt} end, w.opens_at) as occasion
      from mailbox m left join wave w on w.id = m.wave
     where m.address = lower(${address})`;
  const { rows } = await withFacts(kind, one).execute(db);
  const [row] = rows;
  if (!row) return { kind: 'unknown' };
  // Of a lot everybody has a wave; here it is the mailbox that was asked for, whatever it has.
  const wave: string | null = row.wave;
  return wave === null ? { kind: 'no-wave' } : { kind: 'found', facts: recipientOf(kind, row) };
}

async function sender(db: Database): Promise<NoticeSender | null> {
  const client = await db.connect();
  let isOurs = false;
  try {
    await client.query(`set idle_session_timeout = ${silenceMs}`);
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [lock]);
    if (rows[0]?.free !== true) return null;
    await client.query(
      `update notice set state = 'unknown', ended_at = clock_timestamp(),
              why = 'whoever sent it ended before the server had answered' where state = 'sending'`,
    );
    isOurs = true;
    return new LockedSender(db, client);
  } finally {
    if (!isOurs) await client.end().catch(() => undefined); // it may have ended by itself
  }
}

/** What is begun is begun on the connection that holds the lock: where that is lost nothing more is begun. */
class LockedSender implements NoticeSender {
  readonly #db: Database;
  readonly #client: pg.Client;
  readonly #own: Sql;

  constructor(db: Database, client: pg.Client) {
    this.#db = db;
    this.#client = client;
    this.#own = queriesOn(client);
  }

  async begin(lot: NoticeLot, reach: Reach, recipient: Recipient, language: string): Promise<BegunNotice | null> {
    const { mailbox, wave, occasion } = recipient;
    const begun = sql<BegunNotice>`
      insert into notice as n (mailbox, kind, occasion, wave, language, state)
      select l.id, ${lot.kind}, l.occasion, ${wave}, ${language}, 'sending'
        from (${reached(lot, reach)}) as l
       where l.id = ${mailbox} and l.occasion = ${instant(occasion)}::timestamptz
      on conflict (mailbox, kind, occasion) do update
         set state = 'sending', attempts = n.attempts + 1, language = excluded.language, wave = excluded.wave,
             began_at = clock_timestamp(), ended_at = null, retry_at = null, why = null
       where n.state = 'waiting' and n.retry_at <= now()
      returning id, attempts`;
    const { rows } = await faulted(this.#db.name, begun.execute(this.#own));
    return rows[0] ?? null;
  }

  /** By any connection: what became of it is to be told, whoever sends by now. */
  async settle({ id, attempts }: BegunNotice, outcome: NoticeOutcome): Promise<void> {
    const why = outcome.kind === 'sent' ? null : cleanText(outcome.why, whyOctetsMax);
    const retryInSeconds = outcome.kind === 'waiting' ? outcome.retryInMs / 1_000 : null;
    const settled = sql`
      update notice
         set state = ${outcome.kind}, why = ${why}, ended_at = clock_timestamp(),
             retry_at = now() + make_interval(secs => ${retryInSeconds}::float8)
       where id = ${id} and attempts = ${attempts} and state in ('sending', 'unknown')`;
    await faulted(this.#db.name, settled.execute(this.#db.sql));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined); // the session is gone either way, and the lock with it
  }
}

/** Of a date that is not theirs any more nobody is told, however it ended then. */
async function again(db: Sql, wave: string | null): Promise<number> {
  const { rows } = await sql`
    update notice n set state = 'waiting', retry_at = now()
     where n.state = 'refused' and (${wave}::text is null or n.wave = ${wave})
       and n.occasion > now() - make_interval(secs => ${noticeLateMs / 1_000})
       and (n.kind in ('T+1', 'stay')
            or exists (select from mailbox m join wave w on w.id = m.wave
                        where m.id = n.mailbox and w.opens_at = n.occasion and w.closes_at > now()))
    returning n.id`.execute(db);
  return rows.length;
}

interface LineRow {
  readonly id: number;
  readonly address: string;
  readonly wave: string;
  readonly kind: NoticeKind;
  readonly occasion: Date;
  readonly language: string;
  readonly state: NoticeState;
  readonly attempts: number;
  readonly why: string | null;
  readonly began_at: Date;
  readonly ended_at: Date | null;
  readonly retry_at: Date | null;
}

async function list(db: Sql, { wave, states, before, most }: NoticeListOrder): Promise<readonly NoticeLine[]> {
  const { rows } = await sql<LineRow>`
    select n.id, m.address, n.wave, n.kind, n.occasion, n.language, n.state, n.attempts, n.why, n.began_at, n.ended_at, n.retry_at
      from notice n join mailbox m on m.id = n.mailbox
     where n.state = any(${states}::text[]) and (${wave}::text is null or n.wave = ${wave})
       and (${before}::int8 is null or n.id < ${before})
     order by n.id desc limit ${most}`.execute(db);
  return rows.map((row): NoticeLine => {
    const { id, address, kind, language, state, attempts, why } = row;
    return {
      id,
      address,
      wave: row.wave,
      kind,
      occasion: row.occasion.getTime(),
      language,
      state,
      attempts,
      why,
      beganAt: row.began_at.getTime(),
      endedAt: row.ended_at?.getTime() ?? null,
      retryAt: row.retry_at?.getTime() ?? null,
    };
  });
}

async function counts(db: Sql, wave: string | null): Promise<NoticeCounts> {
  const { rows } = await sql<{ state: NoticeState; n: number }>`
    select state, count(*) as n from notice where ${wave}::text is null or wave = ${wave} group by state`.execute(db);
  const found = new Map(rows.map(({ state, n }) => [state, n] as const));
  return Object.fromEntries(noticeStates.map((state) => [state, found.get(state) ?? 0])) as NoticeCounts;
}
