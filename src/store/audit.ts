/**
 * The audit log: who did what, when and why. Records are written by the statements that they tell of, each in its own
 * transaction, and chained a moment later: a chain that every transaction had to extend would let one mailbox move at a time.
 */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { AuditFinding, AuditHead } from '#domain/audit-finding.ts';
import { type Database, oneRow, type Sql } from './db.ts';

/** One record, as it is hashed. */
interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly mailbox: number | null;
  readonly wave: number | null;
  readonly stage_before: string | null;
  readonly stage_after: string | null;
  readonly why: string | null;
  readonly about: string | null;
}

interface LinkRow {
  readonly seq: number;
  readonly records: string;
  readonly digests: Buffer;
  readonly hash: Buffer;
}

export interface AuditRecord {
  readonly who: string;
  readonly what: string;
  readonly mailbox?: number;
  readonly wave?: number;
  readonly why?: string;
  readonly about?: Readonly<Record<string, unknown>>;
}

/** So many records are covered by one link at most: 64 kB of digests. */
const linkMax = 2_000;
const digestOctets = 32;
/** Any number that nobody else takes: whoever holds it is the one who seals. */
const lock = 0x47647775;

/** Writes down what has no statement of its own to tell of it. */
export async function note(db: Sql, { who, what, mailbox, wave, why, about }: AuditRecord): Promise<void> {
  await sql`
    insert into audit (who, what, mailbox, wave, why, about)
    values (${who}, ${what}, ${mailbox ?? null}, ${wave ?? null}, ${why ?? null},
            ${about === undefined ? null : JSON.stringify(about)}::jsonb)`.execute(db);
}

/** All that is not chained yet, by whoever happens to come. */
export function seal(db: Database): Promise<number> {
  return new Sealer(db).seal();
}

/** Up to where nothing more can come: every record with an id up to `id` is in a link up to `seq`, or never will be. */
interface Settled {
  readonly id: number;
  readonly seq: number;
}

/**
 * Chains records, by one process at a time. Those of transactions that end later, though they have smaller ids, are in a later
 * link. It remembers up to where nothing more can come, so that a log of millions costs no more than a short one.
 */
export class Sealer {
  readonly #db: Database;
  #settled: Settled = { id: 0, seq: 0 };
  /** What will be settled once all transactions have ended that were under way when `until` was read, a look after it. */
  #settling: { readonly at: Settled; readonly until: bigint | null } | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Chains what is not chained yet, at most `linksMax` links of it; answers with the number of records. */
  async seal(linksMax = Number.POSITIVE_INFINITY): Promise<number> {
    let sealed = 0;
    for (let links = 0; links < linksMax; links++) {
      const count = await this.#db.sql.transaction().execute((tx) => sealSome(tx, this.#settled));
      sealed += count;
      if (count < linkMax) {
        await this.#settle();
        break;
      }
    }
    return sealed;
  }

  /** To be called when everything there was has been chained. */
  async #settle(): Promise<void> {
    const { id, seq, oldest, next } = await oneRow(
      this.#db.sql,
      sql<{ id: number; seq: number; oldest: string; next: string }>`
        select (select last_value from ${sql.table(idSequence)}) as id,
               (select coalesce(max(seq), 0) from audit_link) as seq,
               pg_snapshot_xmin(pg_current_snapshot())::text as oldest,
               pg_snapshot_xmax(pg_current_snapshot())::text as next`,
    );
    const settling = this.#settling;
    // An id is given out a moment before its transaction has a number, so that number is asked for a look later.
    if (!settling) this.#settling = { at: { id, seq }, until: null };
    else if (settling.until === null) this.#settling = { ...settling, until: BigInt(next) };
    else if (BigInt(oldest) >= settling.until) [this.#settled, this.#settling] = [settling.at, null];
  }
}

/** Of the ids of records. */
const idSequence = 'audit_id_seq';

async function sealSome(tx: Sql, settled: Settled): Promise<number> {
  await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
  const rows = await unsealed(tx, settled, linkMax);
  if (rows.length === 0) return 0;
  const last = (await sql<LinkRow>`select seq, hash from audit_link order by seq desc limit 1`.execute(tx)).rows[0];
  const digests = Buffer.concat(rows.map(digestOf));
  const seq = (last?.seq ?? 0) + 1;
  const records = `{${rows.map(({ id }) => `[${id},${id}]`).join(',')}}`;
  await sql`
    insert into audit_link (seq, records, digests, hash)
    values (${seq}, ${records}::int8multirange, ${digests}, ${linkHash(seq, last?.hash ?? null, digests)})`.execute(tx);
  return rows.length;
}

/** In the order of their ids, which is also the order of their digests in the link. */
async function unsealed(db: Sql, { id, seq }: Settled, max: number): Promise<readonly AuditRow[]> {
  // What is sealed is nearly all of it, from the beginning on: one large range.
  const { rows } = await sql<AuditRow>`
    with sealed as (select coalesce(range_agg(r), '{}'::int8multirange) as all_of
                      from audit_link, unnest(records) as r where seq > ${seq})
    select ${columns} from audit, sealed
     where audit.id > ${id} and not (audit.id <@ sealed.all_of)
     order by audit.id limit ${max}`.execute(db);
  return rows;
}

const columns = sql.raw(
  `audit.id, to_char(audit.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, who, what, mailbox, wave,
   stage_before, stage_after, why, about::text as about`,
);

/** The digest of a record: SHA-256 of its fields as a JSON array. */
function digestOf(row: AuditRow): Buffer {
  const { id, at, who, what, mailbox, wave, stage_before, stage_after, why, about } = row;
  const text = JSON.stringify([id, at, who, what, mailbox, wave, stage_before, stage_after, why, about]);
  return createHash('sha256').update(text).digest();
}

function linkHash(seq: number, before: Buffer | null, digests: Buffer): Buffer {
  return createHash('sha256')
    .update(`${seq}\n`)
    .update(before ?? Buffer.alloc(0))
    .update(digests)
    .digest();
}

/** The latest link; null where nothing has been chained yet. */
export async function auditHead(db: Sql): Promise<AuditHead | null> {
  const { rows } = await sql<AuditHead>`
    select l.seq, encode(l.hash, 'hex') as hash, encode(f.hash, 'hex') as beginning
      from audit_link l, audit_link f where f.seq = 1 order by l.seq desc limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Whether the log still holds what was the latest link when `kept` was kept; null, or what is wrong. */
export async function followsOn(db: Sql, kept: AuditHead): Promise<string | null> {
  const { rows } = await sql<{ seq: number; hash: string; last: number | null }>`
    select seq, encode(hash, 'hex') as hash, upper(records) - 1 as last
      from audit_link where seq in (1, ${kept.seq}, (select max(seq) from audit_link)) order by seq`.execute(db);
  const [first, latest] = [rows[0], rows.at(-1)];
  if (!first || !latest) return `all of it was removed: ${kept.seq} links were there`;
  if (first.hash !== kept.beginning) return 'it is another log than the one whose head was kept';
  if (latest.seq < kept.seq)
    return `its end was cut off: it ends with record ${latest.last} in link ${latest.seq}, and link ${kept.seq} was there`;
  const same = rows.find(({ seq }) => seq === kept.seq);
  return same?.hash === kept.hash ? null : `it was written anew: link ${kept.seq} is not the one that was kept`;
}

/** Whether it is the log of `kept` as it was before that link was there, or went on from such a time: it was restored. */
export async function isEarlier(db: Sql, kept: AuditHead): Promise<boolean> {
  const { rows } = await sql<{ beginning: string; holds: boolean }>`
    select encode(hash, 'hex') as beginning,
           exists (select from audit_link l where l.seq = ${kept.seq} and encode(l.hash, 'hex') = ${kept.hash}) as holds
      from audit_link where seq = 1`.execute(db);
  return rows[0] !== undefined && rows[0].beginning === kept.beginning && !rows[0].holds;
}

/**
 * Reads the whole log and says whether it is as it was written, or what was done to it, at the first such place. `kept`: a
 * link that was kept elsewhere; without one nobody can tell whether the end was cut off.
 */
export async function verifyAudit(db: Sql, kept: AuditHead | null = null): Promise<AuditFinding> {
  let before: Buffer | null = null;
  let records = 0;
  for (let seq = 1; ; seq++) {
    const link: LinkRow | undefined = (
      await sql<LinkRow>`select seq, records::text as records, digests, hash from audit_link where seq = ${seq}`.execute(
        db,
      )
    ).rows[0];
    if (!link) break;
    if (!linkHash(seq, before, link.digests).equals(link.hash))
      return { intact: false, ...(await whatBecameOf(db, link, before)) };
    const rows = await recordsOf(db, link.records);
    const wrong = firstWrong(rows, idsIn(link.records), link.digests);
    if (wrong) return { intact: false, ...wrong };
    records += rows.length;
    before = link.hash;
  }
  const { links } = await oneRow(db, sql<{ links: number }>`select count(*) as links from audit_link`);
  const head = await auditHead(db);
  if (links !== (head?.seq ?? 0))
    return { intact: false, what: `a link is missing after ${records} records`, record: await firstUnlinked(db) };
  const broken = kept ? await followsOn(db, kept) : null;
  if (broken) return { intact: false, what: broken, record: null };
  const { open } = await oneRow(db, sql<{ open: number }>`select count(*) - ${records}::int8 as open from audit`);
  return { intact: true, records, head, unsealed: open };
}

/** Between their ends by the index, and then those that are meant. */
async function recordsOf(db: Sql, records: string): Promise<readonly AuditRow[]> {
  const range = sql`${records}::int8multirange`;
  const { rows } = await sql<AuditRow>`
    select ${columns} from audit
     where audit.id between lower(${range}) and upper(${range}) and audit.id <@ ${range} order by audit.id`.execute(db);
  return rows;
}

/** A link that does not follow on the one before it: whether another stands in its place, and which records it is about. */
async function whatBecameOf(db: Sql, link: LinkRow, before: Buffer | null): Promise<Wrong> {
  const [first = null] = idsIn(link.records);
  for (let seq = link.seq + 1; ; seq++) {
    const { rows } = await sql<LinkRow>`
      select seq, records::text as records, digests, hash from audit_link where seq = ${seq}`.execute(db);
    const other = rows[0];
    if (!other) return { what: `link ${link.seq} was changed`, record: first };
    if (linkHash(link.seq, before, other.digests).equals(other.hash)) {
      const [moved = null] = idsIn(other.records);
      return { what: `link ${link.seq} was reordered: it stands as link ${seq}`, record: moved };
    }
  }
}

/** The first record that is in none of the links that there are. */
async function firstUnlinked(db: Sql): Promise<number | null> {
  const { id } = await oneRow(
    db,
    sql<{ id: number | null }>`
      with sealed as (select coalesce(range_agg(r), '{}'::int8multirange) as all_of from audit_link, unnest(records) as r)
      select min(audit.id) as id from audit, sealed where not (audit.id <@ sealed.all_of)`,
  );
  return id;
}

interface Wrong {
  readonly what: string;
  readonly record: number | null;
}

function firstWrong(rows: readonly AuditRow[], ids: readonly number[], digests: Buffer): Wrong | null {
  const [first = 0] = ids;
  if (digests.length !== ids.length * digestOctets)
    return { what: `the record behind ${first} was taken out of its link`, record: first };
  const there = new Map(rows.map((row) => [row.id, row] as const));
  for (const [i, id] of ids.entries()) {
    const row = there.get(id);
    if (!row) return { what: `record ${id} was removed`, record: id };
    const digest = digests.subarray(i * digestOctets, (i + 1) * digestOctets);
    if (!digestOf(row).equals(digest)) {
      const moved = rows.find((other) => digestOf({ ...other, id }).equals(digest));
      const what = moved ? `record ${id} was reordered: it stands as record ${moved.id}` : `record ${id} was changed`;
      return { what, record: id };
    }
  }
  return null;
}

/** The ids in a multirange as PostgreSQL writes it: `{[1,4),[7,8)}`. Of more than a link of ours has it gives enough to show that. */
function idsIn(multirange: string): readonly number[] {
  return [...multirange.matchAll(/\[(\d+),(\d+)\)/g)].flatMap(([, from, to]) =>
    Array.from({ length: Math.min(Number(to) - Number(from), linkMax + 1) }, (_, i) => Number(from) + i),
  );
}
