/** Ways in, as they are held at this moment, and a person's word for those that are not. */

import { sql } from 'kysely';
import { mayBeRescheduled } from '#domain/wave.ts';
import {
  isPromisedBy,
  lackingOf,
  type WayIn,
  type WaysAccepted,
  waysOf,
  type WaysPromised,
  type WaveWays,
} from '#domain/ways-in.ts';
import type { WaysIn, WaysInGate } from '#ports/ways-in.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { wakeWave } from './waves.ts';
import { lockWave } from './wave-rows.ts';
import { doorsKnown, isToSwitch, membersOf } from './ways-in-rows.ts';

/** For who tells of ways in and takes a person's word. Throws `database.*`. */
export function openWaysIn(db: Database): WaysIn {
  return {
    ofWave: (wave, promised) => faulted(db.name, ofWave(db.sql, wave, promised)),
    accept: (wave, promised, who, why) =>
      faulted(
        db.name,
        db.sql.transaction().execute((tx) => accept(tx, wave, promised, who, why)),
      ),
  };
}

/** For who carries: asked anew for each mailbox, since a door may be lost at any time. Throws `database.*`. */
export function openWaysInGate(db: Database, promised: WaysPromised): WaysInGate {
  return { lacking: (mailbox) => faulted(db.name, lacking(db.sql, mailbox, promised)) };
}

async function ofWave(db: Sql, wave: number, promised: WaysPromised): Promise<WaveWays> {
  const doors = await doorsKnown(db);
  const isAsked = isPromisedBy(promised, doors);
  const members = isAsked ? await membersOf(db, sql`m.wave = ${wave} and ${isToSwitch}`, promised) : [];
  const named = Object.keys(promised.ways?.elsewhere ?? {});
  return { ...waysOf(promised, doors, members), unknown: await unknownOf(db, named) };
}

async function unknownOf(db: Sql, codes: readonly string[]): Promise<readonly string[]> {
  if (codes.length === 0) return [];
  const { rows } = await sql<{ code: string }>`
    select code from unnest(${codes}::text[]) as code
     where not exists (select from organisation o where o.code = code.code) order by code`.execute(db);
  return rows.map(({ code }) => code);
}

async function accept(tx: Sql, name: string, promised: WaysPromised, who: string, why: string): Promise<WaysAccepted> {
  const wave = await lockWave(tx, name);
  if ('kind' in wave) return wave;
  if (!mayBeRescheduled(wave.state)) return { kind: 'refused', state: wave.state };
  const [doors, members] = [
    await doorsKnown(tx),
    await membersOf(tx, sql`m.wave = ${wave.id} and ${isToSwitch}`, promised),
  ];
  const { isPromised, organisations: all } = waysOf(promised, doors, members);
  const organisations = all
    .map((each) => ({ organisation: each.organisation, ways: lackingOf(each) }))
    .filter(({ ways }) => ways.length > 0);
  if (organisations.length === 0) return { kind: 'nothing', isPromised };
  const ids = new Map(members.map(({ id, organisation }) => [organisation, id] as const));
  const rows = organisations.flatMap(({ organisation, ways }) =>
    ways.map((way) => ({ organisation: ids.get(organisation), way })),
  );
  await sql`
    insert into way_accepted (wave, organisation, way, who, why)
    select ${wave.id}, organisation, way, ${who}, ${why}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as rows (organisation int, way text)`.execute(tx);
  // By way rather than by organisation: thousands of those may be in one wave, and ways are three.
  const about = Object.fromEntries(
    [...new Set(rows.map(({ way }) => way))].map((way) => [
      way,
      organisations.filter(({ ways }) => ways.includes(way)).map(({ organisation }) => organisation),
    ]),
  );
  await note(tx, { who, what: 'wave accept-ways-in', wave: wave.id, why, about });
  await wakeWave(tx, wave.id);
  return { kind: 'accepted', organisations };
}

/** A mailbox without a wave is asked for nothing: it does not switch. */
async function lacking(db: Sql, mailbox: number, promised: WaysPromised): Promise<readonly WayIn[]> {
  const [doors, members] = [await doorsKnown(db), await membersOf(db, sql`m.id = ${mailbox}`, promised)];
  return waysOf(promised, doors, members).organisations.flatMap(lackingOf);
}
