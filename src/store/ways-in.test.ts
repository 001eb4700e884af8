/** A person's word for ways in that nobody holds: for whom it counts, and when it is asked for again. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { usualWaysIn, type WaysPromised } from '#domain/ways-in.ts';
import type { Database } from './db.ts';
import { people, recorded, standAt, windowIn } from './estate.test-kit.ts';
import { openProgrammeSettings } from './programme.ts';
import { testDatabase } from './test-database.ts';
import { openWaves } from './waves.ts';
import { openWaysIn, openWaysInGate } from './ways-in.ts';

const promised: WaysPromised = { ways: usualWaysIn, endsSessions: true };

/** Ann of RXY, and Bob of R0A, which is below NORTH; both follow in a wave that is open. */
async function estate(db: Database): Promise<void> {
  await people(db.sql, ['ann', 'bob', 'cat']);
  await sql`insert into organisation (code, name) values ('NORTH', 'The north')`.execute(db.sql);
  await sql`insert into organisation (code, name, parent) values ('R0A', 'A ward', 2)`.execute(db.sql);
  await sql`update mailbox set organisation = 3 where address like 'bob@%'`.execute(db.sql);
  const selector = { address: ['ann@*', 'bob@*'] };
  const order = { name: 'pilot', window: windowIn(0), selector, limit: null, isPilot: false, errorBudget: 0.5 };
  await openWaves(db).create(order, 'operator eve');
  await openWaves(db).move('pilot', 'start', 'operator eve', null);
  for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'following', 1);
}

async function door(db: Database, host: string, serves: readonly string[], seconds = 60): Promise<void> {
  await sql`
    insert into door (id, host, pid, version, serves, revision, lease_until)
    values (gen_random_uuid(), ${host}, 7, 'test', ${serves}::text[], 0, now() + make_interval(secs => ${seconds}::float8))`.execute(
    db.sql,
  );
}

const accept = (db: Database, why = 'nobody comes by it at night') =>
  openWaysIn(db).accept('pilot', promised, 'operator eve', why);

describe('ways in of a wave', () => {
  test('are told by organisation, each with what holds it', async () => {
    await using db = await testDatabase();
    await estate(db);
    await door(db, 'mx1', ['Postfix', 'deliveries']);
    await door(db, 'p1', ['nginx'], -60);
    const elsewhere = { NORTH: ['mx'], GONE: ['mx'] } as const;
    const ways = await openWaysIn(db).ofWave(1, { ...promised, ways: { ...usualWaysIn, elsewhere } });
    expect(ways).toMatchObject({ isPromised: true, unknown: ['GONE'] });
    expect(ways.organisations.map(({ organisation, mailboxes }) => [organisation, mailboxes])).toEqual([
      ['R0A', 1],
      ['RXY', 1],
    ]);
    expect(ways.organisations.map(({ ways: its }) => its.map(({ way, heldBy }) => [way, heldBy]))).toEqual([
      [['mx', 'the door on mx1']],
      [
        ['mx', 'the door on mx1'],
        ['proxy', null],
        ['direct', 'sessions are ended at the source'],
      ],
    ]);
  });

  test('that nobody holds keep its mailboxes where they are until a person has given their word, which is recorded', async () => {
    await using db = await testDatabase();
    await estate(db);
    await door(db, 'mx1', ['deliveries']);
    const gate = openWaysInGate(db, promised);
    expect(await gate.lacking(1)).toEqual(['proxy']);
    await sql`update mailbox set due_at = now() + interval '15 minutes'`.execute(db.sql);
    expect(await accept(db)).toEqual({
      kind: 'accepted',
      organisations: [
        { organisation: 'R0A', ways: ['proxy'] },
        { organisation: 'RXY', ways: ['proxy'] },
      ],
    });
    expect([await gate.lacking(1), await gate.lacking(2)]).toEqual([[], []]);
    expect(await recorded(db.sql, null)).toContain('operator eve wave accept-ways-in nobody comes by it at night');
    const { rows } = await sql<{ about: unknown }>`
      select about from audit where what = 'wave accept-ways-in'`.execute(db.sql);
    expect(rows).toEqual([{ about: { proxy: ['R0A', 'RXY'] } }]);
    const waiting = await sql`select from mailbox where wave = 1 and due_at > now()`.execute(db.sql);
    expect(waiting.rows).toEqual([]);
    const [told] = (await openWaysIn(db).ofWave(1, promised)).organisations;
    expect(told?.ways[1]).toMatchObject({ way: 'proxy', heldBy: null, accepted: { who: 'operator eve' } });
  });

  test('are asked for again when another is lost, and when another organisation joins', async () => {
    await using db = await testDatabase();
    await estate(db);
    await door(db, 'mx1', ['deliveries']);
    await sql`update mailbox set wave = null, stage = 'known' where id = 2`.execute(db.sql);
    await accept(db);
    const gate = openWaysInGate(db, promised);
    expect(await gate.lacking(1)).toEqual([]);
    await standAt(db.sql, 2, 'following', 1);
    expect(await gate.lacking(2)).toEqual(['proxy']);
    await sql`delete from door`.execute(db.sql);
    expect(await gate.lacking(1)).toEqual(['mx', 'direct']);
    await door(db, 'mx1', ['deliveries']);
    expect(await gate.lacking(1)).toEqual([]);
    expect(await accept(db)).toMatchObject({ organisations: [{ organisation: 'R0A' }] });
    expect(await accept(db)).toEqual({ kind: 'nothing', isPromised: true });
  });

  test('of an estate that promises nothing are asked for by nobody', async () => {
    await using db = await testDatabase();
    await estate(db);
    const nothing = { ways: null, endsSessions: false };
    expect(await openWaysInGate(db, nothing).lacking(1)).toEqual([]);
    expect(await openWaysIn(db).accept('pilot', nothing, 'operator eve', 'to be sure')).toEqual({
      kind: 'nothing',
      isPromised: false,
    });
    await openWaves(db).move('pilot', 'cancel', 'operator eve', null);
    expect(await accept(db)).toEqual({ kind: 'refused', state: 'cancelled' });
    const unknown = await openWaysIn(db).accept('pilt', promised, 'operator eve', 'why');
    expect(unknown).toEqual({ kind: 'unknown', nearest: 'pilot' });
  });

  test('are remarked on wherever waves are shown, while it runs and opens soon, by what was published', async () => {
    await using db = await testDatabase();
    await estate(db);
    const waves = openWaves(db);
    const remarks = async () => (await waves.list())[0]?.remarks;
    expect(await remarks()).toEqual([]);
    const settings = { waysIn: usualWaysIn, source: { sessions: null } };
    const by = { version: 'test', host: 'here' };
    await openProgrammeSettings(db).publish(
      settings as unknown as Parameters<ReturnType<typeof openProgrammeSettings>['publish']>[0],
      by,
    );
    await door(db, 'mx1', ['deliveries', 'nginx']);
    expect(await remarks()).toEqual([
      "Of 2 organisations in it not all ways in are held, and they will not switch without a person's word: godwit wave check pilot",
    ]);
    await accept(db);
    // With sessions that cannot be ended after all.
    expect(await remarks()).toHaveLength(1);
    await openWaysIn(db).accept('pilot', { ...promised, endsSessions: false }, 'operator eve', 'it is known');
    expect(await remarks()).toEqual([]);
    await waves.reschedule('pilot', windowIn(24 * 30), 'operator eve', null);
    await sql`delete from way_accepted`.execute(db.sql);
    expect(await remarks()).toEqual([]);
  });
});
