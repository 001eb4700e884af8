import { windowFrom } from '#domain/window.ts';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { WaveOrder } from '#domain/wave.ts';
import { silent } from '#lib/log.ts';
import { openAcceptances } from './acceptance.ts';
import { openPlatforms } from './budget.ts';
import { hourMs, people, recorded, standAt, standing, tallies, windowIn } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaves } from './waves.ts';

const pilot: WaveOrder = {
  name: 'pilot',
  window: windowIn(24),
  selector: {},
  limit: null,
  isPilot: true,
  errorBudget: 0.5,
};

async function inWave(db: TestDatabase): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select split_part(address, '@', 1) as name from mailbox where wave is not null order by address`.execute(db.sql);
  return rows.map(({ name }) => name);
}

describe('a wave that is made', () => {
  test('plans those that are meant, at most so many, by their addresses, with a record of each', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['cat', 'dan', 'ann', 'bob']);
    await sql`update mailbox set kind = 'room' where address = 'ann@x.example'`.execute(db.sql);
    const order = { ...pilot, selector: { kind: ['person'], organisation: ['RXY'] }, limit: 2 };
    const { name, isPilot, errorBudget } = order;
    const { day: _, ...window } = order.window;
    expect(await openWaves(db).create(order, 'operator eve')).toEqual({
      kind: 'created',
      wave: { id: 1, name, state: 'planned', window, isPilot, errorBudget, pausedWhy: null, remarks: [] },
      mailboxes: 2,
      notThatDay: 0,
    });
    expect(await inWave(db)).toEqual(['bob', 'cat']);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'planned', isDue: false });
    expect(await recorded(db.sql, 1)).toEqual(['operator eve plan known planned wave pilot']);
    expect(await recorded(db.sql, null)).toEqual(['operator eve wave created']);
  });

  test('takes nobody who is in another wave, was asked to wait, or has left; and of nobody there is none', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat']);
    const waves = openWaves(db);
    await waves.create({ ...pilot, selector: { address: ['ANN@*'] } }, 'operator eve');
    await sql`update mailbox set held = 'on call' where id = 2`.execute(db.sql);
    await sql`update mailbox set left_at = now() where id = 3`.execute(db.sql);
    expect(await waves.create({ ...pilot, name: 'second' }, 'operator eve')).toEqual({
      kind: 'nobody',
      notThatDay: 0,
    });
    expect(await waves.list()).toHaveLength(1);
    expect(await inWave(db)).toEqual(['ann']);
  });

  test('leaves out whose dates do not allow its day, counts them, and remarks on those whose dates do so later', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat', 'dan']);
    const day = pilot.window.day;
    await sql`
      update mailbox
         set not_before = case id when 1 then ${day}::date when 2 then ${day}::date + 1 end,
             not_after = case id when 1 then ${day}::date when 3 then ${day}::date - 1 end`.execute(db.sql);
    const waves = openWaves(db);
    expect(await waves.create(pilot, 'operator eve')).toMatchObject({ kind: 'created', mailboxes: 2, notThatDay: 2 });
    expect(await inWave(db)).toEqual(['ann', 'dan']);
    expect(await waves.create({ ...pilot, name: 'none' }, 'operator eve')).toEqual({ kind: 'nobody', notThatDay: 2 });
    await waves.reschedule('pilot', windowIn(96), 'operator eve', null);
    expect((await waves.list())[0]?.remarks).toEqual([
      '1 mailbox of it may not move on the day on which it opens (not_before, not_after), and will not switch.',
    ]);
  });

  test('tells how many will not switch before somebody accepts what the target has refused', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat']);
    const waves = openWaves(db);
    await waves.create(pilot, 'operator eve');
    await sql`
      insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
      select m, 'there', 1, 5, case m when 3 then 'different' else 'refused' end, 'INBOX', 7, 'too-big', ''
        from generate_series(1, 3) as m`.execute(db.sql);
    await sql`update mailbox set exceptions = 1`.execute(db.sql);
    await openAcceptances(db).accept('bob@x.example', { kind: 'all' }, 'operator eve', 'a film');
    expect((await waves.list())[0]?.remarks).toEqual([
      '1 mailbox of it will not switch before somebody accepts what the target does not have, or mends the reason: godwit report wave pilot',
    ]);
  });

  test('under a name that is taken leaves the first as it is', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const waves = openWaves(db);
    const made = await Promise.all([1, 2].map(() => waves.create({ ...pilot, limit: 1 }, 'operator eve')));
    expect(made.map(({ kind }) => kind).toSorted()).toEqual(['created', 'name-taken']);
    expect(await inWave(db)).toEqual(['ann']);
  });

  test('at the same time as another has no mailbox in common with it', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat', 'dan']);
    const waves = openWaves(db);
    await Promise.all(['a', 'b'].map((name) => waves.create({ ...pilot, name, limit: 3 }, 'operator eve')));
    const { rows } = await sql`select mailbox from audit where what = 'plan'`.execute(db.sql);
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length);
    const { kept, counted } = await tallies(db.sql);
    expect(kept).toEqual(counted);
  });

  test('takes % and _ of an address for themselves, and only * for anything', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['a_b', 'axb', 'a%b', '100%']);
    const waves = openWaves(db);
    await waves.create({ ...pilot, selector: { address: ['a_b@*', 'a%b@x.example'] } }, 'operator eve');
    expect(await inWave(db)).toEqual(['a%b', 'a_b']);
  });
});

describe('a window', () => {
  const before = (ms: number) => windowFrom(Date.now() - ms - hourMs, Date.now() - ms);

  test('that is over is refused: when a wave is made, when it is given another, and when it is started too late', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const waves = openWaves(db);
    const over = before(60_000);
    expect(await waves.create({ ...pilot, window: over }, 'operator eve')).toEqual({ kind: 'window-closed' });
    await waves.create(pilot, 'operator eve');
    expect(await waves.reschedule('pilot', over, 'operator eve', null)).toEqual({ kind: 'window-closed' });
    await sql`update wave set opens_at = now() - interval '2 hours', closes_at = now()`.execute(db.sql);
    expect(await waves.move('pilot', 'start', 'operator eve', null)).toEqual({ kind: 'window-closed' });
    expect(await waves.list()).toMatchObject([
      {
        state: 'planned',
        remarks: [expect.stringMatching(/has closed, and 1 mailbox .* godwit wave reschedule pilot/)],
      },
    ]);
    expect(await waves.reschedule('pilot', windowIn(24), 'operator eve', 'snow')).toMatchObject({ kind: 'moved' });
    expect(await waves.move('pilot', 'start', 'operator eve', null)).toMatchObject({ wave: { remarks: [] } });
    expect(await recorded(db.sql, null)).toEqual([
      'operator eve wave created',
      'operator eve wave reschedule snow',
      'operator eve wave start',
    ]);
  });

  test('that overlaps another, or has no room for what is to be done in it, is allowed and told in words', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    await sql`update mailbox set size_bytes = 5e12 where id = 2`.execute(db.sql);
    const slots = [{ fromMinute: 0, bytesPerSecond: 1_000_000 }];
    const budget = { connections: 2, connectionsPerMailbox: 2, bytesPerSecond: slots, commandsPerSecond: null };
    await openPlatforms(db).setBudget('source', budget, 'Europe/London');
    const waves = openWaves(db);
    const first = await waves.create({ ...pilot, limit: 1 }, 'operator eve');
    expect(first).toMatchObject({ wave: { remarks: [] } });
    const second = await waves.create({ ...pilot, name: 'second' }, 'operator eve');
    const shared = 'they share what the platforms give.';
    expect(second).toMatchObject({
      wave: {
        remarks: [
          `Its window overlaps that of pilot: ${shared}`,
          expect.stringMatching(/^About 5 TB are still to be copied, and the source may be asked for \d+.* GB until/),
        ],
      },
    });
    expect(await waves.list()).toMatchObject([{ remarks: [`Its window overlaps that of second: ${shared}`] }, {}]);
  });

  test('that is too short at the pace that was measured is told with the numbers', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await openPlatforms(db).setBudget('target', oneAtATime, 'UTC');
    await sql`update mailbox set interrupted_ms = 3600000 where id = 5`.execute(db.sql);
    expect((await waves.list())[0]?.remarks).toEqual([
      'To switch 4 mailboxes takes about 4 h, 1 at a time and 3600 s each (as measured); its window has 2 h.',
    ]);
  });

  test('is reckoned by how long a switch took, not by how late a letter came to who had switched', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await openPlatforms(db).setBudget('target', oneAtATime, 'UTC');
    await sql`update mailbox set interrupted_ms = 3600000, interrupted_by = 'attempts' where id = 5`.execute(db.sql);
    await sql`
      insert into interruption (mailbox, side, stamps_ms, delivery_ms) values (5, 'target', 2000, 3600000)`.execute(
      db.sql,
    );
    expect((await waves.list())[0]?.remarks).toEqual([]);
  });

  test('that is moved wakes who follows: nobody waits for the next turn of following', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await sql`update mailbox set due_at = now() + interval '3 days'`.execute(db.sql);
    await waves.reschedule('pilot', windowIn(0), 'operator eve', null);
    expect(await standing(db.sql, 3)).toMatchObject({ stage: 'following', isDue: true });
    expect(await standing(db.sql, 5)).toMatchObject({ stage: 'settled', isDue: false });
    await sql`update mailbox set due_at = now() + interval '3 days'`.execute(db.sql);
    await waves.move('pilot', 'pause', 'operator eve', null);
    await waves.move('pilot', 'resume', 'operator eve', null);
    expect(await standing(db.sql, 3)).toMatchObject({ isDue: true });
  });

  test.each(['cancelled', 'finished'] as const)('of a wave that is %s stays as it was', async (state) => {
    await using db = await testDatabase();
    const waves = await running(db);
    await sql`update wave set state = ${state}`.execute(db.sql);
    expect(await waves.reschedule('pilot', windowIn(48), 'operator eve', null)).toEqual({ kind: 'refused', state });
  });
});

const oneAtATime = {
  connections: 2,
  connectionsPerMailbox: 2,
  bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
  commandsPerSecond: null,
};

/** A pilot of five that runs: planned, copying, following, switching, settled. */
async function running(db: TestDatabase): Promise<ReturnType<typeof openWaves>> {
  await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve']);
  const waves = openWaves(db);
  await waves.create(pilot, 'operator eve');
  await waves.move('pilot', 'start', 'operator eve', null);
  for (const [i, stage] of (['copying', 'following', 'switching', 'settled'] as const).entries())
    await standAt(db.sql, i + 2, stage, 1);
  return waves;
}

describe('a wave', () => {
  test('that is started has its mailboxes due at once, and is not started twice', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const waves = openWaves(db);
    await waves.create(pilot, 'operator eve');
    const started = await Promise.all([1, 2].map(() => waves.move('pilot', 'start', 'operator eve', null)));
    expect(started.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'refused']);
    expect(started).toContainEqual({ kind: 'refused', state: 'running' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'planned', isDue: true });
    expect(await recorded(db.sql, null)).toEqual(['operator eve wave created', 'operator eve wave start']);
  });

  test('that is paused says why until it is resumed', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    const wave = { state: 'paused', pausedWhy: 'the network' };
    expect(await waves.move('pilot', 'pause', 'operator eve', 'the network')).toMatchObject({ kind: 'moved', wave });
    expect(await waves.list()).toMatchObject([wave]);
    expect(await waves.move('pilot', 'start', 'operator eve', null)).toEqual({ kind: 'refused', state: 'paused' });
    await waves.move('pilot', 'resume', 'operator eve', null);
    expect(await waves.list()).toMatchObject([{ state: 'running', pausedWhy: null }]);
  });

  test('that is cancelled frees whoever has not switched, and leaves alone whoever switches or has', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await sql`update mailbox set held = 'on call' where id = 3`.execute(db.sql);
    expect(await waves.move('pilot', 'cancel', 'operator eve', 'no licences')).toMatchObject({ kind: 'moved' });
    for (const mailbox of [1, 2, 3])
      expect(await standing(db.sql, mailbox)).toMatchObject({ stage: 'known', wave: null, isDue: false });
    expect(await standing(db.sql, 4)).toMatchObject({ stage: 'switching', wave: 1, isDue: true });
    expect(await standing(db.sql, 5)).toMatchObject({ stage: 'settled', wave: 1, isDue: true });
    expect((await recorded(db.sql, 3)).slice(-2)).toEqual([
      'operator eve stand-down following planned no licences',
      'operator eve unplan planned known no licences',
    ]);
    const { kept, counted } = await tallies(db.sql);
    expect(kept).toEqual(counted);
    // And they may be planned anew.
    const again = { ...pilot, name: 'again' };
    expect(await waves.create(again, 'operator eve')).toMatchObject({ kind: 'created', mailboxes: 2 });
  });

  test('that is cancelled calls off what is under way with whoever has not switched, and with nobody else', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await using queue = await openQueue(db, silent);
    await openJourneys(db, queue).release([
      { mailbox: 2, work: 'copy' },
      { mailbox: 3, work: 'follow' },
      { mailbox: 4, work: 'switch' },
    ]);
    const jobs = await queue.fetch(2);
    expect(jobs.map(({ mailbox }) => mailbox)).toContain(4);
    await waves.move('pilot', 'cancel', 'operator eve', null);
    const gone = jobs.filter(({ mailbox }) => mailbox !== 4);
    expect(await queue.touch(jobs)).toEqual(gone);
    expect(await queue.depth()).toEqual({ waiting: 0, active: 1 });
    for (const mailbox of [2, 3])
      expect(await standing(db.sql, mailbox)).toMatchObject({ stage: 'known', queued: false });
    // Planned anew they are not taken for waiting in the queue.
    await waves.create({ ...pilot, name: 'again' }, 'operator eve');
    await waves.move('again', 'start', 'operator eve', null);
    expect((await openJourneys(db, queue).due(10)).candidates.map(({ mailbox }) => mailbox)).toContain(2);
  });

  test('is cancelled also where nobody has ever served the estate', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    await sql`drop schema pgboss cascade`.execute(db.sql);
    expect(await waves.move('pilot', 'cancel', 'operator eve', null)).toMatchObject({ kind: 'moved' });
  });

  test('that there is none of is told with the name that was probably meant', async () => {
    await using db = await testDatabase();
    const waves = await running(db);
    expect(await waves.move('pilt', 'pause', 'operator eve', null)).toEqual({ kind: 'unknown', nearest: 'pilot' });
    expect(await waves.move('zzzzzz', 'pause', 'operator eve', null)).toEqual({ kind: 'unknown', nearest: null });
  });

  test('that opens next is listed first', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const waves = openWaves(db);
    await waves.create({ ...pilot, name: 'late', window: windowIn(48), limit: 1 }, 'operator eve');
    await waves.create({ ...pilot, name: 'soon' }, 'operator eve');
    expect((await waves.list()).map(({ name }) => name)).toEqual(['soon', 'late']);
  });
});
