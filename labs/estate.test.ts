/** An estate on real servers: imported, copied, followed, switched in its window, and carried home from the other side. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { silent } from '../src/lib/log.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import { advanceAll } from '../src/store/journey.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { openEmbedded, populate, startPilot, untilStanding } from './embedded-estate.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

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
    await using db = await openEmbedded(state.path);
    await populate(db, users);
    await startPilot(db, users.length);
    const serving = serve(
      { settings, stateDir: state.path, version: 'test', keys: [], environment, log: silent, started: () => undefined },
      stop.signal,
    );
    try {
      await untilStanding(db, 'settled', users.length);
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
      await untilStanding(db, 'following', 3);
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
