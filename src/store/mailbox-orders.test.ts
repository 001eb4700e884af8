import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { MailboxOrder } from '#domain/estate-state.ts';
import { orderOne, people, recorded, standAt, standing } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { pairDigest } from './ledger-pair.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Ann, mailbox 1, who follows in a running wave, and perhaps others. */
async function withAnn(
  db: TestDatabase,
  ...others: readonly string[]
): Promise<(order: MailboxOrder, why?: string) => Promise<string>> {
  await people(db.sql, ['ann', ...others]);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', current_date, now(), now() + interval '1 hour')`.execute(db.sql);
  for (let mailbox = 1; mailbox <= others.length + 1; mailbox++) await standAt(db.sql, mailbox, 'following', 1);
  return (order, why) => orderOne(db, 'ann', order, why);
}

const of = (...names: readonly string[]) =>
  ({ kind: 'addresses', addresses: names.map((name) => `${name}@x.example`) }) as const;

describe('who orders', () => {
  test('a mailbox to wait, and later to go on, finds it due again and both orders in the log', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    expect(await order('hold', 'on call')).toBe('done');
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'held' });
    expect(await order('release')).toBe('done');
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: '', isDue: true });
    expect(await recorded(db.sql, 1)).toEqual(['operator bob hold on call', 'operator bob release']);
  });

  test('a retry after a fault finds it due at once, as if it had never failed', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await sql`update mailbox set blocked = 'target.full', failures = 7, due_at = null`.execute(db.sql);
    expect(await order('retry')).toBe('done');
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '', isDue: true, failures: 0 });
  });

  test('a retry of what was refused, before anybody is kept from switching by it, is heard of by the next pass alone', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    const { find, passed } = openJourneys(db, { send: () => Promise.reject(new Error('nothing is sent')) });
    expect(await order('retry', 'larger messages are taken now')).toBe('done');
    expect((await find(1))?.traveller.triesRefused).toBe(true);
    const found = { messages: 1, alreadyThere: 0, refused: 0, exceptions: 0, lagMs: 1 };
    await passed(1, { direction: 'there', copied: 1, bytes: 1, milliseconds: 1, found }, 0);
    expect((await find(1))?.traveller.triesRefused).toBe(false);
  });

  const [refused, turned] = [
    { source: 'imaps://ann@old.example', target: 'imaps://ann@renamed.example' },
    { source: 'imaps://ann@renamed.example', target: 'imaps://ann@old.example' },
  ];
  test.each([
    [
      'same-account',
      [
        ['there', 0, pairDigest(refused)],
        ['there', 1, null],
        ['back', 0, pairDigest(turned)],
      ],
    ],
    ['other-account', []],
  ] as const)(
    '%s, and it goes on with what is known of it and the accounts it was asked about, or anew',
    async (order, left) => {
      await using db = await testDatabase();
      const give = await withAnn(db);
      await sql`
      insert into ledger_page (mailbox, direction, page, names, records, pair)
      values (1, 'there', 0, '', '', 'x'), (1, 'there', 1, '', '', null), (1, 'back', 0, '', '', 'y')`.execute(db.sql);
      await sql`
      update mailbox set blocked = 'mailbox.other-account', due_at = null,
                         blocked_about = ${JSON.stringify({ pair: refused })}::jsonb`.execute(db.sql);
      expect(await give(order, 'the host was renamed')).toBe('done');
      expect(await standing(db.sql, 1)).toMatchObject({ mark: '', isDue: true });
      const { rows } = await sql<{ direction: string; page: number; pair: Buffer | null }>`
      select direction, page, pair from ledger_page order by direction desc, page`.execute(db.sql);
      expect(rows.map(({ direction, page, pair }) => [direction, page, pair])).toEqual(left);
      expect(await recorded(db.sql, 1)).toEqual([`operator bob ${order} the host was renamed`]);
    },
  );

  test.each([
    ['they were asked to wait', sql`held = 'on call'`],
    ['a fault blocks them there', sql`blocked = 'target.quota', blocked_about = '{}', failures = 7, due_at = null`],
  ])('somebody who has settled to go back sets out at once, though %s', async (_, mark) => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'settled', 1);
    await sql`update mailbox set ${mark}`.execute(db.sql);
    expect(await order('go-back', 'calendar lost')).toBe('done');
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'returning', mark: '', isDue: true, failures: 0 });
    expect((await recorded(db.sql, 1)).at(-1)).toBe('operator bob go-back settled returning calendar lost');
  });
});

describe('an order to several', () => {
  test('is obeyed by those who can, with a record each, and says why the others do not', async () => {
    await using db = await testDatabase();
    await withAnn(db, 'bob', 'cat');
    await standAt(db.sql, 2, 'switching', 1);
    const ordered = await openMailboxOrders(db).order(
      of('cat', 'BOB', 'ann', 'ann'),
      'hold',
      'operator eve',
      'a strike',
    );
    expect(ordered).toEqual({
      kind: 'ordered',
      done: ['ann@x.example', 'cat@x.example'],
      refused: [
        {
          address: 'bob@x.example',
          stage: 'switching',
          mark: null,
          why: 'is switching: say it again when it has arrived on one side',
        },
      ],
    });
    for (const mailbox of [1, 3]) expect(await recorded(db.sql, mailbox)).toEqual(['operator eve hold a strike']);
    expect(await recorded(db.sql, 2)).toEqual([]);
  });

  test('one of whom is not known does nothing to anybody', async () => {
    await using db = await testDatabase();
    await withAnn(db);
    const ordered = await openMailboxOrders(db).order(of('ann', 'nobody'), 'hold', 'operator eve', null);
    expect(ordered).toEqual({ kind: 'unknown-mailboxes', addresses: ['nobody@x.example'] });
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
  });

  test('who are selected reaches all of them, however many, and nobody else', async () => {
    await using db = await testDatabase();
    await withAnn(db);
    await sql`
      insert into mailbox (address, kind, organisation, stage, wave, blocked)
      select 'm' || i || '@x.example', 'person', 1, 'following', 1, 'target.quota' from generate_series(1, 2500) as i`.execute(
      db.sql,
    );
    const whom = { kind: 'selector', selector: { wave: ['pilot'], mark: ['blocked'] } } as const;
    const ordered = await openMailboxOrders(db).order(whom, 'retry', 'operator eve', 'more disk');
    if (ordered.kind !== 'ordered') throw new Error(ordered.kind);
    expect([ordered.done.length, ordered.refused]).toEqual([2_500, []]);
    const { rows } = await sql`
      select count(distinct mailbox)::int as told from audit where what = 'retry' and why = 'more disk'`.execute(
      db.sql,
    );
    expect(rows).toEqual([{ told: 2_500 }]);
    expect(await recorded(db.sql, 1)).toEqual([]);
    const nowhere = { kind: 'selector', selector: { wave: ['pilt'] } } as const;
    expect(await openMailboxOrders(db).order(nowhere, 'hold', 'operator eve', null)).toMatchObject({
      kind: 'unknown',
      nearest: 'pilot',
    });
  });
});

describe('refused, in words and without a trace in the log, is', () => {
  test.each(['switching', 'returning'] as const)(
    'to keep somebody between the two sides while they are %s',
    async (stage) => {
      await using db = await testDatabase();
      const order = await withAnn(db);
      await standAt(db.sql, 1, stage, 1);
      for (const each of ['hold', 'exclude'] as const)
        expect(await order(each)).toBe(`is ${stage}: say it again when it has arrived on one side`);
      expect(await recorded(db.sql, 1)).toEqual([]);
    },
  );

  test.each([
    ['release', 'is neither held nor excluded'],
    ['go-back', 'is following: only who has settled on the target can go back'],
  ] as const)('%s of a mailbox that does not wait, has no fault and has not settled', async (each, why) => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    expect(await order(each)).toBe(why);
    expect(await recorded(db.sql, 1)).toEqual([]);
  });

  test('what an account is, of a mailbox that nobody asks it of, and to forget what people have done since the switch', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    for (const each of ['same-account', 'other-account'] as const)
      expect(await order(each)).toBe('is not blocked for mailbox.other-account');
    await standAt(db.sql, 1, 'settled', 1);
    await sql`update mailbox set blocked = 'mailbox.other-account'`.execute(db.sql);
    expect(await order('other-account')).toContain('what people have done there since the switch');
    expect(await order('same-account')).toBe('done');
  });

  test('a retry of a mailbox that nobody carries at the moment', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'switching', 1);
    expect(await order('retry')).toBe('is neither blocked nor being carried');
    await standAt(db.sql, 1, 'following', 1);
    await order('hold', 'on call');
    expect(await order('retry')).toBe('is neither blocked nor being carried');
  });

  test('the way back of whoever is excluded, until a person releases them', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'settled', 1);
    await order('exclude', 'they left');
    expect(await order('go-back')).toBe('is excluded: release it first');
    await order('release');
    expect(await order('go-back')).toBe('done');
  });

  test('anything of a mailbox that has left', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'settled', 1);
    await sql`update mailbox set left_at = now()`.execute(db.sql);
    for (const each of ['hold', 'exclude', 'release', 'retry', 'go-back'] as const)
      expect(await order(each)).toBe('has left the estate');
  });
});
