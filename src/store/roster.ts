/**
 * The imported estate for whoever plans it: one snapshot of organisations, waves, mailboxes and grants, streamed out by COPY, so
 * that two million mailboxes and five million grants take a while and no memory.
 */

import { sql } from 'kysely';
import type pg from 'pg';
import { grantKinds, mailboxKinds } from '#domain/estate.ts';
import { fault } from '#domain/fault.ts';
import { marks, stages } from '#domain/journey.ts';
import type { StandingWave } from '#domain/plan-standing.ts';
import type { EstateRosterPort, RosterOrganisationRow, RosterRow, RosterTaker } from '#ports/estate-roster.ts';
import { type CopiedRow, copyOut } from './copy-out.ts';
import { databaseFault } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { queriesOn } from './one-connection.ts';

export function openEstateRoster(db: Database): EstateRosterPort {
  return {
    async read(taker, wants, signal) {
      signal.throwIfAborted();
      const client = await db.connect();
      // Whatever it is about: the server then ends it.
      const stop = (): void => void client.end();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await sql`begin isolation level repeatable read read only`.execute(queriesOn(client));
        await readEstate(client, taker, wants);
      } catch (error) {
        if (signal.aborted) throw fault('interrupted', { by: 'a signal' }, { cause: error });
        throw databaseFault.of(error, db.name) ?? error;
      } finally {
        signal.removeEventListener('abort', stop);
        await client.end();
      }
    },
  };
}

/** The same within a transaction of `client`, as it sees the estate. */
export async function readEstate(
  client: pg.Client,
  taker: RosterTaker,
  wants: { readonly grants: boolean },
): Promise<void> {
  const tx = queriesOn(client);
  // Sorted in memory where that is faster; compiling for it is slower than doing it.
  await sql`set local work_mem = '64MB'`.execute(tx);
  await sql`set local jit = off`.execute(tx);
  await readHead(tx, taker, wants);
  await copyOut(client, mailboxes, mailboxFields, mailboxTo(taker));
  if (!wants.grants) return;
  await copyOut(client, grants, 3, (row) => {
    taker.grant(row.number(0) ?? 0, row.number(1) ?? 0, row.number(2) ?? 0);
  });
}

async function readHead(tx: Sql, taker: RosterTaker, wants: { readonly grants: boolean }): Promise<void> {
  const counts = await oneRow(
    tx,
    sql<{ now: number; mailboxes: number; grants: number }>`
      select (extract(epoch from now()) * 1000)::int8 as now,
             (select count(*) from mailbox where left_at is null) as mailboxes,
             (select count(*) from permission where ${sql.lit(wants.grants)}) as grants`,
  );
  const organisations = await sql<RosterOrganisationRow>`
    select id, code, name, parent from organisation o
     where left_at is null or exists (select from mailbox m where m.organisation = o.id and m.left_at is null)
     order by id`.execute(tx);
  const waves = await sql<StandingWave>`
    select id, name, state, (extract(epoch from opens_at) * 1000)::int8 as "opensAt",
           (extract(epoch from closes_at) * 1000)::int8 as "closesAt", day::text as day
      from wave order by opens_at, id`.execute(tx);
  taker.begins({ ...counts, organisations: organisations.rows, waves: waves.rows });
}

const mailboxFields = 14;
const mailboxes = `
  select id, address, ${placeOf('kind', mailboxKinds)}, organisation, coalesce(size_bytes, 0), coalesce(items, 0),
         not_before - date '1970-01-01', not_after - date '1970-01-01', wave_hint, ${placeOf('stage', stages)},
         ${placeOf('mark', marks)}, wave, (extract(epoch from stage_since) * 1000)::int8,
         array_to_string(aliases, ' ')
    from mailbox where left_at is null order by id`;

/** In the order of their index, so that the same estate is read in the same order. */
const grants = `select mailbox, grantee, ${placeOf('kind', grantKinds)} from permission order by mailbox, grantee, kind`;

/** The place of a word in its list; -1 where it is in none. */
function placeOf(column: string, words: readonly string[]): string {
  return `case ${column} ${words.map((word, i) => `when '${word}' then ${i}`).join(' ')} else -1 end`;
}

/** One row for all of them. */
function mailboxTo(taker: RosterTaker): (row: CopiedRow) => void {
  const its: { -readonly [Key in keyof RosterRow]: RosterRow[Key] } = {
    id: 0,
    address: '',
    aliases: null,
    kind: 0,
    organisation: 0,
    sizeBytes: 0,
    items: 0,
    notBefore: null,
    notAfter: null,
    waveHint: null,
    stage: 0,
    mark: 0,
    wave: null,
    stageSince: 0,
  };
  return (row) => {
    its.id = row.number(0) ?? 0;
    its.address = row.text(1) ?? '';
    its.kind = row.number(2) ?? 0;
    its.organisation = row.number(3) ?? 0;
    its.sizeBytes = row.number(4) ?? 0;
    its.items = row.number(5) ?? 0;
    its.notBefore = row.number(6);
    its.notAfter = row.number(7);
    its.waveHint = row.text(8);
    its.stage = row.number(9) ?? 0;
    its.mark = row.number(10) ?? 0;
    its.wave = row.number(11);
    its.stageSince = row.number(12) ?? 0;
    its.aliases = row.text(13);
    taker.mailbox(its);
  };
}
