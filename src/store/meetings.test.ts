/** Who waits for whom, who goes without, and that nobody waits for the dead: by several workers at one database. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import { apartAfterMs, type Meetings } from '#ports/meetings.ts';
import { openDescriptions } from './descriptions.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openMeetings } from './meetings.ts';
import { careForParties } from './party-keeping.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWorkforce, type Member } from './workforce.ts';

const terms = { togetherMost: 8, atOnce: 50, connections: 200 };

interface Hand {
  readonly member: Member;
  readonly meetings: Meetings;
}

async function worker(db: TestDatabase): Promise<Hand> {
  const member = await openWorkforce(db).register({
    host: 'here',
    pid: 1,
    version: '0',
    role: 'worker',
    lacks: [],
  });
  return { member, meetings: openMeetings(db, member.worker) };
}

/** Mailboxes 1 and on at these stages in a wave whose window is open, each with full access to the next; and a worker. */
async function ward(db: TestDatabase, ...at: readonly Stage[]): Promise<Hand> {
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('evening', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  await people(
    db.sql,
    at.map((_, i) => `m${i + 1}`),
  );
  for (const [i, stage] of at.entries()) await standAt(db.sql, i + 1, stage, 1);
  await sql`
    insert into permission (mailbox, grantee, kind)
    select i, i + 1, 'full-access' from generate_series(1, ${at.length - 1}::int) i`.execute(db.sql);
  const hand = await worker(db);
  await careForParties(db, terms);
  return hand;
}

async function comes({ member, meetings }: Hand, mailbox: number, stage: 'switching' | 'returning' = 'switching') {
  await member.takeMailbox(mailbox);
  return meetings.come(mailbox, stage);
}

async function waitedLong(db: TestDatabase): Promise<void> {
  await sql`
    update party set waits_since = waits_since - make_interval(secs => ${apartAfterMs / 1000 + 1}::float8);
  `.execute(db.sql);
  await sql`update mailbox set stage_since = stage_since - interval '1 hour'`.execute(db.sql);
}

/** As if its worker had not been heard of for longer than its lease. */
async function vanishes(db: TestDatabase, { member }: Hand): Promise<void> {
  await sql`update worker set seen_at = now() - interval '1 minute' where id = ${member.worker}`.execute(db.sql);
  await openWorkforce(db).strikeVanished();
}

describe('before anybody is held', () => {
  test('each waits until all of its party are there, over several workers, and all are met at one moment', async () => {
    await using db = await testDatabase();
    const one = await ward(db, 'switching', 'switching', 'following');
    const other = await worker(db);
    expect(await comes(one, 1)).toEqual({ kind: 'there' });
    expect(await comes(one, 2)).toEqual({ kind: 'there' });
    expect(await one.meetings.gather(1, true)).toEqual({ kind: 'waits', isFirst: true });
    await standAt(db.sql, 3, 'switching', 1);
    await comes(other, 3);
    const met = { kind: 'met', met: { with: 3, of: 3 } } as const;
    expect(await other.meetings.gather(3, false)).toEqual(met);
    // Nobody goes away whom the others count on.
    expect(await one.meetings.giveUp(2, false)).toBe(false);
    expect(await one.meetings.gather(1, false)).toEqual(met);
    expect(await one.meetings.gather(2, false)).toEqual(met);
  });

  test.each([
    ['is held back', sql`update mailbox set held = 'asked to' where id = 2`],
    ['is blocked', sql`update mailbox set blocked = 'target.full' where id = 2`],
    ['is excluded', sql`update mailbox set excluded = 'stays' where id = 2`],
    ['is across already', sql`update mailbox set stage = 'settled' where id = 2`],
    ['is still copied', sql`update mailbox set stage = 'copying' where id = 2`],
    ['has just met a fault', sql`update mailbox set failures = 1 where id = 2`],
    ['may not move on that day', sql`update mailbox set not_after = current_date - 1 where id = 2`],
    ['is to be left alone by its platform', sql`update mailbox set due_at = now() + interval '1 hour' where id = 2`],
    ['is in a wave that was paused', sql`update wave set state = 'paused'`],
    ['is under the brake', sql`insert into brake (who, why) values ('ann', 'smoke')`],
    ['was put into another wave', sql`update mailbox set wave = null, excluded = 'x' where id = 2`],
  ] as const)('nobody waits for one that %s', async (_, happens) => {
    await using db = await testDatabase();
    const { member, meetings } = await ward(db, 'switching', 'following', 'following');
    await sql`update mailbox set stage = 'switching' where id = 3`.execute(db.sql);
    for (const mailbox of [1, 3]) await comes({ member, meetings }, mailbox);
    await happens.execute(db.sql);
    expect(await meetings.gather(1, false)).toMatchObject({ kind: 'met', met: { with: 2 } });
  });

  test('whoever has waited for a minute in all goes with those who are there, and it is written down', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching', 'switching', 'following');
    const { meetings } = hand;
    await comes(hand, 1);
    // It leaves its place to others, and what it waited is not forgotten.
    expect(await meetings.gather(1, true)).toMatchObject({ kind: 'waits' });
    expect(await meetings.giveUp(1, false)).toBe(true);
    await waitedLong(db);
    await meetings.come(1, 'switching');
    await comes(hand, 2);
    expect(await meetings.gather(1, false)).toMatchObject({ kind: 'waits' });
    expect(await meetings.gather(1, true)).toEqual({ kind: 'met', met: { with: 2, of: 3 } });
    expect(await meetings.gather(2, false)).toEqual({ kind: 'met', met: { with: 2, of: 3 } });
    const settle = { expected: 'switching', step: 'settle', who: 'worker' } as const;
    const { turn } = openJourneys(db, { send: () => Promise.reject(new Error('nothing is sent')) });
    for (const mailbox of [1, 2]) await turn({ ...settle, mailbox }, 'target', 900, null);
    const { rows } = await sql`select met, met_of from party order by mailbox`.execute(db.sql);
    expect(rows).toEqual([
      { met: 2, met_of: 3 },
      { met: 2, met_of: 3 },
      { met: null, met_of: null },
    ]);
  });

  test('parties of two waves that bear one number have nothing to do with each other', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching', 'switching', 'switching', 'switching');
    await sql`update wave set opens_at = now() - interval '1 day', closes_at = now() - interval '1 minute'`.execute(
      db.sql,
    );
    await sql`
      insert into wave (name, state, day, opens_at, closes_at)
      values ('night', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
    for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'switching', 2);
    await careForParties(db, terms);
    const { rows } = await sql`select wave, party from party order by mailbox`.execute(db.sql);
    expect(rows).toEqual([2, 2, 1, 1].map((wave) => ({ wave, party: 1 })));
    for (const mailbox of [1, 3, 2, 4]) expect(await comes(hand, mailbox)).toEqual({ kind: 'there' });
    expect(await hand.meetings.gather(1, false)).toEqual({ kind: 'met', met: { with: 2, of: 2 } });
    expect(await hand.meetings.gather(3, false)).toEqual({ kind: 'met', met: { with: 2, of: 2 } });
    expect(await openDescriptions(db).mailbox('m1@x.example')).toMatchObject({
      mailbox: { belongsWith: ['m2@x.example'] },
    });
  });

  test('what somebody waited in an attempt that is long over does not count', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching', 'following');
    await comes(hand, 1);
    await sql`update party set waits_since = now() - interval '1 day'`.execute(db.sql);
    await hand.meetings.giveUp(1, false);
    await hand.meetings.come(1, 'switching');
    expect(await hand.meetings.gather(1, true)).toMatchObject({ kind: 'waits' });
  });

  test('of two parties that wait, the others let the one by that has waited longer', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching', 'following', 'switching', 'following');
    await sql`delete from permission where mailbox = 2`.execute(db.sql);
    await sql`update route_clock set estate = estate + 1`.execute(db.sql);
    await careForParties(db, terms);
    await comes(hand, 3);
    await comes(hand, 1);
    await sql`update party set waits_since = waits_since - interval '5 seconds' where mailbox = 3`.execute(db.sql);
    expect(await hand.meetings.gather(1, false)).toEqual({ kind: 'waits', isFirst: false });
    expect(await hand.meetings.gather(3, false)).toEqual({ kind: 'waits', isFirst: true });
  });

  test('whoever goes back waits for those who go back, and not for those who are on the way there', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'returning', 'returning', 'switching', 'settled');
    await comes(hand, 1, 'returning');
    await comes(hand, 3, 'switching');
    expect(await hand.meetings.gather(1, false)).toMatchObject({ kind: 'waits' });
    await comes(hand, 2, 'returning');
    expect(await hand.meetings.gather(1, false)).toEqual({ kind: 'met', met: { with: 2, of: 4 } });
    expect(await hand.meetings.gather(3, false)).toEqual({ kind: 'met', met: { with: 1, of: 4 } });
  });

  test('whoever belongs with nobody waits for nobody', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching');
    expect(await comes(hand, 1)).toEqual({ kind: 'alone' });
  });

  test('a worker that has lost the mailbox is not at the meeting', async () => {
    await using db = await testDatabase();
    const hand = await ward(db, 'switching', 'switching');
    const zombie = await worker(db);
    await hand.member.takeMailbox(1);
    await zombie.meetings.come(1, 'switching');
    await comes(hand, 2);
    expect(await hand.meetings.gather(2, false)).toMatchObject({ kind: 'waits' });
    expect(await zombie.meetings.gather(1, false)).toMatchObject({ kind: 'waits' });
  });

  test('however many ask at one moment, all are met together, and with all', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    const mailboxes = Array.from({ length: 8 }, (_, i) => i + 1);
    const hand = await ward(db, ...mailboxes.map((): Stage => 'switching'));
    const untilMet = async (mailbox: number): Promise<unknown> => {
      await comes(hand, mailbox);
      for (;;) {
        const gathered = await hand.meetings.gather(mailbox, true);
        if (gathered.kind === 'met') return gathered.met;
      }
    };
    const met = await Promise.all(mailboxes.map(untilMet));
    expect(met).toEqual(mailboxes.map(() => ({ with: 8, of: 8 })));
    const { rows } = await sql`select distinct company, size from meeting`.execute(db.sql);
    expect(rows).toHaveLength(1);
  });
});

describe('before they turn', () => {
  /** All of them met, by two workers. */
  async function met(db: TestDatabase, n = 3): Promise<{ readonly one: Hand; readonly other: Hand }> {
    const one = await ward(db, ...Array.from({ length: n }, (): Stage => 'switching'));
    const other = await worker(db);
    for (let mailbox = 1; mailbox <= n; mailbox++) await comes(mailbox === n ? other : one, mailbox);
    await one.meetings.gather(1, false);
    return { one, other };
  }

  test('each is told to turn once all are ready, and not before', async () => {
    await using db = await testDatabase();
    const { one, other } = await met(db);
    await one.meetings.ready(1);
    await one.meetings.ready(2);
    expect(await one.meetings.agreed(1)).toBe('waits');
    await other.meetings.ready(3);
    expect(await one.meetings.agreed(2)).toBe('turns');
    // Too late to go away: the others turn.
    expect(await one.meetings.giveUp(1, true)).toBe(false);
    await one.meetings.leave(2);
    expect(await one.meetings.agreed(1)).toBe('turns');
    expect(await other.meetings.agreed(3)).toBe('turns');
  });

  test('one that stays has all of them stay', async () => {
    await using db = await testDatabase();
    const { one, other } = await met(db);
    await one.meetings.ready(1);
    await other.meetings.ready(3);
    await one.meetings.leave(2);
    expect(await one.meetings.agreed(1)).toBe('stays');
    expect(await other.meetings.agreed(3)).toBe('stays');
  });

  test('one whose worker was killed has all of them stay, and they go on without it', async () => {
    await using db = await testDatabase();
    const { one, other } = await met(db);
    for (const mailbox of [1, 2]) await one.meetings.ready(mailbox);
    expect(await one.meetings.agreed(1)).toBe('waits');
    // Longer than anybody is kept waiting, before the lease has lapsed.
    await one.meetings.tooLate(1);
    for (const mailbox of [1, 2]) await one.meetings.leave(mailbox);
    for (const mailbox of [1, 2]) await one.meetings.come(mailbox, 'switching');
    expect(await one.meetings.gather(2, false)).toEqual({ kind: 'met', met: { with: 2, of: 3 } });
    await vanishes(db, other);
    expect(await comes(one, 3)).toEqual({ kind: 'apart', met: { with: 1, of: 3 } });
  });

  test('one whose lease has lapsed is waited for no longer', async () => {
    await using db = await testDatabase();
    const { one, other } = await met(db);
    for (const mailbox of [1, 2]) await one.meetings.ready(mailbox);
    await vanishes(db, other);
    expect(await one.meetings.agreed(1)).toBe('stays');
  });

  test('whoever went by itself, having been too late, is waited for again on the way back', async () => {
    await using db = await testDatabase();
    const { one, other } = await met(db, 2);
    await one.meetings.ready(1);
    await one.meetings.tooLate(1);
    for (const [hand, mailbox] of [
      [one, 1],
      [other, 2],
    ] as const) {
      await hand.meetings.leave(mailbox);
      await sql`update mailbox set stage = 'returning', stage_since = clock_timestamp() where id = ${mailbox}`.execute(
        db.sql,
      );
    }
    expect(await one.meetings.come(1, 'returning')).toEqual({ kind: 'there' });
    expect(await one.meetings.gather(1, false)).toMatchObject({ kind: 'waits' });
    expect(await other.meetings.come(2, 'returning')).toEqual({ kind: 'there' });
    expect(await one.meetings.gather(1, false)).toEqual({ kind: 'met', met: { with: 2, of: 2 } });
  });

  test('however many are ready at one moment, each is told to turn', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    const { one, other } = await met(db, 8);
    const told = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const { meetings } = i === 7 ? other : one;
        await meetings.ready(i + 1);
        for (;;) {
          const agreed = await meetings.agreed(i + 1);
          if (agreed !== 'waits') {
            // As at the end of its job, while others ask.
            await meetings.leave(i + 1);
            return agreed;
          }
        }
      }),
    );
    expect(told).toEqual(told.map(() => 'turns'));
  });
});
