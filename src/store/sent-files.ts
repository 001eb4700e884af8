/**
 * Files that were sent, in parts of one size, so that any place in one is found at once. Each part is a statement of its own: who sends
 * slowly holds neither a connection nor a snapshot.
 */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { fault } from '#domain/fault.ts';
import type { FileLimits, OpenSentFile, SentFiles, TakenFile } from '#ports/sent-files.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

/** What is held of a file in memory at a time, whoever sends or reads it. */
const partOctets = 256 * 1_024;
/** So many that are over go with each that comes: more than come. */
const sweptAtOnce = 100;
const keepingClass = 0x47647779;

export function openSentFiles(db: Database, limits: FileLimits): SentFiles {
  const ask = <Answer>(answer: Promise<Answer>) => faulted(db.name, answer);
  return {
    limits,
    async take(who, octets) {
      await ask(sweep(db.sql));
      return take(db, limits, who, octets);
    },
    find: (who, file) => ask(find(db, who, file)),
    async forget(who, file) {
      await ask(sql`delete from sent_file where who = ${who} and digest = ${Buffer.from(file, 'hex')}`.execute(db.sql));
    },
  };
}

/** Forgets what nobody has used for a day, and what never came to its end. */
export async function sweepSentFiles(db: Database): Promise<void> {
  await faulted(db.name, sweep(db.sql));
}

/** Of one that is coming and has not moved for ten minutes its server is gone. */
async function sweep(db: Sql): Promise<void> {
  await sql`
    delete from sent_file
     where id in (select id from sent_file
                   where moved_at < now() - case when digest is null then interval '10 minutes' else interval '1 day' end
                   order by moved_at limit ${sweptAtOnce} for update skip locked)`.execute(db);
}

async function take(
  db: Database,
  limits: FileLimits,
  who: string,
  octets: AsyncIterable<Uint8Array>,
): Promise<TakenFile> {
  const ask = <Answer>(answer: Promise<Answer>) => faulted(db.name, answer);
  const { id } = await ask(
    oneRow(db.sql, sql<{ id: number }>`insert into sent_file (who) values (${who}) returning id`),
  );
  const remove = async () => {
    await ask(sql`delete from sent_file where id = ${id} and digest is null`.execute(db.sql));
  };
  try {
    const hash = createHash('sha256');
    let came = 0;
    let place = 0;
    for await (const part of inParts(octets)) {
      came += part.length;
      if (came > limits.largest) throw fault('api.file.too-large', { octets: limits.largest });
      hash.update(part);
      if (!(await ask(enter(db.sql, { id, who, place: place++, part, limits }))))
        throw fault('api.files.full', { octets: limits.together });
    }
    const digest = hash.digest();
    return {
      file: digest.toString('hex'),
      octets: came,
      keep: () => ask(keep(db, id, who, digest)),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    // Where even this fails it goes with what is swept.
    await remove().catch(() => undefined);
    throw error;
  }
}

interface Part {
  readonly id: number;
  readonly place: number;
  readonly part: Buffer;
  readonly who: string;
  readonly limits: FileLimits;
}

/**
 * Whether there was room. Two that come at one moment may both find the last of it: they go beyond the bound by a part each, which the
 * disk does not notice.
 */
async function enter(db: Sql, { id, who, place, part, limits }: Part): Promise<boolean> {
  const { length } = part;
  const entered = await sql`
    with grown as (
      update sent_file set octets = octets + ${length}, moved_at = now()
       where id = ${id}
         and (select sum(octets) from sent_file) + ${length} <= ${limits.together}
         and (select sum(octets) from sent_file where who = ${who}) + ${length} <= ${ofOneMost(limits)}
      returning id)
    insert into sent_file_part (file, place, octets) select id, ${place}::int, ${part}::bytea from grown`.execute(db);
  return entered.numAffectedRows === 1n;
}

/** Nobody takes the room of all others: half of it, or as much as one file may have. */
function ofOneMost({ largest, together }: FileLimits): number {
  return Math.max(largest, Math.floor(together / 2));
}

/** From now on it is there. The same, sent before, stays in its place, since somebody may be reading it, and this one goes. */
async function keep(db: Database, id: number, who: string, digest: Buffer): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    // Of two that have come at one moment each would find that it is the first.
    await sql`select pg_advisory_xact_lock(${keepingClass}::int, ${digest.readInt32BE()}::int)`.execute(tx);
    const before = await sql`
      update sent_file set moved_at = now() where who = ${who} and digest = ${digest} and id <> ${id}`.execute(tx);
    await (before.numAffectedRows === 0n
      ? sql`update sent_file set digest = ${digest}, moved_at = now() where id = ${id}`.execute(tx)
      : sql`delete from sent_file where id = ${id}`.execute(tx));
  });
}

async function find(db: Database, who: string, file: string): Promise<OpenSentFile | null> {
  const { rows } = await sql<{ id: number; octets: number }>`
    update sent_file set moved_at = now() where who = ${who} and digest = ${Buffer.from(file, 'hex')}
    returning id, octets`.execute(db.sql);
  const [found] = rows;
  return found ? { file, octets: found.octets, from: (octet) => partsFrom(db, file, found, octet) } : null;
}

async function* partsFrom(
  db: Database,
  file: string,
  { id, octets }: { readonly id: number; readonly octets: number },
  octet: number,
): AsyncGenerator<Buffer> {
  for (let at = octet; at < octets; ) {
    const place = Math.floor(at / partOctets);
    const { rows } = await faulted(
      db.name,
      sql<{ octets: Buffer }>`
        select octets from sent_file_part where file = ${id} and place = ${place}`.execute(db.sql),
    );
    const part = rows[0]?.octets.subarray(at - place * partOctets);
    // It was forgotten meanwhile. A reader that was told nothing would take it for shorter than it is.
    if (part === undefined || part.length === 0) throw fault('api.file.gone', { file });
    at += part.length;
    yield part;
  }
}

/** The same octets in parts of that size; the last may be shorter. */
async function* inParts(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let part = Buffer.allocUnsafe(partOctets);
  let held = 0;
  for await (const chunk of octets)
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, partOctets - held);
      part.set(chunk.subarray(at, at + taken), held);
      at += taken;
      held += taken;
      if (held < partOctets) continue;
      yield part;
      part = Buffer.allocUnsafe(partOctets);
      held = 0;
    }
  if (held > 0) yield part.subarray(0, held);
}
