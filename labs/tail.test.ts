/** What a real Dovecot writes of real sign-ins, read by `godwit tail read`'s own reader into a real database. */

import { readFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { readAccessLog } from '#operations/read-access-log.ts';
import { openTailIntake, openTailView } from '#store/tail.ts';
import { testDatabase } from '#store/test-database.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('the tail on Dovecot', dovecot);

describe.runIf(dovecot.ok)('on Dovecot', () => {
  test('who signed in is in the list, with what, how often, and under which of their names', async () => {
    const password = 'never to be seen again';
    const users = ['ann@x.example', 'old.ann@x.example', 'robot'].map((name) => ({ name, password }));
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('RXY', 'Somewhere')`.execute(db.sql);
    await sql`
      insert into mailbox (address, kind, organisation, aliases)
      values ('ann@x.example', 'person', 1, array['old.ann@x.example'])`.execute(db.sql);
    const extra = (scratch: string) => `info_log_path = ${scratch}/info.log\nimap_id_log = *\n`;
    await using server = await startDovecot({ users, extra });
    for (const [name, client] of [
      ['ann@x.example', 'Thunderbird'],
      ['ann@x.example', 'Thunderbird'],
      ['old.ann@x.example', 'iPhone'],
      ['robot', 'fetchmail'],
    ] as const) {
      await using wire = await Wire.signedIn(server.port, { name, password });
      await wire.ok(`ID ("name" "${client}" "version" "1")`);
      await wire.ok('LOGOUT').catch(() => undefined);
    }
    await using refused = await Wire.connect(server.port);
    await expect(refused.ok('LOGIN ann@x.example wrong')).rejects.toThrow(/AUTHENTICATIONFAILED/);
    await refused.ok('LOGOUT').catch(() => undefined);

    const path = join(server.scratch, 'info.log');
    const intake = openTailIntake(db, { source: null, target: null });
    const order = {
      path,
      format: 'dovecot',
      side: 'source',
      timezone: zoneHere(),
      ports: {},
      notFrom: new BlockList(),
    } as const;
    const read = () => readAccessLog({ ...order, intake, now: Date.now }, new AbortController().signal);
    // The last line that Dovecot writes of all this.
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toContain('auth failed'), 10_000);
    expect(await read()).toMatchObject({ malformed: 0, ofMailboxes: 3, ofStrangers: 1 });
    expect(await read()).toMatchObject({ lines: 0 });

    const page = await openTailView(db).list({
      organisation: null,
      protocols: [],
      sinceMs: Date.now() - 600_000,
      side: null,
      oldOnly: false,
      unknownOnly: false,
      movedOnly: false,
      after: null,
      max: 10,
    });
    if (page.kind !== 'page') throw new Error('no page');
    expect(
      page.lines
        .map(({ address, name, client, times, networks }) => [address, name, client, times, networks[0]])
        .toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
    ).toEqual([
      ['ann@x.example', 'ann@x.example', 'Thunderbird', 2, '127.0.0.0/24'],
      ['ann@x.example', 'old.ann@x.example', 'iPhone', 1, '127.0.0.0/24'],
      [null, 'robot', 'fetchmail', 1, '127.0.0.0/24'],
    ]);
    const { rows } = await sql<{ row: string }>`select t::text as row from tail_use t`.execute(db.sql);
    expect(rows.map(({ row }) => row).join()).not.toContain(password);
  });
});

function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
