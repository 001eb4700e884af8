import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { runMax } from '#domain/breaker.ts';
import type { Sighting } from '#domain/sighting.ts';
import { leaseSeconds, type WorkerIdentity } from '#ports/workforce.ts';
import { openGovernor, openPlatforms } from './budget.ts';
import { people } from './estate.test-kit.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWorkforce } from './workforce.ts';

const identity: WorkerIdentity = { host: 'here', pid: 1, version: '1.0', role: 'worker', lacks: [] };
const names = Array.from({ length: runMax + 2 }, (_, i) => `p${i + 1}`);
const [ofOther, late] = [runMax + 1, runMax + 2];

function refused(mailbox: number): Sighting {
  return { kind: 'sign-in-failed', mailbox, how: 'refused', text: 'NO [AUTHENTICATIONFAILED]' };
}

async function block(db: TestDatabase, mailbox: number, code: string): Promise<void> {
  await sql`
    update mailbox set blocked = ${code}, blocked_about = '{}', failures = 3, due_at = null
     where id = ${mailbox}`.execute(db.sql);
}

async function standing(db: TestDatabase, mailbox: number) {
  const { rows } = await sql`
    select mark, failures, due_at is not null as due from mailbox where id = ${mailbox}`.execute(db.sql);
  return rows[0];
}

async function toldOf(db: TestDatabase): Promise<readonly number[]> {
  const { rows } = await sql<{ mailbox: number }>`
    select mailbox from audit where what = 'acquitted' order by mailbox`.execute(db.sql);
  return rows.map(({ mailbox }) => mailbox);
}

describe('what was held against mailboxes', () => {
  test('is taken back with a record when the sign-ins of many turn out to fail for the platform, and nothing else is', async () => {
    await using db = await testDatabase();
    await people(db.sql, names);
    const budget = { connections: 8, connectionsPerMailbox: 3, bytesPerSecond: [], commandsPerSecond: null };
    await openPlatforms(db).setBudget('target', budget, 'UTC');
    await using membership = await openWorkforce(db).register(identity);
    const governor = openGovernor(db, membership);

    for (let mailbox = 1; mailbox < runMax; mailbox++) {
      await governor.report('target', [refused(mailbox)]);
      await block(db, mailbox, 'imap.sign-in.refused');
      // Nobody knows better yet.
      await governor.absolve('target', mailbox);
    }
    await block(db, ofOther, 'target.quota');
    expect(await standing(db, 1)).toEqual({ mark: 'blocked', failures: 3, due: false });
    expect(await toldOf(db)).toEqual([]);

    await governor.report('target', [refused(runMax)]);
    const free = { mark: '', failures: 0, due: true };
    for (let mailbox = 1; mailbox < runMax; mailbox++) expect(await standing(db, mailbox)).toEqual(free);
    expect(await standing(db, ofOther)).toEqual({ mark: 'blocked', failures: 3, due: false });
    expect(await toldOf(db)).toEqual(Array.from({ length: runMax - 1 }, (_, i) => i + 1));

    // One that failed in the same moment is written down only now.
    await block(db, late, 'imap.sign-in.refused');
    await governor.absolve('target', late);
    expect(await standing(db, late)).toEqual(free);
    // And what has another reason stays, whatever the breaker says.
    await governor.absolve('target', ofOther);
    expect(await standing(db, ofOther)).toEqual({ mark: 'blocked', failures: 3, due: false });
  });

  test('of the connections of who vanished is told for as long as a server may hold them', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['p1']);
    const platforms = openPlatforms(db);
    const budget = { connections: 8, connectionsPerMailbox: 3, bytesPerSecond: [], commandsPerSecond: null };
    for (const side of ['source', 'target'] as const) await platforms.setBudget(side, budget, 'UTC');
    const workforce = openWorkforce(db);
    await using membership = await workforce.register(identity);
    await openGovernor(db, membership).take({ side: 'target', mailbox: 1, connections: 3, atLeast: 1 });
    await sql`
      update worker set seen_at = seen_at - make_interval(secs => ${leaseSeconds * 2})`.execute(db.sql);
    await workforce.strikeVanished();
    const [source, target] = await platforms.platformsNow();
    expect(source?.why).toBe('All that was agreed.');
    expect(target).toMatchObject({ connectionsInUse: 0, why: expect.stringContaining('their 3 connections') });
  });
});
