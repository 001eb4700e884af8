/**
 * The audit log: who did what, when and why. Records are written by the statements that they tell of, each in its own
 * transaction, and chained a moment later: a chain that every transaction had to extend would let one mailbox move at a time.
 */

import { sql } from 'kysely';
import type { AuditHead } from '#domain/audit-finding.ts';
import { type AuditRow, columns, digestOf, linkHash, linkMax, type LinkRow } from './audit-links.ts';
import { type Database, oneRow, type Sql } from './db.ts';

export interface AuditRecord {
  readonly who: string;
  readonly what: string;
  readonly mailbox?: number;
  readonly wave?: number;
  readonly why?: string;
  readonly about?: Readonly<Record<string, unknown>>;
}

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

/** The latest link; null where nothing has been chained yet. */
export async function auditHead(db: Sql): Promise<AuditHead | null> {
  const { rows } = await sql<AuditHead>`
    select l.seq, encode(l.hash, 'hex') as hash, encode(f.hash, 'hex') as beginning
      from audit_link l, audit_link f where f.seq = 1 order by l.seq desc limit 1`.execute(db);
  return rows[0] ?? null;
}
