/** The way back of a whole wave, and its end. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import { silent } from '#lib/log.ts';
import type { Waves } from '#ports/waves.ts';
import { people, recorded, standAt, standing, tallies, windowIn } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaves } from './waves.ts';
import { openWorkforce } from './workforce.ts';

/** Mailboxes 1 and on in a running wave. */
async function running(db: TestDatabase, ...stages: readonly Stage[]): Promise<Waves> {
  await people(
    db.sql,
    stages.map((_, i) => `m${i + 1}`),
  );
  const waves = openWaves(db);
  const order = { name: 'pilot', window: windowIn(1), selector: {}, limit: null, isPilot: true, errorBudget: 0.5 };
  await waves.create(order, 'operator ann');
  await waves.move('pilot', 'start', 'operator ann', null);
  for (const [i, stage] of stages.entries()) await standAt(db.sql, i + 1, stage, 1);
  return waves;
}

const six = ['settled', 'settled', 'settled', 'settled', 'following', 'switching'] as const;

/** Two is blocked where it settled, three is held, four is excluded. */
async function marked(db: TestDatabase): Promise<void> {
  await sql`update mailbox set blocked = 'target.quota', blocked_about = '{}', due_at = null where id = 2`.execute(
    db.sql,
  );
  await sql`update mailbox set held = 'on call' where id = 3`.execute(db.sql);
  await sql`update mailbox set excluded = 'they left' where id = 4`.execute(db.sql);
}

describe('a wave that goes back', () => {
  test('pauses, and brings home all who have settled, blocked and held ones too, with a record each', async () => {
    await using db = await testDatabase();
    const waves = await running(db, ...six);
    await marked(db);
    const ordered = await waves.goBack('pilot', 'operator ann', 'calendars are lost');
    expect(ordered).toEqual({
      kind: 'ordered',
      mailboxes: 3,
      leftOut: { excluded: 1 },
      switching: 1,
      late: 0,
      notTaken: 0,
    });
    for (const mailbox of [1, 2, 3])
      expect(await standing(db.sql, mailbox)).toMatchObject({ stage: 'returning', mark: '', isDue: true });
    expect((await recorded(db.sql, 2)).at(-1)).toBe('operator ann go-back settled returning calendars are lost');
    expect(await standing(db.sql, 4)).toMatchObject({ stage: 'settled', mark: 'excluded' });
    expect(await standing(db.sql, 6)).toMatchObject({ stage: 'switching' });
    expect(await waves.list()).toMatchObject([{ state: 'paused', pausedWhy: 'going back: calendars are lost' }]);
    const { kept, counted } = await tallies(db.sql);
    expect(kept).toEqual(counted);
  });

  test('after it has finished goes back all the same, and again for who has settled since', async () => {
    await using db = await testDatabase();
    const waves = await running(db, 'settled', 'switching');
    await sql`update wave set state = 'finished'`.execute(db.sql);
    expect(await waves.goBack('pilot', 'operator ann', 'why not')).toMatchObject({ mailboxes: 1, switching: 1 });
    await standAt(db.sql, 2, 'settled', 1);
    expect(await waves.goBack('pilot', 'operator ann', 'why not')).toMatchObject({ mailboxes: 1, switching: 0 });
    expect(await waves.list()).toMatchObject([{ state: 'finished' }]);
    expect(await waves.goBack('pilt', 'operator ann', 'why')).toEqual({ kind: 'unknown', nearest: 'pilot' });
  });

  test('is not kept waiting by a job that was under way when the order came', async () => {
    await using db = await testDatabase();
    const waves = await running(db, 'settled');
    await using queue = await openQueue(db, silent);
    await openJourneys(db, queue).release([{ mailbox: 1, work: 'follow-back' }]);
    const [job] = await queue.fetch(1);
    const journeys = openJourneys(db, queue, job);
    await journeys.find(1);
    await waves.goBack('pilot', 'operator ann', 'now');
    await journeys.failed(1, 600_000, { code: 'imap.connection.lost', message: 'gone' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'returning', isDue: true, queued: false });
  });
});

describe('a wave that is released', () => {
  test('is refused while it runs, and without a yes only tells whom it would be', async () => {
    await using db = await testDatabase();
    const waves = await running(db, ...six);
    await marked(db);
    expect(await waves.release('pilot', false, 'operator ann', 'done')).toEqual({ kind: 'refused', state: 'running' });
    await waves.move('pilot', 'pause', 'operator ann', null);
    const told = {
      kind: 'ordered',
      mailboxes: 1,
      leftOut: { blocked: 1, held: 1, excluded: 1 },
      switching: 1,
      late: 0,
      notTaken: 0,
    };
    expect(await waves.release('pilot', true, 'operator ann', 'done')).toEqual(told);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'settled' });
    expect(await waves.release('pilot', false, 'operator ann', 'a quiet month')).toEqual(told);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'released', isDue: false });
    expect((await recorded(db.sql, 1)).at(-1)).toBe('operator ann release settled released a quiet month');
    expect(await standing(db.sql, 2)).toMatchObject({ stage: 'settled', mark: 'blocked' });
    expect((await recorded(db.sql, null)).at(-1)).toBe('operator ann wave release a quiet month');
  });

  test('forgets both ledgers of each mailbox, and never its exceptions, its record, or the ledgers of others', async () => {
    await using db = await testDatabase();
    const waves = await running(db, 'settled', 'following');
    await waves.move('pilot', 'pause', 'operator ann', null);
    for (const mailbox of [1, 2]) for (const direction of ['there', 'back']) await ledgerRows(db, mailbox, direction);
    await waves.release('pilot', false, 'operator ann', 'done');
    const left = async (mailbox: number) => {
      const count = (table: string) =>
        sql`(select count(*)::int from ${sql.table(table)} where mailbox = ${mailbox})`.as(table);
      const tables = ['ledger_page', 'ledger_runs', 'ledger_flags', 'ledger_intent', 'ledger_sent', 'ledger_exception'];
      const { rows } = await sql<Record<string, number>>`select ${sql.join(tables.map(count))}`.execute(db.sql);
      return Object.values(rows[0] ?? {});
    };
    expect(await left(1)).toEqual([0, 0, 0, 0, 0, 2]);
    expect(await left(2)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test('takes mailboxes out of the hands of whoever carries them home at that moment', async () => {
    await using db = await testDatabase();
    const waves = await running(db, 'settled');
    await waves.move('pilot', 'pause', 'operator ann', null);
    await using queue = await openQueue(db, silent);
    await openJourneys(db, queue).release([{ mailbox: 1, work: 'follow-back' }]);
    const [job] = await queue.fetch(1);
    const identity = { host: 'h', pid: 1, version: '1', role: 'worker', lacks: [] } as const;
    await using membership = await openWorkforce(db).register(identity);
    await membership.takeMailbox(1);
    await waves.release('pilot', false, 'operator ann', 'done');
    const { rows } = await sql`select from mailbox_lease`.execute(db.sql);
    expect(rows).toEqual([]);
    await expect(openJourneys(db, queue, job).failed(1, 0, { code: 'ledger.lost', message: 'x' })).rejects.toThrow(
      'called off',
    );
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'released', isDue: false, queued: false, failures: 0 });
  });

  test('is released whole, however large', async () => {
    await using db = await testDatabase();
    const waves = await running(db, 'settled');
    await waves.move('pilot', 'pause', 'operator ann', null);
    await sql`
      insert into mailbox (address, kind, organisation, stage, wave)
      select 'n' || i || '@x.example', 'person', 1, 'settled', 1 from generate_series(1, 2499) as i`.execute(db.sql);
    expect(await waves.release('pilot', false, 'operator ann', 'done')).toMatchObject({ mailboxes: 2_500 });
    const { kept, counted } = await tallies(db.sql);
    expect(kept).toEqual(counted);
  });
});

async function ledgerRows(db: TestDatabase, mailbox: number, direction: string): Promise<void> {
  const key = sql`${mailbox}::int, ${direction}::text`;
  await sql`insert into ledger_page values (${key}, 0, 'INBOX', '\\x00')`.execute(db.sql);
  await sql`insert into ledger_runs values (${key}, 0, 1, '\\x00')`.execute(db.sql);
  await sql`insert into ledger_flags values (${key}, 0, '\\x00')`.execute(db.sql);
  await sql`insert into ledger_intent values (${key}, 1, 'INBOX', 'INBOX', 1, 1, 1, '\\x00')`.execute(db.sql);
  await sql`insert into ledger_sent values (${key}, 1, 0, '\\x00')`.execute(db.sql);
  await sql`
    insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
    values (${key}, 0, 7, 'refused', 'INBOX', 1, 'x', 'y')`.execute(db.sql);
}
