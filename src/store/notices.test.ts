import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { noticeStates } from '#domain/notice-list.ts';
import { people, standAt } from './estate.test-kit.ts';
import { instant } from './notice-lots.ts';
import { reach, switchedAgo, told, waveIn } from './notices.test-kit.ts';
import { openNotices } from './notices.ts';
import { testDatabase } from './test-database.ts';

const dayHours = 24;
const all = { wave: null, states: noticeStates, before: null, most: 100 } as const;

describe('who is told', () => {
  test('people of a wave before its day, once, and nobody who is marked, has switched or is no person', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'blocked', 'held', 'gone', 'moved', 'desk', 'app', 'else']);
    const { id } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2, 3, 4, 5, 6, 7]) await standAt(db.sql, mailbox, 'following', id);
    await sql`update mailbox set blocked = 'imap.sign-in.refused' where id = 2`.execute(db.sql);
    await sql`update mailbox set held = 'asked to' where id = 3`.execute(db.sql);
    await sql`update mailbox set left_at = now() where id = 4`.execute(db.sql);
    await sql`update mailbox set stage = 'settled' where id = 5`.execute(db.sql);
    await sql`update mailbox set kind = 'shared' where id = 6`.execute(db.sql);
    await sql`update mailbox set kind = 'application' where id = 7`.execute(db.sql);
    expect(await told(db)).toEqual(['T-14 ann', 'T-14 blocked']);
    expect(await told(db)).toEqual([]);
    expect(await told(db, undefined, undefined, { ...reach, shared: true })).toEqual(['T-14 desk']);
  });

  test('nobody whose dates do not allow the day of their wave', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const { id, opensAt } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'planned', id);
    await sql`update mailbox set not_before = ${instant(opensAt + 48 * 3_600_000)}::date where id = 2`.execute(db.sql);
    expect(await told(db)).toEqual(['T-14 ann']);
  });

  test('of a wave that is moved to another day everybody is told anew, with the day that they were told before', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const first = await waveIn(db, 'w', 7 * dayHours);
    await standAt(db.sql, 1, 'following', first.id);
    expect(await told(db)).toEqual(['T-14 ann']);
    await standAt(db.sql, 2, 'following', first.id);
    await waveIn(db, 'w', 9 * dayHours);
    const earlier = new Map<string, number | null>();
    const again = await told(db, ({ address, earlierAt }) => {
      earlier.set(address, earlierAt);
      return { kind: 'sent' };
    });
    expect(again).toEqual(['T-14 ann', 'T-14 bob']);
    expect(earlier).toEqual(
      new Map([
        ['ann@x.example', first.opensAt],
        ['bob@x.example', null],
      ]),
    );
    expect(await told(db)).toEqual([]);
    // Moved back, it is the day of which they were told at first.
    await sql`update wave set opens_at = ${instant(first.opensAt)}`.execute(db.sql);
    expect(await told(db)).toEqual(['T-14 bob']);
  });

  test('on the evening who is to switch, and afterwards who has; who was told and did not switch hears that all stays', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'withdrawn', 'out', 'blocked', 'home']);
    const { id } = await waveIn(db, 'w', 2);
    for (const mailbox of [1, 2, 3, 4, 5]) await standAt(db.sql, mailbox, 'following', id);
    await sql`update mailbox set blocked = 'imap.sign-in.refused' where id = 4`.execute(db.sql);
    expect(await told(db)).toEqual(['T-0 ann', 'T-0 withdrawn', 'T-0 out', 'T-0 home']);
    await sql`update mailbox set stage = 'known', wave = null where id = 3`.execute(db.sql);
    expect(await told(db)).toEqual(['stay out']);
    // The evening is over: of those who are still in the wave one has switched.
    const passed = sql`interval '48 hours'`;
    await sql`update wave set opens_at = opens_at - ${passed}, closes_at = now() - interval '1 hour'`.execute(db.sql);
    await sql`update notice set occasion = occasion - ${passed}`.execute(db.sql);
    await switchedAgo(db, 1, id, 44);
    // Who switched and was brought home the same night did not stay.
    await switchedAgo(db, 5, id, 44);
    await standAt(db.sql, 5, 'following', id);
    expect((await told(db)).toSorted()).toEqual(['T+1 ann', 'stay withdrawn']);
    expect(await told(db)).toEqual([]);
  });

  test('nobody of a wave that is paused, and of one that was cancelled who was told of its evening', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const { id } = await waveIn(db, 'w', 2);
    await standAt(db.sql, 1, 'following', id);
    await waveIn(db, 'w', 2, 'paused');
    expect(await told(db)).toEqual([]);
    await waveIn(db, 'w', 2);
    expect(await told(db)).toEqual(['T-0 ann']);
    await sql`update wave set state = 'cancelled'`.execute(db.sql);
    await sql`update mailbox set stage = 'known', wave = null`.execute(db.sql);
    expect(await told(db)).toEqual(['stay ann']);
  });

  test('not where it is night, and once it is day', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const { id } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'following', id);
    await sql`update mailbox set timezone = 'Asia/Tokyo' where id = 2`.execute(db.sql);
    const notices = openNotices(db);
    const lot = { kind: 'T-14', wave: 'w', opensAt: (await notices.waves()).waves[0]?.window.opensAt ?? 0 } as const;
    expect(await notices.zones(lot, reach)).toEqual([
      { timezone: 'Asia/Tokyo', mailboxes: 1 },
      { timezone: null, mailboxes: 1 },
    ]);
    expect(await told(db, undefined, undefined, { ...reach, quietZones: ['UTC'] })).toEqual(['T-14 bob']);
    expect(await told(db)).toEqual(['T-14 ann']);
  });
});

describe('what somebody is told', () => {
  test('who of those they work with is on the other side meanwhile, by name up to five, and how many', async () => {
    await using db = await testDatabase();
    const names = ['ann', 'along', 'later', 'never', 'moved', 'stranger', 'robot', 'n1', 'n2', 'n3', 'n4'];
    await people(db.sql, names);
    const first = await waveIn(db, 'w', 7 * dayHours);
    const second = await waveIn(db, 'later', 9 * dayHours);
    await sql`update mailbox set wave = ${first.id}, stage = 'following' where id in (1, 2)`.execute(db.sql);
    await sql`update mailbox set wave = ${second.id}, stage = 'planned', display_name = 'Lata' where id = 3`.execute(
      db.sql,
    );
    await switchedAgo(db, 5, first.id, 300);
    await sql`update mailbox set kind = 'application' where id = 7`.execute(db.sql);
    await sql`
      insert into permission (mailbox, grantee, kind)
      select 1, id, 'full-access' from mailbox where id not in (1, 6, 4)
      union all select 4, 1, 'folder' union all select 1, 4, 'send-as'`.execute(db.sql);
    const notices = openNotices(db);
    const found = async (kind: 'T-14' | 'T+1' | 'stay') => {
      const facts = await notices.facts('Ann@x.example', kind);
      return facts.kind === 'found' ? facts.facts.colleagues : facts.kind;
    };
    const there = ['Lata', 'n1@x.example', 'n2@x.example', 'n3@x.example', 'n4@x.example'];
    expect(await found('T-14')).toEqual({ names: there, count: 6 });
    expect(await found('T+1')).toEqual({ names: ['Lata', 'along@x.example', ...there.slice(1, 4)], count: 7 });
    expect(await found('stay')).toEqual({ names: ['moved@x.example'], count: 1 });
    expect(await notices.facts('never@x.example', 'T-14')).toEqual({ kind: 'no-wave' });
    expect(await notices.facts('nobody@x.example', 'T-14')).toEqual({ kind: 'unknown' });
  });
});

describe('never twice', () => {
  test('one process sends at a time, and what a dead one left in the middle is in doubt and not sent again', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const { id, opensAt } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'following', id);
    const notices = openNotices(db);
    const lot = { kind: 'T-14', wave: 'w', opensAt } as const;
    const [ann] = await notices.recipients(lot, reach, 0, 1);
    if (!ann) throw new Error('nobody is due');
    {
      await using first = await notices.sender();
      expect(await notices.sender()).toBeNull();
      expect(await first?.begin(lot, reach, ann, 'en')).toMatchObject({ attempts: 1 });
      expect(await first?.begin(lot, reach, ann, 'en')).toBeNull();
    }
    expect(await told(db)).toEqual(['T-14 bob']);
    expect(await notices.list(all)).toMatchObject([
      { address: 'bob@x.example', state: 'sent' },
      { address: 'ann@x.example', state: 'unknown', why: expect.stringContaining('ended before the server') },
    ]);
    expect(await told(db)).toEqual([]);
  });

  test('a sender that lost its connection begins nothing more, and may still tell what became of its last message', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const { id, opensAt } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'following', id);
    const notices = openNotices(db);
    const lot = { kind: 'T-14', wave: 'w', opensAt } as const;
    const [ann, bob] = await notices.recipients(lot, reach, 0, 2);
    if (!ann || !bob) throw new Error('nobody is due');
    await using first = await notices.sender();
    const begun = await first?.begin(lot, reach, ann, 'en');
    await sql`
      select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.objid = ${0x4764776e}
         and l.database = (select oid from pg_database where datname = current_database())`.execute(db.sql);
    await using second = await notices.sender();
    expect(second).not.toBeNull();
    await expect(first?.begin(lot, reach, bob, 'en')).rejects.toMatchObject({
      code: expect.stringMatching(/^database\./),
    });
    if (begun) await first?.settle(begun, { kind: 'sent' });
    expect(await notices.list(all)).toMatchObject([{ address: 'ann@x.example', state: 'sent' }]);
  });

  test('somebody who was taken out of the wave since they were looked up is not told', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const { id, opensAt } = await waveIn(db, 'w', 7 * dayHours);
    await standAt(db.sql, 1, 'following', id);
    const notices = openNotices(db);
    const lot = { kind: 'T-14', wave: 'w', opensAt } as const;
    const [ann] = await notices.recipients(lot, reach, 0, 1);
    await sql`update mailbox set stage = 'known', wave = null`.execute(db.sql);
    await using sender = await notices.sender();
    expect(ann && (await sender?.begin(lot, reach, ann, 'en'))).toBeNull();
    expect(await notices.list(all)).toEqual([]);
  });

  test('what the server puts off is tried again in its time, what it refused only when a person says so, the doubtful never', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['later', 'refused', 'unknown']);
    const { id } = await waveIn(db, 'w', 7 * dayHours);
    for (const mailbox of [1, 2, 3]) await standAt(db.sql, mailbox, 'following', id);
    const notices = openNotices(db);
    const become = ({ address }: { readonly address: string }) =>
      address.startsWith('later')
        ? ({ kind: 'waiting', why: '451 later', retryInMs: 3_600_000 } as const)
        : ({ kind: address.startsWith('refused') ? 'refused' : 'unknown', why: 'why' } as const);
    expect(await told(db, become)).toHaveLength(3);
    expect(await told(db)).toEqual([]);
    expect(await notices.counts('w')).toEqual({ sending: 0, sent: 0, waiting: 1, refused: 1, unknown: 1 });
    await sql`update notice set retry_at = now() - interval '1 second' where state = 'waiting'`.execute(db.sql);
    expect(await told(db)).toEqual(['T-14 later']);
    expect(await notices.again('other')).toBe(0);
    await sql`update wave set opens_at = opens_at + interval '1 day', closes_at = closes_at + interval '1 day'`.execute(
      db.sql,
    );
    expect(await notices.again('w')).toBe(0);
    await sql`update wave set opens_at = opens_at - interval '1 day', closes_at = closes_at - interval '1 day'`.execute(
      db.sql,
    );
    expect(await notices.again('w')).toBe(1);
    expect(await told(db)).toEqual(['T-14 refused']);
    expect(await notices.counts(null)).toEqual({ sending: 0, sent: 2, waiting: 0, refused: 0, unknown: 1 });
    expect((await notices.list(all)).map(({ attempts }) => attempts)).toEqual([1, 2, 2]);
    expect(await notices.list({ ...all, wave: 'w', states: ['unknown'], most: 5 })).toMatchObject([{ why: 'why' }]);
  });
});
