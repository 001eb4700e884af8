/** Whether the audit log is as it was written: against itself, and against a link that was kept outside of the database. */

import { sql } from 'kysely';
import type { AuditFinding, AuditHead } from '#domain/audit-finding.ts';
import { auditHead } from './audit.ts';
import { type AuditRow, columns, digestOctets, digestOf, linkHash, linkMax, type LinkRow } from './audit-links.ts';
import { oneRow, type Sql } from './db.ts';

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
