/** An estate on real servers: imported, copied, followed, switched in its window, and carried home from the other side. */

import { windowFrom } from '#domain/window.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openEstateDatabase } from '../src/app/estate-database.ts';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import type { Stage } from '../src/domain/journey.ts';
import { silent } from '../src/lib/log.ts';
import { verifyAudit } from '../src/store/audit.ts';
import type { Sql } from '../src/store/db.ts';
import { advanceAll } from '../src/store/journey.ts';
import { openWaves } from '../src/store/waves.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

/** On a machine with a lot of other work; on a quiet one it is seconds. */
const waitMaxMs = 90_000;

const dovecot = await labAvailable('dovecot');
skipAloud('estate', dovecot);

const users = Array.from({ length: 12 }, (_, i) => ({ name: `user${i}@corp.example`, password: 'one for all' }));
const environment = (name: string): string | undefined => (name === 'PW' ? 'one for all' : undefined);

describe.runIf(dovecot.ok)('an estate of twelve', () => {
  test('moves by itself: each mailbox is copied, followed and switched, and nothing is lost or there twice', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using state = await freshState();
    for (const [i, user] of users.entries())
      await seedAccount(source, user, [
        { path: ['INBOX'], messages: plainMessages(i * 100 + 1, 20 + i) },
        { path: ['Projekte', 'Süd'], messages: plainMessages(i * 100 + 60, 5) },
      ]);
    const file = join(state.path, 'godwit.yaml');
    await writeFile(
      file,
      [
        `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
        `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
        'follow-every: 2s',
        'workers: { at-once: 4 }',
      ].join('\n'),
    );
    const settings = await readEstate(file);
    const stop = new AbortController();
    const opening = {
      stateDir: state.path,
      environment,
      connectionsMax: 4,
      applicationName: 'godwit test',
      log: silent,
    };
    await using db = await openEstateDatabase('embedded', opening, stop.signal);
    await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
    for (const { name } of users)
      await sql`
        insert into mailbox (address, kind, organisation)
        values (${name}, 'person', (select id from organisation))`.execute(db.sql);
    const waves = openWaves(db);
    const now = Date.now();
    const order = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget: 0.1 };
    const created = await waves.create({ ...order, window: windowFrom(now, now + 3_600_000) }, 'a test');
    expect(created).toMatchObject({ kind: 'created', mailboxes: users.length });
    expect(await waves.move('pilot', 'start', 'a test', null)).toMatchObject({ kind: 'moved' });
    const serving = serve(
      { settings, stateDir: state.path, version: 'test', keys: [], environment, log: silent, started: () => undefined },
      stop.signal,
    );
    try {
      await until(db, 'settled', users.length);
      for (const user of users) {
        const comparison = compareAccounts(await accountSeen(source, user), await accountSeen(target, user));
        expect(differencesOf(comparison)).toEqual([]);
      }
      const routes = await sql<{
        side: string;
        n: number;
      }>`select side, count(*)::int as n from route group by 1`.execute(db.sql);
      expect(routes.rows).toEqual([{ side: 'target', n: users.length }]);

      // What comes to the new side after the switch is carried home, and all of it is there when they go back.
      for (const user of users.slice(0, 3))
        await seedAccount(target, user, [{ path: ['INBOX'], messages: plainMessages(5_000, 4) }]);
      const homeward = await sql<{ id: number }>`select id from mailbox order by id limit 3`.execute(db.sql);
      await advanceAll(
        db.sql,
        homeward.rows.map(({ id }) => id),
        { step: 'go-back', who: 'a test' },
        0,
      );
      await until(db, 'following', 3);
      for (const user of users.slice(0, 3)) {
        const comparison = compareAccounts(await accountSeen(target, user), await accountSeen(source, user));
        expect(differencesOf(comparison)).toEqual([]);
      }
    } finally {
      stop.abort();
      await serving;
    }
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true });
  }, 240_000);
});

async function until(db: { readonly sql: Sql }, stage: Stage, count: number): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from mailbox where stage = ${stage}`.execute(db.sql);
    if (rows[0]?.n === count) return;
    if (Date.now() - since < waitMaxMs) continue;
    const stand = await sql`
      select stage, mark, blocked, blocked_about, count(*)::int as n from mailbox group by 1, 2, 3, 4`.execute(db.sql);
    throw new Error(`not all are ${stage}: ${JSON.stringify(stand.rows)}`);
  }
}
